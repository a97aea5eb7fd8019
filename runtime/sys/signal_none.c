/* SPDX-License-Identifier: MIT */
/*
 * Without CONFIG_SIGNALS: no handler, no mask, nothing pending.  What a signal does by default
 * it still does: kill, abort and a fault end the program with the right status.
 */
#include "sys/signal.h"

#include "debug.h"
#include "sched/sched.h"
#include "sys/hostsig.h"
#include "sys/process.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

void signal_init(void)
{
}

int signal_work(struct regs *r)
{
	(void)r;
	return 0;
}

void hostsig_collect(void)
{
}

void signal_new_thread(struct thread *t, struct sigstate *s)
{
	s->thread = t;
	t->sig = s;
}

void signal_thread_ends(void)
{
}

int rseq_interrupted(struct regs *r)
{
	(void)r;
	return 0;
}

bool signal_pending(void)
{
	return false;
}

long signal_mask_temp(u64 uset, u64 size)
{
	(void)size;
	return uset ? -EINVAL : 0;
}

long signal_mask_over(long res)
{
	return res;
}

u64 signal_frame_max(void)
{
	return 0;
}

void signal_send(int signo, int code)
{
	if (!(SIG_BIT(signo) & SIG_IGNORED_BY_DEFAULT))
		signal_die(current->regs, signo, code, 0, NO_VECTOR, 0);
}

void signal_fault(struct regs *r, int signo, int code, u64 addr, u32 vector, u32 error)
{
	struct ksiginfo info = { .signo = signo, .code = code, .fault.addr = addr };

	if (!debug_on() || debug_signal(r, &info))
		signal_die(r, info.signo, code, addr, vector, error);
}

static long send_to_self(u64 sig, int code)
{
	if ((s32)sig < 0 || (s32)sig > NSIG_MAX)
		return -EINVAL;
	if ((s32)sig)
		signal_send((s32)sig, code);
	return 0;
}

long sys_kill(u64 pid, u64 sig)
{
	s32 p = (s32)pid;

	return p == 0 || p == PROCESS_ID || p == -PROCESS_ID ? send_to_self(sig, SI_USER) : -ESRCH;
}

long sys_tkill(u64 tid, u64 sig)
{
	return thread_by_tid((s32)tid) ? send_to_self(sig, SI_TKILL) : -ESRCH;
}

long sys_tgkill(u64 tgid, u64 tid, u64 sig)
{
	return (s32)tgid == PROCESS_ID ? sys_tkill(tid, sig) : -ESRCH;
}
