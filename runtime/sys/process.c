/* SPDX-License-Identifier: MIT */
/*
 * The process: identity, sessions, its end.  There is one per VM and it has no children: fork
 * and its kin are not here.
 */
#include "sys/process.h"

#include <linux/wait.h>

#include "mm/mm.h"
#include "sys/about.h"
#include "sys/dispatch.h"
#include "sys/exec.h"
#include "sys/syscalls.h"

#define ROBUST_HEAD_SIZE	24

char process_comm[COMM_LEN];

static u64 robust_head;

u32 about_threads(void)
{
	return 1;
}

void process_init(void)
{
	current->tid = PROCESS_ID;
	str_copy(process_comm, exec_name(), sizeof(process_comm));
}

void process_exit(int status, int signo, const struct mvm_crash *crash)
{
	mm_exit();
	dispatch_flush();
	rt_exit(status, signo, crash);
}

long sys_getpid(void)
{
	return PROCESS_ID;
}

long sys_gettid(void)
{
	return current->tid;
}

long sys_getppid(void)
{
	return 0;
}

long sys_getpgrp(void)
{
	return PROCESS_ID;
}

long sys_getpgid(u64 pid)
{
	return pid_is_self(pid) ? PROCESS_ID : -ESRCH;
}

long sys_getsid(u64 pid)
{
	return pid_is_self(pid) ? PROCESS_ID : -ESRCH;
}

/* setpgid(2): a session leader's group cannot be changed, and there is nobody else. */
long sys_setpgid(u64 pid, u64 pgid)
{
	if ((s32)pgid < 0 || (!(s32)pgid && (s32)pid < 0))
		return -EINVAL;
	return pid_is_self(pid) ? -EPERM : -ESRCH;
}

/* setsid(2): a group leader may not. */
long sys_setsid(void)
{
	return -EPERM;
}

long sys_set_tid_address(u64 addr)
{
	current->clear_tid = (u32 *)addr;
	return current->tid;
}

/* One thread: its end is the end of the process. */
long sys_exit(u64 status)
{
	process_exit((int)(status & 0xff), 0, NULL);
}

long sys_exit_group(u64 status)
{
	process_exit((int)(status & 0xff), 0, NULL);
}

long sys_wait4(u64 pid, u64 status, u64 options, u64 rusage)
{
	const u32 known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;

	(void)pid;
	(void)status;
	(void)rusage;
	return (u32)options & ~known ? -EINVAL : -ECHILD;
}

long sys_waitid(u64 type, u64 id, u64 info, u64 options, u64 rusage)
{
	const u32 known = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			  __WCLONE | __WALL;

	(void)id;
	(void)info;
	(void)rusage;
	if (((u32)options & ~known) || !((u32)options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	return (u32)type > P_PIDFD ? -EINVAL : -ECHILD;
}

/* set_robust_list(2): kept; with one thread nobody is left to be told of a dead owner. */
long sys_set_robust_list(u64 head, u64 len)
{
	if (len != ROBUST_HEAD_SIZE)
		return -EINVAL;
	robust_head = head;
	return 0;
}

long sys_get_robust_list(u64 pid, u64 head, u64 len)
{
	u64 size = ROBUST_HEAD_SIZE;

	if (!pid_is_self(pid))
		return -ESRCH;
	if (put_user(size, len) || put_user(robust_head, head))
		return -EFAULT;
	return 0;
}

/* Calls that administer a machine: there is none to administer. */
long sys_eperm(void)
{
	return -EPERM;
}
