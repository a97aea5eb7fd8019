/* SPDX-License-Identifier: MIT */
/*
 * The program that make bench-peers runs natively, in mvm and in whatever runs Linux programs or a
 * Linux kernel, always the same: peer [init] hello|wait|getpid COUNT|out COUNT.
 *
 * hello: a line.  wait: a line, then a minute's sleep.  getpid, out: nanoseconds for a system call
 * and for an exit of the virtual machine to its monitor (an unused port; only as root of a Linux
 * guest).  init: as the first process of a kernel of its own, which it resets at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The port of POST codes: no device of a small virtual machine has it, and KVM does not keep it. */
#define PORT	0x80

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int measure(const char *what, long n)
{
	double start = 0;

	if (!strcmp(what, "out") && iopl(3))
		return 1;
	for (long i = -n / 50; i < n; i++) {
		if (i == 0)
			start = now();
		if (!strcmp(what, "out"))
			outb(0, PORT);
		else
			syscall(SYS_getpid);
	}
	printf("%s %.1f\n", what, (now() - start) / n);
	return 0;
}

static int act(const char *what, long n)
{
	if (!strcmp(what, "getpid") || !strcmp(what, "out"))
		return measure(what, n);
	puts("Hello");
	fflush(stdout);
	if (!strcmp(what, "wait"))
		sleep(60);
	return 0;
}

int main(int argc, char **argv)
{
	int init = 0, status;

	/* A kernel puts words of its own command line that it does not know before these. */
	for (int i = 1; i < argc && !init; i++)
		if (!strcmp(argv[i], "init"))
			init = i;
	argv += init;
	argc -= init;
	status = act(argc > 1 ? argv[1] : "hello", argc > 2 ? atol(argv[2]) : 1000);
	if (init) {
		fflush(stdout);
		reboot(RB_AUTOBOOT);
	}
	return status;
}
