/* SPDX-License-Identifier: MIT */
// trap: yes
/* Limits, scheduling parameters and identity: what is refused, and what is kept. */
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "t.h"

static void limits(void)
{
	struct rlimit lim, again;

	SHOW(getrlimit(RLIMIT_NOFILE, &lim));
	lim.rlim_cur = 100;
	SHOW(setrlimit(RLIMIT_NOFILE, &lim));
	SHOW(getrlimit(RLIMIT_NOFILE, &again));
	FACT(again.rlim_cur == 100 && again.rlim_max == lim.rlim_max);
	SHOW(dup2(1, 100));
	SHOW(dup2(1, 99));
	SHOW(fcntl(1, F_DUPFD, 100));
	lim.rlim_cur = lim.rlim_max + 1;
	SHOW(setrlimit(RLIMIT_NOFILE, &lim));
	SHOW(getrlimit(RLIMIT_STACK, &lim));
	FACT(lim.rlim_cur >= 65536);
	SHOW(prlimit(getpid(), RLIMIT_STACK, NULL, &again));
	FACT(again.rlim_cur == lim.rlim_cur);
	SHOW(prlimit(0x3fffffff, RLIMIT_STACK, NULL, &again));
	SHOW(prlimit(0, 16, NULL, &again));
	SHOW(syscall(SYS_setrlimit, RLIMIT_CORE, 8));
}

static void scheduling(void)
{
	struct sched_param p = { .sched_priority = 5 };
	struct timespec ts;
	unsigned long mask = 0;

	SHOW(sched_setscheduler(0, SCHED_OTHER, &p));
	SHOW(sched_setscheduler(0, 99, &p));
	p.sched_priority = 0;
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &p));
	SHOW(syscall(SYS_sched_getscheduler, 0));
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
	SHOW(syscall(SYS_sched_getparam, 0, &p));
	SHOW(syscall(SYS_sched_getparam, 0x3fffffff, &p));
	SHOW(sched_get_priority_min(SCHED_RR));
	SHOW(sched_get_priority_max(77));
	SHOW(sched_rr_get_interval(0, &ts));
	SHOW_OK(syscall(SYS_sched_getaffinity, 0, 1024, &mask));
	FACT(mask & 1);
	SHOW(syscall(SYS_sched_getaffinity, 0, 1, &mask));
	mask = 0;
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), &mask));
	mask = 1;
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), &mask));
	SHOW(setpriority(PRIO_PROCESS, 0, 7));
	SHOW(getpriority(PRIO_PROCESS, 0));
	SHOW(setpriority(PRIO_PROCESS, 0, 100));
	SHOW(getpriority(PRIO_PROCESS, 0));
	SHOW(getpriority(9, 0));
}

static void identity(void)
{
	uid_t r, e, s;

	SHOW(getresuid(&r, &e, &s));
	FACT(r == getuid() && e == r && s == r);
	SHOW(setuid(r));
	SHOW(setreuid(-1, e));
	SHOW(setresuid(-1, -1, -1));
	SHOW(setuid(-1));
	FACT((uid_t)syscall(SYS_setfsuid, -1) == r);
	SHOW(syscall(SYS_getgroups, -1, NULL));
	SHOW(setpgid(0x3fffffff, 0));
	SHOW(setpgid(0, -5));
	SHOW(getpgid(0x3fffffff));
	SHOW(getsid(0x3fffffff));
	SHOW(waitpid(-1, NULL, 0));
	SHOW(wait4(-1, NULL, 0x12345, NULL));
	SHOW(waitid(P_ALL, 0, NULL, 0));
}

static void attributes(void)
{
	struct __user_cap_header_struct h = { 0x1234, 0 };
	char name[17] = "";
	int v = -1;

	SHOW(prctl(PR_SET_NAME, "a-very-long-name-of-a-thread"));
	SHOW(prctl(PR_GET_NAME, name));
	puts(name);
	SHOW(prctl(PR_SET_PDEATHSIG, SIGTERM));
	SHOW(prctl(PR_GET_PDEATHSIG, &v));
	printf("%d\n", v);
	SHOW(prctl(PR_SET_PDEATHSIG, 65));
	SHOW(prctl(PR_GET_DUMPABLE));
	SHOW(prctl(PR_SET_DUMPABLE, 5));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_CAPBSET_READ, 999));
	SHOW(prctl(12345));
	SHOW(syscall(SYS_capget, &h, NULL));
	printf("%x\n", h.version);
	SHOW(syscall(SYS_personality, 0xffffffff));
	SHOW(syscall(SYS_set_robust_list, NULL, 5));
	SHOW(syscall(SYS_arch_prctl, 0x9999, 0));
}

int main(void)
{
	limits();
	scheduling();
	identity();
	attributes();
	return 0;
}
