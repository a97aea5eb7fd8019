/* SPDX-License-Identifier: MIT */
/*
 * The handle table: what is not open is not found, grants stay, and nothing leaks when it is full.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "service/handle.h"

static struct handles t;

static int setup(void **state)
{
	(void)state;
	memset(&t, 0xff, sizeof(t));	/* handles_init() must not rely on zeroes */
	handles_init(&t);
	return 0;
}

static void not_open(void **state)
{
	(void)state;
	assert_null(handle_get(&t, 0));
	assert_null(handle_get(&t, -1));
	assert_null(handle_get(&t, INT32_MIN));
	assert_null(handle_get(&t, INT32_MAX));
	assert_null(handle_get(&t, MVM_HANDLES_MAX));
	assert_int_equal(handle_close(&t, 0), -EBADF);
	assert_int_equal(handle_close(&t, -5), -EBADF);
}

static void open_close(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	int32_t n = handle_add(&t, fd, MVM_KIND_FILE, MVM_RIGHT_READ);

	(void)state;
	assert_int_equal(n, 0);
	assert_int_equal(handle_get(&t, 0)->fd, fd);
	assert_int_equal(handle_get(&t, 0)->rights, MVM_RIGHT_READ);
	assert_false(handle_get(&t, 0)->grant);
	assert_false(handle_get(&t, 0)->read_only);
	assert_int_equal(handle_close(&t, 0), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_null(handle_get(&t, 0));
	assert_int_equal(handle_close(&t, 0), -EBADF);
}

static void grants_stay(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	int32_t n = handle_add(&t, fd, MVM_KIND_FILE, MVM_RIGHT_READ);

	(void)state;
	t.h[n].grant = true;
	assert_int_equal(handle_close(&t, n), -EPERM);
	assert_non_null(handle_get(&t, n));
	close(fd);
}

static void full(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < MVM_HANDLES_MAX; i++) {
		assert_false(handles_full(&t));
		assert_int_equal(handle_add(&t, open("/dev/null", O_RDONLY), MVM_KIND_FILE, 0), i);
	}
	assert_true(handles_full(&t));
	assert_int_equal(handle_add(&t, 0, MVM_KIND_FILE, 0), -EMFILE);
	assert_int_equal(handle_close(&t, 17), 0);
	assert_int_equal(handle_close(&t, 900), 0);
	assert_false(handles_full(&t));
	assert_int_equal(handle_add(&t, open("/dev/null", O_RDONLY), MVM_KIND_FILE, 0), 900);
	assert_int_equal(handle_add(&t, open("/dev/null", O_RDONLY), MVM_KIND_FILE, 0), 17);
	assert_true(handles_full(&t));
	for (i = 0; i < MVM_HANDLES_MAX; i++)
		assert_int_equal(handle_close(&t, (int32_t)i), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(not_open, setup),
		cmocka_unit_test_setup(open_close, setup),
		cmocka_unit_test_setup(grants_stay, setup),
		cmocka_unit_test_setup(full, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
