/* SPDX-License-Identifier: MIT */
/*
 * The file of a snapshot (docs/snapshot.md): a head of one page, then without gaps
 *
 *	struct snap_extent[nextents]	which pages, in the order in which they follow
 *	struct snap_handle[nhandles]	what the guest holds of the host
 *	char[strings_len]		names, each with a NUL
 *	zeros				up to a multiple of 4096
 *	pages				npages times 4096 bytes
 *	char[output_len]		what the program had written to standard output
 *
 * Little endian, as the processor.  All of it is believed only after snap_open() has checked it.
 */
#ifndef MVM_SNAP_FORMAT_H
#define MVM_SNAP_FORMAT_H

#include <stdint.h>
#include <linux/kvm.h>
#include <mvm/abi.h>
#include "cpu.h"
#include "vm.h"

#define SNAP_MAGIC	"mvm snap"
#define SNAP_VERSION	2U
#define SNAP_HEAD	4096UL

#define SNAP_EXTENTS_MAX	(1U << 22)
#define SNAP_HANDLES_MAX	256U
#define SNAP_STRINGS_MAX	(64U << 10)
#define SNAP_OUTPUT_MAX		(1U << 20)
#define SNAP_CR3_PAGE		0x000ffffffffff000UL	/* of cr3: where the topmost table is */

struct snap_extent {
	uint32_t page;			/* GPA / 4096 */
	uint32_t count;			/* pages, not 0 */
};

#define SNAP_GRANT	(1U << 0)	/* of the command line; else opened below one */
#define SNAP_READ_ONLY	(1U << 1)

struct snap_handle {
	uint32_t number;		/* ascending */
	uint32_t kind, rights;
	uint32_t flags;			/* SNAP_* */
	uint32_t watched;		/* MVM_WAIT_*; 0: not */
	uint32_t name;			/* in the strings: guest path, or path below the grant */
	int32_t below;			/* opened below this grant */
	uint32_t open_flags;		/* MVM_O_* to open it again */
	uint64_t size;
};

struct snap_head {
	char magic[8];			/* SNAP_MAGIC */
	uint32_t version, head_size;	/* SNAP_VERSION, sizeof(struct snap_head) */
	uint16_t abi_major, abi_minor;
	uint32_t ready;			/* MVM_READY_* */
	uint64_t file_size;
	uint64_t body_sum;		/* XXH3 of all behind the head */

	uint32_t nextents, nhandles, strings_len, output_len;
	uint64_t npages;
	uint32_t program;		/* in the strings */
	uint32_t nfirst;		/* of the pages, those that a clone touches at once */

	/* memory */
	uint64_t ram_max, ram_present, anon_from;
	struct vm_exec exec;
	/* the processor */
	struct kvm_regs regs;
	uint64_t cr3, fs_base, gs_base, lstar;
	struct cpu_model model;
	/* the ring, and the WAIT that is not completed yet */
	uint32_t sq_head, cq_tail, cq_head;
	uint32_t signals;		/* that the guest takes: MVM_SIGNAL() */
	struct mvm_sqe wait;
	/* the guest's clocks, ns */
	uint64_t mono_ns, boot_ns, real_ns;

	uint64_t head_sum;		/* XXH3 of all above */
};

_Static_assert(sizeof(struct snap_head) <= SNAP_HEAD, "the head is a page");

#endif
