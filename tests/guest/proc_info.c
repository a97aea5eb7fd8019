/* SPDX-License-Identifier: MIT */
// trap: yes
/* What a process can ask about itself and the machine. */
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include "t.h"

int main(void)
{
	struct utsname u;
	struct rusage ru;
	struct rlimit lim;
	struct sysinfo si;
	struct tms tms;
	cpu_set_t set;
	char name[16] = "";

	FACT(getpid() > 0);
	FACT(getpid() == syscall(SYS_gettid));
	FACT(getppid() >= 0);
	FACT(getuid() == geteuid() && getgid() == getegid());
	SHOW(uname(&u));
	printf("%s %s\n", u.sysname, u.machine);
	FACT(strlen(u.release) > 2 && strlen(u.nodename) > 0);
	FACT(sysconf(_SC_PAGESIZE) == 4096);
	FACT(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	SHOW(sched_getaffinity(0, sizeof(set), &set) == -1 ? -1 : 0);
	FACT(CPU_COUNT(&set) >= 1);
	SHOW(sched_yield());
	SHOW(getrusage(RUSAGE_SELF, &ru));
	FACT(times(&tms) != (clock_t)-1);
	SHOW(sysinfo(&si));
	FACT(si.totalram > 0 && si.mem_unit > 0);
	SHOW(getrlimit(RLIMIT_NOFILE, &lim));
	SHOW(getrlimit(99, &lim));
	SHOW(prctl(PR_SET_NAME, "a-name"));
	SHOW(prctl(PR_GET_NAME, name));
	puts(name);
	FACT(getpgrp() >= 0);		/* 0: the leader is outside the PID namespace */
	FACT(getsid(0) >= 0);
	SHOW(getpriority(PRIO_PROCESS, 0));
	SHOW(getgroups(0, NULL) >= 0);
	SHOW(sched_get_priority_max(SCHED_FIFO));
	return 0;
}
