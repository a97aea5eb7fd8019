/* SPDX-License-Identifier: MIT */
/*
 * READ, WRITE and the other requests on open files: rights, offsets, what never blocks.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service_fixture.h"

static int64_t io(struct fixture *f, uint16_t op, int32_t h, mvm_gpa_t a, uint64_t len,
		  uint64_t off)
{
	return call(f, (struct mvm_sqe){ .op = op, .handle = h, .addr = a, .len = len,
					 .off = off });
}

static int64_t write_str(struct fixture *f, int32_t h, const char *str, uint64_t off)
{
	return io(f, MVM_OP_WRITE, h, put(f, str, strlen(str)), strlen(str), off);
}

/* Reads into SCRATCH, where a string is made of it. */
static int64_t read_str(struct fixture *f, int32_t h, uint64_t len, uint64_t off, const char **str)
{
	mvm_gpa_t a = room(f, len + 1);
	int64_t r = io(f, MVM_OP_READ, h, a, len, off);

	if (r >= 0)
		((char *)at(f, a))[r] = '\0';
	*str = at(f, a);
	return r;
}

static void file_offsets(void **state)
{
	struct fixture *f = *state;
	int32_t h = (int32_t)open_path(f, H_RW, "file", MVM_O_READ | MVM_O_WRITE, 0);
	const char *str;

	assert_true(h > H_RO);
	assert_int_equal(read_str(f, h, 4, 3, &str), 4);
	assert_string_equal(str, "3456");
	assert_int_equal(read_str(f, h, 100, 8, &str), 2);
	assert_int_equal(read_str(f, h, 100, 50, &str), 0);
	assert_int_equal(write_str(f, h, "abc", 9), 3);
	assert_string_equal(host_contents(f, "grant/file"), "012345678abc");
	assert_int_equal(read_str(f, h, 1, MVM_OFF_CURRENT, &str), -EINVAL);
	assert_int_equal(read_str(f, h, 1, 1UL << 63, &str), -EINVAL);
	assert_int_equal(io(f, MVM_OP_READ, h, (mvm_gpa_t){ RAM_BYTES - 1 }, 2, 0), -EFAULT);
	assert_int_equal(io(f, MVM_OP_READ, h, (mvm_gpa_t){ UINT64_MAX }, 2, 0), -EFAULT);
	assert_int_equal(io(f, MVM_OP_READ, h, (mvm_gpa_t){ RAM_BYTES - 1 }, 1, 0), 1);
}

static void append(void **state)
{
	struct fixture *f = *state;
	int32_t h = (int32_t)open_path(f, H_RW, "file", MVM_O_WRITE, 0);
	struct mvm_sqe e = { .op = MVM_OP_WRITE, .handle = h, .len = 3, .arg = 1, .off = 2 };

	e.addr = put(f, "end", 3);
	assert_int_equal(call(f, e), 3);
	assert_int_equal(f->out[0], 13);
	assert_string_equal(host_contents(f, "grant/file"), "0123456789end");
	e.arg = 2;
	assert_int_equal(call(f, e), -EINVAL);
}

static void vectors(void **state)
{
	struct fixture *f = *state;
	int32_t h = (int32_t)open_path(f, H_RW, "file", MVM_O_READ | MVM_O_WRITE, 0);
	mvm_gpa_t a = put(f, "abc", 3), b = put(f, "de", 2);
	struct mvm_iov v[2] = { { a, 3 }, { b, 2 } };
	struct mvm_sqe e = { .op = MVM_OP_WRITE, .flags = MVM_SQE_IOV, .handle = h, .len = 2,
			     .off = 1 };

	e.addr = put(f, v, sizeof(v));
	assert_int_equal(call(f, e), 5);
	assert_string_equal(host_contents(f, "grant/file"), "0abcde6789");
	e.op = MVM_OP_READ;
	e.off = 6;
	assert_int_equal(call(f, e), 4);
	assert_memory_equal(at(f, a), "678", 3);
	assert_memory_equal(at(f, b), "9e", 2);
}

static void rights(void **state)
{
	struct fixture *f = *state;
	int32_t r = (int32_t)open_path(f, H_RW, "file", MVM_O_READ, 0);
	int32_t w = (int32_t)open_path(f, H_RW, "file", MVM_O_WRITE, 0);
	int32_t p = (int32_t)open_path(f, H_RW, "file", MVM_O_PATH, 0);
	const char *str;

	assert_int_equal(write_str(f, r, "x", 0), -EBADF);
	assert_int_equal(read_str(f, w, 1, 0, &str), -EBADF);
	assert_int_equal(read_str(f, p, 1, 0, &str), -EBADF);
	assert_int_equal(write_str(f, p, "x", 0), -EBADF);
	assert_int_equal(read_str(f, 99, 1, 0, &str), -EBADF);
	assert_int_equal(read_str(f, -1, 1, 0, &str), -EBADF);
	assert_int_equal(read_str(f, H_RW, 1, 0, &str), -EISDIR);
	assert_int_equal(write_str(f, H_RW, "x", 0), -EBADF);
	assert_int_equal(read_str(f, H_OUT, 1, MVM_OFF_CURRENT, &str), -EBADF);
	assert_int_equal(write_str(f, H_IN, "x", MVM_OFF_CURRENT), -EBADF);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FTRUNCATE, .handle = r }), -EINVAL);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FALLOCATE, .handle = r,
						   .len2 = 1 }), -EBADF);
	assert_string_equal(host_contents(f, "grant/file"), "0123456789");
}

static void pipe_reads(struct fixture *f)
{
	const char *str;

	assert_int_equal(read_str(f, H_IN, 10, MVM_OFF_CURRENT, &str), -EAGAIN);
	assert_int_equal(write(f->in_pipe[1], "hello", 5), 5);
	assert_int_equal(read_str(f, H_IN, 10, 0, &str), -ESPIPE);
	assert_int_equal(read_str(f, H_IN, 10, MVM_OFF_CURRENT, &str), 5);
	assert_string_equal(str, "hello");
	assert_int_equal(read_str(f, H_IN, 10, MVM_OFF_CURRENT, &str), -EAGAIN);
	close(f->in_pipe[1]);
	f->in_pipe[1] = -1;
	assert_int_equal(read_str(f, H_IN, 10, MVM_OFF_CURRENT, &str), 0);
}

/* Fills the pipe: it takes all it can hold, says EAGAIN, and goes on when there is room. */
static void pipe_writes(struct fixture *f)
{
	static char sink[1 << 20];
	uint64_t total = 0;
	int64_t r;

	do {
		r = io(f, MVM_OP_WRITE, H_OUT, room(f, 100000), 100000, MVM_OFF_CURRENT);
		if (r > 0)
			total += (uint64_t)r;
	} while (r > 0);
	assert_int_equal(r, -EAGAIN);
	assert_true(total >= 65536);
	assert_int_equal(read(f->out_pipe[0], sink, sizeof(sink)), total);
	assert_int_equal(write_str(f, H_OUT, "x", 5), -ESPIPE);
	assert_int_equal(write_str(f, H_OUT, "x", MVM_OFF_CURRENT), 1);
	close(f->out_pipe[0]);
	f->out_pipe[0] = -1;
	assert_int_equal(write_str(f, H_OUT, "x", MVM_OFF_CURRENT), -EPIPE);
}

static void pipes_nowait(void **state)
{
	pipe_reads(*state);
	pipe_writes(*state);
}

/* As on kernels whose pipes have no RWF_NOWAIT. */
static void pipes_polled(void **state)
{
	struct fixture *f = *state;

	f->s.handles.h[H_IN].polled = f->s.handles.h[H_OUT].polled = true;
	pipe_reads(f);
	pipe_writes(f);
}

static void pipes_nonblock(void **state)
{
	struct fixture *f = *state;

	fcntl(f->s.handles.h[H_IN].fd, F_SETFL, O_NONBLOCK);
	fcntl(f->s.handles.h[H_OUT].fd, F_SETFL, O_NONBLOCK);
	f->s.handles.h[H_IN].nonblock = f->s.handles.h[H_OUT].nonblock = true;
	pipe_reads(f);
	pipe_writes(f);
}

static void sockets(void **state)
{
	struct fixture *f = *state;
	const char *str;
	int pair[2];
	int32_t h;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	h = handle_add(&f->s.handles, pair[0], MVM_KIND_STREAM, MVM_RIGHT_READ | MVM_RIGHT_WRITE);
	for (int polled = 0; polled < 2; polled++) {
		assert_int_equal(read_str(f, h, 10, MVM_OFF_CURRENT, &str), -EAGAIN);
		assert_int_equal(write_str(f, h, "ab", MVM_OFF_CURRENT), 2);
		assert_int_equal(write(pair[1], "cd", 2), 2);
		assert_int_equal(read_str(f, h, 10, MVM_OFF_CURRENT, &str), 2);
		f->s.handles.h[h].polled = true;
	}
	close(pair[1]);
}

/* A file at standard input: its offset is the host's, moved for all who share it. */
static void shared_offset(void **state)
{
	struct fixture *f = *state;
	int fd = open(host_path(f, "grant/file"), O_RDWR | O_CLOEXEC);
	int32_t h = handle_add(&f->s.handles, fd, MVM_KIND_FILE, MVM_RIGHT_READ | MVM_RIGHT_WRITE |
			       MVM_RIGHT_SEEK | MVM_RIGHT_OFFSET);
	struct mvm_sqe seek = { .op = MVM_OP_SEEK, .handle = h, .arg = SEEK_END, .off = -2UL };
	const char *str;

	f->s.handles.h[h].grant = true;
	assert_int_equal(read_str(f, h, 4, MVM_OFF_CURRENT, &str), 4);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 4);
	assert_int_equal(read_str(f, h, 2, 0, &str), 2);
	assert_int_equal(write_str(f, h, "xy", MVM_OFF_CURRENT), 2);
	assert_string_equal(host_contents(f, "grant/file"), "0123xy6789");
	assert_int_equal(call(f, seek), 8);
	assert_int_equal(read_str(f, h, 9, MVM_OFF_CURRENT, &str), 2);
	seek.off = -11UL;
	assert_int_equal(call(f, seek), -EINVAL);
}

static void disk(void **state)
{
	struct fixture *f = *state;
	int fd = open(host_path(f, "grant/file"), O_RDWR | O_CLOEXEC);
	int32_t h = handle_add(&f->s.handles, fd, MVM_KIND_DISK, MVM_RIGHT_READ | MVM_RIGHT_WRITE |
			       MVM_RIGHT_SEEK);
	const char *str;

	f->s.handles.h[h].size = 10;
	assert_int_equal(read_str(f, h, 4, 8, &str), 2);
	assert_int_equal(read_str(f, h, 4, 10, &str), 0);
	assert_int_equal(read_str(f, h, 4, UINT64_MAX - 1, &str), 0);
	assert_int_equal(read_str(f, h, 4, MVM_OFF_CURRENT, &str), -EINVAL);
	assert_int_equal(write_str(f, h, "abcdef", 7), 3);
	assert_int_equal(write_str(f, h, "abcdef", 10), -ENOSPC);
	assert_int_equal(write_str(f, h, "", 10), 0);
	assert_string_equal(host_contents(f, "grant/file"), "0123456abc");
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FTRUNCATE, .handle = h,
						   .off = 5 }), -EINVAL);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FALLOCATE, .handle = h, .off = 9,
						   .len2 = 2 }), -ENOSPC);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FALLOCATE, .handle = h,
						   .off = 1UL << 63, .len2 = 1UL << 63 }), -EFBIG);
}

static void sizes(void **state)
{
	struct fixture *f = *state;
	int32_t h = (int32_t)open_path(f, H_RW, "file", MVM_O_READ | MVM_O_WRITE, 0);
	struct mvm_sqe e = { .op = MVM_OP_FTRUNCATE, .handle = h, .off = 4 };
	struct mvm_sqe seek = { .op = MVM_OP_SEEK, .handle = h, .arg = SEEK_DATA };

	assert_int_equal(call(f, e), 0);
	assert_string_equal(host_contents(f, "grant/file"), "0123");
	e.off = 1UL << 63;
	assert_int_equal(call(f, e), -EINVAL);
	e = (struct mvm_sqe){ .op = MVM_OP_FALLOCATE, .handle = h, .len2 = 8192,
			      .arg = FALLOC_FL_COLLAPSE_RANGE };
	assert_int_equal(call(f, e), -EOPNOTSUPP);
	e.arg = 0;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(call(f, seek), 0);
	seek.arg = SEEK_END;
	assert_int_equal(call(f, seek), -EINVAL);
	seek.arg = 5;
	assert_int_equal(call(f, seek), -EINVAL);
	seek.handle = H_OUT;
	assert_int_equal(call(f, seek), -ESPIPE);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FSYNC, .handle = h }), 0);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FSYNC, .handle = h, .arg = 1 }), 0);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FSYNC, .handle = h, .arg = 2 }),
			 -EINVAL);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_FSYNC, .handle = H_OUT }), -EINVAL);
}

static void locks(void **state)
{
	struct fixture *f = *state;
	int32_t a = (int32_t)open_path(f, H_RW, "file", MVM_O_READ | MVM_O_WRITE, 0);
	int32_t b = (int32_t)open_path(f, H_RW, "file", MVM_O_READ | MVM_O_WRITE, 0);
	struct mvm_sqe lock = { .op = MVM_OP_LOCK, .handle = a, .off = 10, .len2 = 5,
				.arg = F_WRLCK };
	struct mvm_sqe test = { .op = MVM_OP_LOCK, .handle = b, .off = 0, .len2 = 0,
				.arg = F_RDLCK | MVM_LOCK_TEST };

	assert_int_equal(call(f, test), 0);
	assert_int_equal(f->out[0], F_UNLCK);
	assert_int_equal(call(f, lock), 0);
	assert_int_equal(call(f, test), 0);
	assert_int_equal(f->out[0], F_WRLCK);
	lock.handle = b;
	assert_int_equal(call(f, lock), -EAGAIN);
	lock.off = 15;
	assert_int_equal(call(f, lock), 0);
	lock.arg = 7;
	assert_int_equal(call(f, lock), -EINVAL);
	lock = (struct mvm_sqe){ .op = MVM_OP_LOCK, .handle = a, .off = 1, .len2 = INT64_MAX };
	assert_int_equal(call(f, lock), -EINVAL);
	lock.handle = H_OUT;
	assert_int_equal(call(f, lock), -EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(file_offsets), T(append), T(vectors), T(rights), T(pipes_nowait),
		T(pipes_polled), T(pipes_nonblock), T(sockets), T(shared_offset), T(disk),
		T(sizes), T(locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
