/* SPDX-License-Identifier: MIT */
/*
 * What looks at a guest from outside, against guests that lie: page tables that lead nowhere or in
 * circles, lists of threads without an end, lists of mappings that make no sense.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/core_int.h"

#define RAM_SIZE	(4UL << 20)
#define PML4		0x1000UL
#define VA		0x10000000UL	/* where the tests map memory */
#define PRESENT		1UL
#define WRITE		2UL
#define LARGE		0x80UL
#define NX		(1UL << 63)

static struct guest_ram ram;
static struct guest guest = { .ram = &ram, .pml4 = PML4, .debug = VA };

static uint64_t *entry(uint64_t table, uint64_t index)
{
	return (uint64_t *)(void *)(ram.hva + table) + index;
}

/* Tables at 0x1000, 0x2000, 0x3000 and 0x4000: VA and the next 2 MiB minus one page. */
static int set_up(void **state)
{
	(void)state;
	memset(ram.hva, 0, RAM_SIZE);
	*entry(0x1000, VA >> 39 & 511) = 0x2000 | PRESENT | WRITE;
	*entry(0x2000, VA >> 30 & 511) = 0x3000 | PRESENT | WRITE;
	*entry(0x3000, VA >> 21 & 511) = 0x4000 | PRESENT | WRITE;
	for (uint64_t i = 0; i < 511; i++)
		*entry(0x4000, i) = (0x100000 + i * 4096) | PRESENT | WRITE | NX;
	memset(&core_maps, 0, sizeof(core_maps));
	return 0;
}

static uint8_t *at(uint64_t va)
{
	return ram.hva + 0x100000 + (va - VA);
}

/* ---- Page tables ---------------------------------------------------------------------------- */

static void test_copies(void **state)
{
	uint8_t buf[8192], back[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)i;
	assert_int_equal(guest_write(&guest, VA + 4000, buf, sizeof(buf)), sizeof(buf));
	assert_memory_equal(at(VA + 4000), buf, sizeof(buf));
	assert_int_equal(guest_read(&guest, VA + 4000, back, sizeof(back)), sizeof(back));
	assert_memory_equal(buf, back, sizeof(buf));
}

static void test_holes(void **state)
{
	struct guest_piece p;
	uint64_t next;
	uint8_t buf[8192];

	(void)state;
	assert_int_equal(guest_read(&guest, VA + 511 * 4096 - 10, buf, 100), 10);
	assert_int_equal(guest_read(&guest, 0, buf, 1), 0);
	assert_false(guest_piece(&guest, VA + 511 * 4096, &p, &next));
	assert_int_equal(next, VA + (2UL << 20));
	assert_false(guest_piece(&guest, VA + (1UL << 39), &p, &next));
	assert_int_equal(next, 2UL << 39);
	assert_false(guest_piece(&guest, 1UL << 47, &p, &next));
	assert_false(guest_piece(&guest, UINT64_MAX, &p, &next));
	assert_int_equal(guest_read(&guest, UINT64_MAX - 3, buf, sizeof(buf)), 0);
}

static void test_permissions(void **state)
{
	struct guest_piece p;
	uint64_t next;

	(void)state;
	assert_true(guest_piece(&guest, VA, &p, &next));
	assert_int_equal(p.prot, MVM_PROT_READ | MVM_PROT_WRITE);
	*entry(0x4000, 0) &= ~NX;
	*entry(0x3000, VA >> 21 & 511) &= ~WRITE;
	assert_true(guest_piece(&guest, VA + 1, &p, &next));
	assert_int_equal(p.prot, MVM_PROT_READ | MVM_PROT_EXEC);
	assert_int_equal(p.len, 4095);
}

static void test_frames_that_do_not_exist(void **state)
{
	struct guest_piece p;
	uint64_t next;

	(void)state;
	*entry(0x4000, 1) = RAM_SIZE | PRESENT;
	*entry(0x4000, 2) = 0x000ffffffffff000UL | PRESENT;
	*entry(0x3000, (VA >> 21 & 511) + 1) = RAM_SIZE | PRESENT | LARGE;
	*entry(0x2000, (VA >> 30 & 511) + 1) = PRESENT | LARGE;	/* 1 GiB, at 0: not supported */
	*entry(0x1000, (VA >> 39 & 511) + 1) = 0xfff000 | PRESENT;
	assert_false(guest_piece(&guest, VA + 4096, &p, &next));
	assert_false(guest_piece(&guest, VA + 8192, &p, &next));
	assert_false(guest_piece(&guest, VA + (2UL << 20), &p, &next));
	assert_false(guest_piece(&guest, VA + (1UL << 30), &p, &next));
	assert_false(guest_piece(&guest, VA + (1UL << 39), &p, &next));
	*entry(0x3000, (VA >> 21 & 511) + 1) = (2UL << 20) | PRESENT | LARGE;
	assert_true(guest_piece(&guest, VA + (2UL << 20) + 5, &p, &next));
	assert_ptr_equal(p.host, ram.hva + (2UL << 20) + 5);
	assert_int_equal(p.len, (2UL << 20) - 5);
}

/* ---- Threads -------------------------------------------------------------------------------- */

struct a_thread {
	uint64_t next, regs, fs_base, gs_base, fpu, sig;
	uint32_t tid, state;
	char name[16];
};

#define THREADS_AT	(VA + 0x10000)

static void describe(struct mvm_debug *d)
{
	*d = (struct mvm_debug){
		.size = sizeof(*d), .fpu_size = 512, .threads = VA + 0x8000, .running = VA + 0x8008,
		.next = offsetof(struct a_thread, next), .regs = offsetof(struct a_thread, regs),
		.fs_base = offsetof(struct a_thread, fs_base),
		.gs_base = offsetof(struct a_thread, gs_base),
		.fpu = offsetof(struct a_thread, fpu), .tid = offsetof(struct a_thread, tid),
		.asleep = offsetof(struct a_thread, state), .name = offsetof(struct a_thread, name),
		.sig = offsetof(struct a_thread, sig), .fpu_now = VA + 0x9000,
	};
	memcpy(at(VA), d, sizeof(*d));
}

static struct a_thread *put_thread(unsigned int i, int32_t tid, uint64_t next)
{
	struct a_thread *t = (struct a_thread *)(void *)at(THREADS_AT + i * 4096UL);

	*t = (struct a_thread){ .tid = (uint32_t)tid, .next = next };
	return t;
}

static void head(uint64_t first, uint64_t running)
{
	memcpy(at(VA + 0x8000), &first, sizeof(first));
	memcpy(at(VA + 0x8008), &running, sizeof(running));
}

static struct guest_thread threads[64];

static void test_threads(void **state)
{
	struct mvm_debug d;

	(void)state;
	describe(&d);
	put_thread(0, 2, THREADS_AT + 4096);
	memset(put_thread(1, 3, 0)->name, 'x', 16);
	head(THREADS_AT, THREADS_AT + 4096);
	assert_true(guest_debug(&guest, &d));
	assert_int_equal(guest_threads(&guest, &d, threads, 64), 2);
	assert_int_equal(threads[0].tid, 2);
	assert_false(threads[0].running);
	assert_true(threads[1].running);
	assert_int_equal(threads[1].fpu, VA + 0x9000);
	assert_int_equal(strlen(threads[1].name), 15);
}

static void test_threads_without_end(void **state)
{
	struct mvm_debug d;

	(void)state;
	describe(&d);
	put_thread(0, 2, THREADS_AT + 4096);
	put_thread(1, 3, THREADS_AT);
	head(THREADS_AT, 0);
	assert_int_equal(guest_threads(&guest, &d, threads, 64), 64);
	/* Numbers that are none are not shown, and end as well. */
	put_thread(0, 0, THREADS_AT);
	assert_int_equal(guest_threads(&guest, &d, threads, 64), 0);
	head(UINT64_MAX - 8, 0);
	assert_int_equal(guest_threads(&guest, &d, threads, 64), 0);
	put_thread(0, 2, 0x123);
	head(THREADS_AT, 0);
	assert_int_equal(guest_threads(&guest, &d, threads, 64), 1);
}

static void test_description(void **state)
{
	struct mvm_debug d;
	struct guest_fpu f;
	struct guest_thread t = { .running = true, .fpu = VA + 510 * 4096UL + 4000 };

	(void)state;
	describe(&d);
	d.fpu_size = UINT32_MAX;
	memcpy(at(VA), &d, sizeof(d));
	assert_true(guest_debug(&guest, &d));
	guest_fpu(&guest, &d, &t, &f);
	assert_int_equal(f.size, 0);
	d.fpu_size = 512;
	guest_fpu(&guest, &d, &t, &f);		/* runs out of what is mapped */
	assert_int_equal(f.size, 0);
	d.size = 1;
	memcpy(at(VA), &d, sizeof(d));
	assert_false(guest_debug(&guest, &d));
}

/* ---- Mappings ------------------------------------------------------------------------------- */

static void read_text(const char *text)
{
	struct mvm_debug d;

	describe(&d);
	d.maps = VA + 0x20000;
	d.maps_len = strlen(text);
	memcpy(at(d.maps), text, strlen(text));
	memset(&core_maps, 0, sizeof(core_maps));
	core_maps_read(&guest, &d);
}

static void test_maps(void **state)
{
	(void)state;
	read_text("00400000-00402000 r-xp 00001000 00:02 17                 /bin/a b\n"
		  "00402000-00403000 rw-p 00000000 00:00 0 \n"
		  "7ff000000000-7ff000001000 rw-p 00000000 00:00 0          [stack]\n");
	assert_int_equal(core_maps.n, 3);
	assert_false(core_maps.cut);
	assert_int_equal(core_maps.map[0].start, 0x400000);
	assert_int_equal(core_maps.map[0].end, 0x402000);
	assert_int_equal(core_maps.map[0].off, 0x1000);
	assert_int_equal(core_maps.map[0].prot, MVM_PROT_READ | MVM_PROT_EXEC);
	assert_string_equal(core_maps.names + core_maps.map[0].name, "/bin/a b");
	assert_int_equal(core_maps.map[1].name, 0);
	assert_int_equal(core_maps.map[2].name, 0);
}

/* What comes before the nonsense is kept. */
static void test_maps_of_nonsense(void **state)
{
	static const char *const bad[] = {
		"x", "\n", "00403000\n", "00403000-\n", "00403000-00404000\n",
		"00403000-00404000 r\n", "00404000-00403000 rw-p 0 0 0\n",
		"00403001-00404000 rw-p 0 0 0\n", "00401000-00404000 rw-p 0 0 0\n",
		"00403000-ffffffffffff0000 rw-p 0 0 0\n", "00403000-00404000 rw-p zz 0 0\n",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(text, "00400000-00402000 r-xp 00001000 00:02 17 /bin/a\n");
		strcat(text, bad[i]);
		read_text(text);
		assert_int_equal(core_maps.n, 1);
		assert_true(core_maps.cut);
	}
}

/* Without a list, from page tables; which go round: the PML4 is a table of every level. */
static void test_maps_of_tables(void **state)
{
	(void)state;
	core_maps_read(&guest, NULL);
	assert_int_equal(core_maps.n, 1);
	assert_int_equal(core_maps.map[0].start, VA);
	assert_int_equal(core_maps.map[0].end, VA + 511 * 4096UL);
	for (uint64_t i = 0; i < 512; i++)
		*entry(PML4, i) = PML4 | PRESENT | (i & 1 ? WRITE : 0);
	memset(&core_maps, 0, sizeof(core_maps));
	core_maps_read(&guest, NULL);
	assert_true(core_maps.n <= CORE_MAPS_MAX);
}

static int make_ram(void **state)
{
	(void)state;
	ram.hva = aligned_alloc(4096, RAM_SIZE);
	ram.present = ram.max = RAM_SIZE;
	return ram.hva ? 0 : -1;
}

static int free_ram(void **state)
{
	(void)state;
	free(ram.hva);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_copies, set_up),
		cmocka_unit_test_setup(test_holes, set_up),
		cmocka_unit_test_setup(test_permissions, set_up),
		cmocka_unit_test_setup(test_frames_that_do_not_exist, set_up),
		cmocka_unit_test_setup(test_threads, set_up),
		cmocka_unit_test_setup(test_threads_without_end, set_up),
		cmocka_unit_test_setup(test_description, set_up),
		cmocka_unit_test_setup(test_maps, set_up),
		cmocka_unit_test_setup(test_maps_of_nonsense, set_up),
		cmocka_unit_test_setup(test_maps_of_tables, set_up),
	};

	return cmocka_run_group_tests(tests, make_ram, free_ram);
}
