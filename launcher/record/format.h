/* SPDX-License-Identifier: MIT */
/*
 * What is in a recording: events, in the order in which they happened to the guest.  docs/record.md
 * says the same in prose.
 *
 *	START, PAGES..., READY, then REQUEST, KICK, TICK, PAGES with FORCED; at last STOP
 */
#ifndef MVM_RECORD_FORMAT_H
#define MVM_RECORD_FORMAT_H

#include <linux/kvm.h>
#include <mvm/abi.h>
#include "cpu.h"

enum record_type {
	RECORD_START = 1,		/* struct record_start */
	RECORD_PAGES,			/* u64 GPA, and bytes: whole pages that have changed */
	RECORD_READY,			/* the initial state is complete */
	RECORD_REQUEST,			/* struct record_request, and bytes */
	RECORD_KICK,			/* u64: ring.clock at the end of a doorbell exit */
	RECORD_TICK,			/* u64: ring.attention_at, from here on */
	RECORD_FORCED,			/* struct record_vcpu: a tick interrupts the application;
					 * PAGES before it are RAM then */
	RECORD_SIGNALS,			/* u64: bits that ring.signals gets */
	RECORD_STOP,			/* struct record_stop: how the run ended */
};

#define RECORD_RUN_MAX	(1UL << 20)	/* bytes of one PAGES */

/* Before each event. */
struct record_event {
	uint32_t type;			/* enum record_type */
	uint32_t len;			/* bytes that follow */
};

struct record_start {
	uint16_t abi_major, abi_minor;
	uint32_t mem_exec;		/* the device had MVM_CAP_MEM_EXEC */
	uint64_t ram_present, ram_max;
	uint64_t free_gpa;		/* all from here on is zero */
	uint64_t clock;			/* ring.clock before the first instruction */
	struct cpu_model cpu;
	char version[32];		/* of mvm, NUL-terminated */
	char program[256];		/* as it was named, cut */
};

struct record_request {
	struct mvm_sqe e;
	int64_t res;
	uint64_t out[2];
	uint64_t sum;			/* of what the host read in guest memory for it */
	uint64_t bytes;			/* that it wrote there: they follow */
};

struct record_vcpu {
	struct kvm_regs regs;
	struct kvm_segment ds, es, fs, gs;
	uint64_t cr2, has_xsave;
	union { struct kvm_xsave xsave; struct kvm_fpu fpu; } fpu;
};

struct record_stop {
	uint32_t how;			/* enum record_how */
	int32_t status;			/* exit status */
};

enum record_how {
	RECORD_BY_GUEST = 1,		/* MVM_OP_EXIT, or the VM was broken */
	RECORD_BY_TIME,			/* --timeout */
};

#endif
