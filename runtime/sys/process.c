/* SPDX-License-Identifier: MIT */
/*
 * The process: identity, sessions, its end.  There is one per VM and it has no children: fork
 * and its kin are not here.  Threads are made by sys/clone.c.
 */
#include "sys/process.h"

#include <linux/wait.h>

#include "fs/fs.h"
#include "mm/mm.h"
#include "sched/hostfd.h"
#include "sched/sched.h"
#include "sys/about.h"
#include "sys/clock.h"
#include "sys/dispatch.h"
#include "sys/exec.h"
#include "sys/futex.h"
#include "sys/signal.h"
#include "sys/syscalls.h"

static struct thread *leader;
static int leader_status;	/* of the first thread, which ended before others */

u32 about_threads(void)
{
	return threads_alive;
}

void process_init(void)
{
	leader = current;
	current->tid = PROCESS_ID;
	str_copy(current->name, exec_name(), sizeof(current->name));
	threads_init();
}

const char *process_name(void)
{
	return leader->name;
}

bool process_rename(s32 tid, const char *name, size_t len)
{
	struct thread *t = tid ? thread_by_tid(tid) : leader;

	if (!t)
		return false;
	memset(t->name, 0, sizeof(t->name));
	memcpy(t->name, name, len);
	return true;
}

bool about_thread(s32 tid, struct about_thread *a)
{
	const struct thread *t = thread_by_tid(tid);

	if (!tid) {
		*a = (struct about_thread){ PROCESS_ID, 'R', leader->name, clock_cpu_ns() };
		return true;
	}
	if (!t)
		return false;
	*a = (struct about_thread){ tid, t->state == THREAD_ASLEEP ? 'S' : 'R', t->name,
				    clock_thread_ns(t) };
	return true;
}

s32 about_next_thread(s32 from)
{
	const struct thread *t;

	for_each_thread(t)
		if (t->tid >= from)
			return t->tid;
	return 0;
}

void process_exit(int status, int signo, const struct mvm_crash *crash)
{
	if (hostfd_before_end)
		hostfd_before_end();
	mm_exit();
	dispatch_flush();
	rt_exit(status, signo, crash);
}

bool pid_is_self(u64 pid)
{
	return !(s32)pid || (s32)pid == PROCESS_ID || thread_by_tid((s32)pid);
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

/* The last thread's end is the end of the process, with the status that the first one had. */
long sys_exit(u64 status)
{
	int code = (int)(status & 0xff);

	if (current->tid == PROCESS_ID)
		leader_status = code;
	futex_thread_ends();
	if (threads_alive == 1)
		process_exit(leader_status, 0, NULL);
	signal_thread_ends();
	thread_exit();
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

/* What is wrong with a waitid(2), which there can be no child for. */
static long waitid_error(u32 type, s32 id, u32 options)
{
	const u32 known = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			  __WCLONE | __WALL;
	struct file *f;

	if ((options & ~known) || !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	switch (type) {
	case P_ALL:
		return -ECHILD;
	case P_PID:
		return id <= 0 ? -EINVAL : -ECHILD;
	case P_PGID:
		return id < 0 ? -EINVAL : -ECHILD;
	case P_PIDFD:
		f = id < 0 ? NULL : file_get(id);
		if (!f)
			return id < 0 ? -EINVAL : -EBADF;
		file_put(f);
		return -ECHILD;
	}
	return -EINVAL;
}

long sys_waitid(u64 type, u64 id, u64 info, u64 options, u64 rusage)
{
	static const s32 none[3];
	long err = waitid_error((u32)type, (s32)id, (u32)options);

	(void)rusage;
	/* si_signo, si_errno, si_code; si_pid, si_uid, si_status: written whatever the error is. */
	if (info && (copy_to_user(info, none, sizeof(none)) ||
		     copy_to_user(info + 16, none, sizeof(none))))
		return -EFAULT;
	return err;
}

/* Calls that administer a machine: there is none to administer. */
long sys_eperm(void)
{
	return -EPERM;
}
