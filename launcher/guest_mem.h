/* SPDX-License-Identifier: MIT */
/*
 * Guest memory by virtual address, for what looks at a guest from outside: the debugger and core
 * dumps.  The page tables are the guest's and hostile: every table is reached through the gate, and
 * nothing here runs longer than the guest's memory is large.
 */
#ifndef MVM_GUEST_MEM_H
#define MVM_GUEST_MEM_H

#include <stdbool.h>
#include <stdint.h>
#include <mvm/abi.h>
#include "vm.h"

struct guest {
	const struct guest_ram *ram;
	uint64_t pml4;			/* GPA */
	uint64_t debug;			/* VA of struct mvm_debug; 0: there is none */
};

/* A piece of virtual memory that is there: contiguous in guest-physical memory, too. */
struct guest_piece {
	uint64_t va, len;		/* from the address that was asked for */
	uint8_t *host;
	uint32_t prot;			/* MVM_PROT_* of the mapping */
};

/*
 * What is mapped at va, up to the end of its page.  False: nothing, or frames that are not RAM;
 * then *next is the lowest address above va that could be mapped (0: none).
 */
bool guest_piece(const struct guest *g, uint64_t va, struct guest_piece *p, uint64_t *next);

/*
 * Copies len bytes.  Returns how many, which is less where something is not mapped.  Writing does
 * not ask for permission: breakpoints go into text.
 */
uint64_t guest_read(const struct guest *g, uint64_t va, void *buf, uint64_t len);
uint64_t guest_write(const struct guest *g, uint64_t va, const void *buf, uint64_t len);

#endif
