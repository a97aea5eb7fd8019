/* SPDX-License-Identifier: MIT */
/*
 * prctl(2), arch_prctl(2), personality(2): attributes of the process.  Most have no effect in a
 * VM with one process; they are checked as Linux checks them and kept for it to read back.
 */
#include <asm/prctl.h>
#include <linux/capability.h>
#include <linux/prctl.h>

#include "mm/mm.h"
#include "sys/creds.h"
#include "sys/process.h"
#include "sys/syscalls.h"

static struct {
	u32 persona;
	s32 death_signal;
	s32 dumpable;
	s32 keep_caps;
	s32 no_new_privs;
	s32 subreaper;
	s32 thp_disabled;
} attrs = {
	.dumpable = 1,
};

static long set_name(u64 addr)
{
	char name[THREAD_NAME_LEN];
	long n = strncpy_from_user(name, addr, sizeof(name));

	if (n == -EFAULT)
		return n;
	/* A longer name is cut silently, as Linux does. */
	name[sizeof(name) - 1] = '\0';
	str_copy(current->name, name, sizeof(current->name));
	return 0;
}

static long set_flag(s32 *flag, u64 value, u64 max)
{
	if (value > max)
		return -EINVAL;
	*flag = (s32)value;
	return 0;
}

static long set_no_new_privs(u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (a2 != 1 || a3 || a4 || a5)
		return -EINVAL;
	attrs.no_new_privs = 1;
	return 0;
}

static long set_timer_slack(u64 ns)
{
	current->sched.slack_ns = (s64)ns > 0 ? ns : current->sched.slack_default_ns;
	return 0;
}

static long bounding_set(u64 op, u64 cap)
{
	if (cap > CAP_LAST_NR)
		return -EINVAL;
	if (op == PR_CAPBSET_READ)
		return 1;
	return capable(CAP_SETPCAP) ? 0 : -EPERM;
}

long sys_prctl(u64 op, u64 a2, u64 a3, u64 a4, u64 a5)
{
	switch ((u32)op) {
	case PR_SET_NAME:
		return set_name(a2);
	case PR_GET_NAME:
		return copy_to_user(a2, current->name, sizeof(current->name));
	case PR_SET_PDEATHSIG:
		return set_flag(&attrs.death_signal, a2, 64);
	case PR_GET_PDEATHSIG:
		return put_user(attrs.death_signal, a2);
	case PR_SET_DUMPABLE:
		return set_flag(&attrs.dumpable, a2, 1);
	case PR_GET_DUMPABLE:
		return attrs.dumpable;
	case PR_SET_KEEPCAPS:
		return set_flag(&attrs.keep_caps, a2, 1);
	case PR_GET_KEEPCAPS:
		return attrs.keep_caps;
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(a2, a3, a4, a5);
	case PR_GET_NO_NEW_PRIVS:
		return a2 || a3 || a4 || a5 ? -EINVAL : attrs.no_new_privs;
	case PR_SET_CHILD_SUBREAPER:
		attrs.subreaper = !!a2;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user(attrs.subreaper, a2);
	case PR_SET_THP_DISABLE:
		if (a3 || a4 || a5)
			return -EINVAL;
		attrs.thp_disabled = !!a2;
		return 0;
	case PR_GET_THP_DISABLE:
		return a2 || a3 || a4 || a5 ? -EINVAL : attrs.thp_disabled;
	case PR_SET_TIMERSLACK:
		return set_timer_slack(a2);
	case PR_GET_TIMERSLACK:
		return (long)current->sched.slack_ns;
	case PR_GET_TID_ADDRESS: {
		u64 addr = (u64)current->clear_tid;

		return put_user(addr, a2);
	}
	case PR_GET_TSC: {
		u32 mode = PR_TSC_ENABLE;

		return put_user(mode, a2);
	}
	case PR_SET_TSC:	/* rdtsc cannot be made to fault: the vDSO lives on it */
		return a2 == PR_TSC_ENABLE ? 0 : -EINVAL;
	case PR_GET_SECCOMP:
	case PR_GET_SECUREBITS:
	case PR_GET_TIMING:
		return 0;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		return bounding_set(op, a2);
	}
	return -EINVAL;
}

/*
 * arch_prctl(2).  GS is the application's alone (the runtime does not use it), but can be set
 * only where ring 3 may: without FSGSBASE it answers as for an unknown operation.
 */
long sys_arch_prctl(u64 op, u64 addr)
{
	u64 base;

	rt_find_fsgsbase(false);
	switch (op) {
	case ARCH_SET_FS:
		if (addr >= MVM_VA_STACK_TOP)
			return -EPERM;
		current->fs_base = addr;
		rt_set_fs_base(addr);
		return 0;
	case ARCH_GET_FS:
		base = current->fs_base;
		if (rt_cpu.fsgsbase)
			__asm__ volatile("rdfsbase %0" : "=r"(base));
		return put_user(base, addr);
	case ARCH_SET_GS:
		if (!rt_cpu.fsgsbase)
			return -EINVAL;
		if (addr >= MVM_VA_STACK_TOP)
			return -EPERM;
		__asm__ volatile("wrgsbase %0" : : "r"(addr));
		return 0;
	case ARCH_GET_GS:
		if (!rt_cpu.fsgsbase)
			return -EINVAL;
		__asm__ volatile("rdgsbase %0" : "=r"(base));
		return put_user(base, addr);
	}
	return -EINVAL;
}

/* personality(2): kept, without effect; 0xffffffff only asks. */
long sys_personality(u64 persona)
{
	u32 old = attrs.persona;

	if ((u32)persona != 0xffffffffU)
		attrs.persona = (u32)persona;
	return old;
}
