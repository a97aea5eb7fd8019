/* SPDX-License-Identifier: MIT */
/* Writing a file completely or not at all.  See out.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "msg.h"
#include "file.h"
#include "nameless.h"
#include "output.h"
#include "out.h"

static struct out *begun[OUTS_MAX];

static int cannot(const struct out *o, const char *what)
{
	return fail(EXIT_MVM, "%s: cannot %s it: %s; %s", o->path, what, strerror(errno),
		    errno == ENOSPC || errno == EDQUOT || errno == EFBIG ?
		    "make room, or name a place that has it" :
		    "name a file in a directory that can be written");
}

/* ---- The temporary file --------------------------------------------------------------------- */

static void on_signal(int sig)
{
	for (unsigned int i = 0; i < OUTS_MAX; i++)
		if (begun[i] && *begun[i]->temporary)
			unlink(begun[i]->temporary);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void watch_signals(void)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGTERM };

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (signal(ending[i], on_signal) == SIG_IGN)
			signal(ending[i], SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* EFBIG says it */
}

int out_begin(struct out *o, const char *path, mode_t mode)
{
	const char *why = output_replace_check(path);

	memset(o, 0, offsetof(struct out, buffer));
	o->path = path;
	o->fd = -1;
	if (why)
		return fail(EXIT_MVM, "%s: %s", path, why);
	watch_signals();
	o->fd = nameless_open(path, mode, o->temporary);
	if (o->fd < 0)
		return cannot(o, "write");
	begun[begun[0] ? 1 : 0] = o;
	return 0;
}

void out_discard(struct out *o)
{
	if (*o->temporary)
		unlink(o->temporary);
	*o->temporary = '\0';
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	for (unsigned int i = 0; i < OUTS_MAX; i++)
		if (begun[i] == o)
			begun[i] = NULL;
}

/* ---- Bytes ---------------------------------------------------------------------------------- */

static int put(struct out *o, const void *data, size_t len, uint64_t off)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(o->fd, (const char *)data + done, len - done,
				   (off_t)(off + done));

		if (n < 0 && errno != EINTR)
			return cannot(o, "write");
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int out_flush(struct out *o)
{
	size_t n = o->buffered;

	o->buffered = 0;
	return put(o, o->buffer, n, o->off - n);
}

int out_write(struct out *o, const void *data, size_t len)
{
	const uint8_t *p = data;
	int status = 0;

	if (o->sum.blocks)
		sha256_add(&o->sum, data, len);
	while (len && !status) {
		size_t room = sizeof(o->buffer) - o->buffered, n = len < room ? len : room;

		memcpy(o->buffer + o->buffered, p, n);
		o->buffered += n;
		o->off += n;
		p += n;
		len -= n;
		if (o->buffered == sizeof(o->buffer))
			status = out_flush(o);
	}
	return status;
}

int out_pad(struct out *o, size_t unit)
{
	static const uint8_t zeros[4096];

	return out_write(o, zeros, (size_t)(-(o->sum.blocks ? o->sum.len : o->off) & (unit - 1)));
}

int out_copy(struct out *o, int fd, uint64_t off, uint64_t len, const char *name)
{
	uint8_t piece[16 << 10];
	int status = 0;

	while (len && !status) {
		size_t n = len < sizeof(piece) ? len : sizeof(piece);

		if (file_read(fd, piece, n, off))
			return fail(EXIT_MVM, "%s: cannot be read: %s; it must be a file that does "
				    "not change", name, strerror(errno));
		status = out_write(o, piece, n);
		off += n;
		len -= n;
	}
	return status;
}

int out_patch(struct out *o, uint64_t off, const void *data, size_t len)
{
	int status = out_flush(o);

	return status ? status : put(o, data, len, off);
}

void out_sum_begin(struct out *o)
{
	sha256_begin(&o->sum);
}

void out_sum_end(struct out *o, uint8_t digest[SHA256_BYTES])
{
	sha256_end(&o->sum, digest);
	o->sum.blocks = NULL;
}

/* ---- The end -------------------------------------------------------------------------------- */

/* The new name is on the disk, too.  Where a directory cannot be synchronised, it is as it is. */
static void sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int out_commit(struct out *o)
{
	int fd = o->fd, status = out_flush(o);

	if (status)
		return status;
	if (fsync(fd) || nameless_name(fd, o->path, o->temporary))
		return cannot(o, "write");
	o->fd = -1;
	close(fd);
	sync_directory(o->path);
	return 0;
}
