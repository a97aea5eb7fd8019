/* SPDX-License-Identifier: MIT */
/*
 * meddle truncate FILE COMMAND...: truncates FILE as soon as the command has mapped a file.
 * meddle nothread N COMMAND...: the command's Nth clone fails with EAGAIN, as at a limit of
 * processes that somebody else reached meanwhile.
 *
 * Both stop the command's first thread at its system calls (ptrace(2)) and let go of it when done.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(2);
}

/* To the next stop.  False: the command is over, with *status. */
static int go_on(pid_t pid, int *status)
{
	if (ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, status, 0) != pid)
		die("meddle");
	return WIFSTOPPED(*status);
}

static int maps_file(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_mmap && (int)r->r8 >= 0 && !(r->r10 & MAP_ANONYMOUS);
}

static int is_clone(const struct user_regs_struct *r)
{
	return r->orig_rax == SYS_clone || r->orig_rax == SYS_clone3;
}

/* At a stop before a system call.  True when there is nothing left to do. */
static int truncated(pid_t pid, struct user_regs_struct *r, const char *file)
{
	int status;

	if (!maps_file(r))
		return 0;
	if (!go_on(pid, &status) || truncate(file, 0))
		die(file);
	return 1;
}

static int refused(pid_t pid, struct user_regs_struct *r, int *countdown)
{
	int status;

	if (!is_clone(r) || --*countdown)
		return 0;
	r->orig_rax = (unsigned long long)-1;
	if (ptrace(PTRACE_SETREGS, pid, 0, r) || !go_on(pid, &status) ||
	    ptrace(PTRACE_GETREGS, pid, 0, r))
		die("meddle");
	r->rax = (unsigned long long)-EAGAIN;
	if (ptrace(PTRACE_SETREGS, pid, 0, r))
		die("meddle");
	return 1;
}

int main(int argc, char **argv)
{
	int status, done = 0, countdown = argc > 3 ? atoi(argv[2]) : 0;
	struct user_regs_struct regs;
	pid_t pid;

	if (argc < 4)
		return 2;
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execvp(argv[3], argv + 3);
		die(argv[3]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("meddle");
	/* Stops come in pairs, before and after a call. */
	while (!done && go_on(pid, &status)) {
		if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
			die("meddle");
		done = !strcmp(argv[1], "truncate") ? truncated(pid, &regs, argv[2]) :
		       refused(pid, &regs, &countdown);
		if (!done && !go_on(pid, &status))
			break;
	}
	if (WIFSTOPPED(status) &&
	    (ptrace(PTRACE_DETACH, pid, 0, 0) || waitpid(pid, &status, 0) != pid))
		die("meddle");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
