/* SPDX-License-Identifier: MIT */
/*
 * The launcher taken over: a test build of mvm in which, once the confinement is in force, one
 * thing is attempted that a hijacked launcher would try.  Linked with --wrap=kvm_run (the vCPU's
 * thread) and --wrap=ring_drain (the poller); the launcher's own objects are unchanged.
 *
 * MVM_BREAKOUT=NAME attempts NAME, MVM_BREAKOUT=NAME@poller does it on the poller, and
 * MVM_BREAKOUT=list prints "NAME EXPECTATION CALL" for each.  Expectations:
 *   named   the process dies of SIGSYS, after a message that names CALL
 *   dies    the process dies of SIGSYS at once
 *   denied  the call fails, and mvm goes on: another wall than the filter (only with a --dir)
 *   kept    the call fails, or its effect stays below the --dir
 *   works   the call succeeds
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine/confine.h"
#include "service/service.h"
#include "signals.h"

#define NONE	((long)0xdead0000)	/* an argument that does not matter and points nowhere */

enum expect { NAMED, DIES, DENIED, KEPT, WORKS };

struct attempt {
	const char *name;
	enum expect expect;
	long nr;
	long args[6];
	long (*run)(const struct attempt *a);	/* NULL: the call as it stands */
};

/* ---- Things that need more than one call ---------------------------------------------------- */

/* The first directory among the low descriptors: a --dir. */
static int granted_dir(void)
{
	struct stat st;

	for (int fd = 3; fd < CONFINE_FD_VM; fd++)
		if (!syscall(SYS_fstat, fd, &st) && S_ISDIR(st.st_mode))
			return fd;
	return -1;
}

/* openat2 from the granted directory without any of the service's RESOLVE_ flags */
static long open_outside(const struct attempt *a)
{
	struct open_how how = { .flags = (uint64_t)a->args[1] };

	return syscall(SYS_openat2, granted_dir(), a->args[0], &how, sizeof(how));
}

static long open_beneath(const struct attempt *a)
{
	struct open_how how = { .flags = (uint64_t)a->args[1], .resolve = RESOLVE_BENEATH };

	if (a->args[1] & O_CREAT)
		how.mode = 0600;
	return syscall(SYS_openat2, granted_dir(), a->args[0], &how, sizeof(how));
}

static long at_granted(const struct attempt *a)
{
	return syscall(a->nr, granted_dir(), a->args[1], a->args[2], a->args[3], a->args[4]);
}

static long rename_out(const struct attempt *a)
{
	return syscall(a->nr, granted_dir(), "inside", granted_dir(), a->args[1], 0);
}

static long link_in(const struct attempt *a)
{
	return syscall(a->nr, granted_dir(), a->args[1], granted_dir(), "stolen", 0);
}

static long by_int80(const struct attempt *a)
{
	long r;

	(void)a;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	return r;
}

/* ---- The attempts --------------------------------------------------------------------------- */

#define A(...)	{ __VA_ARGS__ }
#define CALL(what, ...)	{ #what, NAMED, SYS_##what, A(__VA_ARGS__), NULL }
#define AS(name, what, ...)	{ name, NAMED, SYS_##what, A(__VA_ARGS__), NULL }
#define P(s)	((long)(s))

static const struct attempt attempts[] = {
	/* programs and processes */
	CALL(execve, P("/bin/sh"), 0, 0),
	CALL(execveat, AT_FDCWD, P("/bin/sh"), 0, 0, 0),
	CALL(fork, 0),
	CALL(vfork, 0),
	CALL(clone, SIGCHLD, 0, 0, 0, 0),
	CALL(clone3, NONE, 88),
	CALL(ptrace, 16, 1, 0, 0),
	CALL(process_vm_readv, 1, NONE, 1, NONE, 1, 0),
	CALL(process_vm_writev, 1, NONE, 1, NONE, 1, 0),
	CALL(kill, 1, 0),
	AS("kill_all", kill, -1, SIGKILL),
	CALL(tkill, 1, 0),
	AS("tgkill_other", tgkill, 1, 1, 0),
	CALL(rt_sigqueueinfo, 1, 0, NONE),
	CALL(pidfd_open, 1, 0),
	CALL(pidfd_getfd, 3, 0, 0),
	CALL(prlimit64, 1, 7, 0, NONE),
	CALL(setpriority, 0, 0, -20),
	CALL(sched_setscheduler, 0, 1, NONE),
	CALL(wait4, -1, NONE, 0, 0),
	/* files */
	CALL(open, P("/etc/passwd"), O_RDONLY),
	CALL(openat, AT_FDCWD, P("/etc/passwd"), O_RDONLY),
	AS("openat2_cwd", openat2, AT_FDCWD, P("/etc/passwd"), NONE, sizeof(struct open_how)),
	AS("openat2_size", openat2, 3, P("x"), NONE, 88),
	CALL(creat, P("/tmp/x"), 0600),
	CALL(stat, P("/etc/passwd"), NONE),
	CALL(access, P("/etc/passwd"), 0),
	CALL(readlink, P("/proc/self/exe"), NONE, 10),
	CALL(unlink, P("/tmp/x")),
	AS("unlinkat_cwd", unlinkat, AT_FDCWD, P("x"), 0),
	AS("newfstatat_cwd", newfstatat, AT_FDCWD, P("x"), NONE, AT_SYMLINK_NOFOLLOW | 0x800),
	CALL(rename, P("/tmp/x"), P("/tmp/y")),
	CALL(link, P("/etc/passwd"), P("/tmp/y")),
	CALL(symlink, P("/etc/passwd"), P("/tmp/y")),
	CALL(mkdir, P("/tmp/x"), 0700),
	CALL(chmod, P("/etc/passwd"), 0777),
	CALL(chown, P("/etc/passwd"), 0, 0),
	CALL(truncate, P("/tmp/x"), 0),
	CALL(mknod, P("/tmp/x"), 0020600, 0x101),
	CALL(mknodat, 3, P("x"), 0020600, 0x101),
	CALL(chdir, P("/")),
	CALL(fchdir, 3),
	CALL(name_to_handle_at, AT_FDCWD, P("/"), NONE, NONE, 0),
	CALL(open_by_handle_at, 3, NONE, O_RDONLY),
	CALL(sendfile, 1, 3, 0, 10),
	CALL(copy_file_range, 3, 0, 1, 0, 10, 0),
	CALL(splice, 0, 0, 1, 0, 10, 0),
	CALL(inotify_init1, 0),
	CALL(fanotify_init, 0, 0),
	CALL(setxattr, P("/tmp/x"), P("user.x"), P("y"), 1, 0),
	CALL(getcwd, NONE, 100),
	/* descriptors */
	CALL(dup, 1),
	CALL(dup2, 1, 55),
	CALL(dup3, 1, 55, 0),
	AS("fcntl_dupfd", fcntl, 1, F_DUPFD, 10),
	AS("fcntl_setfl", fcntl, 1, F_SETFL, 0),
	AS("fcntl_setown", fcntl, 0, F_SETOWN, 1),
	AS("write_input", pwrite64, 0, P("x"), 1, 0),
	AS("read_output", preadv2, 1, NONE, 1, -1, 0, 8),
	AS("pipe", pipe, NONE),
	CALL(pipe2, NONE, 0),
	CALL(eventfd2, 0, 0),
	CALL(timerfd_create, 1, 0),
	CALL(signalfd4, -1, NONE, 8, 0),
	CALL(epoll_create1, 0),
	CALL(memfd_create, P("x"), 0),
	{"memfd_secret", NAMED, 447, A(0), NULL},
	/* network */
	CALL(socket, 2, 1, 0),
	CALL(socketpair, 1, 1, 0, NONE),
	AS("socket_unix", socket, 1, 1, 0),
	AS("socket_netlink", socket, 16, 3, 0),
	CALL(connect, 0, NONE, 16),
	CALL(bind, 0, NONE, 16),
	CALL(listen, 0, 1),
	CALL(accept4, 0, 0, 0, 0),
	CALL(sendto, 1, P("x"), 1, 0, 0, 0),
	CALL(sendmsg, 1, NONE, 0),
	CALL(recvmsg, 0, NONE, 0),
	/* memory */
	AS("mmap_exec", mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	AS("mmap_rwx", mmap, 0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	AS("mmap_rw", mmap, 0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL(mprotect, NONE, 4096, PROT_READ | PROT_EXEC),
	CALL(pkey_mprotect, NONE, 4096, PROT_READ | PROT_EXEC, -1),
	CALL(mremap, NONE, 4096, 8192, 1),
	CALL(munmap, NONE, 4096),
	CALL(brk, 0),
	CALL(remap_file_pages, NONE, 4096, 0, 0, 0),
	CALL(mlock, NONE, 4096),
	CALL(shmget, 0, 4096, 0),
	CALL(shmat, 0, 0, 0),
	AS("madvise_huge", madvise, NONE, 4096, MADV_HUGEPAGE),
	AS("madvise_remove", madvise, NONE, 4096, 9),
	CALL(process_madvise, 3, NONE, 1, 4, 0),
	CALL(userfaultfd, 0),
	/* privileges and namespaces */
	CALL(setuid, 0),
	CALL(setgid, 0),
	CALL(setresuid, 0, 0, 0),
	CALL(setfsuid, 0),
	CALL(setgroups, 0, 0),
	CALL(capset, NONE, NONE),
	CALL(prctl, 38, 0, 0, 0, 0),
	CALL(arch_prctl, 0x1002, 0),
	CALL(personality, 0),
	CALL(unshare, 0x10000000),
	CALL(setns, 3, 0),
	CALL(mount, 0, 0, 0, 0, 0),
	CALL(umount2, P("/"), 2),
	CALL(pivot_root, P("."), P(".")),
	CALL(chroot, P("/")),
	CALL(open_tree, 3, P(""), 0x1001),
	CALL(move_mount, 3, P(""), 4, P(""), 0),
	CALL(fsopen, P("tmpfs"), 0),
	CALL(mount_setattr, 3, P(""), 0, NONE, 32),
	CALL(setsid, 0),
	CALL(setpgid, 0, 0),
	CALL(setrlimit, 7, NONE),
	CALL(setitimer, 0, NONE, 0),
	CALL(timer_create, 0, 0, NONE),
	/* the kernel itself */
	CALL(bpf, 0, NONE, 0),
	CALL(perf_event_open, NONE, 0, -1, -1, 0),
	CALL(io_uring_setup, 1, NONE),
	CALL(keyctl, 0, 0),
	CALL(add_key, 0, 0, 0, 0, 0),
	CALL(init_module, NONE, 0, 0),
	CALL(finit_module, 3, 0, 0),
	CALL(kexec_load, 0, 0, 0, 0),
	CALL(reboot, 0, 0, 0),
	CALL(swapon, 0, 0),
	CALL(syslog, 3, NONE, 10),
	CALL(iopl, 3),
	CALL(ioperm, 0, 10, 1),
	CALL(modify_ldt, 0, 0, 0),
	CALL(acct, 0),
	CALL(quotactl, 0, 0, 0, 0),
	CALL(sethostname, P("x"), 1),
	CALL(settimeofday, NONE, 0),
	CALL(clock_settime, 0, NONE),
	/* the confinement itself */
	AS("rt_sigaction_sigsys", rt_sigaction, SIGSYS, P(signals_default), 0, 8),
	AS("rt_sigaction_handler", rt_sigaction, SIGTERM, NONE, 0, 8),
	CALL(rt_sigprocmask, 0, 0, 0, 8),
	CALL(sigaltstack, 0, 0),
	CALL(landlock_create_ruleset, NONE, 8, 0),
	{"seccomp", DIES, SYS_seccomp, A(1, 0, NONE), NULL},
	{"x32_getpid", DIES, 0x40000000 + SYS_getpid, A(0), NULL},
	{"int80_getpid", DIES, -1, A(0), by_int80},
	{"no_such_call", NAMED, 1000, A(0), NULL},
	/* ioctl */
	AS("ioctl_tiocsti", ioctl, 0, TIOCSTI, P("x")),
	AS("ioctl_winsize_set", ioctl, 0, TIOCSWINSZ, NONE),
	AS("ioctl_fioasync", ioctl, 0, FIOASYNC, NONE),
	AS("ioctl_run_other", ioctl, 3, KVM_RUN, 0),
	AS("ioctl_set_regs", ioctl, CONFINE_FD_VCPU, KVM_SET_REGS, NONE),
	AS("ioctl_set_msrs", ioctl, CONFINE_FD_VCPU, KVM_SET_MSRS, NONE),
	AS("ioctl_set_cpuid", ioctl, CONFINE_FD_VCPU, KVM_SET_CPUID2, NONE),
	AS("ioctl_create_vcpu", ioctl, CONFINE_FD_VM, KVM_CREATE_VCPU, 1),
	AS("ioctl_irqfd", ioctl, CONFINE_FD_VM, KVM_IRQFD, NONE),
	AS("ioctl_create_device", ioctl, CONFINE_FD_VM, KVM_CREATE_DEVICE, NONE),
	AS("ioctl_run_on_vm", ioctl, CONFINE_FD_VM, KVM_RUN, 0),
	AS("ioctl_slot_on_vcpu", ioctl, CONFINE_FD_VCPU, KVM_SET_USER_MEMORY_REGION, NONE),
	/* what a run needs */
	{"run", WORKS, SYS_ioctl, A(CONFINE_FD_VCPU, KVM_RUN, 0), NULL},
	{"slot", DENIED, SYS_ioctl, A(CONFINE_FD_VM, KVM_SET_USER_MEMORY_REGION, NONE), NULL},
	/* other walls, with a --dir */
	{"dir_up", DENIED, SYS_openat2, A(P("../../../../../../../etc/passwd"), O_RDONLY),
	 open_outside},
	{"dir_up_list", DENIED, SYS_openat2,
	 A(P("../../../../../../../etc"), O_RDONLY | O_DIRECTORY), open_outside},
	{"dir_absolute", DENIED, SYS_openat2, A(P("/etc/passwd"), O_RDONLY), open_outside},
	{"dir_link", DENIED, SYS_openat2, A(P("link_to_passwd"), O_RDONLY), open_outside},
	{"dir_proc", DENIED, SYS_openat2, A(P("/proc/self/mem"), O_RDWR), open_outside},
	{"dir_kvm", DENIED, SYS_openat2, A(P("/dev/kvm"), O_RDWR), open_outside},
	{"dir_rename_out", KEPT, SYS_renameat2, A(0, P("../outside")), rename_out},
	{"dir_link_in", KEPT, SYS_linkat, A(0, P("../secret")), link_in},
	{"dir_mkdir_up", KEPT, SYS_mkdirat, A(0, P("../outside"), 0700), at_granted},
	{"dir_unlink_up", KEPT, SYS_unlinkat, A(0, P("../secret"), 0), at_granted},
	{"dir_symlink_up", NAMED, SYS_symlinkat, A(P("x"), AT_FDCWD, P("y")), NULL},
	{"dir_chmod_path", NAMED, SYS_fchmodat, A(0, P("inside"), 0777), at_granted},
	{"dir_chown_path", NAMED, SYS_fchownat, A(0, P("inside"), 0, 0, 0x1000), at_granted},
	{"dir_times_path", NAMED, SYS_utimensat, A(0, P("inside"), 0, 0), at_granted},
	{"dir_read", WORKS, SYS_openat2, A(P("inside"), O_RDONLY), open_beneath},
	{"dir_write", WORKS, SYS_openat2, A(P("made"), O_WRONLY | O_CREAT), open_beneath},
};

#define ATTEMPTS	(sizeof(attempts) / sizeof(attempts[0]))

static const char *call_name(const struct attempt *a, char *room, size_t size)
{
	const char *syscall_name(unsigned long nr);

	if (a->nr < 0 || !syscall_name((unsigned long)a->nr))
		snprintf(room, size, "%ld", a->nr);
	else
		snprintf(room, size, "%s", syscall_name((unsigned long)a->nr));
	return room;
}

static void list(void)
{
	static const char *const expect[] = { "named", "dies", "denied", "kept", "works" };
	char room[64];

	for (size_t i = 0; i < ATTEMPTS; i++)
		printf("%s %s %s\n", attempts[i].name, expect[attempts[i].expect],
		       call_name(&attempts[i], room, sizeof(room)));
}

static void report(const struct attempt *a, long r, int e)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "breakout: %s: %s, result %ld, errno %d\n", a->name,
			 r < 0 ? "denied" : "works", r, r < 0 ? e : 0);

	(void)!write(STDERR_FILENO, line, (size_t)n);
	_exit(77);
}

/* The attempt that the environment names for this thread. */
static void attempt_here(const char *thread)
{
	const char *want = getenv("MVM_BREAKOUT");
	const char *at = want ? strchr(want, '@') : NULL;

	if (!want || strcmp(at ? at + 1 : "vcpu", thread))
		return;
	for (size_t i = 0; i < ATTEMPTS; i++) {
		const struct attempt *a = &attempts[i];
		size_t len = at ? (size_t)(at - want) : strlen(want);
		long r;

		if (strlen(a->name) != len || strncmp(a->name, want, len))
			continue;
		r = a->run ? a->run(a) : syscall(a->nr, a->args[0], a->args[1], a->args[2],
						 a->args[3], a->args[4], a->args[5]);
		report(a, r, errno);
	}
}

__attribute__((constructor)) static void before_main(void)
{
	const char *want = getenv("MVM_BREAKOUT");

	if (want && !strcmp(want, "list")) {
		list();
		exit(0);
	}
}

int __real_kvm_run(int vcpu);
int __wrap_kvm_run(int vcpu);
int __wrap_kvm_run(int vcpu)
{
	attempt_here("vcpu");
	return __real_kvm_run(vcpu);
}

unsigned int __real_ring_drain(struct service *s, enum drain_by by, bool *left);
unsigned int __wrap_ring_drain(struct service *s, enum drain_by by, bool *left);
unsigned int __wrap_ring_drain(struct service *s, enum drain_by by, bool *left)
{
	if (by == DRAIN_POLLER)
		attempt_here("poller");
	return __real_ring_drain(s, by, left);
}
