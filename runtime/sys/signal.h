/* SPDX-License-Identifier: MIT */
/*
 * Signals inside sys/: state, pending sets and delivery.  Other rooms see signal_send(),
 * signal_pending() and signal_mask_temp() of sys/sys.h.
 */
#ifndef MVM_RT_SYS_SIGNAL_H
#define MVM_RT_SYS_SIGNAL_H

#include "rt.h"
#include "sched/waitq.h"
#include "sys/sigqueue.h"

#define SIG_UNBLOCKABLE	(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
#define SIG_IGNORED_BY_DEFAULT \
	(SIG_BIT(SIGCHLD) | SIG_BIT(SIGCONT) | SIG_BIT(SIGURG) | SIG_BIT(SIGWINCH) | \
	 SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))
#define NO_VECTOR	UINT32_MAX	/* a signal that is not of an exception */

/* struct sigaction as rt_sigaction(2) passes it: 32 bytes. */
struct ksigaction {
	u64 handler;
	u64 flags;
	u64 restorer;
	u64 mask;
};

/* A thread's own. */
struct sigstate {
	struct thread *thread;
	u64 blocked;
	u64 waited;			/* rt_sigtimedwait() takes these: never ignored */
	u64 saved_mask;			/* with WORK_MASK: what signal_mask_temp() replaced */
	u64 alt_sp, alt_size;		/* sigaltstack; size 0: none */
	u32 alt_flags;
	u32 trap_nr, trap_error;	/* of the last fault, for sigcontext */
	u64 trap_addr;
	u64 rseq_area;			/* rseq(2); 0: none */
	u32 rseq_len, rseq_sig;
	struct sigpending pending;
};

/* The process's: shared by all threads. */
extern struct ksigaction sig_actions[NSIG_MAX];
extern struct sigpending sig_shared;

/* Called by sys_init(). */
void signal_init(void);
/* t, a new thread, has s from now on: the mask of the current one, nothing pending. */
void signal_new_thread(struct thread *t, struct sigstate *s);
/* The current thread ends: signals of the process that it should have taken go to another. */
void signal_thread_ends(void);

/*
 * The long road out of a system call: every deliverable signal, then the end of the temporary mask.
 * Nonzero: all of *r must be restored.
 */
int signal_work(struct regs *r);

/* Sets the mask of the current thread, without SIGKILL and SIGSTOP. */
void signal_set_mask(u64 mask);

/*
 * Makes a signal pending in p, a thread's own set or sig_shared, and wakes who is to take it.
 * 0; -EAGAIN when a real-time signal does not fit.  Ignored signals vanish here, as in Linux.
 */
int signal_queue(struct sigpending *p, const struct ksiginfo *info);

/*
 * The same for a queue entry of a timer's own, for thread tid (0: the process).  Where it is
 * pending now; NULL: it vanished, or there is no such thread.
 */
struct sigpending *signal_queue_own(s32 tid, struct sigqueue *q);

/* What is pending for the current thread, blocked or not; woken when some thread's grows. */
u64 signal_pending_set(void);
extern struct waitq signalfd_waitq;

/* Takes the first pending signal in set: the thread's own before shared ones.  False: none. */
bool signal_take(u64 set, struct ksiginfo *info);

/* sig_actions[signo - 1] was set: a signal that is ignored now is no longer pending. */
void signal_disposition_changed(int signo);

/*
 * Ends the VM: the application dies of signo.  addr: si_addr; vector, error: of the exception,
 * NO_VECTOR when it was none.
 */
_Noreturn void signal_die(const struct regs *r, int signo, int code, u64 addr, u32 vector,
			  u32 error);

/*
 * A signal is about to be handled, or another thread to run: moves *r out of a restartable
 * sequence.  -EFAULT when the program's description of it is bad, which is a SIGSEGV.
 */
int rseq_interrupted(struct regs *r);

/* Bytes that a signal frame can take at most (AT_MINSIGSTKSZ); 0 without CONFIG_SIGNALS. */
u64 signal_frame_max(void);

/*
 * Builds the frame of signal info->signo on the application's stack and points *r at the
 * handler.  mask: what sigreturn will restore.  -EFAULT when the stack cannot take it.
 */
int sigframe_build(struct regs *r, const struct ksigaction *sa, const struct ksiginfo *info,
		   u64 mask);

#endif
