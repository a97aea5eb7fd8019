/* SPDX-License-Identifier: MIT */
/*
 * A machine for runtime/mm: guest RAM, the launcher's page tables, the host's answers to memory
 * requests, a processor that walks the page tables and has a TLB that forgets nothing by
 * itself, and files with known contents.
 */
#ifndef MM_FAKE_H
#define MM_FAKE_H

#include "rt.h"

struct fake_config {
	u64 ram_size, ram_max;
	u64 low;		/* bytes of free memory below huge_gpa; 0: no huge memory */
};

/* A machine as the launcher leaves it, with one 4 KiB-mapped and one large segment. */
void fake_start(const struct fake_config *c);

/*
 * One access of the application: through the TLB, else by walking the tables, else by mm_fault.
 * Returns a pointer to the byte, NULL when the application would get a signal.
 */
void *fake_access(u64 va, u32 prot);
/* Is every translation in the TLB still what the tables say, or less?  Prints and counts if not. */
int fake_tlb_stale(void);
/* How the page tables map va: MVM_PROT_*, with READ for present; 0: not present. */
u32 fake_prot(u64 va, void **p);

/* Byte i of the test's file fd. */
u8 fake_file_byte(int fd, u64 i);
#define FAKE_FD		5
#define FAKE_FILE_SIZE	(5UL * 1024 * 1024 + 1234)

extern u64 fake_flushes, fake_invlpgs, fake_grown, fake_released;
/* Bytes of guest RAM that the host has really backed. */
u64 fake_resident(u64 from, u64 to);

#define SEG_TEXT	0x400000UL	/* 4 KiB pages, r-x, 3 pages */
#define SEG_DATA	0x800000UL	/* large, rw-, 5 pages */

#endif
