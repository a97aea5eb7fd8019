/* SPDX-License-Identifier: MIT */
/*
 * Where a program's segments go in guest-physical memory, and which of them can have large
 * pages.  Pure computation; load.c maps the file accordingly.
 */
#ifndef MVM_PLACE_H
#define MVM_PLACE_H

#include <stdint.h>
#include <mvm/abi.h>
#include "elf64.h"

struct placement {
	uint64_t gpa[ELF_LOADS_MAX];	/* of the first page of each segment of the image */
	uint32_t npieces;		/* the same segments, cut where the page size changes */
	struct mvm_segment pieces[MVM_SEGMENTS_MAX];
	uint64_t frames_end;		/* GPA after the last frame, 2 MiB aligned */
};

/*
 * Each 2 MiB block of virtual addresses in use gets a 2 MiB frame of its own, in ascending
 * order from MVM_GPA_APP, so that addresses agree modulo 2 MiB and a segment is contiguous.  A
 * block in which only one segment lies is mapped by a large page, all of it with that segment's
 * permissions; never one that holds addresses below MVM_VA_USER_MIN.
 */
void place_segments(const struct elf_image *img, uint64_t bias, struct placement *p);

#endif
