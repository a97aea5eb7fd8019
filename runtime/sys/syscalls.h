/* SPDX-License-Identifier: MIT */
/*
 * The system calls that sys/ implements.  Arguments and results as fs/syscalls.h says: each
 * argument a u64 straight from its register, the result Linux's.
 */
#ifndef MVM_RT_SYS_SYSCALLS_H
#define MVM_RT_SYS_SYSCALLS_H

#include "rt.h"

/* ---- process.c: identity, life and death ---- */
long sys_getpid(void);
long sys_gettid(void);
long sys_getppid(void);
long sys_getpgrp(void);
long sys_getpgid(u64 pid);
long sys_setpgid(u64 pid, u64 pgid);
long sys_getsid(u64 pid);
long sys_setsid(void);
long sys_set_tid_address(u64 addr);
long sys_exit(u64 status);
long sys_exit_group(u64 status);
long sys_wait4(u64 pid, u64 status, u64 options, u64 rusage);
long sys_waitid(u64 type, u64 id, u64 info, u64 options, u64 rusage);
long sys_eperm(void);

/* ---- prctl.c ---- */
long sys_prctl(u64 op, u64 a2, u64 a3, u64 a4, u64 a5);
long sys_arch_prctl(u64 op, u64 addr);
long sys_personality(u64 persona);

/* ---- creds.c: users, groups, capabilities ---- */
long sys_getuid(void);
long sys_geteuid(void);
long sys_getgid(void);
long sys_getegid(void);
long sys_setuid(u64 id);
long sys_setgid(u64 id);
long sys_setreuid(u64 r, u64 e);
long sys_setregid(u64 r, u64 e);
long sys_setresuid(u64 r, u64 e, u64 s);
long sys_setresgid(u64 r, u64 e, u64 s);
long sys_getresuid(u64 r, u64 e, u64 s);
long sys_getresgid(u64 r, u64 e, u64 s);
long sys_setfsuid(u64 id);
long sys_setfsgid(u64 id);
long sys_getgroups(u64 n, u64 list);
long sys_setgroups(u64 n, u64 list);
long sys_capget(u64 header, u64 data);
long sys_capset(u64 header, u64 data);

/* ---- system.c: what machine this is, and how it is shared ---- */
long sys_uname(u64 buf);
long sys_sysinfo(u64 buf);
long sys_getcpu(u64 cpu, u64 node);
long sys_getrusage(u64 who, u64 buf);
long sys_times(u64 buf);
long sys_getrlimit(u64 which, u64 buf);
long sys_setrlimit(u64 which, u64 buf);
long sys_prlimit64(u64 pid, u64 which, u64 new, u64 old);
long sys_membarrier(u64 cmd, u64 flags);
long sys_mlock2(u64 addr, u64 len, u64 flags);
long sys_mlockall(u64 flags);
long sys_munlockall(void);

/* ---- sched.c ---- */
long sys_sched_yield(void);
long sys_sched_setparam(u64 pid, u64 param);
long sys_sched_getparam(u64 pid, u64 param);
long sys_sched_setscheduler(u64 pid, u64 policy, u64 param);
long sys_sched_getscheduler(u64 pid);
long sys_sched_get_priority_max(u64 policy);
long sys_sched_get_priority_min(u64 policy);
long sys_sched_rr_get_interval(u64 pid, u64 ts);
long sys_sched_setaffinity(u64 pid, u64 size, u64 mask);
long sys_sched_getaffinity(u64 pid, u64 size, u64 mask);
long sys_sched_setattr(u64 pid, u64 attr, u64 flags);
long sys_sched_getattr(u64 pid, u64 attr, u64 size, u64 flags);
long sys_getpriority(u64 which, u64 who);
long sys_setpriority(u64 which, u64 who, u64 nice);
long sys_ioprio_get(u64 which, u64 who);
long sys_ioprio_set(u64 which, u64 who, u64 prio);

/* ---- clone.c ---- */
long sys_clone(u64 flags, u64 stack, u64 ptid, u64 ctid, u64 tls);
long sys_clone3(u64 args, u64 size);

/* ---- futex.c ---- */
long sys_futex(u64 uaddr, u64 op, u64 val, u64 timeout, u64 uaddr2, u64 val3);

/* ---- robust.c ---- */
long sys_set_robust_list(u64 head, u64 len);
long sys_get_robust_list(u64 pid, u64 head, u64 len);

/* ---- random.c ---- */
/* mvm's own (mvm.h), in sched/ready.c */
long sys_mvm_ready(void);
long sys_mvm_generation(void);
long sys_getrandom(u64 buf, u64 n, u64 flags);

/* ---- clock.c ---- */
long sys_clock_gettime(u64 clock, u64 ts);
long sys_clock_getres(u64 clock, u64 ts);
long sys_clock_nanosleep(u64 clock, u64 flags, u64 req, u64 rem);
long sys_nanosleep(u64 req, u64 rem);
long sys_gettimeofday(u64 tv, u64 tz);
long sys_time(u64 t);

/* ---- itimer.c ---- */
long sys_alarm(u64 seconds);
long sys_getitimer(u64 which, u64 cur);
long sys_setitimer(u64 which, u64 new, u64 old);

/* ---- ptimer.c ---- */
long sys_timer_create(u64 clock, u64 event, u64 id);
long sys_timer_settime(u64 id, u64 flags, u64 new, u64 old);
long sys_timer_gettime(u64 id, u64 cur);
long sys_timer_getoverrun(u64 id);
long sys_timer_delete(u64 id);

/* ---- adjtime.c ---- */
long sys_adjtimex(u64 timex);
long sys_clock_adjtime(u64 clock, u64 timex);

/* ---- mempolicy.c ---- */
long sys_set_mempolicy(u64 mode, u64 mask, u64 max);
long sys_get_mempolicy(u64 policy, u64 mask, u64 max, u64 addr, u64 flags);
long sys_mbind(u64 start, u64 len, u64 mode, u64 mask, u64 max, u64 flags);

/* ---- sigcalls.c ---- */
long sys_kill(u64 pid, u64 sig);
long sys_tkill(u64 tid, u64 sig);
long sys_tgkill(u64 tgid, u64 tid, u64 sig);
long sys_rt_sigaction(u64 sig, u64 act, u64 old, u64 size);
long sys_rt_sigprocmask(u64 how, u64 set, u64 old, u64 size);
long sys_rt_sigpending(u64 set, u64 size);
long sys_rt_sigtimedwait(u64 set, u64 info, u64 timeout, u64 size);
long sys_rt_sigqueueinfo(u64 pid, u64 sig, u64 info);
long sys_rt_tgsigqueueinfo(u64 tgid, u64 tid, u64 sig, u64 info);
long sys_rt_sigsuspend(u64 set, u64 size);
long sys_sigaltstack(u64 new, u64 old);
long sys_pause(void);
long sys_restart_syscall(void);

/* ---- rseq.c ---- */
long sys_rseq(u64 area, u64 len, u64 flags, u64 sig);

/* ---- sigframe.c ---- */
long sys_rt_sigreturn(void);

#endif
