/* SPDX-License-Identifier: MIT */
/*
 * Pending signals.  A thread has some of its own (tgkill, faults), and all threads of the
 * process share others (kill, sigqueue, timers): the same number may be pending in both.
 */
#ifndef MVM_RT_SYS_SIGQUEUE_H
#define MVM_RT_SYS_SIGQUEUE_H

#include <linux/signal.h>

#include "rt.h"

#define NSIG_MAX	64		/* signals are 1..64; bit n - 1 of a set is signal n */
#define SIG_BIT(sig)	(1UL << ((sig) - 1))
#define SIG_RT_MIN	32		/* signals from here on are queued, not merged */
#define SIG_OF_FAULTS	(SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | \
			 SIG_BIT(SIGTRAP) | SIG_BIT(SIGFPE) | SIG_BIT(SIGSYS))

/* siginfo_t as Linux lays it out on x86-64: 128 bytes. */
struct ksiginfo {
	s32 signo, error, code, pad;
	union {
		struct { s32 pid; u32 uid; u64 value; } sent;	/* kill, sigqueue */
		struct { u64 addr; } fault;
		struct { s32 tid; s32 overrun; u64 value; } timer;
		u64 raw[14];
	};
};

struct sigqueue {
	struct sigqueue *next;
	struct ksiginfo info;
	/* Not NULL: its memory is somebody's own, who is told that it left the queue. */
	void (*taken)(struct sigqueue *q, struct ksiginfo *info);
};

struct sigpending {
	u64 set;			/* what is in the queue */
	struct sigqueue *first;		/* oldest first */
	/* Places for standard signals: never lost for want of memory, at most one of each. */
	struct sigqueue standard[SIG_RT_MIN];
};

/*
 * Adds a signal; a standard one that is pending already changes nothing.  0, or -EAGAIN when a
 * real-time signal does not fit (RLIMIT_SIGPENDING, memory).
 */
int sigqueue_add(struct sigpending *p, const struct ksiginfo *info);

/* Adds one that is somebody's own (a POSIX timer's) and on no queue: never merged, cannot fail. */
void sigqueue_add_own(struct sigpending *p, struct sigqueue *q);
/* Takes it out again, untold. */
void sigqueue_drop_own(struct sigpending *p, struct sigqueue *q);

/* Takes the first of the signals in set out: the lowest number, and of it the oldest. */
bool sigqueue_take(struct sigpending *p, u64 set, struct ksiginfo *info);

#endif
