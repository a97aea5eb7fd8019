/* SPDX-License-Identifier: MIT */
/*
 * GDT, IDT and TSS of the guest: where they are and how they are filled.  vm.c loads the
 * registers that point to them.
 */
#ifndef MVM_TABLES_H
#define MVM_TABLES_H

#include <stdint.h>
#include <mvm/abi.h>

#define TABLES_VA	(MVM_VA_RT_LOW + MVM_GPA_CPU)

#define GDT_VA		TABLES_VA
#define GDT_LIMIT	(0x50U - 1)		/* up to the TSS descriptor's second half */
#define TSS_VA		(TABLES_VA + 2 * MVM_PAGE_SIZE)
/* The TSS and behind it the I/O permission bitmap of all ports, with its closing byte. */
#define TSS_SIZE	104U
#define TSS_LIMIT	(TSS_SIZE + 65536 / 8 + 1 - 1)
#define IDT_VA		(TABLES_VA + MVM_PAGE_SIZE)
#define IDT_LIMIT	(256U * 16 - 1)

/*
 * Fills the tables in guest RAM; hva is that of GPA 0, the area must be zero.
 * (Intel SDM volume 3: 3.4.5 segment descriptors, 6.14.1 64-bit IDT, 7.7 64-bit TSS.)
 */
void tables_write(uint8_t *hva, const struct mvm_rt_header *rt);

#endif
