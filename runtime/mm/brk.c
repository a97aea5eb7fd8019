/* SPDX-License-Identifier: MIT */
/*
 * brk(2).
 */
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"

static u64 brk_start, brk_now;

void brk_init(void)
{
	brk_set(boot->brk_start);
}

void brk_set(u64 start)
{
	/*
	 * musl takes two pages first, makes the lower one a guard, and grows upwards from the
	 * other.  A start on the last page of a 2 MiB block keeps the guard out of the block that
	 * the heap grows in, which so can be one large page.
	 */
	brk_start = ALIGN_UP(start, LARGE_SIZE) + LARGE_SIZE - PAGE_SIZE;
	brk_now = brk_start;
}

/* Maps [from, to), which is free; the lone first page is left to its first touch. */
static int brk_map(u64 from, u64 to)
{
	const u32 rw = MVM_PROT_READ | MVM_PROT_WRITE;
	u64 mid = brk_start + PAGE_SIZE;

	if (from == brk_start) {
		if (space_map(from, PAGE_SIZE, rw, VM_HEAP, NULL, 0, POPULATE_LAZY))
			return -ENOMEM;
		from = mid;
	}
	if (from < to && space_map(from, to - from, rw, VM_HEAP, NULL, 0, POPULATE_AUTO)) {
		if (from == mid)
			space_unmap(brk_start, mid);
		return -ENOMEM;
	}
	return 0;
}

long sys_brk(u64 addr)
{
	u64 old = ALIGN_UP(brk_now, PAGE_SIZE), new = ALIGN_UP(addr, PAGE_SIZE);
	int err = 0;

	if (addr < brk_start || new < addr || !space_valid(brk_start, new - brk_start))
		return (long)brk_now;
	if (new > old) {
		if (new - brk_start > frames_ram_max() || !vma_range_free(old, new + PAGE_SIZE))
			return (long)brk_now;
		err = brk_map(old, new);
	} else if (new < old) {
		err = space_unmap(new, old);
	}
	tlb_commit();
	if (!err)
		brk_now = addr;
	return (long)brk_now;
}
