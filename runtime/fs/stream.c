/* SPDX-License-Identifier: MIT */
/*
 * Streams of the host: standard input, output and error, whatever they are.  The host never blocks;
 * waiting happens here.
 */
#include "fs/vfs.h"
#include "fs/host.h"
#include "fs/inetd.h"
#include "sched/hostfd.h"
#include "sys/sys.h"
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/fs.h>
#include <asm/signal.h>

/* The handles 0, 1 and 2: how many open files are on each, and what it is ready for. */
static struct { s32 users; struct hostfd host; } std[3];

/* The host said EAGAIN.  0: it may be ready now; -EAGAIN for a non-blocking file; -ERESTARTSYS. */
static long wait_ready(struct file *f, u32 events)
{
	struct hostfd *h = f->priv;

	hostfd_again(h, events);
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	return hostfd_wait(h, events, UINT64_MAX) ? -ERESTARTSYS : 0;
}

static long stream_read(struct file *f, struct io *io, u64 *pos)
{
	u64 covered;
	long res;

	(void)pos;
	if (!io->left)
		return 0;
	for (;;) {
		if (inetd_reads(f) && inetd_read(io, &res))
			return res;
		res = host_transfer_once(f, io, MVM_OP_READ, NULL, false, &covered);
		hostfd_used(f->priv, POLLIN);
		if (res != -EAGAIN)
			return res;
		res = wait_ready(f, POLLIN);
		if (res)
			return res;
	}
}

/* Everything, as a blocking pipe or terminal takes it; what fits when it must not block. */
static long stream_write(struct file *f, struct io *io, u64 *pos)
{
	u64 done = 0, covered;
	long res = 0;

	(void)pos;
	if (inetd_writes(f) && io->left)
		res = inetd_write(f, io);
	if (res > 0)
		return res;
	while (io->left && res >= 0) {
		res = host_transfer_once(f, io, MVM_OP_WRITE, NULL, false, &covered);
		hostfd_used(f->priv, POLLOUT);
		if (res == -EAGAIN)
			res = wait_ready(f, POLLOUT);
		else if (res > 0)
			done += res;
	}
	if (res == -EPIPE)
		signal_send(SIGPIPE, 0);
	return done ? (long)done : res;
}

/* How many bytes can be read: that there are some is all the host says. */
static long readable(struct file *f, u64 arg)
{
	struct waitq *q;

	hostfd_look();
	return put_user((int)!!(hostfd_poll(f->priv, &q) & POLLIN), arg);
}

static long stream_ioctl(struct file *f, u32 cmd, u64 arg)
{
	if (cmd == FIONREAD)
		return readable(f, arg);
	return f->kind == MVM_KIND_TTY ? tty_ioctl(f, cmd, arg) : -ENOTTY;
}

static u32 stream_poll(struct file *f, struct waitq **q)
{
	return hostfd_poll(f->priv, q);
}

/* A terminal is /dev/tty here, so that ttyname(3) finds it; where it is on the host is not told. */
static long stream_stat(struct file *f, struct mvm_stat *st)
{
	long err = host_file_stat(f, st);

	if (!err && f->kind == MVM_KIND_TTY) {
		st->dev = FS_RAM_DEV;
		st->ino = FS_TTY_INO;
		st->rdev = FS_TTY_RDEV;
	}
	return err;
}

static long no_sync(struct file *f, bool data)
{
	(void)f, (void)data;
	return -EINVAL;
}

static void stream_release(struct file *f)
{
	if (--std[f->handle].users)
		return;
	if (inetd_writes(f))
		inetd_close();
	hostfd_done(&std[f->handle].host, false);
	host_file_release(f);
}

const struct file_ops stream_ops = {
	.flags = FO_STREAM, .read = stream_read, .write = stream_write, .seek = seek_espipe,
	.poll = stream_poll, .ioctl = stream_ioctl, .stat = stream_stat,
	.setattr = host_file_setattr, .statfs = host_file_statfs, .fsync = no_sync,
	.release = stream_release,
};

/*
 * A regular file as standard input, output or error.  The host's own position is used, as it is
 * shared with whoever has the file open too: ( mvm run a; mvm run b ) > out.
 */
static long std_read(struct file *f, struct io *io, u64 *pos)
{
	return host_transfer(f, io, MVM_OP_READ, pos == &f->off ? NULL : pos, false);
}

static long std_write(struct file *f, struct io *io, u64 *pos)
{
	bool current_pos = pos == &f->off;

	return host_transfer(f, io, MVM_OP_WRITE, current_pos ? NULL : pos,
			     !current_pos && f->flags & O_APPEND);
}

static long std_seek(struct file *f, s64 off, int whence)
{
	struct mvm_sqe e = { .op = MVM_OP_SEEK, .handle = f->handle, .off = off,
			     .arg = (u32)whence };

	return hyper(&e, NULL);
}

static const struct file_ops std_file_ops = {
	.flags = FO_SEEK | FO_MAP, .read = std_read, .write = std_write, .seek = std_seek,
	.poll = poll_always, .ioctl = ioctl_enotty, .stat = host_file_stat,
	.setattr = host_file_setattr, .statfs = host_file_statfs,
	.truncate = host_file_truncate, .fallocate = host_file_fallocate,
	.fsync = host_file_fsync, .release = stream_release,
};

static const struct mvm_grant *std_grant(int handle)
{
	const struct mvm_grant *g = (const void *)((const char *)boot + boot->grants_off);

	for (u32 i = 0; i < boot->ngrants; i++)
		if (g[i].handle == handle)
			return &g[i];
	return NULL;
}

/* -ENXIO: the launcher was started without it. */
int stream_open_std(struct file *f, int handle)
{
	const struct mvm_grant *g = std_grant(handle);
	bool in, out;

	if (!g || g->kind == MVM_KIND_NONE)
		return -ENXIO;
	in = g->rights & MVM_RIGHT_READ;
	out = g->rights & MVM_RIGHT_WRITE;
	f->flags = (f->flags & ~(u32)O_ACCMODE) | (in && out ? O_RDWR : out ? O_WRONLY : O_RDONLY);
	f->handle = handle;
	f->kind = g->kind;
	f->rights = g->rights;
	f->ops = g->kind == MVM_KIND_FILE ? &std_file_ops : &stream_ops;
	f->priv = &std[handle].host;
	if (!std[handle].users++)
		hostfd_init(f->priv, handle);
	return 0;
}

void stream_inetd(void)
{
	if (IS_ENABLED(CONFIG_SERVE))
		inetd_begin(std[0].users ? &std[0].host : NULL,
			    std[1].users ? &std[1].host : NULL);
}

int stream_tty_handle(void)
{
	for (int i = 0; i < 3; i++) {
		const struct mvm_grant *g = std_grant(i);

		if (g && g->kind == MVM_KIND_TTY && std[i].users)
			return i;
	}
	return -1;
}
