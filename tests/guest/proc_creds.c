/* SPDX-License-Identifier: MIT */
// trap: yes
/* Users and groups: started as root, rights are dropped step by step; else what remains refused. */
#include <grp.h>
#include <sys/fsuid.h>
#include "t.h"

/* The system calls themselves: a libc would send signals to its threads. */
static void show_ids(void)
{
	int r, e, s, gr, ge, gs;

	if (syscall(SYS_getresuid, &r, &e, &s) || syscall(SYS_getresgid, &gr, &ge, &gs)) {
		puts("cannot get IDs");
		return;
	}
	printf("uid %d %d %d (%d), gid %d %d %d (%d)\n", r, e, s,
	       (int)syscall(SYS_setfsuid, -1), gr, ge, gs, (int)syscall(SYS_setfsgid, -1));
}

int main(void)
{
	gid_t groups[3] = { 7, 8, 9 }, got[8] = { 0 };

	show_ids();
	SHOW(syscall(SYS_setgroups, 3, groups));
	SHOW(syscall(SYS_setgroups, 100000000, groups));
	if (getuid() == 0) {
		SHOW(syscall(SYS_getgroups, 8, got));
		printf("%u %u %u\n", got[0], got[1], got[2]);
		SHOW(syscall(SYS_getgroups, 2, got));
		SHOW(syscall(SYS_getgroups, 8, 8));
	}
	SHOW(syscall(SYS_setresgid, 2001, 2002, 2003));
	show_ids();
	SHOW(syscall(SYS_setregid, -1, 2001));
	show_ids();
	SHOW(syscall(SYS_setgid, 2004));
	show_ids();
	SHOW(syscall(SYS_setreuid, 0, 1001));
	show_ids();
	SHOW(syscall(SYS_setuid, 1002));
	SHOW(syscall(SYS_setuid, 0));
	show_ids();
	SHOW(syscall(SYS_setresuid, 1001, 1002, 1003));
	show_ids();
	SHOW(syscall(SYS_setresuid, -1, 0, -1));
	SHOW(syscall(SYS_setresuid, -1, 1003, -1));
	show_ids();
	SHOW(syscall(SYS_setreuid, 1003, -1));
	SHOW(syscall(SYS_setreuid, 1002, -1));
	SHOW(syscall(SYS_setreuid, 1001, 1002));
	show_ids();
	SHOW(syscall(SYS_setuid, 0));
	SHOW(syscall(SYS_setgid, 0));
	SHOW(syscall(SYS_setgroups, 0, NULL));
	SHOW(syscall(SYS_setfsuid, 1003));
	show_ids();
	SHOW(syscall(SYS_setpriority, 0, 0, -5));
	return 0;
}
