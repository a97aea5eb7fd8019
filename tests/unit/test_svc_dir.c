/* SPDX-License-Identifier: MIT */
/*
 * OPEN, STAT and lists below a directory: what there is, what is refused, and no way out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "service_fixture.h"

#define RW	(MVM_O_READ | MVM_O_WRITE)

static void opens(void **state)
{
	struct fixture *f = *state;
	struct mvm_stat st;
	int64_t h;

	h = open_path(f, H_RW, "file", RW, 0);
	assert_int_equal(h, H_RO + 1);
	assert_int_equal(f->out[0], MVM_KIND_FILE | (uint64_t)(MVM_RIGHT_READ | MVM_RIGHT_WRITE |
			 MVM_RIGHT_SEEK | MVM_RIGHT_WAIT) << 32);
	assert_true(fcntl(f->s.handles.h[h].fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_CLOSE, .handle = (int)h }), 0);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_CLOSE, .handle = (int)h }), -EBADF);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_CLOSE, .handle = H_RW }), -EPERM);

	h = open_path(f, H_RW, "dir", MVM_O_READ, 0);
	assert_true(h >= 0);
	assert_int_equal((uint32_t)f->out[0], MVM_KIND_DIR);
	assert_true(open_path(f, (int)h, "inner", RW, 0) > 0);
	assert_true(open_path(f, H_RW, "./dir/../dir//inner", MVM_O_READ, 0) > 0);
	assert_true(open_path(f, H_RW, "in", MVM_O_READ, 0) > 0);
	assert_true(open_path(f, H_RW, ".", MVM_O_READ | MVM_O_DIRECTORY, 0) > 0);
	assert_int_equal(stat_path_of(f, H_RW, "in", &st), 0);
	assert_int_equal(st.size, 5);
	assert_true(S_ISREG(st.mode));
}

static void open_with_stat(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_OPEN, .handle = H_RW, .arg = MVM_O_READ, .len = 4 };
	struct mvm_stat *st;
	int64_t h;

	e.addr = put(f, "file", 4);
	e.addr2 = room(f, sizeof(*st));
	e.len2 = sizeof(*st);
	st = at(f, e.addr2);
	assert_true(call(f, e) > 0);
	assert_int_equal(st->size, 10);
	/* a bad address is found before a file is made */
	e.arg = MVM_O_WRITE | MVM_O_CREATE | 0644UL << 32;
	e.addr = put(f, "new!", 4);
	e.addr2.v = RAM_BYTES - 8;
	h = call(f, e);
	assert_int_equal(h, -EFAULT);
	assert_int_equal(access(host_path(f, "grant/new!"), F_OK), -1);
}

static void creates(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(open_path(f, H_RW, "new", RW, 0), -ENOENT);
	assert_true(open_path(f, H_RW, "new", RW | MVM_O_CREATE | MVM_O_EXCL, 0640) > 0);
	assert_int_equal(open_path(f, H_RW, "new", RW | MVM_O_CREATE | MVM_O_EXCL, 0640), -EEXIST);
	assert_true(open_path(f, H_RW, "new", RW | MVM_O_CREATE | MVM_O_TRUNC, 0640) > 0);
	assert_true(open_path(f, H_RW, "dangling", RW | MVM_O_CREATE, 0640) > 0);
	assert_int_equal(access(host_path(f, "grant/nothing"), F_OK), 0);
	assert_true(open_path(f, H_RW, "dir/deep", RW | MVM_O_CREATE, 0600) > 0);
	assert_true(open_path(f, H_RW, ".", RW | MVM_O_TMPFILE, 0600) > 0);
}

static void open_errors(void **state)
{
	struct fixture *f = *state;
	static char longest[MVM_PATH_MAX + 2];

	memset(longest, 'a', sizeof(longest) - 1);
	assert_int_equal(open_path(f, H_RW, longest, MVM_O_READ, 0), -ENAMETOOLONG);
	longest[MVM_PATH_MAX] = '\0';
	assert_int_equal(open_path(f, H_RW, longest, MVM_O_READ, 0), -ENAMETOOLONG);
	assert_int_equal(open_path(f, H_RW, "", MVM_O_READ, 0), -ENOENT);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_OPEN, .handle = H_RW, .len = 3,
				  .arg = MVM_O_READ, .addr = put(f, "a\0b", 3) }), -EINVAL);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_OPEN, .handle = H_RW, .len = 9,
				  .arg = MVM_O_READ, .addr = { RAM_BYTES - 8 } }), -EFAULT);
	assert_int_equal(open_path(f, H_IN, "file", MVM_O_READ, 0), -ENOTDIR);
	assert_int_equal(open_path(f, 50, "file", MVM_O_READ, 0), -EBADF);
	assert_int_equal(open_path(f, H_RW, "file/", MVM_O_READ, 0), -ENOTDIR);
	assert_int_equal(open_path(f, H_RW, "file", MVM_O_READ | MVM_O_DIRECTORY, 0), -ENOTDIR);
	assert_int_equal(open_path(f, H_RW, "dir", RW, 0), -EISDIR);
	assert_int_equal(open_path(f, H_RW, "in", MVM_O_READ | MVM_O_NOFOLLOW, 0), -ELOOP);
	assert_int_equal(open_path(f, H_RW, "file", 0, 0), -EINVAL);
	assert_int_equal(open_path(f, H_RW, "file", MVM_O_READ | 1 << 12, 0), -EINVAL);
	assert_int_equal(open_path(f, H_RW, "file", MVM_O_READ | 1U << 31, 0), -EINVAL);
	assert_int_equal(open_path(f, H_RW, "file", MVM_O_PATH | MVM_O_WRITE, 0), -EINVAL);
	assert_int_equal(open_path(f, H_RW, "n", RW | MVM_O_CREATE, 010644), -EINVAL);
	assert_int_equal(open_path(f, H_RW, "n", RW | MVM_O_CREATE, 04755), -EPERM);
}

/* FIFOs and the like are recognised without being opened, and open() would wait for ever. */
static void special_files(void **state)
{
	struct fixture *f = *state;
	int64_t h;

	assert_int_equal(open_path(f, H_RW, "fifo", MVM_O_READ, 0), -ENXIO);
	assert_int_equal(open_path(f, H_RW, "fifo", MVM_O_WRITE, 0), -ENXIO);
	assert_int_equal(open_path(f, H_RW, "dir/../fifo", RW | MVM_O_CREATE, 0600), -ENXIO);
	assert_int_equal(open_path(f, H_RO, "fifo", MVM_O_READ, 0), -ENXIO);
	h = open_path(f, H_RW, "fifo", MVM_O_PATH, 0);
	assert_true(h > 0);
	assert_int_equal(f->out[0] >> 32, 0);
	if (mknod(host_path(f, "grant/null"), S_IFCHR | 0666, 1 << 8 | 3) == 0)
		assert_int_equal(open_path(f, H_RW, "null", RW, 0), -EACCES);
}

/* Linked with --wrap=syscall: what a name becomes between the look at it and its open. */
static const char *meanwhile, *name;

long __real_syscall(long nr, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f);

long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr == SYS_openat2 && meanwhile) {
		assert_int_equal(rename(meanwhile, name), 0);
		meanwhile = NULL;
	}
	return __real_syscall(nr, a, b, c, d, e, f);
}

/* Two guests share the directory, and one exchanges what the other opens. */
static int64_t open_exchanged(struct fixture *f, mode_t mode, uint32_t flags)
{
	char special[128], regular[128];
	int64_t res;

	snprintf(special, sizeof(special), "%s", host_path(f, "grant/special"));
	snprintf(regular, sizeof(regular), "%s", host_path(f, "grant/regular"));
	unlink(regular);
	host_write(f, "grant/regular", "");
	if (mknod(special, mode | 0666, 1 << 8 | 3))
		return -EPERM;
	name = regular;
	meanwhile = special;
	res = open_path(f, H_RW, "regular", flags, 0600);
	assert_null(meanwhile);
	return res;
}

static void exchanged_files(void **state)
{
	static const uint32_t ways[] = { MVM_O_READ, MVM_O_WRITE, RW, RW | MVM_O_CREATE,
					 MVM_O_WRITE | MVM_O_TRUNC, MVM_O_READ | MVM_O_NOFOLLOW };
	struct fixture *f = *state;
	int before = open_descriptors();

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_int_equal(open_exchanged(f, S_IFIFO, ways[i]), -ENXIO);
		if (geteuid() == 0)
			assert_int_equal(open_exchanged(f, S_IFCHR, ways[i]), -EACCES);
	}
	assert_int_equal(open_descriptors(), before);
}

static void no_way_out(void **state)
{
	static const char *const out[] = { "..", "../outside/secret", "up", "abs", "updir/secret",
					   "dir/../../outside/secret", "/etc/passwd", "/", "//",
					   "dir/../..", "updir/" };
	struct fixture *f = *state;
	struct mvm_stat st;
	int32_t dir = (int32_t)open_path(f, H_RW, "dir", MVM_O_PATH | MVM_O_DIRECTORY, 0);

	for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++) {
		assert_int_equal(open_path(f, H_RW, out[i], MVM_O_READ, 0), -EXDEV);
		assert_int_equal(open_path(f, H_RW, out[i], MVM_O_PATH, 0), -EXDEV);
		assert_int_equal(open_path(f, H_RO, out[i], MVM_O_READ, 0), -EXDEV);
		assert_true(open_path(f, H_RW, out[i], RW | MVM_O_CREATE, 0600) < 0);
		assert_int_equal(stat_path_of(f, H_RW, out[i], &st), -EXDEV);
	}
	assert_true(dir > 0);
	assert_int_equal(open_path(f, dir, "../file", MVM_O_READ, 0), -EXDEV);
	assert_int_equal(open_path(f, dir, "..", MVM_O_PATH, 0), -EXDEV);
	assert_string_equal(host_contents(f, "outside/secret"), "secret");
}

static void magic_links(void **state)
{
	struct fixture *f = *state;
	int fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int32_t proc = handle_add(&f->s.handles, fd, MVM_KIND_DIR,
				  MVM_RIGHT_LOOKUP | MVM_RIGHT_READ);

	assert_true(open_path(f, proc, "stat", MVM_O_READ, 0) > 0);
	assert_int_equal(open_path(f, proc, "exe", MVM_O_READ, 0), -ELOOP);
	assert_int_equal(open_path(f, proc, "root/etc", MVM_O_PATH, 0), -ELOOP);
	assert_int_equal(open_path(f, proc, "cwd", MVM_O_PATH, 0), -ELOOP);
}

/* Who grants / does not mean the launcher's own memory. */
static void own_memory(void **state)
{
	struct fixture *f = *state;
	int32_t proc = handle_add(&f->s.handles, open("/proc", O_PATH | O_DIRECTORY), MVM_KIND_DIR,
				  MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_LOOKUP |
				  MVM_RIGHT_CREATE);
	int before = open_descriptors();

	assert_int_equal(open_path(f, proc, "self/mem", RW, 0), -EACCES);
	assert_int_equal(open_path(f, proc, "self/mem", MVM_O_WRITE, 0), -EACCES);
	assert_int_equal(open_path(f, proc, "self/comm", MVM_O_WRITE | MVM_O_CREATE, 0600),
			 -EACCES);
	assert_int_equal(open_descriptors(), before);
	assert_true(open_path(f, proc, "self/comm", MVM_O_READ, 0) > 0);
}

static void read_only(void **state)
{
	struct fixture *f = *state;
	int64_t h;

	assert_int_equal(open_path(f, H_RO, "file", MVM_O_WRITE, 0), -EROFS);
	assert_int_equal(open_path(f, H_RO, "file", RW | MVM_O_CREATE, 0600), -EROFS);
	assert_int_equal(open_path(f, H_RO, "file", MVM_O_READ | MVM_O_TRUNC, 0), -EROFS);
	assert_int_equal(open_path(f, H_RO, "new", RW | MVM_O_CREATE, 0600), -EROFS);
	assert_int_equal(open_path(f, H_RO, "new", MVM_O_READ | MVM_O_CREATE, 0600), -EROFS);
	assert_int_equal(open_path(f, H_RO, "new", MVM_O_WRITE, 0), -ENOENT);
	assert_int_equal(open_path(f, H_RO, ".", RW | MVM_O_TMPFILE, 0600), -EROFS);
	assert_int_equal(open_path(f, H_RO, "dir", MVM_O_WRITE, 0), -EISDIR);
	assert_int_equal(open_path(f, H_RO, "file", MVM_O_READ | MVM_O_CREATE | MVM_O_EXCL, 0600),
			 -EEXIST);
	h = open_path(f, H_RO, "file", MVM_O_READ | MVM_O_CREATE, 0600);
	assert_true(h > 0);
	assert_false(f->out[0] >> 32 & MVM_RIGHT_WRITE);
	h = open_path(f, H_RO, "dir", MVM_O_READ, 0);
	assert_true(h > 0);
	assert_false(f->out[0] >> 32 & MVM_RIGHT_CREATE);
	assert_int_equal(open_path(f, (int)h, "inner", MVM_O_WRITE, 0), -EROFS);
	assert_string_equal(host_contents(f, "grant/file"), "0123456789");
}

static void handles_run_out(void **state)
{
	struct fixture *f = *state;
	int before = open_descriptors();
	int64_t h, n = 0;

	while ((h = open_path(f, H_RW, "file", MVM_O_PATH, 0)) >= 0 && n <= MVM_HANDLES_MAX)
		n++;
	if (n == MVM_HANDLES_MAX - 5) {
		assert_int_equal(h, -EMFILE);
		assert_int_equal(open_path(f, H_RW, "new", RW | MVM_O_CREATE, 0600), -EMFILE);
		assert_int_equal(access(host_path(f, "grant/new"), F_OK), -1);
	} else {
		assert_int_equal(h, -EMFILE);	/* of the process: ulimit -n */
	}
	assert_int_equal(open_descriptors(), before + n);
}

static void failures_leak_nothing(void **state)
{
	struct fixture *f = *state;
	int before = open_descriptors();
	struct mvm_stat st;

	open_path(f, H_RW, "fifo", MVM_O_READ, 0);
	open_path(f, H_RW, "dir/../up", MVM_O_READ, 0);
	open_path(f, H_RW, "none", MVM_O_READ, 0);
	open_path(f, H_RW, "dir/none", MVM_O_READ, 0);
	stat_path_of(f, H_RW, "dir/../file", &st);
	stat_path_of(f, H_RW, "in", &st);
	stat_path_of(f, H_RW, "dir/none", &st);
	assert_int_equal(open_descriptors(), before);
}

static void stats(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_STAT, .handle = H_RW, .arg = 1,
			     .len2 = sizeof(struct mvm_stat) };
	struct mvm_statfs *fs;
	struct mvm_stat *st;
	struct stat native;

	e.addr2 = room(f, sizeof(*st));
	st = at(f, e.addr2);
	assert_int_equal(call_path(f, e, "up"), 0);	/* the link itself is inside */
	assert_true(S_ISLNK(st->mode));
	e.arg = 0;
	e.len = 0;
	e.handle = H_IN;
	assert_int_equal(call(f, e), 0);
	assert_true(S_ISFIFO(st->mode));
	e.handle = (int32_t)open_path(f, H_RW, "file", MVM_O_READ, 0);
	assert_int_equal(call(f, e), 0);
	assert_int_equal(stat(host_path(f, "grant/file"), &native), 0);
	assert_int_equal(st->ino, native.st_ino);
	assert_int_equal(st->mode, native.st_mode);
	assert_int_equal(st->mtime_nsec, native.st_mtim.tv_nsec);
	e.addr2.v = RAM_BYTES - 4;
	assert_int_equal(call(f, e), -EFAULT);
	e.op = MVM_OP_STATFS;
	e.addr2 = room(f, sizeof(*fs));
	e.len2 = sizeof(*fs);
	fs = at(f, e.addr2);
	assert_int_equal(call(f, e), 0);
	assert_true(fs->bsize > 0 && fs->namelen >= 255);
	e.handle = H_RO;
	assert_int_equal(call(f, e), 0);
}

/* Seven names, ".", ".." and the FIFO, in pieces of a small buffer, twice. */
static void lists(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_GETDENTS, .len = 64, .off = 0 };

	e.handle = H_RW;
	e.addr = room(f, 64);
	assert_int_equal(call(f, e), -EBADF);	/* granted with O_PATH: open "." to list it */
	e.handle = (int32_t)open_path(f, H_RW, ".", MVM_O_READ, 0);
	for (int pass = 0; pass < 2; pass++) {
		int names = 0;
		int64_t r;

		e.off = 0;
		while ((r = call(f, e)) > 0) {
			for (int64_t i = 0; i < r; names++) {
				struct dirent64 *d = (void *)((char *)at(f, e.addr) + i);

				i += d->d_reclen;
			}
			e.off = MVM_OFF_CURRENT;
		}
		assert_int_equal(r, 0);
		assert_int_equal(names, 10);
	}
	e.len = 8;
	e.off = 0;
	assert_int_equal(call(f, e), -EINVAL);
	e.len = 1UL << 50;
	assert_int_equal(call(f, e) > 0, true);	/* no more than GETDENTS_MAX of it is asked for */
	e.addr.v = RAM_BYTES - 8;
	assert_int_equal(call(f, e), -EFAULT);
	e.handle = (int32_t)open_path(f, H_RW, "file", MVM_O_READ, 0);
	assert_int_equal(call(f, e), -ENOTDIR);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(opens), T(open_with_stat), T(creates), T(open_errors), T(special_files),
		T(exchanged_files),
		T(no_way_out), T(magic_links), T(own_memory), T(read_only),
		T(handles_run_out), T(failures_leak_nothing), T(stats), T(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
