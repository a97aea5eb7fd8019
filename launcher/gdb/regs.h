/* SPDX-License-Identifier: MIT */
/* The registers that the debugger is shown: one table, for packets and for target.xml. */
#ifndef MVM_GDB_REGS_H
#define MVM_GDB_REGS_H

#include <stdint.h>

/* Where a register's bytes come from. */
enum gdb_source {
	SOURCE_REGS,			/* struct mvm_regs, at offset */
	SOURCE_ZERO,			/* DS, ES, FS, GS: selectors that never change */
	SOURCE_BASE,			/* FS base (offset 0) or GS base (1) of the thread */
	SOURCE_FPU,			/* FXSAVE image, at offset */
	SOURCE_CONTROL,			/* of it, two bytes that FNSTCW saves for every thread */
	SOURCE_MXCSR,
	SOURCE_TAG,			/* the x87 tag word, in the form of FNSTENV */
	SOURCE_AVX,			/* upper half of a YMM register, behind XSAVE's header */
};

enum gdb_feature { FEATURE_CORE, FEATURE_SSE, FEATURE_LINUX, FEATURE_SEGMENTS, FEATURE_AVX };

struct gdb_reg {
	const char *name, *type;	/* of the target description */
	uint8_t feature, source;
	uint8_t bytes;			/* in a packet */
	uint8_t stored;			/* in memory; the rest is zero */
	uint16_t offset;
};

#define GDB_REGS_MAX	96
extern const struct gdb_reg gdb_regs[];
/* How many there are: those of AVX only where the guest has it. */
unsigned int gdb_nregs(void);

#endif
