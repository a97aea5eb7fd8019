/* SPDX-License-Identifier: MIT */
/*
 * runtime/fs call by call, where the model test does not reach: many descriptors, large and
 * sparse files, large directories that change while they are listed, pipes, locks, waiting,
 * memory that faults, devices and /proc.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>

#include "fs_fake.h"
#include "fs/fs.h"
#include "fs/syscalls.h"

#define P(s)	((u64)(s))
#define RESTART	512		/* -ERESTARTSYS */

static long open_new(const char *path)
{
	long fd = sys_open(P(path), O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	return fd;
}

/* ---- descriptors ---- */

static void test_many(void **arg)
{
	static int fds[10000];

	(void)arg;
	fs_nofile = 1024;
	for (int i = 0; i < 1024; i++)
		fds[i] = sys_open(P("/dev/null"), O_RDWR, 0);
	assert_int_equal(fds[1023], 1023);
	assert_int_equal(sys_dup(0), -EMFILE);
	assert_int_equal(sys_dup2(0, 1024), -EBADF);
	assert_int_equal(sys_fcntl(0, F_DUPFD, 1024), -EINVAL);
	fs_nofile = FS_NOFILE_HARD;
	for (int i = 1024; i < 10000; i++)
		fds[i] = sys_dup(0);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(fds[i], i);
	/* The lowest comes back first, however they were closed. */
	assert_int_equal(sys_close(7000), 0);
	assert_int_equal(sys_close(70), 0);
	assert_int_equal(sys_close(64), 0);
	assert_int_equal(sys_dup(0), 64);
	assert_int_equal(sys_fcntl(0, F_DUPFD, 71), 7000);
	assert_int_equal(sys_dup(0), 70);
	assert_int_equal(sys_dup(0), 10000);
	assert_int_equal(sys_fcntl(5000, F_SETFD, FD_CLOEXEC), 0);
	fd_close_on_exec();
	assert_int_equal(sys_dup(0), 5000);
	assert_int_equal(sys_close_range(0, UINT32_MAX, 0), 0);
	assert_int_equal(sys_close(0), -EBADF);
	fs_nofile = 1024;
}

/* ---- files ---- */

static void test_sparse(void **arg)
{
	u64 pages = fake_pages, far = 1UL << 62;
	long fd = open_new("/tmp/sparse");
	char c = 0;

	(void)arg;
	assert_int_equal(sys_pwrite64(fd, P("x"), 1, far), 1);
	assert_int_equal(sys_pwrite64(fd, P("y"), 1, 0), 1);
	assert_true(fake_pages - pages < 20);
	assert_int_equal(sys_pread64(fd, P(&c), 1, far), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(sys_pread64(fd, P(&c), 1, far / 2), 1);
	assert_int_equal(c, 0);
	assert_int_equal(sys_lseek(fd, 4096, SEEK_DATA), far);
	assert_int_equal(sys_lseek(fd, 0, SEEK_HOLE), 4096);
	assert_int_equal(sys_lseek(fd, far, SEEK_HOLE), far + 1);
	assert_int_equal(sys_pwrite64(fd, P("z"), 1, INT64_MAX), -EINVAL);
	assert_int_equal(sys_ftruncate(fd, 1), 0);
	assert_int_equal(sys_pread64(fd, P(&c), 1, 0), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(sys_unlink(P("/tmp/sparse")), 0);
	assert_int_equal(sys_close(fd), 0);
	assert_int_equal(fake_pages, pages);
}

/* A write that meets bad memory keeps the bytes before it, and no rubbish after them. */
static void test_fault(void **arg)
{
	char *mem = aligned_alloc(4096, 8 * 4096), back[4096];
	long fd = open_new("/tmp/fault");
	struct iovec v[2] = { { mem, 100 }, { NULL, 100 } };
	int fds[2];

	(void)arg;
	memset(mem, 'm', 8 * 4096);
	fake_bad = (u64)mem + 2 * 4096;
	fake_bad_len = 4096;
	assert_int_equal(sys_write(fd, (u64)mem, 4 * 4096), 2 * 4096);
	assert_int_equal(sys_write(fd, fake_bad, 10), -EFAULT);
	assert_int_equal(sys_write(fd, fake_bad - 50, 4096), 50);
	assert_int_equal(sys_ftruncate(fd, 4 * 4096), 0);
	assert_int_equal(sys_pread64(fd, (u64)back, 4096, 2 * 4096), 4096);
	for (int i = 0; i < 4096; i++)
		assert_int_equal(back[i], i < 50 ? 'm' : 0);
	assert_int_equal(sys_pread64(fd, fake_bad - 10, 100, 0), 10);
	assert_int_equal(sys_writev(fd, (u64)v, 2), 100);
	assert_int_equal(sys_writev(fd, 16, 2), -EFAULT);
	assert_int_equal(sys_open(16, O_RDONLY, 0), -EFAULT);
	/* A pipe moves a page or nothing of it. */
	assert_int_equal(sys_pipe2((u64)fds, 0), 0);
	assert_int_equal(sys_write(fds[1], fake_bad - 50, 100), -EFAULT);
	assert_int_equal(sys_write(fds[1], (u64)mem, 4 * 4096), 2 * 4096);
	assert_int_equal(sys_write(fds[1], (u64)mem, 16), 16);
	fake_bad_len = 0;
	free(mem);
	assert_int_equal(sys_close_range(0, UINT32_MAX, 0), 0);
}

struct entry { u64 ino; s64 off; u16 reclen; u8 type; char name[]; };

/* Names that were there all the time are listed once, whatever comes and goes around them. */
static void test_big_dir(void **arg)
{
	static int seen[10000];
	char name[64], buf[1024];
	long fd, got, step = 0;

	(void)arg;
	assert_int_equal(sys_mkdir(P("/tmp/big"), 0755), 0);
	for (int i = 0; i < 10000; i++) {
		sprintf(name, "/tmp/big/%d", i);
		assert_int_equal(sys_mknod(P(name), S_IFREG | 0600, 0), 0);
	}
	fd = sys_open(P("/tmp/big"), O_RDONLY, 0);
	while ((got = sys_getdents64(fd, (u64)buf, sizeof(buf))) > 0) {
		for (long at = 0; at < got; at += ((struct entry *)(buf + at))->reclen) {
			struct entry *e = (struct entry *)(buf + at);

			if (e->name[0] >= '0' && e->name[0] <= '9' && atoi(e->name) < 10000)
				seen[atoi(e->name)]++;
		}
		/* Even names stay, odd ones go, and new ones come. */
		for (int i = 0; i < 40; i++, step++) {
			sprintf(name, "/tmp/big/%ld", step * 2 + 1);
			sys_unlink(P(name));
			if (step >= 5000)
				continue;	/* or it would never end */
			sprintf(name, "/tmp/big/%ld", 20000 + step);
			sys_mknod(P(name), S_IFREG | 0600, 0);
		}
	}
	assert_int_equal(got, 0);
	for (int i = 0; i < 10000; i += 2)
		assert_int_equal(seen[i], 1);
	/* seekdir goes back to where a name was. */
	assert_int_equal(sys_lseek(fd, 0, SEEK_SET), 0);
	assert_true(sys_getdents64(fd, (u64)buf, sizeof(buf)) > 0);
	strcpy(name, ((struct entry *)buf)->name);
	assert_string_equal(name, ".");
	assert_int_equal(sys_getdents64(fd, (u64)buf, 10), -EINVAL);
	sys_close(fd);
}

/* ---- pipes ---- */

static void test_pipe(void **arg)
{
	static char buf[70000];
	struct stat st;
	int fds[2], n;

	(void)arg;
	assert_int_equal(sys_pipe2((u64)fds, O_NONBLOCK), 0);
	assert_int_equal(sys_fstat(fds[0], (u64)&st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(sys_read(fds[0], (u64)buf, 1), -EAGAIN);
	assert_int_equal(sys_lseek(fds[0], 0, SEEK_CUR), -ESPIPE);
	assert_int_equal(sys_pread64(fds[0], (u64)buf, 1, 0), -ESPIPE);
	assert_int_equal(sys_write(fds[0], (u64)buf, 1), -EBADF);
	assert_int_equal(sys_write(fds[1], (u64)buf, sizeof(buf)), 65536);
	assert_int_equal(sys_write(fds[1], (u64)buf, 1), -EAGAIN);
	assert_int_equal(sys_ioctl(fds[0], 0x541b, (u64)&n), 0);	/* FIONREAD */
	assert_int_equal(n, 65536);
	/* PIPE_BUF bytes go in as a whole or not at all; more may be torn apart. */
	assert_int_equal(sys_read(fds[0], (u64)buf, 4000), 4000);
	assert_int_equal(sys_write(fds[1], (u64)buf, 4096), -EAGAIN);
	assert_int_equal(sys_write(fds[1], (u64)buf, 4097), 4000);
	assert_int_equal(sys_fcntl(fds[0], F_GETPIPE_SZ, 0), 65536);
	assert_int_equal(sys_fcntl(fds[0], F_SETPIPE_SZ, 4096), -EBUSY);
	assert_int_equal(sys_fcntl(fds[0], F_SETPIPE_SZ, 100000), 131072);
	assert_int_equal(sys_read(fds[0], (u64)buf, sizeof(buf)), 65536);
	fake_signal = 0;
	sys_close(fds[0]);
	assert_int_equal(sys_write(fds[1], (u64)buf, 1), -EPIPE);
	assert_int_equal(fake_signal, SIGPIPE);
	sys_close(fds[1]);
	assert_int_equal(sys_pipe2((u64)fds, 0), 0);
	/* Nobody else could ever write: only a signal ends the wait. */
	fake_pending = true;
	assert_int_equal(sys_read(fds[0], (u64)buf, 1), -RESTART);
	fake_pending = false;
	sys_close(fds[1]);
	assert_int_equal(sys_read(fds[0], (u64)buf, 1), 0);
	sys_close(fds[0]);
}

static void test_fifo(void **arg)
{
	long r, w;
	char c;

	(void)arg;
	assert_int_equal(sys_mknod(P("/tmp/fifo"), S_IFIFO | 0600, 0), 0);
	assert_int_equal(sys_open(P("/tmp/fifo"), O_WRONLY | O_NONBLOCK, 0), -ENXIO);
	fake_pending = true;
	assert_int_equal(sys_open(P("/tmp/fifo"), O_RDONLY, 0), -RESTART);
	fake_pending = false;
	r = sys_open(P("/tmp/fifo"), O_RDONLY | O_NONBLOCK, 0);
	w = sys_open(P("/tmp/fifo"), O_WRONLY, 0);
	assert_int_equal(sys_write(w, P("q"), 1), 1);
	assert_int_equal(sys_read(r, (u64)&c, 1), 1);
	assert_int_equal(c, 'q');
	sys_close(r);
	sys_close(w);
	assert_int_equal(sys_open(P("/tmp/fifo"), O_WRONLY | O_NONBLOCK, 0), -ENXIO);
}

/* ---- locks ---- */

static long lock(long fd, int cmd, short type, long from, long len, struct flock *out)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = len };
	long res = sys_fcntl(fd, cmd, (u64)&fl);

	if (out)
		*out = fl;
	return res;
}

static void test_locks(void **arg)
{
	long a = open_new("/tmp/locked"), b = sys_open(P("/tmp/locked"), O_RDWR, 0);
	struct flock fl;

	(void)arg;
	/* One process never stands in its own way. */
	assert_int_equal(lock(a, F_SETLK, F_WRLCK, 0, 100, NULL), 0);
	assert_int_equal(lock(b, F_SETLK, F_WRLCK, 50, 100, NULL), 0);
	assert_int_equal(lock(b, F_GETLK, F_WRLCK, 0, 0, &fl), 0);
	assert_int_equal(fl.l_type, F_UNLCK);
	/* Locks of open files do, also in those of the process. */
	assert_int_equal(lock(a, F_OFD_SETLK, F_RDLCK, 10, 10, NULL), -EAGAIN);
	assert_int_equal(lock(a, F_SETLK, F_UNLCK, 0, 0, NULL), 0);
	assert_int_equal(lock(a, F_OFD_SETLK, F_WRLCK, 10, 20, NULL), 0);
	assert_int_equal(lock(b, F_OFD_SETLK, F_RDLCK, 0, 10, NULL), 0);
	assert_int_equal(lock(b, F_OFD_SETLK, F_RDLCK, 0, 11, NULL), -EAGAIN);
	/* Splitting: the middle is let go of. */
	assert_int_equal(lock(a, F_OFD_SETLK, F_UNLCK, 15, 5, NULL), 0);
	assert_int_equal(lock(b, F_OFD_SETLK, F_WRLCK, 15, 5, NULL), 0);
	assert_int_equal(lock(b, F_OFD_GETLK, F_RDLCK, 0, 0, &fl), 0);
	assert_int_equal(fl.l_type, F_WRLCK);
	assert_true(fl.l_start == 10 || fl.l_start == 20);
	assert_int_equal(fl.l_pid, -1);
	/* flock is apart from both. */
	assert_int_equal(sys_flock(a, 2 | 4), 0);
	assert_int_equal(sys_flock(b, 1 | 4), -EAGAIN);
	fake_pending = true;
	assert_int_equal(sys_flock(b, 2), -RESTART);
	fake_pending = false;
	/* All of them end with the open file. */
	sys_close(a);
	assert_int_equal(sys_flock(b, 2 | 4), 0);
	assert_int_equal(lock(b, F_OFD_SETLK, F_WRLCK, 0, 0, NULL), 0);
	assert_int_equal(lock(b, F_SETLK, 7, 0, 0, NULL), -EINVAL);
	assert_int_equal(lock(b, F_SETLK, F_RDLCK, -1, 0, NULL), -EINVAL);
	sys_close(b);
}

/* ---- waiting ---- */

static struct { int waits, reads; u64 timeout; u16 revents; bool again; } host;

/* Standard input gives -EAGAIN until it was waited for. */
static s64 stream_host(struct mvm_sqe *e, u64 out[2])
{
	(void)out;
	switch (e->op) {
	case MVM_OP_READ:
		if (host.again)
			return -EAGAIN;
		host.reads++;
		memcpy(gpa_to_va(e->addr.v), "hello", 5);
		return 5;
	case MVM_OP_WATCH:
		return 0;
	case MVM_OP_READY:
	case MVM_OP_EVENTS:
	case MVM_OP_WAIT: {
		struct mvm_wait *w = gpa_to_va(e->addr.v);

		if (e->op == MVM_OP_WAIT) {
			host.waits++;
			host.again = false;
			host.timeout = e->arg;
		}
		if (e->len && host.revents)
			w[0] = (struct mvm_wait){ .handle = 0, .revents = host.revents };
		return e->len && host.revents;
	}
	case MVM_OP_CLOSE:
		return 0;
	default:
		return -ENOSYS;
	}
}

static void test_wait(void **arg)
{
	struct pollfd p[3] = { { 0, POLLIN, 0 }, { -1, POLLIN, 0 }, { 99, POLLIN, 0 } };
	char buf[16];
	int fds[2];

	(void)arg;
	fake_host = stream_host;
	host.revents = MVM_WAIT_IN;
	host.again = true;
	assert_int_equal(sys_read(0, (u64)buf, sizeof(buf)), 5);
	assert_int_equal(host.waits, 1);
	assert_true(host.timeout == UINT64_MAX);
	host.waits = 0;
	host.again = true;
	assert_int_equal(sys_fcntl(0, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(sys_read(0, (u64)buf, sizeof(buf)), -EAGAIN);
	assert_int_equal(host.waits, 0);
	/* What is not sure is asked about, and not waited for. */
	assert_int_equal(sys_poll((u64)p, 1, -1), 1);
	assert_int_equal(p[0].revents, POLLIN);
	assert_int_equal(sys_poll((u64)p, 3, -1), 2);
	assert_int_equal(p[2].revents, POLLNVAL);
	assert_int_equal(host.waits, 0);
	/* The runtime's own files need no host. */
	host.waits = 0;
	assert_int_equal(sys_pipe2((u64)fds, 0), 0);
	p[0] = (struct pollfd){ fds[0], POLLIN, 0 };
	p[1] = (struct pollfd){ fds[1], POLLOUT, 0 };
	assert_int_equal(sys_poll((u64)p, 2, 1000), 1);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, POLLOUT);
	assert_int_equal(host.waits, 0);
	sys_close(fds[1]);
	assert_int_equal(sys_poll((u64)p, 1, 1000), 1);
	assert_int_equal(p[0].revents, POLLHUP);
	/* Nothing ready any more: the host is asked, and not waited for. */
	host.again = false;
	host.revents = 0;
	fake_clock = 5000000000UL;
	assert_int_equal(sys_read(0, (u64)buf, sizeof(buf)), 5);
	p[0] = (struct pollfd){ 0, POLLIN, 0 };
	assert_int_equal(sys_poll((u64)p, 1, 0), 0);
	assert_int_equal(host.waits, 0);
	fake_pending = true;
	assert_int_equal(sys_poll((u64)p, 1, 1000), -EINTR);
	fake_pending = false;
	fake_clock = 0;
	assert_int_equal(sys_close_range(0, UINT32_MAX, 0), 0);
	fake_host = NULL;
}

/* ---- devices and /proc ---- */

static long read_all(const char *path, char *buf, size_t size)
{
	long fd = sys_open(P(path), O_RDONLY, 0), n;

	if (fd < 0)
		return fd;
	n = sys_read(fd, (u64)buf, size - 1);
	sys_close(fd);
	if (n >= 0)
		buf[n] = 0;
	return n;
}

static void test_devices(void **arg)
{
	char buf[4096];
	long fd = sys_open(P("/dev/full"), O_RDWR, 0);

	(void)arg;
	assert_int_equal(sys_write(fd, P("x"), 1), -ENOSPC);
	assert_int_equal(sys_read(fd, (u64)buf, 10), 10);
	assert_int_equal(buf[9], 0);
	sys_close(fd);
	fd = sys_open(P("/dev/null"), O_RDWR, 0);
	assert_int_equal(sys_write(fd, P("x"), 1), 1);
	assert_int_equal(sys_read(fd, (u64)buf, 10), 0);
	sys_close(fd);
	assert_int_equal(sys_open(P("/dev/tty"), O_RDWR, 0), -ENXIO);
	assert_int_equal(read_all("/dev/urandom", buf, 1001), 1000);
}

static void test_proc(void **arg)
{
	char buf[4096], want[64];
	long fd = open_new("/tmp/named"), n;

	(void)arg;
	assert_true(read_all("/proc/self/status", buf, sizeof(buf)) > 0);
	assert_non_null(strstr(buf, "Name:\ttest\n"));
	assert_true(read_all("/proc/meminfo", buf, sizeof(buf)) > 0);
	assert_true(read_all("/etc/passwd", buf, sizeof(buf)) > 0);
	assert_memory_equal(buf, "root:", 5);
	assert_int_equal(sys_open(P("/proc/self/status"), O_RDONLY | O_DIRECTORY, 0), -ENOTDIR);
	sprintf(want, "/proc/self/fd/%ld", fd);
	n = sys_readlink(P(want), (u64)buf, sizeof(buf));
	assert_int_equal(n, 10);
	assert_memory_equal(buf, "/tmp/named", 10);
	/* Opening the link opens the file anew, with a position of its own. */
	assert_int_equal(sys_write(fd, P("abc"), 3), 3);
	assert_int_equal(read_all(want, buf, sizeof(buf)), 3);
	sys_close(fd);
	assert_int_equal(sys_open(P(want), O_RDONLY, 0), -ENOENT);
	assert_int_equal(sys_open(P("/proc/self/fd/00"), O_RDONLY, 0), -ENOENT);
}

static int setup(void **arg)
{
	static const struct mvm_grant in = { .handle = 0, .kind = MVM_KIND_STREAM,
					     .rights = MVM_RIGHT_READ | MVM_RIGHT_WAIT };

	(void)arg;
	fake_boot.grant[0] = in;
	fake_boot.boot.ngrants = 1;
	fake_boot.boot.grants_off = offsetof(struct fake_boot, grant);
	fake_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait),		/* first: it needs standard input */
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_big_dir),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_proc),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
