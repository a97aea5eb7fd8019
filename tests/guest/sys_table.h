/* SPDX-License-Identifier: MIT */
/*
 * The table of sys_table.c: each system call with what its arguments are and values that are good.
 * A call that is not here must be in `elsewhere`, with the reason.
 */
#ifndef SYS_TABLE_H
#define SYS_TABLE_H

#define ROW(name, ...)	{ #name, SYS_##name, { __VA_ARGS__ } }
#define N(x)		{ GOOD, A(x) }
#define FILE_		{ FD, FILE_FD }
#define AT		{ DFD, DIR_FD }
#define PATH		{ STR, A("file") }
#define NEW		{ STR, A("new") }
#define TO(x)		{ OUT, A(x) }
#define FROM(x)		{ IN, A(x) }
/* A good value, and the other values to try. */
#define S(x, ...)	{ SOME, A(x), (const long []){ __VA_ARGS__ }, \
			  ARRAY_SIZE(((const long []){ __VA_ARGS__ })) }

static const struct row rows[] = {
	/* ---- Bytes ---- */
	ROW(read, FILE_, TO(buf), { SIZE, 8 }),
	ROW(write, FILE_, FROM(zero), { SIZE, 8 }),
	ROW(pread64, FILE_, TO(buf), { SIZE, 8 }, { END, 0 }),
	ROW(pwrite64, FILE_, FROM(zero), { SIZE, 8 }, { END, 0 }),
	ROW(readv, FILE_, FROM(iov), { NUM, 2 }),
	ROW(writev, FILE_, FROM(iov), { NUM, 2 }),
	ROW(preadv, FILE_, FROM(iov), { NUM, 2 }, { END, 0 }),
	ROW(pwritev, FILE_, FROM(iov), { NUM, 2 }, { END, 0 }),
	ROW(preadv2, FILE_, FROM(iov), N(2), { END, 0 }, N(0), S(0, 0x1000)),
	ROW(pwritev2, FILE_, FROM(iov), N(2), { END, 0 }, N(0), S(0, 0x1000)),
	ROW(lseek, S(FILE_FD, -1, 1000, RDONLY_FD, DIR_FD, PATH_FD, PIPE_R, NULL_FD), { OFF,
	    0 }, { NUM, 0 }),
	ROW(sendfile, S(WRONLY_FD, -1, RDONLY_FD, DIR_FD, PIPE_R, PIPE_W, NULL_FD),
	    S(FILE_FD, -1, WRONLY_FD, DIR_FD, PATH_FD, PIPE_R, PIPE_W, EVENT_FD), { OPT_OUT,
	    A(buf) }, { SIZE, 8 }),
	ROW(copy_file_range, { FD, RDONLY_FD }, N(0), { FD, NULL_FD }, N(0), N(8), { FLAGS, 0 }),
	ROW(fsync, FILE_),
	ROW(fdatasync, FILE_),
	ROW(sync_file_range, FILE_, { OFF, 0 }, { OFF, 0 }, { FLAGS, 0 }),
	ROW(fadvise64, S(FILE_FD, -1, 1000, DIR_FD, PATH_FD, PIPE_R, NULL_FD), N(0), { OFF, 0 },
	    { NUM, 0 }),
	ROW(readahead, FILE_, N(0), N(100)),
	ROW(truncate, PATH, { OFF, 10 }),
	ROW(ftruncate, FILE_, { OFF, 10 }),
	ROW(fallocate, FILE_, N(0), { OFF, 0 }, { OFF, 10 }),

	/* ---- Descriptors ---- */
	ROW(open, PATH, N(O_RDONLY), N(0)),
	ROW(openat, AT, PATH, N(O_RDONLY), N(0)),
	ROW(openat2, AT, PATH, FROM(zero), S(24, 0, 8, 23, 25, 4096, 4097, -1)),
	ROW(creat, NEW, N(0600)),
	ROW(close, FILE_),
	ROW(close_range, S(41, 100), S(42, 40, 0), S(0, 1, 8, 16, -1)),
	ROW(dup, FILE_),
	ROW(dup2, FILE_, S(45, -1, 0x100000, 0x7fffffff)),
	ROW(dup3, FILE_, S(45, -1, 0x100000, FILE_FD), { FLAGS, 0 }),
	ROW(fcntl, FILE_, S(F_GETFD, 100, 500, 1023, 1099, -1), N(0)),
	ROW(fcntl, FILE_, N(F_DUPFD), S(50, -1, 0x100000, 0x7fffffff)),
	ROW(fcntl, FILE_, N(F_GETLK), { IN, A(zero) }),
	ROW(fcntl, FILE_, N(F_SETLK), { IN, A(zero) }),
	ROW(fcntl, { FD, PIPE_R }, N(F_GETPIPE_SZ), N(0)),
	ROW(fcntl, S(PIPE_R, -1, 1000, PATH_FD, DIR_FD, NULL_FD), N(F_GET_SEALS), N(0)),
	ROW(flock, FILE_, S(1, 0, 2, 3, 4, 8, 16, 64, 1 | 2, 1 | 8, -1)),
	ROW(ioctl, FILE_, S(0x541b, 0, 0x5401, 0x5413, 0x540b, -1), TO(buf)),
	ROW(ioctl, { FD, PIPE_R }, N(0x541b), TO(buf)),
	ROW(pipe, TO(buf)),
	ROW(pipe2, TO(buf), S(0, 1, 2, 0x800, 0x4000, 0x80000, 0x100000, -1)),
	ROW(eventfd, N(0)),
	ROW(eventfd2, N(0), { FLAGS, 0 }),
	ROW(memfd_create, { STR, A("name") }, S(0, 1, 2, 0x100, 1L << 31, -1)),
	ROW(poll, FROM(buf), S(1, 0, 1, 2, -1, 0x100000, 0x7fffffff), N(0)),
	ROW(ppoll, N(0), N(0), { OPT_IN, A(&short_time) }, { OPT_IN, 0 }, N(8)),
	ROW(ppoll, N(0), N(0), N(&short_time), N(zero), { SIZE, 8 }),
	ROW(select, S(0, -1, 64, 0x7fffffff), { OPT_OUT, 0 }, N(0), N(0), N(buf)),
	ROW(select, N(64), { OPT_OUT, A(buf) }, { OPT_OUT, 0 }, { OPT_OUT, 0 }, { OPT_IN, A(buf) }),
	ROW(pselect6, S(0, -1, 64), { OPT_OUT, 0 }, N(0), N(0), { OPT_IN, A(&short_time) }, N(0)),
	ROW(pselect6, N(0), N(0), N(0), N(0), N(&short_time), { OPT_IN, 0 }),

	/* ---- Attributes ---- */
	ROW(stat, PATH, TO(buf)),
	ROW(lstat, PATH, TO(buf)),
	ROW(fstat, FILE_, TO(buf)),
	ROW(newfstatat, AT, PATH, TO(buf), { FLAGS, 0 }),
	ROW(statx, AT, PATH, { FLAGS, 0 }, N(0), TO(buf)),
	ROW(statx, AT, PATH, N(0), S(0, 1L << 31, 0x7ff, 1 << 20), TO(buf)),
	ROW(access, PATH, S(0, 1 << 3, 4, 8, -1)),
	ROW(faccessat, AT, PATH, S(0, 4, 8, -1)),
	ROW(faccessat2, AT, PATH, S(0, 4, 8, -1), { FLAGS, 0 }),
	ROW(chmod, PATH, N(0777)),
	ROW(fchmod, S(FILE_FD, -1, 1000, RDONLY_FD, DIR_FD, PATH_FD, PIPE_R), N(0777)),
	ROW(fchmodat, AT, PATH, N(0777)),
	ROW(chown, PATH, N(-1), N(-1)),
	ROW(lchown, PATH, N(-1), N(-1)),
	ROW(fchown, S(FILE_FD, -1, 1000, RDONLY_FD, DIR_FD, PATH_FD, PIPE_R), N(-1), N(-1)),
	ROW(fchownat, AT, PATH, N(-1), N(-1), { FLAGS, 0 }),
	ROW(utime, PATH, { OPT_IN, A(zero) }),
	ROW(utimes, PATH, { OPT_IN, A(zero) }),
	ROW(futimesat, AT, PATH, { OPT_IN, A(zero) }),
	ROW(utimensat, AT, PATH, { OPT_IN, A(times) }, { FLAGS, 0 }),
	ROW(statfs, PATH, TO(buf)),
	ROW(fstatfs, FILE_, TO(buf)),
	ROW(umask, N(0)),

	/* ---- Names ---- */
	ROW(getdents, { FD, DIR_FD }, TO(buf), S(4096, 0, 1, 16, 0x80000000)),
	ROW(getdents64, { FD, DIR_FD }, TO(buf), S(4096, 0, 1, 16)),
	ROW(rename, PATH, { STR, A("moved") }),
	ROW(renameat, AT, PATH, AT, { STR, A("moved") }),
	ROW(renameat2, AT, PATH, AT, { STR, A("moved") }, S(0, 1, 2, 3, 8, 16, -1)),
	ROW(unlink, { STR, A("dir/file") }),
	ROW(unlinkat, AT, PATH, { FLAGS, 0 }),
	ROW(mkdir, NEW, N(0700)),
	ROW(mkdirat, AT, NEW, N(0700)),
	ROW(rmdir, { STR, A("none") }),
	ROW(mknod, NEW, S(0100644, 0010644, 0140644, 0644, 0040644, 0120644, 0170000), N(0)),
	ROW(mknodat, AT, NEW, S(0100644, 0010644, 0140644, 0040644, 0120644, 0170000), N(0)),
	ROW(link, PATH, NEW),
	ROW(linkat, AT, PATH, AT, NEW, S(0, 1, 2, 0x100, 0x200, 0x400, 0x2000, -1)),
	ROW(symlink, PATH, NEW),
	ROW(symlinkat, PATH, AT, NEW),
	ROW(readlink, { STR, A("loop") }, TO(buf), S(8, 0, -1, 1)),
	ROW(readlinkat, { DFD, AT_FDCWD }, { STR, A("loop") }, TO(buf), S(8, 0, -1)),
	ROW(getcwd, TO(buf), S(4096, 0, 1, -1)),
	ROW(chdir, { STR, A(".") }),
	ROW(fchdir, S(-1, 1000, FILE_FD, PATH_FD, PIPE_R, NULL_FD)),
	ROW(chroot, { STR, A("none") }),

	/* ---- Memory ---- */
	ROW(mmap, { RANGE, 0 }, { SIZE, PAGE }, N(0), N(MAP_PRIVATE | MAP_ANONYMOUS), N(-1), N(0)),
	ROW(mmap, N(0), N(PAGE), { BITS, 0 }, N(MAP_PRIVATE | MAP_ANONYMOUS), N(-1), N(0)),
	ROW(mmap, N(0), N(PAGE), N(1), S(2, 0, 4, 8, 0x12, 0x42, 0x82, 0x102, 0x802, 0x1002, 0x4002,
	    0x8002, 0x40002, 0x100002, 0x1000002, 1L << 32 | 2), FILE_, { OFF, 0 }),
	ROW(mmap, N(0), N(PAGE), N(1), S(1, 0, 3, 4, 0xf, 0x80003), FILE_, S(0, 1, 100)),
	ROW(mmap, N(0), N(PAGE), N(3), N(MAP_SHARED), { FD, FILE_FD }, N(0)),
	ROW(munmap, { RANGE, AREA }, { SIZE, PAGE }),
	ROW(mprotect, { RANGE, AREA }, { SIZE, PAGE }, { BITS, 0 }),
	ROW(mremap, { RANGE, AREA }, { SIZE, PAGE }, { SIZE, PAGE }, { FLAGS, 0 }, N(0)),
	ROW(mremap, N(AREA), N(PAGE), N(PAGE), N(3), { RANGE, AREA + 0x100000 }),
	ROW(msync, { RANGE, AREA }, { SIZE, PAGE }, { FLAGS, 0 }),
	ROW(mincore, { RANGE, AREA }, { SIZE, PAGE }, TO(buf)),
	ROW(madvise, { RANGE, AREA }, { SIZE, PAGE }, S(0, -1, 5, 6, 7, 26, 99)),
	ROW(mlock, { RANGE, AREA }, { SIZE, PAGE }),
	ROW(mlock2, { RANGE, AREA }, { SIZE, PAGE }, { FLAGS, 0 }),
	ROW(munlock, { RANGE, AREA }, { SIZE, PAGE }),
	ROW(mlockall, S(0, 4, 8, -1)),
	ROW(munlockall, N(0)),

	/* ---- Signals ---- */
	ROW(rt_sigaction, { NUM, SIGUSR1 }, { OPT_IN, A(zero) }, { OPT_OUT, A(buf) }, { SIZE, 8 }),
	ROW(rt_sigprocmask, { NUM, 0 }, { OPT_IN, A(zero) }, { OPT_OUT, A(buf) }, { SIZE, 8 }),
	ROW(rt_sigpending, TO(buf), S(8, 0, 4, 9, 16, -1)),
	ROW(rt_sigtimedwait, FROM(zero), N(0), { OPT_IN, A(&short_time) }, { SIZE, 8 }),
	ROW(rt_sigsuspend, S(0, 8, HIGH), N(8)),
	ROW(kill, { PID, 0 }, { SIGNAL, 0 }),
	ROW(tgkill, { PID, 0x3fffffff }, { PID, 0x3fffffff }, { SIGNAL, 0 }),
	ROW(sigaltstack, { OPT_IN, 0 }, { OPT_OUT, A(buf) }),

	/* ---- Time ---- */
	ROW(nanosleep, { IN, A(&short_time) }, N(0)),
	ROW(clock_nanosleep, S(1, 0, 4, 5, 6, 7, 10, 12, 99, -1), N(0), { IN, A(&short_time) },
	    N(0)),
	ROW(clock_gettime, S(0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 16, 99, -1), TO(buf)),
	ROW(clock_getres, S(0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 16, 99, -1), { OPT_OUT, A(buf) }),
	ROW(gettimeofday, { OPT_OUT, A(buf) }, { OPT_OUT, 0 }),
	ROW(time, { OPT_OUT, 0 }),
	ROW(times, { OPT_OUT, A(buf) }),
	ROW(getitimer, { NUM, 0 }, TO(buf)),
	ROW(setitimer, { NUM, 0 }, { OPT_IN, A(zero) }, { OPT_OUT, A(buf) }),
	ROW(alarm, N(0)),

	/* ---- Events and timers ---- */
	ROW(epoll_create, S(1, 0, -1)),
	ROW(epoll_create1, { FLAGS, 0 }),
	ROW(epoll_ctl, { FD, EPOLL_FD }, S(1, 0, 2, 3, 4, -1), { FD, PIPE_R }, FROM(zero)),
	ROW(epoll_ctl, { FD, EPOLL_FD }, N(3), { FD, PIPE_R }, FROM(zero)),
	ROW(epoll_ctl, { FD, EPOLL_FD }, N(2), { FD, PIPE_R }, { OPT_IN, 0 }),
	ROW(epoll_wait, { FD, EPOLL_FD }, S(buf, HIGH), S(1, 0, -1, 1 << 28), N(0)),
	ROW(epoll_pwait, { FD, EPOLL_FD }, S(buf, HIGH), S(1, 0, -1, 1 << 28), N(0), { OPT_IN, 0 },
	    S(8, 0)),
	ROW(epoll_pwait, N(EPOLL_FD), N(buf), N(1), N(0), FROM(zero), { SIZE, 8 }),
	ROW(epoll_pwait2, { FD, EPOLL_FD }, N(buf), S(1, 0), { OPT_IN, A(&short_time) },
	    { OPT_IN, 0 }, N(8)),
	ROW(timerfd_create, S(1, 0, 2, 3, 4, 5, 6, 7, 10, 11, 12, 99, -1), { FLAGS, 0 }),
	ROW(timerfd_settime, { FD, TIMER_FD }, { FLAGS, 0 }, FROM(zero), { OPT_OUT, A(buf) }),
	ROW(timerfd_gettime, { FD, TIMER_FD }, TO(buf)),
	ROW(signalfd, { FD, SIGNAL_FD }, FROM(zero), { SIZE, 8 }),
	ROW(signalfd4, { FD, SIGNAL_FD }, FROM(zero), { SIZE, 8 }, { FLAGS, 0 }),
	/* The first one made is number 0, which is never deleted. */
	ROW(timer_create, S(1, 0, 4, 5, 6, 7, 10, 12, 99, -1), { OPT_IN, 0 }, TO(buf)),
	ROW(timer_settime, S(0, -1, 99999), { FLAGS, 0 }, FROM(zero), { OPT_OUT, A(buf) }),
	ROW(timer_gettime, S(0, -1, 99999), TO(buf)),
	ROW(timer_getoverrun, S(0, -1, 99999)),
	ROW(timer_delete, S(-1, 99999, 0x7fffffff)),
	ROW(inotify_init, N(0)),
	ROW(inotify_init1, { FLAGS, 0 }),
	ROW(inotify_add_watch, { FD, INOTIFY_FD }, PATH, { BITS, IN_OPEN }),
	ROW(inotify_add_watch, N(INOTIFY_FD), N("dir"), { FLAGS, IN_OPEN }),
	ROW(inotify_rm_watch, { FD, INOTIFY_FD }, S(1, 0, -1)),
	ROW(pidfd_open, S(0x3fffffff, 0, -1), S(0, 1, 2, 4, -1)),
	ROW(pidfd_send_signal, { FD, PID_FD }, { SIGNAL, 0 }, { OPT_IN, 0 }, S(0, 1 << 8, -1)),
	ROW(pidfd_getfd, { FD, PID_FD }, FILE_, { FLAGS, 0 }),
	ROW(splice, S(PIPE_R, -1, 1000, PATH_FD, DIR_FD, PIPE_W, WRONLY_FD, EVENT_FD), N(0), { FD,
	    NULL_FD }, N(0), S(8, 0), { FLAGS, 2 }),
	ROW(splice, N(RDONLY_FD), { OPT_IN, A(zero) }, { FD, PIPE_W }, N(0), N(8), N(2)),
	ROW(splice, N(PIPE_R), N(0), N(WRONLY_FD), { OPT_IN, A(zero) }, N(8), N(2)),
	ROW(tee, { FD, PIPE_R }, { FD, PIPE_W }, S(8, 0), { FLAGS, 2 }),
	ROW(vmsplice, { FD, PIPE_W }, FROM(iov), { NUM, 2 }, { FLAGS, 2 }),
	ROW(adjtimex, TO(zero)),
	ROW(clock_adjtime, S(0, 1, 2, 4, 5, 6, 7, 10, 11, 12, 99, -1), TO(zero)),

	/* ---- The process ---- */
	ROW(getpriority, { NUM, 0 }, { PID, 0 }),
	ROW(setpriority, S(0, 3, 99, -1), { PID, 0 }, N(10)),
	ROW(sched_yield, N(0)),
	ROW(sched_getparam, { PID, 0 }, TO(buf)),
	ROW(sched_setparam, { PID, 0 }, FROM(zero)),
	ROW(sched_getscheduler, { PID, 0 }),
	ROW(sched_setscheduler, { PID, 0 }, S(0, 4, 7, 8, 99, -1), FROM(zero)),
	ROW(sched_getattr, { PID, 0 }, TO(buf), S(56, 0, 47, 48, 4096, 4097), { FLAGS, 0 }),
	ROW(sched_setattr, { PID, 0 }, FROM(zero), { FLAGS, 0 }),
	ROW(sched_get_priority_max, S(0, 1, 2, 3, 4, 5, 6, 8, 99, -1)),
	ROW(sched_get_priority_min, S(0, 1, 2, 3, 4, 5, 6, 8, 99, -1)),
	ROW(sched_rr_get_interval, { PID, 0 }, TO(buf)),
	ROW(sched_getaffinity, { PID, 0 }, S(1024, 0, 1, 12), TO(buf)),
	ROW(sched_setaffinity, { PID, 0 }, S(8, 0), FROM(all_ones)),
	ROW(ioprio_get, S(1, 0, 4, -1), N(0)),
	ROW(ioprio_set, S(1, 0, 4, -1), N(0), S(2 << 13, 4 << 13, 0x7fffffff)),
	ROW(getrlimit, { NUM, 7 }, TO(buf)),
	ROW(setrlimit, S(7, 16, 99, -1), S(8, HIGH, HOLE, -1)),
	ROW(prlimit64, { PID, 0 }, { NUM, 7 }, { OPT_IN, 0 }, { OPT_OUT, A(buf) }),
	ROW(getrusage, { NUM, 0 }, TO(buf)),
	ROW(uname, TO(buf)),
	ROW(sysinfo, TO(buf)),
	ROW(getcpu, { OPT_OUT, A(buf) }, { OPT_OUT, A(buf) }, N(0)),
	ROW(getrandom, TO(buf), S(8, 0), { FLAGS, 0 }),
	ROW(getpid, N(0)), ROW(gettid, N(0)), ROW(getppid, N(0)), ROW(getpgrp, N(0)),
	ROW(getuid, N(0)), ROW(getgid, N(0)), ROW(geteuid, N(0)), ROW(getegid, N(0)),
	ROW(getpgid, { PID, 0 }),
	ROW(getsid, { PID, 0 }),
	ROW(setpgid, { PID, 0x3fffffff }, { PID, 0 }),
	ROW(getgroups, S(0, -1, 64), TO(buf)),
	ROW(setgroups, N(1), N(zero)),
	ROW(getresuid, TO(buf), TO(buf), TO(buf)),
	ROW(getresgid, TO(buf), TO(buf), TO(buf)),
	ROW(setuid, S(NOBODY, 0, -1)), ROW(setgid, S(NOBODY, 0, -1)),
	ROW(setreuid, S(-1, 0), S(-1, 0)),
	ROW(setregid, S(-1, 0), S(-1, 0)),
	ROW(setresuid, S(-1, 0), S(-1, 0), S(-1, 0)),
	ROW(setresgid, S(-1, 0), S(-1, 0), S(-1, 0)),
	ROW(setfsuid, N(-1)), ROW(setfsgid, N(-1)),
	ROW(capget, TO(cap_header), { OPT_OUT, A(buf) }),
	ROW(capset, FROM(cap_header), FROM(zero)),
	ROW(prctl, S(2, 99, 999, -1), TO(buf), N(0), N(0), N(0)),
	ROW(prctl, N(PR_SET_NAME_), { IN, A(zero) }),
	ROW(prctl, N(PR_GET_NAME_), TO(buf)),
	ROW(arch_prctl, S(0x1003, 0, 0x1000, 99), TO(buf)),
	ROW(personality, N(0xffffffff)),
	ROW(wait4, S(-1, 0x3fffffff), { OPT_OUT, A(buf) }, { FLAGS, WNOHANG_ }, { OPT_OUT, 0 }),
	ROW(set_robust_list, N(zero), S(24, 0, 23, 25, -1)),
	ROW(get_robust_list, { PID, 0 }, TO(buf), TO(buf)),
	ROW(set_tid_address, N(buf)),
	ROW(membarrier, S(0, 1 << 20, 3, -1), { FLAGS, 0 }),
	ROW(sync, N(0)),
	ROW(syncfs, FILE_),

	/* ---- For who administers a machine ---- */
	ROW(vhangup, N(0)),
	ROW(acct, N("none")),
	ROW(settimeofday, N(&short_time), N(0)),
	ROW(clock_settime, N(0), N(&short_time)),
	ROW(swapon, N("file"), N(0)), ROW(swapoff, N("file")),
	ROW(reboot, N(0xfee1dead), N(672274793), N(0), N(0)),
	ROW(sethostname, N("x"), N(1)), ROW(setdomainname, N("x"), N(1)),
	ROW(mount, N("none"), N("dir"), N("tmpfs"), N(0), N(0)),
	ROW(umount2, N("dir"), N(0)),
	ROW(pivot_root, N("dir"), N("dir")),
};

/* What cannot be in the table, and where else it is tested. */
static const char *const elsewhere[] = {
	"brk",			/* has no errors: mem_brk */
	"exit", "exit_group",	/* do not return: exit_* */
	"clone", "clone3",	/* make threads: thr_* */
	"pause",		/* sleeps for ever: sig_basic */
	"rt_sigreturn",		/* restores registers: sig_* */
	"restart_syscall",	/* ends a sleep that was cut short: sys_errors */
	"rseq",			/* of the C library: sys_rseq */
	"futex",		/* sys_futex, sys_errors */
	"rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill",	/* sig_queue, sys_errors */
	"waitid",		/* sys_errors */
	"setsid",		/* depends on who leads the group: proc_creds */
	"iopl", "ioperm",	/* depend on the kernel's configuration */
	"syslog",		/* depends on a setting of the host */
	"set_mempolicy", "get_mempolicy", "mbind",	/* depend on the host's nodes: sys_numa */
	"fchmodat2",		/* newer than most kernels */
	/* Extended attributes depend on the host's file system. */
	"setxattr", "lsetxattr", "fsetxattr", "getxattr", "lgetxattr", "fgetxattr",
	"listxattr", "llistxattr", "flistxattr", "removexattr", "lremovexattr", "fremovexattr",
};

#endif
