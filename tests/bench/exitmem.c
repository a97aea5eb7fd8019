/* SPDX-License-Identifier: MIT */
/*
 * Private memory of a process at its end: exitmem COMMAND... stops it as it exits (ptrace(2),
 * PTRACE_O_TRACEEXIT: its memory is still there) and prints Private_Clean + Private_Dirty of
 * /proc/PID/smaps_rollup in KiB.  Standard output of the command goes to /dev/null.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static long private_kib(pid_t pid)
{
	char path[64], line[256];
	long sum = 0, kib;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Clean: %ld", &kib) == 1 ||
		    sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			sum += kib;
	fclose(f);
	return sum;
}

int main(int argc, char **argv)
{
	long kib = -1;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_RDWR), 1);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int sig = WSTOPSIG(status);

		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			kib = private_kib(pid);
			sig = 0;
		} else if (sig == SIGTRAP) {
			sig = 0;		/* the exec */
		}
		ptrace(PTRACE_CONT, pid, 0, sig);
	}
	if (kib < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "exitmem: %s failed\n", argv[1]);
		return 1;
	}
	printf("%ld\n", kib);
	return 0;
}
