/* SPDX-License-Identifier: MIT */
/*
 * mvm doctor: the host.  Owns the form of the report and all checks but those of the device,
 * which are doctor_vm.c's.  A check asks the kernel itself, by trying, and not its version.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "confine/confine.h"
#include "doctor.h"
#include "doctor_report.h"
#include "msg.h"
#include "procfs.h"
#include "usage.h"

static unsigned int count[VERDICT_FAIL + 1];

void report(enum verdict v, const char *subject, const char *advice, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "warn", "FAIL" };
	va_list ap;

	count[v]++;
	printf("%-5s %-16s ", words[v], subject);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (advice && v != VERDICT_OK)
		printf("%-5s %-16s -> %s\n", "", "", advice);
}

/* ---- The machine ---------------------------------------------------------------------------- */

static void check_kernel(void)
{
	struct utsname u;

	if (uname(&u))
		report(VERDICT_WARN, "kernel", NULL, "uname: %s", strerror(errno));
	else
		report(VERDICT_OK, "kernel", NULL, "%s %s on %s", u.sysname, u.release, u.machine);
}

static void check_processor(void)
{
	unsigned int a, b, c = 0, d, ext = 0;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const char *virt = NULL;

	__get_cpuid(1, &a, &b, &c, &d);
	if (__get_cpuid(0x80000001, &a, &b, &ext, &d) && (ext & (1U << 2)))
		virt = "AMD-V (svm)";
	__get_cpuid(1, &a, &b, &c, &d);
	if (c & (1U << 5))
		virt = "VT-x (vmx)";
	report(virt ? VERDICT_OK : VERDICT_WARN, "processor",
	       c & (1U << 31) ?
	       "this machine is itself a virtual one; only its host could pass vmx or svm on" :
	       "enable virtualisation (VT-x, AMD-V) in the firmware's settings",
	       "%ld processor%s, %s", cpus, cpus == 1 ? "" : "s",
	       virt ? virt : "neither vmx nor svm: a KVM here works in software, if there is one");
	if (IS_ENABLED(CONFIG_POLL))
		report(cpus > 1 ? VERDICT_OK : VERDICT_WARN, "polling",
		       "nothing to do: hypercalls cost a VM exit each, as with --poll=never",
		       cpus > 1 ? "a second processor can poll for hypercalls" :
		       "with one processor nobody can poll while the guest runs");
}

/* ---- Confinement ---------------------------------------------------------------------------- */

static void check_seccomp(void)
{
	unsigned int action = SECCOMP_RET_KILL_PROCESS;
	int r = (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);

	report(r == 0 ? VERDICT_OK : VERDICT_FAIL, "seccomp",
	       "mvm does not run a guest unconfined; use a kernel with CONFIG_SECCOMP_FILTER, 4.14 "
	       "or later", r == 0 ? "filters can kill the process" : "no filters: %s",
	       strerror(errno));
}

static void check_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (!IS_ENABLED(CONFIG_LANDLOCK))
		return;
	if (abi > 0)
		report(VERDICT_OK, "landlock", NULL, "ABI %ld", abi);
	else
		report(VERDICT_WARN, "landlock", errno == EOPNOTSUPP ?
		       "boot with lsm=landlock,... to have one more wall; the others stand" :
		       "a kernel with Landlock (5.13) would be one more wall; the others stand",
		       errno == EOPNOTSUPP ? "disabled at boot" : "the kernel has none");
}

/* In a child, because it cannot be undone. */
static void check_namespaces(void)
{
	pid_t pid;
	int status = -1;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) ? errno & 127 : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		report(VERDICT_WARN, "namespaces", "raise the limit of processes (ulimit -u)",
		       "cannot be tried");
	else if (WEXITSTATUS(status))
		report(VERDICT_WARN, "namespaces",
		       "sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0 or "
		       "an AppArmor profile allows them; the other walls stand",
		       "not allowed: %s", strerror(WEXITSTATUS(status)));
	else
		report(VERDICT_OK, "namespaces", NULL, geteuid() ?
		       "a user and a mount namespace of its own can be had" :
		       "a mount namespace of its own can be had");
}

static void check_proc(void)
{
	bool there = procfs_there();

	report(there ? VERDICT_OK : VERDICT_WARN, "/proc", PROCFS_MOUNT,
	       there ? "is mounted" :
	       "is not mounted: no snapshots, serve, appliances and --core");
}

static void check_openat2(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH };
	long fd = syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how));

	if (!IS_ENABLED(CONFIG_DIR))
		return;
	if (fd >= 0)
		close((int)fd);
	report(fd >= 0 || errno != ENOSYS ? VERDICT_OK : VERDICT_WARN, "openat2",
	       "use a kernel from 5.6 on, or do without --dir",
	       fd >= 0 || errno != ENOSYS ? "--dir can be held below its directory" :
	       "missing: --dir will not work");
}

/* ---- Resources ------------------------------------------------------------------------------ */

static void check_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	report(l.rlim_cur > CONFINE_FD_VCPU ? VERDICT_OK : VERDICT_FAIL, "descriptors",
	       "raise the limit: ulimit -n 1024", "at most %llu open files",
	       (unsigned long long)l.rlim_cur);
}

static void check_memory(void)
{
	const size_t size = (size_t)512 << 20;	/* --mem's default */
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	report(p != MAP_FAILED ? VERDICT_OK : VERDICT_WARN, "memory",
	       "run with a smaller --mem, or raise ulimit -v or vm.overcommit_memory",
	       p != MAP_FAILED ? "512 MiB, the default of --mem, can be reserved" :
	       "512 MiB, the default of --mem, cannot be reserved");
	if (p != MAP_FAILED)
		munmap(p, size);
}

static void check_huge_pages(void)
{
	static const char file[] = "/sys/kernel/mm/transparent_hugepage/enabled";
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char text[64] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	bool good;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	good = strstr(text, "[always]") || strstr(text, "[madvise]");
	report(good ? VERDICT_OK : VERDICT_WARN, "huge pages",
	       "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled makes large guests "
	       "faster",
	       "transparent huge pages: %s", *text ? text : "the kernel has none");
}

int doctor(const struct plan *plan)
{
	memset(count, 0, sizeof(count));
	check_kernel();
	check_processor();
	doctor_device(plan);
	check_seccomp();
	check_landlock();
	check_namespaces();
	check_openat2();
	check_proc();
	check_descriptors();
	check_memory();
	check_huge_pages();
	if (count[VERDICT_FAIL])
		printf("\nmvm run will not work here: see FAIL above.\n");
	else
		printf("\nmvm run works here%s.\n",
		       count[VERDICT_WARN] ? ", with what warn says" : "");
	return usage_end() ? EXIT_MVM : count[VERDICT_FAIL] ? 1 : 0;
}
