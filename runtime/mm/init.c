/* SPDX-License-Identifier: MIT */
/*
 * Start of mm/: takes over what the launcher made, and makes the stack.  On the critical path
 * of every program, so it touches as few pages as it can.
 */
#include <linux/elf.h>

#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"

#define STACK_READY	(128UL << 10)	/* of the stack at least, without a fault */

/* The program's headers, where all of them lie in memory that the launcher mapped; else NULL. */
static const Elf64_Phdr *headers(void)
{
	u64 from = boot->app_phdr, len = (u64)boot->app_phnum * sizeof(Elf64_Phdr);

	for (u32 i = 0; i < boot->nsegments && i < MVM_SEGMENTS_MAX; i++) {
		const struct mvm_segment *s = &boot->segments[i];

		if (s->prot & MVM_PROT_READ && from >= s->va && from - s->va < s->len &&
		    len <= s->len - (from - s->va))
			return (const Elf64_Phdr *)from;
	}
	return NULL;
}

/* Where in the program's file va comes from: for /proc/self/maps and core dumps.  0: unknown. */
static u64 file_offset(const Elf64_Phdr *ph, u64 va)
{
	for (u32 i = 0; ph && i < boot->app_phnum; i++, ph++) {
		u64 start = ph->p_vaddr + boot->app_bias;

		if (ph->p_type == PT_LOAD && va < start + ph->p_memsz &&
		    va >= ALIGN_DOWN(start, PAGE_SIZE))
			return ALIGN_DOWN(ph->p_offset, PAGE_SIZE) +
			       (va - ALIGN_DOWN(start, PAGE_SIZE));
	}
	return 0;
}

static void adopt_segments(void)
{
	const Elf64_Phdr *ph = headers();
	u32 i;

	for (i = 0; i < boot->nsegments && i < MVM_SEGMENTS_MAX; i++) {
		const struct mvm_segment *s = &boot->segments[i];

		if (!vma_range_free(s->va, s->va + s->len))
			rt_panic("segment %u at %#lx overlaps another", i, s->va);
		if (!vma_add(s->va, s->va + s->len, s->prot, VM_IMAGE, NULL,
			     file_offset(ph, s->va)))
			rt_panic("no memory for segment %u", i);
	}
	for (i = 0; i < boot->nsegments && i < MVM_SEGMENTS_MAX; i++)
		if (block_adopt(&boot->segments[i]))
			rt_panic("no memory for segment %u", i);
}

static void make_stack(void)
{
	u64 top = ALIGN_UP(boot->stack_top, PAGE_SIZE);
	u64 low = ALIGN_DOWN(boot->stack_top - boot->stack_size, PAGE_SIZE);
	struct vma *v = vma_add(low, top, MVM_PROT_READ | MVM_PROT_WRITE, VM_STACK, NULL, 0);

	if (!v || block_fill(v, MAX(low, top - STACK_READY), top))
		rt_panic("no memory for the stack");
}

void mm_init(void)
{
	frames_init();
	pt_init();
	adopt_segments();
	make_stack();
	brk_init();
}

void mm_exit(void)
{
	space_sync(0, TASK_END);
}

bool mm_map_next(u64 addr, struct mm_map *m)
{
	const struct vma *v = vma_find(addr);

	if (!v)
		return false;
	*m = (struct mm_map){
		.start = v->start,
		.end = v->end,
		.off = v->file || v->flags & VM_IMAGE ? v->off : 0,
		.file = v->file,
		.prot = v->prot,
		.shared = v->flags & VM_SHARED,
		.kind = v->flags & VM_HEAP ? MM_MAP_HEAP : v->flags & VM_STACK ? MM_MAP_STACK :
			v->flags & VM_IMAGE ? MM_MAP_IMAGE : MM_MAP_ANON,
	};
	return true;
}

void mm_usage(struct mm_usage *u)
{
	u->total = frames_ram_max();
	u->free = frames_free_bytes();
	u->mapped = vma_bytes();
}
