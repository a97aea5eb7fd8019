/* SPDX-License-Identifier: MIT */
/* The one process of a VM. */
#ifndef MVM_RT_SYS_PROCESS_H
#define MVM_RT_SYS_PROCESS_H

#include "rt.h"

/*
 * As a process that was put into a container: its own session and group leader, its parent out
 * of sight (0).  Not 1: kill(-1) would then mean both "my group" and "everyone", and programs
 * that find themselves to be init behave as such.  Its first thread has the same number.
 */
#define PROCESS_ID	2

/* Called by sys_init(). */
void process_init(void);

/* The name of the first thread, which is the process's. */
const char *process_name(void);
/* len: at most THREAD_NAME_LEN - 1. */
bool process_rename(s32 tid, const char *name, size_t len);

/* Does pid name this process, by a thread's number or with 0 for "myself"? */
bool pid_is_self(u64 pid);

/* Flushes what the host should still hear, then ends the VM. */
_Noreturn void process_exit(int status, int signo, const struct mvm_crash *crash);

#endif
