/* SPDX-License-Identifier: MIT */
/*
 * The descriptor table: which open file each number stands for, close-on-exec, and the lowest
 * free number.  What an open file is, file.c and its kind know.
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include <linux/close_range.h>

static struct file **table;		/* of nfds */
static u64 *used, *cloexec;		/* bitmaps of nfds bits */
static u32 nfds;			/* a multiple of 64 */
static u32 first_free;			/* no free descriptor lies below it */

u32 fs_nofile = FS_NOFILE_SOFT;

static bool bit_test(const u64 *map, u32 i) { return map[i / 64] >> (i % 64) & 1; }
static void bit_set(u64 *map, u32 i) { map[i / 64] |= 1UL << (i % 64); }
static void bit_clear(u64 *map, u32 i) { map[i / 64] &= ~(1UL << (i % 64)); }

static int grow(u32 fd)
{
	u32 n = MAX(64U, nfds);
	struct file **t;
	u64 *u, *c;

	while (n <= fd)
		n *= 2;
	if (n == nfds)
		return 0;
	t = kzalloc(n * sizeof(*t));
	u = kzalloc(n / 8);
	c = kzalloc(n / 8);
	if (!t || !u || !c) {
		kfree(t);
		kfree(u);
		kfree(c);
		return -ENOMEM;
	}
	if (nfds) {
		memcpy(t, table, nfds * sizeof(*t));
		memcpy(u, used, nfds / 8);
		memcpy(c, cloexec, nfds / 8);
	}
	kfree(table);
	kfree(used);
	kfree(cloexec);
	table = t;
	used = u;
	cloexec = c;
	nfds = n;
	return 0;
}

static u32 lowest_free(u32 min)
{
	for (u32 i = min / 64; i < nfds / 64; i++) {
		u64 free = ~used[i];

		if (i == min / 64)
			free &= ~0UL << (min % 64);
		if (free)
			return i * 64 + __builtin_ctzl(free);
	}
	return MAX(nfds, min);
}

static void set(u32 fd, struct file *f, bool exec)
{
	table[fd] = f;
	bit_set(used, fd);
	if (exec)
		bit_set(cloexec, fd);
	else
		bit_clear(cloexec, fd);
}

long fd_install(struct file *f, u32 min, bool exec)
{
	u32 fd = lowest_free(MAX(min, first_free));

	if (fd >= fs_nofile)
		return -EMFILE;
	if (grow(fd))
		return -ENOMEM;
	if (min <= first_free)
		first_free = fd + 1;
	set(fd, f, exec);
	return fd;
}

struct file *fd_peek(u64 fd)
{
	return (u32)fd < nfds ? table[(u32)fd] : NULL;
}

struct file *fd_file(u64 fd)
{
	struct file *f = fd_peek(fd);

	return f && !(f->flags & O_PATH) ? f : NULL;
}

struct file *file_get(int fd)
{
	struct file *f = fd_peek(fd);

	if (f)
		f->refs++;
	return f;
}

u32 fd_table_size(void)
{
	return nfds;
}

int fd_next(int fd)
{
	for (u32 i = fd; i < nfds; i++)
		if (table[i])
			return i;
	return -1;
}

static long fd_close(u32 fd)
{
	struct file *f = fd_peek(fd);

	if (!f)
		return -EBADF;
	table[fd] = NULL;
	bit_clear(used, fd);
	first_free = MIN(first_free, fd);
	lock_fd_closed(f);
	file_put(f);
	return 0;
}

long sys_close(u64 fd)
{
	return fd_close(fd);
}

long sys_close_range(u64 first64, u64 last64, u64 flags)
{
	u32 first = first64, last = last64;

	if ((u32)flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	for (u32 fd = first; fd < nfds && fd <= last; fd++) {
		if (!table[fd])
			continue;
		if (flags & CLOSE_RANGE_CLOEXEC)
			bit_set(cloexec, fd);
		else
			fd_close(fd);
	}
	return 0;
}

/* dup2 and dup3 once their arguments are known to differ. */
static long dup_to(u32 oldfd, u32 newfd, bool exec)
{
	struct file *f = fd_peek(oldfd);

	if (newfd >= fs_nofile || !f)
		return -EBADF;
	if (grow(newfd))
		return -ENOMEM;
	file_ref(f);
	if (table[newfd])
		fd_close(newfd);
	set(newfd, f, exec);
	return newfd;
}

long sys_dup(u64 fd)
{
	struct file *f = fd_peek(fd);
	long res;

	if (!f)
		return -EBADF;
	res = fd_install(f, 0, false);
	if (res >= 0)
		file_ref(f);
	return res;
}

long sys_dup2(u64 oldfd, u64 newfd)
{
	if ((u32)oldfd == (u32)newfd)
		return fd_peek(oldfd) ? (long)(u32)newfd : -EBADF;
	return dup_to(oldfd, newfd, false);
}

long sys_dup3(u64 oldfd, u64 newfd, u64 flags)
{
	if ((u32)flags & ~O_CLOEXEC || (u32)oldfd == (u32)newfd)
		return -EINVAL;
	return dup_to(oldfd, newfd, flags & O_CLOEXEC);
}

/* fcntl's F_DUPFD, F_GETFD and F_SETFD. */
long fd_fcntl(u32 fd, u32 cmd, u64 arg)
{
	struct file *f = fd_peek(fd);
	long res;

	if (!f)
		return -EBADF;
	switch (cmd) {
	case F_GETFD:
		return bit_test(cloexec, fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set(fd, f, arg & FD_CLOEXEC);
		return 0;
	default:
		if ((u32)arg >= fs_nofile)
			return -EINVAL;
		res = fd_install(f, arg, cmd == F_DUPFD_CLOEXEC);
		if (res >= 0)
			file_ref(f);
		return res;
	}
}

/* execve: what is marked so goes. */
void fd_close_on_exec(void)
{
	for (u32 fd = 0; fd < nfds; fd++)
		if (table[fd] && bit_test(cloexec, fd))
			fd_close(fd);
}
