/* SPDX-License-Identifier: MIT */
/*
 * System calls: the kinds of their arguments, which are the one thing that is known about each;
 * what the guest is to capture follows from them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <asm/unistd.h>
#include <linux/futex.h>
#include "trace_int.h"
#include "sysname.h"

/* Newer than the headers of Debian 12. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2	452
#endif

/* What is returned is an address. */
#define HEX		0x80

#define CALL(name, ...)	[__NR_##name] = { __VA_ARGS__ }

static const uint8_t calls[MVM_TRACE_CALLS][7] = {
	/* files */
	CALL(read, A_FD, A_OUT, A_SIZE),
	CALL(write, A_FD, A_IN, A_SIZE),
	CALL(open, A_PATH, A_OFLAGS, A_OPEN_MODE),
	CALL(openat, A_AT, A_PATH, A_OFLAGS, A_OPEN_MODE),
	CALL(openat2, A_AT, A_PATH, A_PTR, A_SIZE),
	CALL(creat, A_PATH, A_MODE),
	CALL(close, A_FD),
	CALL(close_range, A_UINT, A_UINT, A_HEX),
	CALL(stat, A_PATH, A_STAT),
	CALL(fstat, A_FD, A_STAT),
	CALL(lstat, A_PATH, A_STAT),
	CALL(newfstatat, A_AT, A_PATH, A_STAT, A_ATFLAGS),
	CALL(statx, A_AT, A_PATH, A_ATFLAGS, A_STATX_MASK, A_STATX),
	CALL(statfs, A_PATH, A_STATFS),
	CALL(fstatfs, A_FD, A_STATFS),
	CALL(lseek, A_FD, A_LONG, A_WHENCE),
	CALL(pread64, A_FD, A_OUT, A_SIZE, A_LONG),
	CALL(pwrite64, A_FD, A_IN, A_SIZE, A_LONG),
	CALL(readv, A_FD, A_IOV_OUT, A_INT),
	CALL(writev, A_FD, A_IOV_IN, A_INT),
	CALL(preadv, A_FD, A_IOV_OUT, A_INT, A_LONG),
	CALL(pwritev, A_FD, A_IOV_IN, A_INT, A_LONG),
	CALL(preadv2, A_FD, A_IOV_OUT, A_INT, A_LONG, A_LONG, A_HEX),
	CALL(pwritev2, A_FD, A_IOV_IN, A_INT, A_LONG, A_LONG, A_HEX),
	CALL(access, A_PATH, A_ACCESS),
	CALL(faccessat, A_AT, A_PATH, A_ACCESS),
	CALL(faccessat2, A_AT, A_PATH, A_ACCESS, A_ATFLAGS),
	CALL(ioctl, A_FD, A_IOCTL, A_PTR),
	CALL(fcntl, A_FD, A_FCNTL, A_FCNTL_ARG),
	CALL(flock, A_FD, A_LOCK),
	CALL(fsync, A_FD),
	CALL(fdatasync, A_FD),
	CALL(sync, A_VOID),
	CALL(syncfs, A_FD),
	CALL(sync_file_range, A_FD, A_LONG, A_LONG, A_HEX),
	CALL(truncate, A_PATH, A_LONG),
	CALL(ftruncate, A_FD, A_LONG),
	CALL(fallocate, A_FD, A_FALLOC, A_LONG, A_LONG),
	CALL(fadvise64, A_FD, A_LONG, A_LONG, A_INT),
	CALL(readahead, A_FD, A_LONG, A_SIZE),
	CALL(getdents, A_FD, A_PTR, A_SIZE),
	CALL(getdents64, A_FD, A_PTR, A_SIZE),
	CALL(getcwd, A_CWD_OUT, A_SIZE),
	CALL(chdir, A_PATH),
	CALL(fchdir, A_FD),
	CALL(chroot, A_PATH),
	CALL(rename, A_PATH, A_PATH),
	CALL(renameat, A_AT, A_PATH, A_AT, A_PATH),
	CALL(renameat2, A_AT, A_PATH, A_AT, A_PATH, A_RENAME),
	CALL(mkdir, A_PATH, A_MODE),
	CALL(mkdirat, A_AT, A_PATH, A_MODE),
	CALL(rmdir, A_PATH),
	CALL(link, A_PATH, A_PATH),
	CALL(linkat, A_AT, A_PATH, A_AT, A_PATH, A_ATFLAGS),
	CALL(unlink, A_PATH),
	CALL(unlinkat, A_AT, A_PATH, A_ATFLAGS),
	CALL(symlink, A_STR, A_PATH),
	CALL(symlinkat, A_STR, A_AT, A_PATH),
	CALL(readlink, A_PATH, A_PATH_OUT, A_SIZE),
	CALL(readlinkat, A_AT, A_PATH, A_PATH_OUT, A_SIZE),
	CALL(chmod, A_PATH, A_MODE),
	CALL(fchmod, A_FD, A_MODE),
	CALL(fchmodat, A_AT, A_PATH, A_MODE),
	CALL(chown, A_PATH, A_INT, A_INT),
	CALL(lchown, A_PATH, A_INT, A_INT),
	CALL(fchown, A_FD, A_INT, A_INT),
	CALL(fchownat, A_AT, A_PATH, A_INT, A_INT, A_ATFLAGS),
	CALL(umask, A_MODE),
	CALL(mknod, A_PATH, A_MODE, A_HEX),
	CALL(mknodat, A_AT, A_PATH, A_MODE, A_HEX),
	CALL(utimensat, A_AT, A_PATH, A_TIMESPECS_IN, A_ATFLAGS),
	CALL(utimes, A_PATH, A_PTR),
	CALL(utime, A_PATH, A_PTR),
	CALL(futimesat, A_AT, A_PATH, A_PTR),
	CALL(copy_file_range, A_FD, A_PTR, A_FD, A_PTR, A_SIZE, A_HEX),
	CALL(sendfile, A_FD, A_FD, A_PTR, A_SIZE),
	CALL(splice, A_FD, A_PTR, A_FD, A_PTR, A_SIZE, A_SPLICE),
	CALL(tee, A_FD, A_FD, A_SIZE, A_SPLICE),
	CALL(vmsplice, A_FD, A_IOV_IN, A_SIZE, A_SPLICE),
	CALL(memfd_create, A_STR, A_MEMFD),
	CALL(mount, A_STR, A_PATH, A_STR, A_HEX, A_PTR),
	CALL(umount2, A_PATH, A_HEX),
	CALL(getxattr, A_PATH, A_STR, A_PTR, A_SIZE),
	CALL(lgetxattr, A_PATH, A_STR, A_PTR, A_SIZE),
	CALL(fgetxattr, A_FD, A_STR, A_PTR, A_SIZE),
	CALL(setxattr, A_PATH, A_STR, A_PTR, A_SIZE, A_HEX),
	CALL(lsetxattr, A_PATH, A_STR, A_PTR, A_SIZE, A_HEX),
	CALL(fsetxattr, A_FD, A_STR, A_PTR, A_SIZE, A_HEX),
	CALL(listxattr, A_PATH, A_PTR, A_SIZE),
	CALL(llistxattr, A_PATH, A_PTR, A_SIZE),
	CALL(flistxattr, A_FD, A_PTR, A_SIZE),
	CALL(removexattr, A_PATH, A_STR),
	CALL(lremovexattr, A_PATH, A_STR),
	CALL(fremovexattr, A_FD, A_STR),
	CALL(fchmodat2, A_AT, A_PATH, A_MODE, A_ATFLAGS),
	CALL(pivot_root, A_PATH, A_PATH),
	CALL(swapon, A_PATH, A_HEX),
	CALL(swapoff, A_PATH),
	CALL(acct, A_PATH),
	CALL(inotify_init, A_VOID),
	CALL(inotify_init1, A_FDFLAGS),
	CALL(inotify_add_watch, A_FD, A_PATH, A_INOTIFY),
	CALL(inotify_rm_watch, A_FD, A_INT),
	/* descriptors */
	CALL(pipe, A_FDPAIR),
	CALL(pipe2, A_FDPAIR, A_FDFLAGS),
	CALL(dup, A_FD),
	CALL(dup2, A_FD, A_FD),
	CALL(dup3, A_FD, A_FD, A_FDFLAGS),
	CALL(eventfd, A_UINT),
	CALL(eventfd2, A_UINT, A_EVENTFD),
	CALL(signalfd, A_FD, A_SIGSET_IN, A_SIZE),
	CALL(signalfd4, A_FD, A_SIGSET_IN, A_SIZE, A_FDFLAGS),
	CALL(timerfd_create, A_CLOCK, A_FDFLAGS),
	CALL(timerfd_settime, A_FD, A_TIMER_FLAGS, A_ITIMERSPEC_IN, A_ITIMERSPEC_OUT),
	CALL(timerfd_gettime, A_FD, A_ITIMERSPEC_OUT),
	CALL(poll, A_POLL, A_UINT, A_INT),
	CALL(ppoll, A_POLL, A_UINT, A_TIMESPEC_IN, A_SIGSET_IN, A_SIZE),
	CALL(select, A_INT, A_PTR, A_PTR, A_PTR, A_TIMEVAL_IN),
	CALL(pselect6, A_INT, A_PTR, A_PTR, A_PTR, A_TIMESPEC_IN, A_PTR),
	CALL(epoll_create, A_INT),
	CALL(epoll_create1, A_FDFLAGS),
	CALL(epoll_ctl, A_FD, A_EPOLL_OP, A_FD, A_EPOLL_IN),
	CALL(epoll_wait, A_FD, A_EPOLL_OUT, A_INT, A_INT),
	CALL(epoll_pwait, A_FD, A_EPOLL_OUT, A_INT, A_INT, A_SIGSET_IN, A_SIZE),
	CALL(epoll_pwait2, A_FD, A_EPOLL_OUT, A_INT, A_TIMESPEC_IN, A_SIGSET_IN, A_SIZE),
	/* sockets */
	CALL(socket, A_AF, A_SOCK, A_INT),
	CALL(socketpair, A_AF, A_SOCK, A_INT, A_FDPAIR),
	CALL(bind, A_FD, A_SOCKADDR_IN, A_UINT),
	CALL(connect, A_FD, A_SOCKADDR_IN, A_UINT),
	CALL(listen, A_FD, A_INT),
	CALL(accept, A_FD, A_SOCKADDR_OUT, A_INT_OUT),
	CALL(accept4, A_FD, A_SOCKADDR_OUT, A_INT_OUT, A_SOCK),
	CALL(getsockname, A_FD, A_SOCKADDR_OUT, A_INT_OUT),
	CALL(getpeername, A_FD, A_SOCKADDR_OUT, A_INT_OUT),
	CALL(sendto, A_FD, A_IN, A_SIZE, A_SEND, A_SOCKADDR_IN, A_UINT),
	CALL(recvfrom, A_FD, A_OUT, A_SIZE, A_SEND, A_SOCKADDR_OUT, A_INT_OUT),
	CALL(sendmsg, A_FD, A_MSG_IN, A_SEND),
	CALL(recvmsg, A_FD, A_MSG_OUT, A_SEND),
	CALL(sendmmsg, A_FD, A_PTR, A_UINT, A_SEND),
	CALL(recvmmsg, A_FD, A_PTR, A_UINT, A_SEND, A_TIMESPEC_IN),
	CALL(shutdown, A_FD, A_SHUT),
	CALL(setsockopt, A_FD, A_SOL, A_SOCKOPT, A_INT_IN, A_UINT),
	CALL(getsockopt, A_FD, A_SOL, A_SOCKOPT, A_INT_OUT, A_INT_OUT),
	/* memory */
	CALL(brk, A_PTR, 0, 0, 0, 0, 0, HEX),
	CALL(mmap, A_PTR, A_SIZE, A_PROT, A_MAP, A_FD, A_HEX, HEX),
	CALL(munmap, A_PTR, A_SIZE),
	CALL(shmget, A_INT, A_SIZE, A_HEX),
	CALL(shmat, A_INT, A_PTR, A_HEX, 0, 0, 0, HEX),
	CALL(shmdt, A_PTR),
	CALL(shmctl, A_INT, A_INT, A_PTR),
	CALL(mprotect, A_PTR, A_SIZE, A_PROT),
	CALL(mremap, A_PTR, A_SIZE, A_SIZE, A_MREMAP, A_MREMAP_TO, 0, HEX),
	CALL(madvise, A_PTR, A_SIZE, A_MADVISE),
	CALL(msync, A_PTR, A_SIZE, A_MSYNC),
	CALL(mincore, A_PTR, A_SIZE, A_PTR),
	CALL(mlock, A_PTR, A_SIZE),
	CALL(mlock2, A_PTR, A_SIZE, A_HEX),
	CALL(munlock, A_PTR, A_SIZE),
	CALL(mlockall, A_HEX),
	CALL(munlockall, A_VOID),
	CALL(mbind, A_PTR, A_SIZE, A_INT, A_PTR, A_SIZE, A_HEX),
	CALL(set_mempolicy, A_INT, A_PTR, A_SIZE),
	CALL(get_mempolicy, A_PTR, A_PTR, A_SIZE, A_PTR, A_HEX),
	CALL(membarrier, A_HEX, A_HEX, A_INT),
	/* processes and threads */
	CALL(exit, A_INT),
	CALL(exit_group, A_INT),
	CALL(fork, A_VOID),
	CALL(vfork, A_VOID),
	CALL(clone, A_CLONE, A_PTR, A_PTR, A_PTR, A_HEX),
	CALL(clone3, A_PTR, A_SIZE),
	CALL(execve, A_PATH, A_PTR, A_PTR),
	CALL(execveat, A_AT, A_PATH, A_PTR, A_PTR, A_ATFLAGS),
	CALL(wait4, A_INT, A_INT_OUT, A_WAIT, A_PTR),
	CALL(waitid, A_INT, A_INT, A_PTR, A_WAIT, A_PTR),
	CALL(getpid, A_VOID),
	CALL(getppid, A_VOID),
	CALL(gettid, A_VOID),
	CALL(getuid, A_VOID),
	CALL(geteuid, A_VOID),
	CALL(getgid, A_VOID),
	CALL(getegid, A_VOID),
	CALL(setuid, A_INT),
	CALL(setgid, A_INT),
	CALL(setreuid, A_INT, A_INT),
	CALL(setregid, A_INT, A_INT),
	CALL(setresuid, A_INT, A_INT, A_INT),
	CALL(setresgid, A_INT, A_INT, A_INT),
	CALL(getresuid, A_INT_OUT, A_INT_OUT, A_INT_OUT),
	CALL(getresgid, A_INT_OUT, A_INT_OUT, A_INT_OUT),
	CALL(setfsuid, A_INT),
	CALL(setfsgid, A_INT),
	CALL(capget, A_PTR, A_PTR),
	CALL(capset, A_PTR, A_PTR),
	CALL(personality, A_HEX),
	CALL(getgroups, A_INT, A_PTR),
	CALL(setgroups, A_INT, A_PTR),
	CALL(getpgrp, A_VOID),
	CALL(getpgid, A_INT),
	CALL(setpgid, A_INT, A_INT),
	CALL(getsid, A_INT),
	CALL(setsid, A_VOID),
	CALL(prctl, A_PRCTL, A_HEX, A_HEX, A_HEX, A_HEX),
	CALL(arch_prctl, A_ARCH_PRCTL, A_PTR),
	CALL(set_tid_address, A_PTR),
	CALL(set_robust_list, A_PTR, A_SIZE),
	CALL(get_robust_list, A_INT, A_PTR, A_PTR),
	CALL(futex, A_PTR, A_FUTEX, A_UINT, A_TIMESPEC_IN, A_PTR, A_UINT),
	CALL(rseq, A_PTR, A_UINT, A_HEX, A_HEX),
	CALL(sched_yield, A_VOID),
	CALL(sched_getaffinity, A_INT, A_SIZE, A_PTR),
	CALL(sched_setaffinity, A_INT, A_SIZE, A_PTR),
	CALL(sched_getscheduler, A_INT),
	CALL(sched_setscheduler, A_INT, A_POLICY, A_PTR),
	CALL(sched_getparam, A_INT, A_PTR),
	CALL(sched_setparam, A_INT, A_PTR),
	CALL(sched_get_priority_max, A_POLICY),
	CALL(sched_get_priority_min, A_POLICY),
	CALL(sched_rr_get_interval, A_INT, A_TIMESPEC_OUT),
	CALL(sched_setattr, A_INT, A_PTR, A_HEX),
	CALL(sched_getattr, A_INT, A_PTR, A_SIZE, A_HEX),
	CALL(ioprio_set, A_INT, A_INT, A_HEX),
	CALL(ioprio_get, A_INT, A_INT),
	CALL(getpriority, A_INT, A_INT),
	CALL(setpriority, A_INT, A_INT, A_INT),
	CALL(getrlimit, A_RLIMIT, A_RLIMIT_OUT),
	CALL(setrlimit, A_RLIMIT, A_RLIMIT_IN),
	CALL(prlimit64, A_INT, A_RLIMIT, A_RLIMIT_IN, A_RLIMIT_OUT),
	CALL(getrusage, A_RUSAGE_WHO, A_PTR),
	CALL(times, A_PTR),
	CALL(pidfd_open, A_INT, A_HEX),
	CALL(pidfd_getfd, A_FD, A_FD, A_HEX),
	CALL(pidfd_send_signal, A_FD, A_SIG, A_PTR, A_HEX),
	CALL(getcpu, A_INT_OUT, A_INT_OUT, A_PTR),
	/* signals */
	CALL(rt_sigaction, A_SIG, A_SIGACT_IN, A_SIGACT_OUT, A_SIZE),
	CALL(rt_sigprocmask, A_SIGHOW, A_SIGSET_IN, A_SIGSET_OUT, A_SIZE),
	CALL(rt_sigreturn, A_VOID),
	CALL(rt_sigsuspend, A_SIGSET_IN, A_SIZE),
	CALL(rt_sigpending, A_SIGSET_OUT, A_SIZE),
	CALL(rt_sigtimedwait, A_SIGSET_IN, A_PTR, A_TIMESPEC_IN, A_SIZE),
	CALL(rt_sigqueueinfo, A_INT, A_SIG, A_PTR),
	CALL(rt_tgsigqueueinfo, A_INT, A_INT, A_SIG, A_PTR),
	CALL(sigaltstack, A_PTR, A_PTR),
	CALL(kill, A_INT, A_SIG),
	CALL(tkill, A_INT, A_SIG),
	CALL(tgkill, A_INT, A_INT, A_SIG),
	CALL(pause, A_VOID),
	/* time */
	CALL(nanosleep, A_TIMESPEC_IN, A_PTR),
	CALL(clock_nanosleep, A_CLOCK, A_TIMER_FLAGS, A_TIMESPEC_IN, A_PTR),
	CALL(clock_gettime, A_CLOCK, A_TIMESPEC_OUT),
	CALL(clock_getres, A_CLOCK, A_TIMESPEC_OUT),
	CALL(clock_settime, A_CLOCK, A_TIMESPEC_IN),
	CALL(adjtimex, A_PTR),
	CALL(clock_adjtime, A_CLOCK, A_PTR),
	CALL(settimeofday, A_TIMEVAL_IN, A_PTR),
	CALL(gettimeofday, A_TIMEVAL_OUT, A_PTR),
	CALL(time, A_LONG_OUT),
	CALL(alarm, A_UINT),
	CALL(getitimer, A_INT, A_ITIMERVAL_OUT),
	CALL(setitimer, A_INT, A_ITIMERVAL_IN, A_ITIMERVAL_OUT),
	CALL(timer_create, A_CLOCK, A_PTR, A_INT_OUT),
	CALL(timer_settime, A_INT, A_TIMER_FLAGS, A_ITIMERSPEC_IN, A_ITIMERSPEC_OUT),
	CALL(timer_gettime, A_INT, A_ITIMERSPEC_OUT),
	CALL(timer_getoverrun, A_INT),
	CALL(timer_delete, A_INT),
	/* the system */
	CALL(uname, A_UTSNAME),
	CALL(sysinfo, A_PTR),
	CALL(sethostname, A_STR, A_SIZE),
	CALL(setdomainname, A_STR, A_SIZE),
	CALL(syslog, A_INT, A_PTR, A_INT),
	CALL(reboot, A_HEX, A_HEX, A_HEX, A_PTR),
	CALL(vhangup, A_VOID),
	CALL(iopl, A_INT),
	CALL(ioperm, A_HEX, A_SIZE, A_INT),
	CALL(restart_syscall, A_VOID),
	CALL(getrandom, A_OUT, A_SIZE, A_RANDOM),
};

const uint8_t *call_args(uint64_t nr)
{
	return nr < MVM_TRACE_CALLS && calls[nr][0] ? calls[nr] : NULL;
}

const char *call_name(uint64_t nr, char buf[24])
{
	const char *name = nr < MVM_TRACE_CALLS ? syscall_name(nr) : NULL;

	if (name)
		return name;
	snprintf(buf, 24, "syscall_%#llx", (unsigned long long)nr & UINT32_MAX);
	return buf;
}

/* ---- What the guest is asked for ----------------------------------------------------------- */

void calls_want(struct mvm_trace *area, const uint64_t wanted[8])
{
	memcpy(area->wanted, wanted, sizeof(area->wanted));
	area->limit = 8 * TRACE_BYTES;
	for (unsigned int nr = 0; nr < MVM_TRACE_CALLS; nr++)
		for (unsigned int i = 0; i < 6; i++)
			area->capture[nr][i] = arg_types[calls[nr][i]].capture;
}

/* ---- Printing ------------------------------------------------------------------------------ */

static bool needs_end(uint8_t kind)
{
	return MVM_CAPTURE_WHEN(arg_types[kind].capture) == MVM_CAPTURE_OUT;
}

/* How many arguments of a futex call mean something. */
static unsigned int futex_args(uint64_t op)
{
	switch (op & 127) {
	case FUTEX_WAKE:
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI:
		return 3;
	case FUTEX_WAIT:
	case FUTEX_LOCK_PI:
		return 4;
	}
	return 6;
}

/* Where one argument decides that those from i on mean nothing. */
static bool absent(const struct call *c, const uint8_t *kinds, unsigned int i)
{
	uint64_t before = i ? call_arg(c, i - 1) : 0;

	switch (kinds[i]) {
	case A_OPEN_MODE:
		return !(before & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)));
	case A_FCNTL_ARG:
		return before == F_GETFL || before == F_GETFD || before == F_GETOWN;
	case A_MREMAP_TO:
		return !(before & 2);	/* MREMAP_FIXED */
	}
	return call_nr(c) == __NR_futex && i >= futex_args(call_arg(c, 1));
}

void call_print_args(struct text *t, const struct call *c, unsigned int *next)
{
	static const uint8_t unknown[6] = { A_HEX, A_HEX, A_HEX, A_HEX, A_HEX, A_HEX };
	const uint8_t *kinds = call_args(call_nr(c));
	unsigned int first = *next;

	if (!kinds)
		kinds = unknown;
	for (; *next < 6 && kinds[*next] > A_VOID; ++*next) {
		if (absent(c, kinds, *next))
			continue;
		text_add(t, *next > first ? ", " : "");
		if (needs_end(kinds[*next]) && !c->leave)
			return;
		arg_types[kinds[*next]].print(t, c, *next);
	}
}

void call_print_result(struct text *t, const struct call *c)
{
	const uint8_t *kinds = call_args(call_nr(c));

	if (!c->leave)
		text_add(t, " = ?");
	else {
		text_add(t, " = ");
		text_result(t, (int64_t)c->leave->r.result, kinds && kinds[6] == HEX);
	}
}
