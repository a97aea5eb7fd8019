/* SPDX-License-Identifier: MIT */
/*
 * Requests that change names and attributes: what Linux would answer, read-only grants, and
 * races with somebody who exchanges directories and links meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "service_fixture.h"

static int64_t name_op(struct fixture *f, uint16_t op, int32_t dir, const char *path, uint64_t arg)
{
	return call_path(f, (struct mvm_sqe){ .op = op, .handle = dir, .arg = arg }, path);
}

static int64_t two_names(struct fixture *f, uint16_t op, int32_t d1, const char *p1, int32_t d2,
			 const char *p2, uint64_t arg)
{
	struct mvm_sqe e = { .op = op, .handle = d1, .off = (uint64_t)(int64_t)d2, .arg = arg,
			     .len2 = strlen(p2) };

	e.addr2 = put(f, p2, strlen(p2));
	return call_path(f, e, p1);
}

static int64_t mkdir_op(struct fixture *f, int32_t dir, const char *path)
{
	return name_op(f, MVM_OP_MKDIR, dir, path, 0755);
}

static int64_t unlink_op(struct fixture *f, int32_t dir, const char *path, bool directory)
{
	return name_op(f, MVM_OP_UNLINK, dir, path, directory);
}

static int64_t symlink_op(struct fixture *f, int32_t dir, const char *path, const char *contents)
{
	struct mvm_sqe e = { .op = MVM_OP_SYMLINK, .handle = dir, .len2 = strlen(contents) };

	e.addr2 = put(f, contents, strlen(contents));
	return call_path(f, e, path);
}

static int64_t setattr_op(struct fixture *f, int32_t dir, const char *path,
			  const struct mvm_setattr *a, uint64_t arg)
{
	struct mvm_sqe e = { .op = MVM_OP_SETATTR, .handle = dir, .len2 = sizeof(*a), .arg = arg };

	e.addr2 = put(f, a, sizeof(*a));
	return call_path(f, e, path);
}

static mode_t mode_of(struct fixture *f, const char *path)
{
	struct stat st;

	assert_int_equal(lstat(host_path(f, path), &st), 0);
	return st.st_mode & 07777;
}

static void directories(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir_op(f, H_RW, "new"), 0);
	assert_int_equal(mkdir_op(f, H_RW, "new"), -EEXIST);
	assert_int_equal(mkdir_op(f, H_RW, "slash/"), 0);
	assert_int_equal(mkdir_op(f, H_RW, "dir/../new/a"), 0);
	assert_int_equal(mkdir_op(f, H_RW, "none/a"), -ENOENT);
	assert_int_equal(mkdir_op(f, H_RW, "file/a"), -ENOTDIR);
	assert_int_equal(mkdir_op(f, H_RW, "."), -EEXIST);
	assert_int_equal(mkdir_op(f, H_RW, ".."), -EEXIST);
	assert_int_equal(mkdir_op(f, H_RW, "dangling/"), -EEXIST);
	assert_int_equal(name_op(f, MVM_OP_MKDIR, H_RW, "s", 02755), -EPERM);
	assert_int_equal(name_op(f, MVM_OP_MKDIR, H_RW, "s", 0100755), -EINVAL);
	assert_int_equal(unlink_op(f, H_RW, "new", true), -ENOTEMPTY);
	assert_int_equal(unlink_op(f, H_RW, "new/a", false), -EISDIR);
	assert_int_equal(unlink_op(f, H_RW, "new/a/", true), 0);
	assert_int_equal(unlink_op(f, H_RW, "new/.", true), -EINVAL);
	assert_int_equal(unlink_op(f, H_RW, "new/..", true), -ENOTEMPTY);
	assert_int_equal(unlink_op(f, H_RW, "..", false), -EISDIR);
	assert_int_equal(unlink_op(f, H_RW, "file/", false), -ENOTDIR);
	assert_int_equal(unlink_op(f, H_RW, "file", true), -ENOTDIR);
	assert_int_equal(unlink_op(f, H_RW, "abs", false), 0);	/* the link, not where it leads */
	assert_int_equal(unlink_op(f, H_RW, "file", false), 0);
	assert_int_equal(unlink_op(f, H_RW, "file", false), -ENOENT);
	assert_int_equal(name_op(f, MVM_OP_UNLINK, H_RW, "dir", 2), -EINVAL);
	assert_string_equal(host_contents(f, "outside/secret"), "secret");
}

static void renames(void **state)
{
	struct fixture *f = *state;
	int32_t dir = (int32_t)open_path(f, H_RW, "dir", MVM_O_PATH | MVM_O_DIRECTORY, 0);

	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "file", dir, "moved", 0), 0);
	assert_string_equal(host_contents(f, "grant/dir/moved"), "0123456789");
	assert_int_equal(two_names(f, MVM_OP_RENAME, dir, "moved", H_RW, "in", 1), -EEXIST);
	assert_int_equal(two_names(f, MVM_OP_RENAME, dir, "moved", dir, "inner", 2), 0);
	assert_string_equal(host_contents(f, "grant/dir/inner"), "0123456789");
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir", H_RW, "dir/below", 0), -EINVAL);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, ".", H_RW, "x", 0), -EBUSY);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir", H_RW, "..", 0), -EBUSY);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir/inner/", dir, "x", 0), -ENOTDIR);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir/", H_RW, "dir2/", 0), 0);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir2", H_RW, "x", 3), -EINVAL);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir2", H_RW, "x", 4), -EINVAL);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir2", 77, "x", 0), -EBADF);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir2", -1, "x", 0), -EBADF);
	assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "dir2", H_IN, "x", 0), -ENOTDIR);
}

static void links(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_READLINK, .handle = H_RW, .len2 = 100 };

	assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "file", H_RW, "dir/hard", 0), 0);
	assert_string_equal(host_contents(f, "grant/dir/hard"), "0123456789");
	assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "file", H_RW, "in", 0), -EEXIST);
	assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "dir", H_RW, "d2", 0), -EPERM);
	assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "updir/", H_RW, "d2", 0), -EPERM);
	assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "file", H_RW, ".", 0), -EEXIST);
	assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "file", H_RW, "x", 0x400), -EINVAL);
	/* a link to a link out is a link, not what it leads to */
	assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "abs", H_RW, "abs2", 0), 0);
	assert_int_equal(open_path(f, H_RW, "abs2", MVM_O_READ, 0), -EXDEV);
	assert_int_equal(symlink_op(f, H_RW, "sym", "/etc/passwd"), 0);
	assert_int_equal(symlink_op(f, H_RW, "sym", "x"), -EEXIST);
	assert_int_equal(symlink_op(f, H_RW, "sym2", ""), -ENOENT);
	assert_int_equal(open_path(f, H_RW, "sym", MVM_O_READ, 0), -EXDEV);
	e.addr2 = room(f, 100);
	assert_int_equal(call_path(f, e, "sym"), 11);
	assert_memory_equal(at(f, e.addr2), "/etc/passwd", 11);
	assert_int_equal(((uint8_t *)at(f, e.addr2))[11], 0xa5);
	e.len2 = 4;
	assert_int_equal(call_path(f, e, "sym"), 4);
	e.len2 = 0;
	assert_int_equal(call_path(f, e, "sym"), -EINVAL);
	e.len2 = 100;
	assert_int_equal(call_path(f, e, "file"), -EINVAL);
	assert_int_equal(call_path(f, e, "updir/"), -EINVAL);
	assert_int_equal(call_path(f, e, "../outside"), -EXDEV);
	e.addr2.v = RAM_BYTES - 50;
	assert_int_equal(call_path(f, e, "sym"), -EFAULT);
}

/* Linked with --wrap=syscall: a kernel before 6.6 has no fchmodat2. */
static bool old_kernel;

long __real_syscall(long nr, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f);

long __wrap_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (old_kernel && nr == 452) {
		errno = ENOSYS;
		return -1;
	}
	return __real_syscall(nr, a, b, c, d, e, f);
}

/* The last one: the service remembers what the kernel has not. */
static void modes_on_old_kernels(void **state)
{
	struct fixture *f = *state;
	struct mvm_setattr a = { .mask = MVM_SET_MODE, .mode = 0600 };
	int before = open_descriptors();

	old_kernel = true;
	assert_int_equal(setattr_op(f, H_RW, "file", &a, 0), 0);
	assert_int_equal(mode_of(f, "grant/file"), 0600);
	a.mode = 0700;
	assert_int_equal(setattr_op(f, H_RW, "in", &a, 0), 0);
	assert_int_equal(setattr_op(f, H_RW, "dir", &a, 0), 0);
	assert_int_equal(mode_of(f, "grant/dir"), 0700);
	assert_int_equal(setattr_op(f, H_RW, "in", &a, 1), -EOPNOTSUPP);
	assert_int_equal(setattr_op(f, H_RW, "fifo", &a, 0), -EOPNOTSUPP);
	assert_int_equal(setattr_op(f, H_RW, "up", &a, 0), -EXDEV);
	assert_int_equal(open_descriptors(), before);
}

static void attributes(void **state)
{
	struct fixture *f = *state;
	struct mvm_setattr a = { .mask = MVM_SET_MODE, .mode = 0600 };
	struct mvm_sqe self = { .op = MVM_OP_SETATTR, .len2 = sizeof(a) };
	struct stat st;

	assert_int_equal(setattr_op(f, H_RW, "file", &a, 0), 0);
	assert_int_equal(mode_of(f, "grant/file"), 0600);
	a.mode = 0700;
	assert_int_equal(setattr_op(f, H_RW, "in", &a, 0), 0);
	assert_int_equal(mode_of(f, "grant/dir/inner"), 0700);
	assert_int_equal(setattr_op(f, H_RW, "in", &a, 1), -EOPNOTSUPP);
	assert_int_equal(setattr_op(f, H_RW, "up", &a, 0), -EXDEV);
	assert_int_equal(setattr_op(f, H_RW, "updir/secret", &a, 0), -EXDEV);
	assert_int_equal(mode_of(f, "outside/secret"), 0644);
	a.mode = 04755;
	assert_int_equal(setattr_op(f, H_RW, "file", &a, 0), -EPERM);
	a.mode = 010000;
	assert_int_equal(setattr_op(f, H_RW, "file", &a, 0), -EINVAL);
	a = (struct mvm_setattr){ .mask = MVM_SET_ATIME | MVM_SET_MTIME, .atime_sec = 5,
				  .mtime_sec = 7, .mtime_nsec = 9 };
	assert_int_equal(setattr_op(f, H_RW, "dir/inner", &a, 0), 0);
	stat(host_path(f, "grant/dir/inner"), &st);
	assert_int_equal(st.st_atim.tv_sec, 5);
	assert_int_equal(st.st_mtim.tv_nsec, 9);
	a.mtime_nsec = 1000000000;
	assert_int_equal(setattr_op(f, H_RW, "file", &a, 0), -EINVAL);
	a.mask = 1 << 6;
	assert_int_equal(setattr_op(f, H_RW, "file", &a, 0), -EINVAL);
	a = (struct mvm_setattr){ .mask = MVM_SET_OWNER, .uid = UINT32_MAX, .gid = UINT32_MAX };
	assert_int_equal(setattr_op(f, H_RW, "file", &a, 0), 0);

	a = (struct mvm_setattr){ .mask = MVM_SET_MODE | MVM_SET_MTIME_NOW, .mode = 0640 };
	self.addr2 = put(f, &a, sizeof(a));
	self.handle = H_OUT;
	assert_int_equal(call(f, self), -EPERM);
	self.handle = 99;
	assert_int_equal(call(f, self), -EBADF);
	self.handle = (int32_t)open_path(f, H_RW, "file", MVM_O_READ, 0);
	self.addr2 = put(f, &a, sizeof(a));
	assert_int_equal(call(f, self), 0);
	assert_int_equal(mode_of(f, "grant/file"), 0640);
	self.handle = (int32_t)open_path(f, H_RO, "file", MVM_O_READ, 0);
	self.addr2 = put(f, &a, sizeof(a));
	assert_int_equal(call(f, self), -EROFS);
	self.handle = H_RO;
	assert_int_equal(call(f, self), -EROFS);
}

/* Every request that changes something, on a read-only grant and on what is opened below it. */
static void read_only(void **state)
{
	struct fixture *f = *state;
	struct mvm_setattr a = { .mask = MVM_SET_MODE, .mode = 0600 };
	int32_t below = (int32_t)open_path(f, H_RO, "dir", MVM_O_READ, 0);
	int32_t dirs[] = { H_RO, below };

	for (int i = 0; i < 2; i++) {
		const char *name = i ? "inner" : "file";
		int32_t d = dirs[i];

		assert_int_equal(mkdir_op(f, d, "new"), -EROFS);
		assert_int_equal(unlink_op(f, d, name, false), -EROFS);
		assert_int_equal(two_names(f, MVM_OP_RENAME, d, name, d, "x", 0), -EROFS);
		assert_int_equal(two_names(f, MVM_OP_RENAME, d, name, H_RW, "x", 0), -EROFS);
		assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "file", d, "x", 0), -EROFS);
		/* or the file could be written by its new name */
		assert_int_equal(two_names(f, MVM_OP_LINK, d, name, H_RW, "x", 0), -EROFS);
		assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "file", d, "x", 0), -EROFS);
		assert_int_equal(symlink_op(f, d, "s", "t"), -EROFS);
		assert_int_equal(setattr_op(f, d, name, &a, 0), -EROFS);
	}
	assert_int_equal(mode_of(f, "grant/file"), 0644);
	assert_string_equal(host_contents(f, "grant/file"), "0123456789");
}

static void no_way_out(void **state)
{
	static const char *const ways[] = { "../outside/x", "updir/x", "updir/secret",
					    "dir/../../outside/x", "/tmp/x", "../x" };
	struct fixture *f = *state;
	struct mvm_setattr a = { .mask = MVM_SET_MODE, .mode = 0600 };
	int before = open_descriptors();

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const char *way = ways[i];

		assert_int_equal(mkdir_op(f, H_RW, way), -EXDEV);
		assert_int_equal(unlink_op(f, H_RW, way, false), -EXDEV);
		assert_int_equal(unlink_op(f, H_RW, way, true), -EXDEV);
		assert_int_equal(symlink_op(f, H_RW, way, "t"), -EXDEV);
		assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, way, H_RW, "y", 0), -EXDEV);
		assert_int_equal(two_names(f, MVM_OP_RENAME, H_RW, "file", H_RW, way, 0), -EXDEV);
		assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, way, H_RW, "y", 0), -EXDEV);
		assert_int_equal(two_names(f, MVM_OP_LINK, H_RW, "file", H_RW, way, 0), -EXDEV);
		assert_int_equal(setattr_op(f, H_RW, way, &a, 0), -EXDEV);
	}
	assert_int_equal(open_descriptors(), before);
	assert_string_equal(host_contents(f, "outside/secret"), "secret");
	assert_int_equal(access(host_path(f, "outside/x"), F_OK), -1);
}

/* ---- Somebody exchanges a directory and a link that leads out, as fast as possible ---------- */

struct exchanger {
	char a[4200], b[4200];
	bool stop;
};

static void *exchange(void *arg)
{
	struct exchanger *x = arg;

	while (!__atomic_load_n(&x->stop, __ATOMIC_RELAXED))
		syscall(SYS_renameat2, AT_FDCWD, x->a, AT_FDCWD, x->b, 2 /* RENAME_EXCHANGE */);
	return NULL;
}

static void races(void **state)
{
	struct fixture *f = *state;
	struct exchanger x = { .stop = false };
	struct mvm_setattr a = { .mask = MVM_SET_MODE, .mode = 0600 };
	pthread_t thread;

	/* secret is in both: only the way tells them apart */
	host_write(f, "grant/dir/secret", "inside");
	snprintf(x.a, sizeof(x.a), "%s", host_path(f, "grant/dir"));
	snprintf(x.b, sizeof(x.b), "%s", host_path(f, "grant/updir"));
	pthread_create(&thread, NULL, exchange, &x);
	for (int i = 0; i < 2000; i++) {
		int64_t h = open_path(f, H_RW, "dir/secret", MVM_O_READ, 0);
		char c = 'i';

		if (h >= 0) {
			assert_int_equal(pread(f->s.handles.h[h].fd, &c, 1, 0), 1);
			assert_int_equal(c, 'i');
			call(f, (struct mvm_sqe){ .op = MVM_OP_CLOSE, .handle = (int32_t)h });
		}
		setattr_op(f, H_RW, "dir/secret", &a, 0);
		mkdir_op(f, H_RW, "dir/made");
		unlink_op(f, H_RW, "dir/made", true);
		symlink_op(f, H_RW, "dir/sym", "target");
		two_names(f, MVM_OP_RENAME, H_RW, "dir/sym", H_RW, "updir/sym2", 0);
		two_names(f, MVM_OP_LINK, H_RW, "file", H_RW, "dir/hard", 0);
		open_path(f, H_RW, "dir/../dir/secret", MVM_O_READ, 0);
		unlink_op(f, H_RW, "dir/hard", false);
		if (handles_full(&f->s.handles))
			break;
	}
	__atomic_store_n(&x.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_string_equal(host_contents(f, "outside/secret"), "secret");
	assert_int_equal(mode_of(f, "outside/secret"), 0644);
	assert_int_equal(access(host_path(f, "outside/made"), F_OK), -1);
	assert_int_equal(access(host_path(f, "outside/hard"), F_OK), -1);
	assert_int_equal(faccessat(AT_FDCWD, host_path(f, "outside/sym2"), F_OK,
				   AT_SYMLINK_NOFOLLOW), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(directories), T(renames), T(links), T(attributes), T(read_only), T(no_way_out),
		T(races), T(modes_on_old_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
