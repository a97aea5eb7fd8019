/* SPDX-License-Identifier: MIT */
/*
 * Memory of a command and of all processes that it starts: exitmem COMMAND... stops each task as
 * it exits (ptrace(2), PTRACE_O_TRACEEXIT: its memory is still there), adds up what all of them
 * have then, and prints the largest sums: Private_Clean + Private_Dirty of /proc/PID/smaps_rollup
 * in KiB, VmHWM of /proc/PID/status in KiB (peaks, with what is shared), and how many processes
 * there were at once.  Standard output of the command goes to /dev/null.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 64

static pid_t processes[PROCESSES];
static long most_private = -1, most_peak, most_processes;

/* The sum of the lines of /proc/PID/FILE that begin with one of two words; -1: no such process. */
static long sum_of(pid_t pid, const char *file, const char *word, const char *other)
{
	char path[64], line[256];
	long sum = -1, n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon = 0;
		if (strcmp(line, word) && strcmp(line, other))
			continue;
		n = atol(colon + 1);
		sum = sum < 0 ? n : sum + n;
	}
	fclose(f);
	return sum;
}

static void know(pid_t task)
{
	pid_t pid = sum_of(task, "status", "Tgid", "Tgid");

	if (pid <= 0)
		return;
	for (int i = 0; i < PROCESSES; i++) {
		if (!processes[i])
			processes[i] = pid;
		if (processes[i] == pid)
			return;
	}
}

static void measure(void)
{
	long private = 0, peak = 0, n = 0;

	for (int i = 0; i < PROCESSES && processes[i]; i++) {
		long kib = sum_of(processes[i], "smaps_rollup", "Private_Clean", "Private_Dirty");

		if (kib < 0)
			continue;		/* it has ended */
		n++;
		private += kib;
		kib = sum_of(processes[i], "status", "VmHWM", "VmHWM");
		peak += kib > 0 ? kib : 0;
	}
	if (n && private > most_private)
		most_private = private;
	if (peak > most_peak)
		most_peak = peak;
	if (n > most_processes)
		most_processes = n;
}

/* What a stopped task is told: the signal that it goes on with. */
static int stopped(pid_t task, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);

	know(task);
	if (event == PTRACE_EVENT_EXIT)
		measure();
	if (event || sig == SIGTRAP)	/* SIGTRAP without one is the exec */
		return 0;
	return sig == SIGSTOP ? 0 : sig;	/* with SIGSTOP a new task begins */
}

int main(int argc, char **argv)
{
	int status, last = -1;
	pid_t pid, task;

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
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL |
	       PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE);
	ptrace(PTRACE_CONT, pid, 0, 0);
	while ((task = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, task, 0, stopped(task, status));
		else if (task == pid)
			last = status;
		if (last >= 0)
			break;			/* what it leaves behind ends with us */
	}
	if (most_private < 0 || !WIFEXITED(last) || WEXITSTATUS(last)) {
		fprintf(stderr, "exitmem: %s failed\n", argv[1]);
		return 1;
	}
	printf("%ld %ld %ld\n", most_private, most_peak, most_processes);
	return 0;
}
