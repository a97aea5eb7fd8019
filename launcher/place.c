/* SPDX-License-Identifier: MIT */
/*
 * Gives segments their frames.  See place.h.
 */
#include "place.h"

#include <stdbool.h>

/* Each segment is cut into at most a shared head, a middle of its own and a shared tail. */
_Static_assert(3 * ELF_LOADS_MAX <= MVM_SEGMENTS_MAX, "room for the pieces of every segment");

static uint64_t block_down(uint64_t va)
{
	return va & ~(MVM_LARGE_SIZE - 1);
}

static uint64_t block_up(uint64_t va)
{
	return block_down(va + MVM_LARGE_SIZE - 1);
}

static void add_piece(struct placement *p, const struct elf_segment *s, uint64_t from, uint64_t to,
		      uint64_t bias, uint64_t gpa, uint32_t flags)
{
	if (from >= to)
		return;
	p->pieces[p->npieces++] = (struct mvm_segment) {
		.va = from + bias,
		.len = to - from,
		.gpa = gpa + (from - s->va),
		.prot = s->prot,
		.flags = flags,
	};
}

/*
 * The part of segment i that may have large pages: the blocks that no neighbour reaches into.
 * bias is 2 MiB aligned, so blocks can be told by the file's own addresses.
 */
static void cut_segment(const struct elf_image *img, unsigned int i, uint64_t bias,
			struct placement *p)
{
	const struct elf_segment *s = &img->segs[i];
	bool shared_low = i > 0 && block_up(img->segs[i - 1].end) > block_down(s->va);
	bool shared_high = i + 1 < img->nsegs && block_down(img->segs[i + 1].va) < block_up(s->end);
	uint64_t from = shared_low ? block_down(s->va) + MVM_LARGE_SIZE : s->va;
	uint64_t to = shared_high ? block_down(s->end - 1) : s->end;

	/* The null page must stay unmapped, so its block is never whole. */
	if (!bias && from < MVM_LARGE_SIZE)
		from = MVM_LARGE_SIZE;
	if (!s->prot || from >= to) {
		add_piece(p, s, s->va, s->end, bias, p->gpa[i], 0);
		return;
	}
	add_piece(p, s, s->va, from, bias, p->gpa[i], 0);
	add_piece(p, s, from, to, bias, p->gpa[i], MVM_SEG_LARGE);
	add_piece(p, s, to, s->end, bias, p->gpa[i], 0);
}

void place_segments(const struct elf_image *img, uint64_t bias, struct placement *p)
{
	uint64_t frame = MVM_GPA_APP;		/* of the block that ends at block_end */
	uint64_t block_end = 0;
	uint64_t used = MVM_GPA_APP;

	p->npieces = 0;
	for (unsigned int i = 0; i < img->nsegs; i++) {
		const struct elf_segment *s = &img->segs[i];

		if (i == 0 || block_down(s->va) >= block_end)
			frame = used;
		else
			frame = used - MVM_LARGE_SIZE;
		p->gpa[i] = frame + (s->va - block_down(s->va));
		block_end = block_up(s->end);
		used = frame + (block_end - block_down(s->va));
		cut_segment(img, i, bias, p);
	}
	p->frames_end = used;
}
