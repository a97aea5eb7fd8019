/* SPDX-License-Identifier: MIT */
/*
 * The parts of runtime/mm below the system calls: start, pages, heap, and the tree of mappings.
 * Each test runs in a process of its own, because the runtime is never started twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/vma.h"
#include "mm_fake.h"

#define PG	4096UL
#define MIB	(1UL << 20)

static u64 seed = 0x5eed5eed;

static u64 rnd(u64 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

#define CHECK(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		_exit(1); \
	} \
} while (0)

static const struct fake_config roomy = { .ram_size = 64 * MIB, .ram_max = 1024 * MIB,
					  .low = 24 * MIB };

static void in_child(const struct fake_config *c, void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		fake_start(c);
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* ---- start ---- */

static void start(void)
{
	const u64 free_gpa = 8 * MIB;
	u64 va = MVM_VA_STACK_TOP - 0x12340 - 8;

	/* A VM that does nothing has touched the records of frames, and no stack yet. */
	CHECK(fake_resident(free_gpa, 64 * MIB) <= 2 * PG);
	CHECK(fake_access(va, MVM_PROT_WRITE));
	CHECK(fake_access(va - 7 * MIB, MVM_PROT_WRITE));
	CHECK(!fake_access(va - 9 * MIB, MVM_PROT_READ));
	CHECK(!fake_access(va, MVM_PROT_EXEC));
	CHECK(fake_access(SEG_TEXT, MVM_PROT_EXEC) && !fake_access(SEG_TEXT, MVM_PROT_WRITE));
	CHECK(fake_access(SEG_DATA, MVM_PROT_WRITE) && !fake_access(SEG_DATA, MVM_PROT_EXEC));
	CHECK(!fake_access(0, MVM_PROT_READ) && !mm_fault(MVM_VA_LINEAR, 0));
	CHECK(!fake_access(SEG_TEXT + 3 * PG, MVM_PROT_READ));
}

static void test_start(void **state)
{
	(void)state;
	in_child(&roomy, start);
}

/* ---- pages ---- */

#define SLOTS	300

static struct { u8 *p; size_t n; u8 tag; } slot[SLOTS];

static void fill(u32 i)
{
	slot[i].tag = (u8)(1 + rnd(255));
	for (size_t k = 0; k < slot[i].n; k += 512)
		slot[i].p[k] = slot[i].tag;
	slot[i].p[slot[i].n - 1] = slot[i].tag;
}

static void verify(u32 i)
{
	for (size_t k = 0; k < slot[i].n; k += 512)
		CHECK(slot[i].p[k] == slot[i].tag);
	CHECK(slot[i].p[slot[i].n - 1] == slot[i].tag);
}

static size_t some_pages(void)
{
	return rnd(10) == 0 ? 500 + rnd(1500) : rnd(4) ? 1 : 1 + rnd(60);
}

static void pages(void)
{
	for (u32 k = 0; k < 8000; k++) {
		u32 i = (u32)rnd(SLOTS);
		size_t n = some_pages();

		if (slot[i].p) {
			verify(i);
			pages_free(slot[i].p, slot[i].n / PG);
			slot[i].p = NULL;
			continue;
		}
		slot[i].p = pages_alloc(n, k & 1);
		if (!slot[i].p)
			continue;
		slot[i].n = n * PG;
		CHECK((u64)slot[i].p % PG == 0);
		for (size_t b = 0; k & 1 && b < n * PG; b += 8)
			CHECK(!*(u64 *)(slot[i].p + b));
		fill(i);
	}
	CHECK(fake_grown > 0 && fake_released > 0);
	CHECK(!pages_alloc(0, false) && !pages_alloc(1UL << 40, false));
	CHECK(!pages_alloc(1024 * MIB / PG, false));
}

static void test_pages(void **state)
{
	(void)state;
	in_child(&roomy, pages);
}

/* All memory can be had, page by page, and again after it was given back. */
static void exhaust(void)
{
	static void *p[64 * MIB / PG];
	u32 first = 0;

	for (int round = 0; round < 3; round++) {
		u32 n = 0;

		while (n < ARRAY_SIZE(p) && (p[n] = pages_alloc(1, true)))
			memset(p[n++], 0xee, PG);
		CHECK(n > (64 - 16) * MIB / PG && n < ARRAY_SIZE(p));
		if (!round)
			first = n;
		CHECK(n == first);
		while (n)
			pages_free(p[--n], 1);
	}
	CHECK(kmalloc(100) && pages_alloc(512, false));
}

static void test_exhaust(void **state)
{
	const struct fake_config c = { .ram_size = 64 * MIB, .ram_max = 64 * MIB };

	(void)state;
	in_child(&c, exhaust);
}

/* ---- heap ---- */

static void heap(void)
{
	for (u32 k = 0; k < 60000; k++) {
		u32 i = (u32)rnd(SLOTS);
		size_t n = 1 + (rnd(20) ? rnd(700) : rnd(3) ? rnd(9000) : rnd(3000000));

		if (slot[i].p && rnd(3) == 0) {
			u8 *q = krealloc(slot[i].p, n);

			CHECK(q && q[0] == slot[i].tag);
			for (size_t b = 0; b < MIN(n, slot[i].n); b += 512)
				CHECK(q[b] == slot[i].tag);
			slot[i].p = q;
			slot[i].n = n;
			fill(i);
		} else if (slot[i].p) {
			verify(i);
			kfree(slot[i].p);
			slot[i].p = NULL;
		} else {
			slot[i].p = k & 1 ? kzalloc(n) : kmalloc(n);
			CHECK(slot[i].p && (u64)slot[i].p % 16 == 0);
			for (size_t b = 0; k & 1 && b < n; b++)
				CHECK(!slot[i].p[b]);
			slot[i].n = n;
			fill(i);
		}
	}
	kfree(NULL);
	CHECK(krealloc(NULL, 10) && kmalloc(0));
	CHECK(!kmalloc(SIZE_MAX) && !kmalloc(1UL << 40));
}

static void test_heap(void **state)
{
	(void)state;
	in_child(&roomy, heap);
}

/* ---- the tree ---- */

#define AREA	0x100000000UL
#define UNITS	40000U

static u8 taken[UNITS];			/* 1 + kind of each page */

static u64 brute_gap(u64 n, u64 align)
{
	for (u64 a = UNITS - n; a + 1 > 0; a--) {
		u64 k = 0;

		if (a * PG % align)
			continue;
		while (k < n && !taken[a + k])
			k++;
		if (k == n)
			return AREA + a * PG;
	}
	return 0;
}

static void check_tree(void)
{
	const struct vma *v = vma_find(AREA);
	u64 at = 0, n = 0;

	for (; v && v->start < AREA + UNITS * PG; v = v->next, n++) {
		for (; AREA + at * PG < v->start; at++)
			CHECK(!taken[at]);
		for (; AREA + at * PG < v->end; at++)
			CHECK(taken[at] == 1 + v->prot);
		CHECK(!v->next || v->end <= v->next->start);
		CHECK(vma_at(v->start) == v && vma_at(v->end - 1) == v);
		CHECK(v->height <= 20);
	}
	for (; at < UNITS; at++)
		CHECK(!taken[at]);
}

static void tree(void)
{
	for (u32 k = 0; k < 30000; k++) {
		u64 from = rnd(UNITS - 20), n = 1 + rnd(12), start = AREA + from * PG;
		u32 prot = (u32)rnd(4);

		CHECK(!vma_remove(start, start + n * PG));
		memset(taken + from, 0, n);
		if (rnd(3)) {
			CHECK(vma_range_free(start, start + n * PG));
			CHECK(vma_add(start, start + n * PG, prot, 0, NULL, 0));
			memset(taken + from, (int)(1 + prot), n);
		}
		if (k % 200 == 0) {
			u64 len = 1 + rnd(40), align = rnd(2) ? PG : 16 * PG;

			CHECK(vma_gap(len * PG, align, AREA, AREA + UNITS * PG) ==
			      brute_gap(len, align) || align > PG);
		}
		if (k % 3000 == 0)
			check_tree();
	}
	check_tree();
	CHECK(vma_count() > 3000);
}

static void test_tree(void **state)
{
	(void)state;
	in_child(&roomy, tree);
}

/* ---- the host writes ---- */

/*
 * A read(2) from the host marks the page as the processor would have, and where that was done a
 * directory is not written: a host that shadows the tables would drop what it knows of the block.
 */
static void marks(void)
{
	u64 va = (u64)sys_mmap(0, 2 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       (u64)-1, 0);
	struct mvm_iov iov[2];
	size_t covered;
	u64 *pde;

	CHECK(user_pieces(va, 3 * PG, true, iov, 2, &covered) == 1 && covered == 3 * PG);
	pde = pt_pde(va, false);
	CHECK(pde && *pde & PTE_PS && *pde & PTE_A && *pde & PTE_D);
	CHECK(!mprotect((void *)((u64)pde & PAGE_MASK), PAGE_SIZE, PROT_READ));
	CHECK(user_pieces(va + 9 * PG, PG, true, iov, 2, &covered) == 1 && covered == PG);
	CHECK(!mprotect((void *)((u64)pde & PAGE_MASK), PAGE_SIZE, PROT_READ | PROT_WRITE));
	*pde &= ~PTE_D;
	CHECK(user_pieces(va, PG, true, iov, 2, &covered) == 1 && *pde & PTE_D);
}

static void test_marks(void **state)
{
	(void)state;
	in_child(&roomy, marks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_exhaust),
		cmocka_unit_test(test_heap),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
