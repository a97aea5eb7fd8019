/* SPDX-License-Identifier: MIT */
/* Descriptors by their numbers: moving one, closing many, and room for many. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "descriptor.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* How many descriptors the kernel's table has room for (proc(5), status). */
static long table_size(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long n = -1;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "FDSize: %ld", &n) == 1)
			break;
	fclose(f);
	return n;
}

static void test_move(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(fd_move(fd, 70), 70);
	assert_false(is_open(fd));
	assert_int_equal(fcntl(70, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_move(70, 70), 70);
	assert_true(is_open(70));
	close(70);
	errno = ENOENT;
	assert_int_equal(fd_move(-1, 70), -1);
	assert_int_equal(errno, ENOENT);
	assert_false(is_open(70));
}

static void test_close_range(void **state)
{
	(void)state;
	for (int fd = 60; fd < 64; fd++)
		assert_int_equal(dup2(1, fd), fd);
	fd_close_range(62, 61);
	assert_true(is_open(61) && is_open(62));
	fd_close_range(61, 62);
	assert_true(is_open(60) && !is_open(61) && !is_open(62) && is_open(63));
	fd_close_range(60, 63);
}

/* In a child, whose table is as small as what is open allows.  limit: of descriptors. */
static int room_in_child(rlim_t limit)
{
	struct rlimit l = { limit, limit };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (setrlimit(RLIMIT_NOFILE, &l))
			_exit(100);
		fd_make_room(1);
		for (int fd = 3; fd < 1100; fd++)
			if (is_open(fd))
				_exit(101);
		_exit(table_size() >= 1024);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_room(void **state)
{
	(void)state;
	fd_close_range(3, 1099);
	assert_int_equal(room_in_child(1100), 1);
	assert_int_equal(room_in_child(512), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_close_range),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
