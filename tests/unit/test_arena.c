/* SPDX-License-Identifier: MIT */
/*
 * The launcher's heap (malloc and the like are its functions here, under other names: unit.mk):
 * blocks do not overlap and keep what is in them, also when they grow; what was freed while
 * something passed is used again, and zero for calloc; and all of it is gone afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "arena.h"

#define ALIGNMENT	16
#define BLOCKS	300
#define STEPS	20000

static uint64_t any(void)
{
	static uint64_t x = 88172645463325252ULL;	/* xorshift: the same in every run */

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static struct { uint8_t *p, byte; size_t size; } blocks[BLOCKS];
static size_t asked;			/* in all */
static uintptr_t lowest = UINTPTR_MAX, highest;

static void fill(size_t i, uint8_t *p, size_t size)
{
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % ALIGNMENT, 0);
	blocks[i].p = p;
	blocks[i].size = size;
	blocks[i].byte = (uint8_t)any();
	asked += size;
	if ((uintptr_t)p < lowest)
		lowest = (uintptr_t)p;
	if ((uintptr_t)p > highest)
		highest = (uintptr_t)p;
	memset(p, blocks[i].byte, size);
}

static void check_filled(size_t i, const uint8_t *p, size_t n)
{
	for (size_t k = 0; k < n; k++)
		assert_int_equal(p[k], blocks[i].byte);
}

static void new_block(size_t i, size_t size)
{
	uint8_t *p = any() % 2 ? malloc(size) : calloc(1, size);

	fill(i, p, size);
}

static void zeroed_block(size_t i, size_t size)
{
	uint8_t *p = calloc(size, 1);

	for (size_t k = 0; k < size; k++)
		assert_int_equal(p[k], 0);
	fill(i, p, size);
}

static void resized_block(size_t i, size_t size)
{
	uint8_t *p = realloc(blocks[i].p, size);

	check_filled(i, p, size < blocks[i].size ? size : blocks[i].size);
	fill(i, p, size);
}

/* Any order of calls; most blocks are used again. */
static void blocks_keep_what_is_in_them(void **state)
{
	(void)state;
	arena_passing(0);
	for (unsigned int step = 0; step < STEPS; step++) {
		size_t i = any() % BLOCKS, size = 1 + any() % 200;

		if (blocks[i].p)
			check_filled(i, blocks[i].p, blocks[i].size);
		if (!blocks[i].p) {
			(any() % 2 ? new_block : zeroed_block)(i, size);
		} else if (any() % 4 == 0) {
			resized_block(i, size);
		} else {
			free(blocks[i].p);
			blocks[i].p = NULL;
		}
	}
	assert_in_range(highest - lowest, 1, asked / 4);
	arena_passed();
}

/* The block at the end grows where it is. */
static void the_last_block_grows(void **state)
{
	volatile size_t most = SIZE_MAX;	/* unknown to the compiler, which warns */
	uint8_t *p, *q;

	(void)state;
	arena_passing(1);
	p = malloc(10);
	memset(p, 7, 10);
	assert_ptr_equal(realloc(p, 5000), p);
	q = malloc(10);
	assert_true(q >= p + 5000);
	q = realloc(p, 6000);
	assert_ptr_not_equal(q, p);
	assert_int_equal(q[9], 7);
	assert_null(realloc(q, 4UL << 20));
	assert_null(malloc(most));
	assert_null(realloc(q, most));
	assert_null(calloc(most, 2));
	free(NULL);
	arena_passed();
}

/* What lasts is not touched by what passes, and is zero again when it is given back. */
static void what_lasts(void **state)
{
	size_t mark = arena_mark();
	uint8_t *p = malloc(100), *q;

	(void)state;
	memset(p, 1, 100);
	arena_passing(0);
	free(p);
	q = malloc(100);
	assert_ptr_not_equal(q, p);
	q = realloc(p, 300);
	assert_ptr_not_equal(q, p);
	arena_passed();
	free(p);
	assert_int_equal(p[99], 1);
	arena_release(mark);
	q = calloc(1, 100);
	assert_ptr_equal(q, p);
	assert_int_equal(q[99], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_keep_what_is_in_them),
		cmocka_unit_test(the_last_block_grows),
		cmocka_unit_test(what_lasts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
