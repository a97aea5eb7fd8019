/* SPDX-License-Identifier: MIT */
/*
 * Start of mm/: takes over what the launcher made, and makes the stack.  On the critical path
 * of every program, so it touches as few pages as it can.
 */
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"

#define STACK_READY	(128UL << 10)	/* of the stack at least, without a fault */

static void adopt_segments(void)
{
	u32 i;

	for (i = 0; i < boot->nsegments && i < MVM_SEGMENTS_MAX; i++) {
		const struct mvm_segment *s = &boot->segments[i];

		if (!vma_range_free(s->va, s->va + s->len))
			rt_panic("segment %u at %#lx overlaps another", i, s->va);
		if (!vma_add(s->va, s->va + s->len, s->prot, VM_IMAGE, NULL, 0))
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
		.off = v->file ? v->off : 0,
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
