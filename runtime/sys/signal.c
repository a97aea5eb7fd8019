/* SPDX-License-Identifier: MIT */
/*
 * Signals: what is pending, and what becomes of it on the way back to the application.  Linux's
 * kernel/signal.c and signal(7) are the model.  The frame itself is sys/sigframe.c's, the system
 * calls are sys/sigcalls.c's.
 *
 * Stopping (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU by default) is ignored: there is nobody in the VM
 * who could continue it.
 */
#include "sys/signal.h"

#include "debug.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/creds.h"
#include "sys/process.h"
#include "sys/sys.h"
#include "upcall.h"
#include <asm/poll.h>

#define SYSCALL_INSN	2		/* bytes of `syscall` */
#define MUSL_SIGCANCEL	33		/* see below */

struct ksigaction sig_actions[NSIG_MAX];
struct sigpending sig_shared;
struct waitq signalfd_waitq;

static struct sigstate first_state;

void signal_init(void)
{
	current->sig = &first_state;
	first_state.thread = current;
}

void signal_new_thread(struct thread *t, struct sigstate *s)
{
	*s = (struct sigstate){ .thread = t, .blocked = current->sig->blocked };
	t->sig = s;
}

static bool is_ignored(int signo)
{
	u64 handler = sig_actions[signo - 1].handler;

	return handler == (u64)SIG_IGN ||
	       (handler == (u64)SIG_DFL && (SIG_BIT(signo) & SIG_IGNORED_BY_DEFAULT));
}

/* After any change of mask or pending set: is there work on the way out? */
static void recalc_work(struct thread *t)
{
	if ((t->sig->pending.set | sig_shared.set) & ~t->sig->blocked) {
		t->work |= WORK_SIGNAL;
		sched_wake(t);
	} else {
		t->work &= ~WORK_SIGNAL;
	}
}

/*
 * Somebody who does not block one of these signals of the process is to take it: the current thread
 * if it does not, else the first that does not.  One thread is enough.
 */
static void find_taker(u64 set)
{
	struct thread *t;

	if (set & ~current->sig->blocked) {
		recalc_work(current);
		return;
	}
	for_each_thread(t) {
		if (set & ~t->sig->blocked) {
			recalc_work(t);
			return;
		}
	}
}

/* Does any thread block it, or wait for it?  Then it stays, though it is ignored. */
static bool kept_by_any(u64 bit)
{
	struct thread *t;

	for_each_thread(t)
		if ((t->sig->blocked | t->sig->waited) & bit)
			return true;
	return false;
}

bool signal_pending(void)
{
	return current->work & WORK_SIGNAL;
}

void signal_set_mask(u64 mask)
{
	u64 more = mask & ~current->sig->blocked & sig_shared.set;

	current->sig->blocked = mask & ~SIG_UNBLOCKABLE;
	recalc_work(current);
	if (more)
		find_taker(more);
}

void signal_thread_ends(void)
{
	struct ksiginfo dropped;

	current->sig->blocked = ~0UL;
	while (sigqueue_take(&current->sig->pending, ~0UL, &dropped))
		;
	if (sig_shared.set)
		find_taker(sig_shared.set);
}

/* Whose pending set this is; not for sig_shared. */
static struct sigstate *owner_of(struct sigpending *p)
{
	return container_of(p, struct sigstate, pending);
}

/* Does a signal vanish instead of becoming pending in p? */
static bool vanishes(struct sigpending *p, int signo)
{
	u64 bit = SIG_BIT(signo);

	if (!is_ignored(signo))
		return false;
	return !(p == &sig_shared ? kept_by_any(bit) :
		 (owner_of(p)->blocked | owner_of(p)->waited) & bit);
}

/* One has become pending in p: whom it concerns. */
static void announce(struct sigpending *p, int signo)
{
	if (p == &sig_shared)
		find_taker(SIG_BIT(signo));
	else
		recalc_work(owner_of(p)->thread);
	waitq_wake(&signalfd_waitq, POLLIN);
}

int signal_queue(struct sigpending *p, const struct ksiginfo *info)
{
	int err;

	if (vanishes(p, info->signo))
		return 0;
	err = sigqueue_add(p, info);
	announce(p, info->signo);
	return err;
}

struct sigpending *signal_queue_own(s32 tid, struct sigqueue *q)
{
	struct thread *t = tid ? thread_by_tid(tid) : NULL;
	struct sigpending *p = t ? &t->sig->pending : &sig_shared;

	if ((tid && !t) || vanishes(p, q->info.signo))
		return NULL;
	sigqueue_add_own(p, q);
	announce(p, q->info.signo);
	return p;
}

u64 signal_pending_set(void)
{
	return current->sig->pending.set | sig_shared.set;
}

bool signal_take(u64 set, struct ksiginfo *info)
{
	bool taken = sigqueue_take(&current->sig->pending, set, info) ||
		     sigqueue_take(&sig_shared, set, info);

	recalc_work(current);
	return taken;
}

void signal_disposition_changed(int signo)
{
	struct ksiginfo dropped;
	struct thread *t;

	if (!is_ignored(signo))
		return;
	while (sigqueue_take(&sig_shared, SIG_BIT(signo), &dropped))
		;
	for_each_thread(t) {
		while (sigqueue_take(&t->sig->pending, SIG_BIT(signo), &dropped))
			;
		recalc_work(t);
	}
}

void signal_send(int signo, int code)
{
	struct ksiginfo info = { .signo = signo, .code = code };

	info.sent.pid = code == SI_KERNEL ? 0 : PROCESS_ID;
	info.sent.uid = code == SI_KERNEL ? 0 : creds.uid.r;
	signal_queue(&current->sig->pending, &info);
}

long signal_mask_temp(u64 uset, u64 size)
{
	struct sigstate *s = current->sig;
	u64 mask;

	if (!uset)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user(mask, uset))
		return -EFAULT;
	if (!(current->work & WORK_MASK))
		s->saved_mask = s->blocked;
	current->work |= WORK_MASK;
	signal_set_mask(mask);
	return 0;
}

/* The mask that a handler's return brings back, and the end of a temporary one. */
static u64 take_saved_mask(void)
{
	struct sigstate *s = current->sig;

	if (!(current->work & WORK_MASK))
		return s->blocked;
	current->work &= ~WORK_MASK;
	return s->saved_mask;
}

long signal_mask_over(long res)
{
	if (res != -EINTR && res != -ERESTARTNOHAND && current->work & WORK_MASK)
		signal_set_mask(take_saved_mask());
	return res;
}

/*
 * Points *r at the handler.  When its frame does not fit on the stack the application gets
 * SIGSEGV instead, and dies of it when it was SIGSEGV already (Linux: force_sigsegv).
 */
static void run_handler(struct regs *r, const struct ksiginfo *info, u32 vector, u32 error)
{
	struct ksigaction sa = sig_actions[info->signo - 1];
	struct ksiginfo segv = { .signo = SIGSEGV, .code = SI_KERNEL };
	struct sigstate *s = current->sig;
	u64 mask;

	trace_signal(info->signo, info->code, info->code > 0 ? (u64)info->fault.addr : 0);
	if (sa.flags & SA_ONESHOT)
		sig_actions[info->signo - 1].handler = (u64)SIG_DFL;
	mask = current->work & WORK_MASK ? s->saved_mask : s->blocked;
	if (rseq_interrupted(r) || sigframe_build(r, &sa, info, mask)) {
		if (info->signo == SIGSEGV || (s->blocked & SIG_BIT(SIGSEGV)) ||
		    sig_actions[SIGSEGV - 1].handler <= (u64)SIG_IGN)
			signal_die(r, SIGSEGV, segv.code, 0, vector, error);
		run_handler(r, &segv, vector, error);
		return;
	}
	take_saved_mask();
	mask = s->blocked | sa.mask;
	if (!(sa.flags & SA_NODEFER))
		mask |= SIG_BIT(info->signo);
	signal_set_mask(mask);
}

/* Makes the call under way happen again, by the door through which it came. */
static void restart_call(struct regs *r)
{
	if (current->entry == ENTRY_TRAP) {
		r->rip -= SYSCALL_INSN;
		r->rax = r->orig_rax;
		return;
	}
	/* rt_call_entry(n, a1..a6): the return address still lies below rsp, a6 at rsp. */
	r->rip = rt_door();
	r->rsp -= sizeof(u64);
	r->rcx = r->rdx;
	r->rdx = r->rsi;
	r->rsi = r->rdi;
	r->rdi = r->orig_rax;
	r->r9 = r->r8;
	r->r8 = r->r10;
}

/*
 * A call that returned "restart" to us must not do so to the application.  sa: of the handler
 * that is about to run, NULL when there is none.  True: the registers have changed.
 *
 * musl cancels a thread by a signal whose handler looks whether RIP lies in its system call
 * function; a restarted call of a linked program would resume in the runtime instead, so
 * that one signal always ends the call.
 */
static bool settle_restart(struct regs *r, const struct ksigaction *sa, int signo)
{
	long res = (long)r->rax;
	bool again;

	if (res != -ERESTARTSYS && res != -ERESTARTNOHAND)
		return false;
	again = !sa || (res == -ERESTARTSYS && (sa->flags & SA_RESTART) &&
			!(current->entry == ENTRY_CALL && signo == MUSL_SIGCANCEL));
	if (!again) {
		r->rax = (u64)-EINTR;
		return false;
	}
	restart_call(r);
	return true;
}

/* Every deliverable signal, each on top of the frame before.  True: *r changed beyond rax. */
static bool deliver_all(struct regs *r, bool restartable)
{
	struct ksiginfo info;
	bool changed = false;

	while (signal_take(~current->sig->blocked, &info)) {
		const struct ksigaction *sa;

		if (is_ignored(info.signo))
			continue;
		if (debug_on() && !debug_signal(r, &info))
			continue;
		sa = &sig_actions[info.signo - 1];
		if (sa->handler == (u64)SIG_DFL)
			signal_die(r, info.signo, info.code, 0, NO_VECTOR, 0);
		if (restartable)
			settle_restart(r, sa, info.signo);
		restartable = false;
		run_handler(r, &info, NO_VECTOR, 0);
		changed = true;
	}
	if (restartable && settle_restart(r, NULL, 0))
		changed = true;
	return changed || debug_on();
}

int signal_work(struct regs *r)
{
	bool changed = current->work & WORK_RESTORE;
	bool restartable = !changed;

	current->work &= ~WORK_RESTORE;
	if (deliver_all(r, restartable))
		changed = true;
	if (current->work & WORK_MASK) {
		/* No handler ran: the mask comes back now, and may let something through. */
		signal_set_mask(take_saved_mask());
		if (deliver_all(r, false))
			changed = true;
	}
	return changed;
}

void signal_fault(struct regs *r, int signo, int code, u64 addr, u32 vector, u32 error)
{
	struct ksiginfo info = { .signo = signo, .code = code, .fault.addr = addr };
	struct sigstate *s = current->sig;
	u64 handler;

	if (debug_on() && !debug_signal(r, &info))
		return;
	signo = info.signo;
	handler = sig_actions[signo - 1].handler;
	s->trap_nr = vector;
	s->trap_error = error;
	s->trap_addr = addr;
	/* One's own fault cannot be blocked or ignored: it would happen for ever (force_sig). */
	if (handler == (u64)SIG_DFL || handler == (u64)SIG_IGN || (s->blocked & SIG_BIT(signo)))
		signal_die(r, signo, code, addr, vector, error);
	run_handler(r, &info, vector, error);
}
