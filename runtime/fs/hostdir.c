/* SPDX-License-Identifier: MIT */
/*
 * Open directories of the host.  The host is asked for more entries than the program's buffer
 * takes, so that listing a directory with musl's small buffers costs few requests.
 */
#include "fs/vfs.h"
#include "fs/host.h"
#include <linux/fs.h>

#define BUF_PAGES	4U

struct record { u64 ino; s64 off; u16 reclen; u8 type; char name[]; } __attribute__((packed));

/* In f->priv once the directory is listed; f->off is the position behind what was given out. */
struct listing {
	u32 at, len;			/* in buf */
	char buf[];
};

#define BUF_SIZE	(BUF_PAGES * MVM_PAGE_SIZE - sizeof(struct listing))

/* Says the position each time: the host's own may be another one in a clone of a snapshot. */
static long fill(struct file *f, struct listing *l)
{
	struct mvm_sqe e = { .op = MVM_OP_GETDENTS, .handle = f->handle, .len = BUF_SIZE,
			     .addr.v = va_to_gpa(l->buf), .off = f->off };
	long res = hyper(&e, NULL);

	l->at = 0;
	l->len = res > 0 ? res : 0;
	return res;
}

static long dir_list_host(struct file *f, struct sink *s)
{
	struct listing *l = f->priv;
	long res;
	int full;

	if (!l) {
		l = f->priv = pages_alloc(BUF_PAGES, false);
		if (!l)
			return -ENOMEM;
		*l = (struct listing){ 0 };
	}
	for (;;) {
		struct record *r;

		if (l->at >= l->len) {
			/* What fits is given out before the host is asked again. */
			if (s->used)
				return 0;
			res = fill(f, l);
			if (res <= 0)
				return res;
		}
		r = (struct record *)(l->buf + l->at);
		full = sink_put(s, r->name, strlen(r->name), r->ino, r->off, r->type);
		if (full)
			return full < 0 && !s->used ? full : 0;
		l->at += r->reclen;
		f->off = r->off;
	}
}

static long dir_seek(struct file *f, s64 off, int whence)
{
	struct listing *l = f->priv;
	u64 old = f->off;
	long res = whence == SEEK_END ? -EINVAL : seek_generic(f, off, whence, 0);

	if (res >= 0 && l && (f->off != old || !f->off))
		l->at = l->len = 0;
	return res;
}

static long dir_read(struct file *f, struct io *io, u64 *pos)
{
	(void)f, (void)io, (void)pos;
	return -EISDIR;
}

static void dir_release(struct file *f)
{
	if (f->priv)
		pages_free(f->priv, BUF_PAGES);
	host_file_release(f);
}

const struct file_ops host_dir_ops = {
	.read = dir_read, .seek = dir_seek, .poll = poll_always, .ioctl = ioctl_enotty,
	.stat = host_file_stat, .setattr = host_file_setattr, .statfs = host_file_statfs,
	.fsync = host_file_fsync, .list = dir_list_host, .release = dir_release,
};
