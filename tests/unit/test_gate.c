/* SPDX-License-Identifier: MIT */
/*
 * The gate: no guest address becomes host memory outside of the RAM that is present.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "service/gate.h"

#define PRESENT 8192UL

static uint8_t *memory;
static struct guest_ram ram;

static int setup(void **state)
{
	(void)state;
	memory = malloc(PRESENT);	/* exactly: ASan sees one byte too many */
	memset(memory, 0, PRESENT);
	ram = (struct guest_ram){ .hva = memory, .present = PRESENT, .max = 1UL << 30 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

static void *gate_at(uint64_t addr, uint64_t len)
{
	return gate(&ram, (mvm_gpa_t){ addr }, len);
}

static void bounds(void **state)
{
	(void)state;
	assert_ptr_equal(gate_at(0, PRESENT), memory);
	assert_ptr_equal(gate_at(PRESENT - 1, 1), memory + PRESENT - 1);
	assert_ptr_equal(gate_at(PRESENT, 0), memory + PRESENT);
	assert_null(gate_at(0, PRESENT + 1));
	assert_null(gate_at(PRESENT, 1));
	assert_null(gate_at(PRESENT + 1, 0));
	assert_null(gate_at(PRESENT - 1, 2));
}

static void overflow(void **state)
{
	(void)state;
	assert_null(gate_at(UINT64_MAX, 1));
	assert_null(gate_at(UINT64_MAX, 2));
	assert_null(gate_at(1, UINT64_MAX));
	assert_null(gate_at(PRESENT, UINT64_MAX - PRESENT + 1));
	assert_null(gate_at(UINT64_MAX - 1, UINT64_MAX));
	assert_null(gate_at(1UL << 63, 1UL << 63));
}

static void copies(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_int_equal(gate_copy_out(&ram, (mvm_gpa_t){ PRESENT - 8 }, 100, &v, 8), 0);
	v = 0;
	assert_int_equal(gate_copy_in(&ram, &v, (mvm_gpa_t){ PRESENT - 8 }, 8), 0);
	assert_int_equal(v, 7);
	assert_int_equal(gate_copy_in(&ram, &v, (mvm_gpa_t){ PRESENT - 7 }, 8), -EFAULT);
	assert_int_equal(gate_copy_out(&ram, (mvm_gpa_t){ PRESENT - 7 }, 8, &v, 8), -EFAULT);
	/* a guest with a shorter structure gets its beginning */
	memset(memory, 0xff, 16);
	assert_int_equal(gate_copy_out(&ram, (mvm_gpa_t){ 0 }, 2, &v, 8), 0);
	assert_int_equal(memory[0], 7);
	assert_int_equal(memory[1], 0);
	assert_int_equal(memory[2], 0xff);
}

static int iov(struct gate_iov *io, const struct mvm_iov *v, uint64_t n)
{
	struct mvm_sqe e = { .flags = MVM_SQE_IOV, .addr = { 4096 }, .len = n };

	memcpy(memory + 4096, v, (n < 100 ? n : 0) * sizeof(*v));
	return gate_iov(&ram, &e, io);
}

static void vectors(void **state)
{
	struct mvm_iov v[MVM_IOV_MAX + 1] = { { { 0 }, 10 }, { { 100 }, 20 }, { { PRESENT }, 0 } };
	struct gate_iov io;

	(void)state;
	assert_int_equal(iov(&io, v, 3), 0);
	assert_int_equal(io.n, 3);
	assert_int_equal(io.total, 30);
	assert_ptr_equal(io.v[1].iov_base, memory + 100);
	assert_int_equal(iov(&io, v, MVM_IOV_MAX), 0);
	assert_int_equal(iov(&io, v, MVM_IOV_MAX + 1), -EINVAL);
	assert_int_equal(iov(&io, v, UINT64_MAX), -EINVAL);
	assert_int_equal(iov(&io, v, 1UL << 60), -EINVAL);
	v[2].len = 1;
	assert_int_equal(iov(&io, v, 3), -EFAULT);
	v[2] = (struct mvm_iov){ { UINT64_MAX }, UINT64_MAX };
	assert_int_equal(iov(&io, v, 3), -EFAULT);
}

static void vector_outside(void **state)
{
	struct mvm_sqe e = { .flags = MVM_SQE_IOV, .addr = { PRESENT - 16 }, .len = 2 };
	struct gate_iov io;

	(void)state;
	assert_int_equal(gate_iov(&ram, &e, &io), -EFAULT);
	e.len = 1;
	assert_int_equal(gate_iov(&ram, &e, &io), 0);
}

static void clip(void **state)
{
	struct mvm_iov v[3] = { { { 0 }, 10 }, { { 100 }, 20 }, { { 200 }, 30 } };
	struct gate_iov io;

	(void)state;
	iov(&io, v, 3);
	gate_iov_clip(&io, 60);
	assert_int_equal(io.n, 3);
	gate_iov_clip(&io, 25);
	assert_int_equal(io.n, 2);
	assert_int_equal(io.v[1].iov_len, 15);
	assert_int_equal(io.total, 25);
	gate_iov_clip(&io, 10);
	assert_int_equal(io.n, 1);
	gate_iov_clip(&io, 0);
	assert_int_equal(io.n, 0);
	assert_int_equal(io.total, 0);
}

/* More than Linux moves at once is cut off, before it is looked for in RAM. */
static void very_long(void **state)
{
	struct mvm_sqe e = { .addr = { 0 }, .len = UINT64_MAX };
	struct gate_iov io;

	(void)state;
	ram.present = MVM_IO_MAX + 1;	/* nothing is touched */
	assert_int_equal(gate_iov(&ram, &e, &io), 0);
	assert_int_equal(io.total, MVM_IO_MAX);
	e.addr.v = 2;
	assert_int_equal(gate_iov(&ram, &e, &io), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(copies, setup, teardown),
		cmocka_unit_test_setup_teardown(vectors, setup, teardown),
		cmocka_unit_test_setup_teardown(vector_outside, setup, teardown),
		cmocka_unit_test_setup_teardown(clip, setup, teardown),
		cmocka_unit_test_setup_teardown(very_long, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
