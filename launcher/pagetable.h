/* SPDX-License-Identifier: MIT */
/*
 * Writes the guest's first page tables.  The runtime takes them over when it starts.
 *
 * Every entry is user-accessible (the runtime lives at CPL 3) and has its accessed, and when
 * writable its dirty, bit set, which spares the processor from setting them.
 */
#ifndef MVM_PAGETABLE_H
#define MVM_PAGETABLE_H

#include <stdint.h>
#include <mvm/abi.h>

struct pagetable {
	uint8_t *hva;			/* of GPA 0 */
	uint64_t root;			/* GPA of the PML4 */
	uint64_t next, end;		/* pool: MVM_GPA_PT first, then frames from free_gpa */
	uint64_t free_gpa;		/* first frame not in use; the pool may take more of them */
	uint64_t limit;			/* end of present RAM */
};

/* An empty PML4 at MVM_GPA_PT.  free_gpa: 2 MiB aligned.  [free_gpa, limit) must read as zero. */
void pt_init(struct pagetable *pt, uint8_t *hva, uint64_t free_gpa, uint64_t limit);

/*
 * Maps [va, va + len) to gpa with 4 KiB pages, or with pt_map_large with 2 MiB pages; all three
 * aligned to the page size.  prot: MVM_PROT_*; 0 maps nothing.  What is mapped already is
 * replaced, but a large page must not be overlaid with small ones.  Returns 0 or -ENOMEM.
 * (Intel SDM volume 3, 4.5 "4-level paging".)
 */
int pt_map(struct pagetable *pt, uint64_t va, uint64_t gpa, uint64_t len, uint32_t prot);
int pt_map_large(struct pagetable *pt, uint64_t va, uint64_t gpa, uint64_t len, uint32_t prot);
/* Makes the tables above the 2 MiB block of va, and maps nothing.  0 or -ENOMEM. */
int pt_reserve(struct pagetable *pt, uint64_t va);

#endif
