/* SPDX-License-Identifier: MIT */
/* runtime/sys/chacha.c by RFC 8439's vectors, and what the generator on top of it promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mm/mm.h"
#include "sys/chacha.h"
#include "sys/random.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

static int reseeds, copies_that_work;

s64 hyper(struct mvm_sqe *e, u64 out[2])
{
	(void)out;
	assert_int_equal(e->op, MVM_OP_RANDOM);
	assert_int_equal(e->len, CHACHA_KEY_SIZE);
	reseeds++;
	return 32;
}

int copy_to_user(u64 dst, const void *src, size_t n)
{
	if (!copies_that_work)
		return -EFAULT;
	copies_that_work--;
	memcpy((void *)dst, src, n);
	return 0;
}

/* RFC 8439, 2.3.2 */
static void test_block(void **state)
{
	static const uint8_t nonce[12] = { 0, 0, 0, 9, 0, 0, 0, 0x4a };
	static const uint8_t expected[64] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20,
		0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a,
		0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2,
		0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9,
		0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	uint8_t key[32], out[64];

	(void)state;
	for (int i = 0; i < 32; i++)
		key[i] = (uint8_t)i;
	chacha20_block(key, 1, nonce, out);
	assert_memory_equal(out, expected, sizeof(out));
}

/* RFC 8439, A.1, test vector 1 */
static void test_block_zero(void **state)
{
	static const uint8_t zero[32];
	static const uint8_t expected[16] = { 0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
					      0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28 };
	uint8_t out[64];

	(void)state;
	chacha20_block(zero, 0, zero, out);
	assert_memory_equal(out, expected, sizeof(expected));
}

static void test_generator(void **state)
{
	u8 seed[32] = { 1, 2, 3 }, wiped[32] = { 0 }, first[100], second[100], again[200];

	(void)state;
	random_init(seed);
	assert_memory_equal(seed, wiped, sizeof(seed));
	random_bytes(first, sizeof(first));
	random_bytes(second, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	/* The same seed gives the same bytes, however they are asked for. */
	memcpy(seed, (u8 [32]){ 1, 2, 3 }, sizeof(seed));
	random_init(seed);
	random_bytes(again, sizeof(again));
	assert_memory_equal(again, first, sizeof(first));
	assert_memory_equal(again + 100, second, sizeof(second));
	/* Not the key stream of the seed itself: its first bytes are the next key. */
	chacha20_block((u8 [32]){ 1, 2, 3 }, 0, wiped, again);
	assert_memory_not_equal(again, first, 32);
}

static void test_reseed(void **state)
{
	static u8 big[1 << 20];

	(void)state;
	reseeds = 0;
	for (int i = 0; i < 4; i++)
		random_bytes(big, sizeof(big));
	assert_int_equal(reseeds, 3);
}

static void test_getrandom(void **state)
{
	u8 buf[1000] = { 0 };

	(void)state;
	copies_that_work = 100;
	assert_int_equal(sys_getrandom((u64)buf, sizeof(buf), 0), sizeof(buf));
	assert_int_equal(sys_getrandom((u64)buf, 0, 0), 0);
	assert_int_equal(sys_getrandom((u64)buf, 1, 8), -EINVAL);
	assert_int_equal(sys_getrandom((u64)buf, 1, 6), -EINVAL);
	copies_that_work = 0;
	assert_int_equal(sys_getrandom((u64)buf, 1, 0), -EFAULT);
	copies_that_work = 1;
	assert_int_equal(sys_getrandom((u64)buf, sizeof(buf), 1), 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_block_zero),
		cmocka_unit_test(test_generator),
		cmocka_unit_test(test_reseed),
		cmocka_unit_test(test_getrandom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
