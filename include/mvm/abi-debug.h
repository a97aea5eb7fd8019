/* SPDX-License-Identifier: MIT */
/*
 * The part of the ABI that is about looking at a guest: the registers of a crash, the records of a
 * trace, and the stops of a debugger.  Included by <mvm/abi.h>, which has the rules.
 */
#ifndef MVM_ABI_DEBUG_H
#define MVM_ABI_DEBUG_H

#include <stdint.h>

/* ---- Crashes ------------------------------------------------------------------------------ */

/* What the application died of: printed by the launcher. */
struct mvm_crash {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags, fs_base;
	uint64_t addr;			/* si_addr, for faults */
	uint32_t signo, code;		/* si_signo, si_code */
	uint32_t vector, error;		/* x86 exception; UINT32_MAX: none */
};

/* ---- Tracing ------------------------------------------------------------------------------ */

/*
 * With MVM_BOOT_TRACE the runtime writes what the application asks of it into the area at
 * MVM_GPA_TRACE: a record when a system call begins and another one when it is over.  The host
 * says beforehand which calls it wants, and what of the application's memory goes with each
 * argument: capture[nr][n] is MVM_CAPTURE_*, the runtime knows nothing else about a call.
 *
 * The second half of the area is a ring of records, MVM_TRACE_RING bytes.  tail counts bytes and
 * runs freely.  The host may read up to tail at any time; when that could be too late the runtime
 * asks it to (MVM_OP_TRACE).  Records are aligned to 8 bytes and do not cross the end of the ring:
 * a size of 0 there, or less room than a record's head takes, means that the next one is at its
 * beginning.
 */
#define MVM_TRACE_RING		0x10000U
#define MVM_TRACE_CALLS		512U		/* calls from here on are all wanted */
#define MVM_TRACE_RECORD_MAX	0x2000U

/* What is copied: how (4 bits), when (2 bits), n (10 bits). */
#define MVM_CAPTURE(how, when, n)	((how) | (when) << 4 | (n) << 6)
#define MVM_CAPTURE_HOW(c)	((c) & 15U)
#define MVM_CAPTURE_WHEN(c)	((c) >> 4 & 3U)
#define MVM_CAPTURE_N(c)	((c) >> 6)
#define MVM_CAPTURE_NOTHING	0U
#define MVM_CAPTURE_STRING	1U		/* up to its NUL, or a path's length */
#define MVM_CAPTURE_FIXED	2U		/* n bytes */
#define MVM_CAPTURE_COUNT	3U		/* n bytes times the next argument */
#define MVM_CAPTURE_RESULT	4U		/* n bytes times the result */
#define MVM_CAPTURE_LENGTH	5U		/* as many bytes as the next argument's int says */
#define MVM_CAPTURE_IOV		6U		/* struct iovec[next argument], and its buffers */
#define MVM_CAPTURE_MSG		7U		/* struct msghdr, its name, and as IOV */
#define MVM_CAPTURE_IN		1U		/* when the call begins */
#define MVM_CAPTURE_OUT		2U		/* when it is over, if it has not failed */

#define MVM_TRACE_ENTER		1U
#define MVM_TRACE_LEAVE		2U		/* after an ENTER of the same tid */
#define MVM_TRACE_SIGNAL	3U		/* nr: signal, result: si_code, args[0]: si_addr */

struct mvm_trace_record {
	uint16_t size;			/* with the data that follow; a multiple of 8 */
	uint16_t kind;			/* MVM_TRACE_* */
	int32_t tid;
	uint64_t tsc;
	uint64_t nr;
	uint64_t result;		/* LEAVE */
	uint64_t args[6];		/* as they were when the call began */
};

/* Captured bytes: this, then size bytes, padded to 8.  As many as fit into the record. */
struct mvm_trace_data {
	uint8_t arg;			/* 0..5 */
	uint8_t piece;			/* 0: what it points to; n: what the n-th iovec there does;
					 * MVM_TRACE_NAME, _IOV: what a msghdr does */
	uint16_t size;			/* bytes here, at most limit unless they are a string's */
	uint32_t reserved;
};

#define MVM_TRACE_NAME		255U
#define MVM_TRACE_IOV		254U

struct mvm_trace {
	uint64_t tail;			/* guest writes */
	_Alignas(64) uint32_t limit;	/* host writes, all from here on: bytes of one buffer */
	uint32_t reserved;
	uint64_t wanted[MVM_TRACE_CALLS / 64];	/* bit nr */
	uint16_t capture[MVM_TRACE_CALLS][6];
	_Alignas(MVM_TRACE_RING) uint8_t ring[MVM_TRACE_RING];
};

/* ---- Profiling ---------------------------------------------------------------------------- */

/* MVM_OP_MAPPED. */
struct mvm_mapped {
	uint64_t va, len;
	uint64_t off;			/* in the mapped file */
};

/* ---- Debugging --------------------------------------------------------------------------- */

/*
 * With MVM_BOOT_DEBUG an `out` of 32 bits to MVM_PORT_DEBUG stops the guest for the debugger, and
 * returns when it is to go on.  What there is to say lies in struct mvm_debug, which the image
 * header names; the ring has no part in it, so that the runtime may stop anywhere.
 */
#define MVM_PORT_DEBUG		0x19

/* The registers of a thread, in the order of Linux's struct pt_regs. */
struct mvm_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi, orig_rax;
	uint64_t rip, cs, rflags, rsp, ss;
};

/* Why the guest has stopped: mvm_debug.why. */
enum mvm_stop {
	MVM_STOP_NONE = 0,
	MVM_STOP_START = 1,		/* before the first instruction of the program */
	MVM_STOP_BREAK = 2,		/* INT3, RIP behind it */
	MVM_STOP_STEP = 3,		/* a step is done */
	MVM_STOP_HARDWARE = 4,		/* a debug register */
	MVM_STOP_SIGNAL = 5,		/* a signal is about to be delivered: signo, code, addr */
	MVM_STOP_WANTED = 6,		/* the launcher wanted it */
	MVM_STOP_CRASH = 7,		/* no stop: MVM_OP_EXIT follows (MVM_BOOT_CORE) */
};

/* What the launcher asks for: mvm_debug.command. */
enum mvm_debug_command {
	MVM_DEBUG_GO = 0,		/* go on, as signo, step and locked say */
	MVM_DEBUG_TOUCH = 1,		/* read the page at arg, so that it is there; stop again */
	MVM_DEBUG_PROBE = 2,		/* write to probe, count debug exceptions; stop again */
};

/*
 * How a debugger or a core dump finds what it shows.  The runtime fills the first part before its
 * first stop, the second at each; the launcher writes the third.  All addresses are virtual.
 */
struct mvm_debug {
	uint32_t size;			/* of this structure */
	uint32_t fpu_size;		/* bytes of an area: 512 (FXSAVE), more with XSAVE */
	uint64_t threads;		/* address of the pointer to the first thread */
	uint64_t running;		/* address of the pointer to the one on the vCPU */
	/* Offsets in a thread.  Registers and FPU state of one that does not run. */
	uint16_t next;			/* pointer; 0: the last one */
	uint16_t regs;			/* pointer to struct mvm_regs */
	uint16_t fs_base, gs_base;	/* 64 bits each */
	uint16_t fpu;			/* pointer, or 0: none */
	uint16_t tid;			/* 32 bits */
	uint16_t asleep;		/* 32 bits, MVM_DEBUG_ASLEEP: it waits in a system call */
	uint16_t name;			/* 16 bytes, with a NUL */
	uint16_t sig;			/* pointer to what has the signal mask, 64 bits, at ... */
	uint16_t sig_blocked;		/* ... this offset */
	/* Offsets behind the fpu pointer.  A byte, whether the area counts; if not, these do. */
	uint16_t fpu_whole, fpu_fcw, fpu_mxcsr, fpu_area;
	uint16_t pad[2];

	uint32_t why;			/* enum mvm_stop */
	int32_t tid_stopped;		/* 0: all threads sleep */
	uint64_t siginfo[16];		/* SIGNAL, CRASH: Linux's siginfo_t of the signal */
	uint64_t fpu_now;		/* the stopped thread's area: in place of its own */
	uint64_t auxv, auxv_len;	/* the auxiliary vector */
	uint64_t maps, maps_len;	/* CRASH: mappings as text, as /proc/self/maps; 0: none */

	uint32_t wanted;		/* 1: stop soon; the runtime clears it */
	uint32_t command;		/* enum mvm_debug_command */
	uint64_t arg;			/* TOUCH */
	uint32_t deliver;		/* GO: the signal to deliver after all; 0: none */
	int32_t step;			/* GO: the thread that makes one step; 0: none */
	uint32_t locked;		/* GO: and no other runs meanwhile */
	uint32_t fpu_changed;		/* GO: fpu_now is to be loaded */
	uint64_t probe;			/* PROBE: written */
	uint64_t probed;		/* PROBE: debug exceptions meanwhile */
};

#define MVM_DEBUG_ASLEEP	2U	/* what the asleep field of a thread is then */

#endif
