/* SPDX-License-Identifier: MIT */
/*
 * The runtime's own common ground: types, the saved user context, the current thread, and the
 * doors between its rooms (mm/, fs/, sys/, the core).  What a room offers in detail stands in
 * its own header.
 */
#ifndef MVM_RT_H
#define MVM_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mvm/abi.h>

/* One image: no symbol is ever reached through a GOT. */
#pragma GCC visibility push(hidden)

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)		(((x) + ((a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) > (b) ? (a) : (b))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))

/*
 * The application's registers, in the order of Linux's struct pt_regs.  On the way in through
 * either system call entry the arguments are in rdi, rsi, rdx, r10, r8, r9 and the number in
 * orig_rax, however they came.  entry.S knows the offsets.
 */
struct regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	u64 rax, rcx, rdx, rsi, rdi, orig_rax;
	u64 rip, cs, rflags, rsp, ss;
};

/* How the runtime was entered: what is true of struct regs, and how a call is restarted. */
enum entry_kind {
	ENTRY_CALL,		/* linked program: only callee-saved registers are the caller's */
	ENTRY_TRAP,		/* `syscall` instruction: all but rcx and r11 */
	ENTRY_UPCALL,		/* exception or interrupt: everything */
};

#define RT_STACK_SIZE	(32 * 1024UL)

struct sigstate;		/* sys/signal.h */
struct fpu;			/* sched/fpu.h */

#define THREAD_NAME_LEN	16

/* Of a thread, as sched_setscheduler(2) and its kin set them. */
struct sched_params {
	s32 policy, priority, nice, ioprio;
	u64 cpus;		/* affinity; 0: not set, all of them */
	u64 slack_ns;		/* PR_SET_TIMERSLACK, and what 0 sets it to */
	u64 slack_default_ns;
};

/* One application thread. */
struct thread {
	u64 stack_top;		/* of its runtime stack; entry.S loads it (offset 0) */
	u32 work;		/* WORK_*: what to do before returning (offset 8) */
	u32 entry;		/* enum entry_kind of the entry under way (offset 12) */
	struct regs *regs;	/* of the entry under way, on its runtime stack */
	u64 rsp;		/* of its runtime stack while it does not run (sched/switch.S) */
	u64 fs_base;		/* as last set by arch_prctl, or found when it left the vCPU */
	u64 gs_base;
	struct fpu *fpu;	/* while it does not run */
	s32 tid;
	u32 state;		/* enum thread_state */
	u32 *clear_tid;		/* set_tid_address */
	u64 robust_list;	/* set_robust_list */
	struct sigstate *sig;
	struct thread *next, *prev;	/* of all threads */
	struct thread *next_ready, *next_tid;
	u64 cpu_ticks;		/* TSC ticks that it has run until it last got the vCPU */
	u64 ran_from;		/* when that was */
	char name[THREAD_NAME_LEN];	/* PR_SET_NAME, with the NUL */
	struct sched_params sched;
};

/* Bits of thread.work: why the way out of a system call takes the long road. */
#define WORK_SIGNAL	(1U << 0)	/* an unblocked signal is pending */
#define WORK_RESTORE	(1U << 1)	/* *regs was replaced (sigreturn) */
#define WORK_TICK	(1U << 2)	/* others wait for the vCPU, or a timer was armed */
#define WORK_MASK	(1U << 3)	/* a temporary signal mask ends when the call is over */
#define WORK_COUNT	(1U << 4)	/* always set in a run that is recorded: sched/record.h */
#define WORK_STEP	(1U << 5)	/* a debugger has it make one step */
#define WORK_WATCH	(1U << 6)	/* the runtime touched what a debugger watches */

/* Per-vCPU; at a fixed address, so that a vCPU of its own page tables can have its own. */
struct rt_cpu {
	struct thread *running;	/* offset 0: entry.S */
	u64 scratch[3];		/* nucleus and entries */
	bool fsgsbase;		/* ring 3 may use RDFSBASE and its kin */
};

extern struct rt_cpu rt_cpu;
#define current		(rt_cpu.running)

/* The boot information, in the linear map; read-only after start. */
extern const struct mvm_boot *const boot;

/* ---- core (start.c, entry.S, hyper.c, upcall.c) ---- */

/* Ends the VM.  status: 0..255; signo: 0, or the signal the application died of. */
_Noreturn void rt_exit(int status, int signo, const struct mvm_crash *crash);
/* A line for whoever started mvm, which says why; ends the VM with that status. */
_Noreturn void rt_refuse(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A bug in the runtime: says where, ends the VM with status 125. */
_Noreturn void rt_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line for whoever started mvm, always; for `mvm -v`. */
void rt_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void rt_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * One hypercall: submits *e, waits, returns res (or -errno).  out may be NULL.  Requests that
 * the ABI calls "kick only" go through hyper_kick().
 */
s64 hyper(struct mvm_sqe *e, u64 out[2]);
s64 hyper_kick(struct mvm_sqe *e, u64 out[2]);
/* Does the host poll the ring: does a request cost no exit now? */
bool hyper_polled(void);
/*
 * A request that is not waited for: carried out in its turn, at the latest with the next one that
 * is.  done is called then, from within any request: it must neither allocate nor sleep.  What the
 * entry names must stay until then.
 */
struct hyper_async {
	void (*done)(struct hyper_async *a, s64 res);
};
void hyper_begin(struct mvm_sqe *e, struct hyper_async *a);
/*
 * The same where the result does not matter.  hyper_untold: how many of these, and of the next
 * kind, were begun and are not done.
 */
void hyper_tell(struct mvm_sqe *e);
u32 hyper_untold(void);
/* A request that may wait for the next one that is waited for; its result does not matter. */
void hyper_later(struct mvm_sqe *e);
/* Another number after each request. */
u32 hyper_mark(void);
/*
 * How often the host was asked something: whoever has heard something may know that what was known
 * before has changed.
 */
extern u64 hyper_heard;
/* How many were begun and are not done. */
u32 hyper_outstanding(void);
/* Until none is. */
void hyper_drain(void);
/*
 * Who gathers what would be a request each: what is pending is begun before any other request.
 * begin: begins it, by one WRITE to handle.  wait: returns when the host takes more; called where
 * no thread can sleep.  NULL: nobody.
 */
struct hyper_gatherer {
	s32 handle;
	bool pending;
	void (*begin)(void), (*wait)(void);
};
extern struct hyper_gatherer *hyper_gatherer;
/* Has a tick come while the runtime ran (MVM_OP_TICK)? */
extern struct mvm_ring *const hyper_ring;
static inline bool hyper_attention(void)
{
	return __atomic_load_n(&hyper_ring->attention, __ATOMIC_RELAXED);
}

/* Privileged operations through the nucleus's gate (about 23 us on a software KVM). */
void gate_invlpg(u64 va, u32 n);	/* n pages from va on, 1 to GATE_PAGES_MAX */
void gate_flush_tlb(void);
void rt_set_fs_base(u64 base);	/* wrfsbase where there is one, else the gate */
/*
 * Sets rt_cpu.fsgsbase.  First use of an FS base: not needed by every program's start.  again: the
 * processor may be another one than before.
 */
void rt_find_fsgsbase(bool again);

/* Leaves to the application with all registers from *r (ring-3 iretq). */
_Noreturn void rt_resume(struct regs *r);

/* ---- linear map ---- */
static inline void *gpa_to_va(u64 gpa) { return (void *)(MVM_VA_LINEAR + gpa); }
static inline u64 va_to_gpa(const void *va)	/* linear, or the runtime's data or constants */
{
	u64 v = (u64)va;

	if (v >= MVM_VA_RT_TEXT && v < MVM_VA_RT_TEXT + MVM_RT_TEXT_MAX)
		return v - MVM_VA_RT_TEXT + MVM_GPA_RT_TEXT;
	return v >= MVM_VA_RT_LOW && v < MVM_VA_RT_LOW + MVM_LARGE_SIZE ?
	       v - MVM_VA_RT_LOW : v - MVM_VA_LINEAR;
}

/* errno values as Linux has them, for freestanding code. */
#include "lib/errno.h"
#include "lib/string.h"

#endif
