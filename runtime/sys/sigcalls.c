/* SPDX-License-Identifier: MIT */
/* The signal system calls: signal(7) and the man page of each. */
#include "mm/mm.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/creds.h"
#include "sys/hostsig.h"
#include "sys/process.h"
#include "sys/sigframe.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

#define SIGSET_SIZE	8

/* The flags that Linux keeps; others vanish, so that programs can find out what there is. */
#define SA_KNOWN	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | \
			 SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_RESTORER)

#ifndef SA_EXPOSE_TAGBITS
#define SA_EXPOSE_TAGBITS	0x800UL
#endif

static bool valid_signal(u64 sig)
{
	return (s32)sig >= 1 && (s32)sig <= NSIG_MAX;
}

/* ---- sending: kill(2), tgkill(2), rt_sigqueueinfo(2) ---- */

static long send(struct sigpending *p, u64 sig, s32 code)
{
	struct ksiginfo info = { .signo = (s32)sig, .code = code };

	if (!(s32)sig)
		return 0;
	if (!valid_signal(sig))
		return -EINVAL;
	info.sent.pid = PROCESS_ID;
	info.sent.uid = creds.uid.r;
	return signal_queue(p, &info);
}

/* The process, its group, or "everyone": but for oneself nobody is there. */
long sys_kill(u64 pid, u64 sig)
{
	s32 p = (s32)pid;

	if (p != 0 && p != PROCESS_ID && p != -PROCESS_ID)
		return -ESRCH;
	return send(&sig_shared, sig, SI_USER);
}

long sys_tkill(u64 tid, u64 sig)
{
	struct thread *t;

	if ((s32)tid <= 0)
		return -EINVAL;
	t = thread_by_tid((s32)tid);
	return t ? send(&t->sig->pending, sig, SI_TKILL) : -ESRCH;
}

long sys_tgkill(u64 tgid, u64 tid, u64 sig)
{
	if ((s32)tgid <= 0 || (s32)tid <= 0)
		return -EINVAL;
	if ((s32)tgid != PROCESS_ID)
		return -ESRCH;
	return sys_tkill(tid, sig);
}

/* Would this tell somebody else that the kernel, kill(2) or tgkill(2) sent it? */
static bool forged(const struct ksiginfo *info, u64 target)
{
	return (info->code >= 0 || info->code == SI_TKILL) && (s32)target != current->tid;
}

static long queue(struct sigpending *p, struct ksiginfo *info, u64 sig)
{
	info->signo = (s32)sig;
	if (!(s32)sig)
		return 0;
	return valid_signal(sig) ? signal_queue(p, info) : -EINVAL;
}

long sys_rt_sigqueueinfo(u64 pid, u64 sig, u64 uinfo)
{
	struct ksiginfo info;

	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	if (forged(&info, pid))
		return -EPERM;
	return (s32)pid == PROCESS_ID ? queue(&sig_shared, &info, sig) : -ESRCH;
}

long sys_rt_tgsigqueueinfo(u64 tgid, u64 tid, u64 sig, u64 uinfo)
{
	const struct thread *t;
	struct ksiginfo info;

	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	if ((s32)tgid <= 0 || (s32)tid <= 0)
		return -EINVAL;
	if (forged(&info, tid))
		return -EPERM;
	t = (s32)tgid == PROCESS_ID ? thread_by_tid((s32)tid) : NULL;
	return t ? queue(&t->sig->pending, &info, sig) : -ESRCH;
}

/* ---- dispositions and masks ---- */

long sys_rt_sigaction(u64 sig, u64 uact, u64 uold, u64 size)
{
	struct ksigaction act, old;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (uact && copy_from_user(&act, uact, sizeof(act)))
		return -EFAULT;
	if (!valid_signal(sig) || (uact && (SIG_BIT((s32)sig) & SIG_UNBLOCKABLE)))
		return -EINVAL;
	old = sig_actions[(s32)sig - 1];
	if (uact) {
		act.flags &= SA_KNOWN;
		act.mask &= ~SIG_UNBLOCKABLE;
		sig_actions[(s32)sig - 1] = act;
		if (act.handler != (u64)SIG_DFL)
			hostsig_wants(SIG_BIT((s32)sig));
		signal_disposition_changed((s32)sig);
	}
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

long sys_rt_sigprocmask(u64 how, u64 uset, u64 uold, u64 size)
{
	u64 old = current->sig->blocked, set;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (uset) {
		if (get_user(set, uset))
			return -EFAULT;
		/* A C library that must not be disturbed blocks all of them for a while. */
		if ((s32)how != SIG_UNBLOCK && (set & MVM_SIGNALS) != MVM_SIGNALS)
			hostsig_wants(set);
		switch ((s32)how) {
		case SIG_BLOCK:
			signal_set_mask(old | set);
			break;
		case SIG_UNBLOCK:
			signal_set_mask(old & ~set);
			break;
		case SIG_SETMASK:
			signal_set_mask(set);
			break;
		default:
			return -EINVAL;
		}
	}
	return uold ? put_user(old, uold) : 0;
}

long sys_rt_sigpending(u64 uset, u64 size)
{
	const struct sigstate *s = current->sig;
	u64 set = (s->pending.set | sig_shared.set) & s->blocked;

	if (size > SIGSET_SIZE)
		return -EINVAL;
	return copy_to_user(uset, &set, size);
}

long sys_sigaltstack(u64 unew, u64 uold)
{
	const struct sigstate *s = current->sig;
	u64 sp = current->regs->rsp;
	struct sig_stack new, old = {
		.sp = s->alt_sp,
		.flags = (s32)(signal_alt_flags(sp) | (s->alt_flags & SS_AUTODISARM)),
		.size = s->alt_size,
	};
	long err;

	if (unew) {
		if (copy_from_user(&new, unew, sizeof(new)))
			return -EFAULT;
		err = signal_set_alt_stack(&new, sp);
		if (err)
			return err;
	}
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

/* ---- waiting ---- */

/* Until a signal is pending that is not blocked. */
static long wait_signal(void)
{
	while (!signal_pending())
		sched_sleep(CLOCK_NEVER);
	return -ERESTARTNOHAND;
}

/* restart_syscall(2): for a call that is never restarted that way, as in Linux. */
long sys_restart_syscall(void)
{
	return -EINTR;
}

long sys_pause(void)
{
	return wait_signal();
}

long sys_rt_sigsuspend(u64 uset, u64 size)
{
	long err = uset ? signal_mask_temp(uset, size) : -EFAULT;

	return err ? err : wait_signal();
}

/*
 * rt_sigtimedwait(2): takes a signal in the set out of the queue; for the wait its members count
 * as unblocked, so that they wake us.
 */
long sys_rt_sigtimedwait(u64 uset, u64 uinfo, u64 timeout, u64 size)
{
	struct sigstate *s = current->sig;
	u64 set, ns, mask = s->blocked, deadline = CLOCK_NEVER;
	struct ksiginfo info;
	bool taken;
	long err;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (get_user(set, uset))
		return -EFAULT;
	if (timeout) {
		err = timespec_from_user(timeout, &ns);
		if (err)
			return err;
		deadline = ns ? clock_deadline(ns) : 0;
	}
	set &= ~SIG_UNBLOCKABLE;
	hostsig_wants(set);
	taken = signal_take(set, &info);
	if (!taken && deadline) {
		s->waited = set & mask;
		signal_set_mask(mask & ~set);
		err = sched_sleep(deadline);
		taken = signal_take(set, &info);
		s->waited = 0;
		signal_set_mask(mask);
		if (!taken)
			return err == -EINTR ? -EINTR : -EAGAIN;
	}
	if (!taken)
		return -EAGAIN;
	if (uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return info.signo;
}
