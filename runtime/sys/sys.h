/* SPDX-License-Identifier: MIT */
/*
 * What sys/ offers to the core and the other rooms: dispatch, signals, time, waiting.
 */
#ifndef MVM_RT_SYS_H
#define MVM_RT_SYS_H

#include "rt.h"

void sys_init(void);

/*
 * One system call: number and arguments from *r, result into r->rax.  Called by both entries
 * on the thread's runtime stack.  Returns nonzero when *r was changed beyond rax (a signal
 * frame, sigreturn), so that the entry must restore every register.
 */
int sys_enter(struct regs *r);
/* The same for a call that came by `syscall`, and perhaps need not do so again (site.c). */
int sys_enter_trapped(struct regs *r);
/* The way back to the application, where sys_enter() and upcalls meet.  The same result. */
int sys_leave(struct regs *r);

/* A fault of the application: sets up its handler in *r, or ends the VM with the crash. */
void signal_fault(struct regs *r, int signo, int code, u64 addr, u32 vector, u32 error);
/* Sends signo to the thread that runs (SIGPIPE ...); delivered on the way out. */
void signal_send(int signo, int code);
/* Is an unblocked signal pending?  Then a wait ends with -EINTR. */
bool signal_pending(void);

/*
 * ppoll, pselect6, sigsuspend: takes the sigset_t at uset (size bytes; uset 0: nothing to do)
 * as the signal mask until the system call under way has returned and its signals have been
 * delivered.  0, -EINVAL (size), -EFAULT.
 */
long signal_mask_temp(u64 uset, u64 size);
/*
 * Their end: unless a signal cut the call short (-EINTR), the mask comes back at once, and what
 * became pending meanwhile waits as before.  Returns res.
 */
long signal_mask_over(long res);

/*
 * Timers (sched/ktimer.h) against the clock.  timers_next: CLOCK_MONOTONIC ns when an idle VM must
 * look again, UINT64_MAX when there is no timer; processor time stands still then.  timers_run:
 * does what is due.  timers_watch: one was armed that a running application must be interrupted
 * for.
 */
u64 timers_next(void);
void timers_run(void);
void timers_watch(void);

/* Fills n bytes from the runtime's generator, seeded by boot->random: getrandom, /dev/urandom. */
void random_bytes(void *buf, size_t n);

/* Nanoseconds; no exit after the first call.  clock: CLOCK_REALTIME, _MONOTONIC, _BOOTTIME. */
u64 time_now(int clock);
/* The same; in a run that is recorded as of the last hypercall, to spare one. */
u64 time_lately(int clock);

#endif
