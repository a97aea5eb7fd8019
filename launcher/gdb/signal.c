/* SPDX-License-Identifier: MIT */
/* Signal numbers of the remote protocol (include/gdb/signals.def of GDB lists them). */
#include <signal.h>
#include <stddef.h>
#include "gdb_int.h"

#define GDB_UNKNOWN	143		/* a signal that GDB has no name for */
#define LINUX_RT	32
#define GDB_RT_32	77		/* real-time signal 32 */
#define GDB_RT_33	45		/* 33 to 63, one after another */
#define GDB_RT_64	78

/* By Linux's number. */
static const uint8_t numbers[LINUX_RT] = {
	[SIGHUP] = 1, [SIGINT] = 2, [SIGQUIT] = 3, [SIGILL] = 4, [SIGTRAP] = 5, [SIGABRT] = 6,
	[SIGFPE] = 8, [SIGKILL] = 9, [SIGBUS] = 10, [SIGSEGV] = 11, [SIGSYS] = 12, [SIGPIPE] = 13,
	[SIGALRM] = 14, [SIGTERM] = 15, [SIGURG] = 16, [SIGSTOP] = 17, [SIGTSTP] = 18,
	[SIGCONT] = 19, [SIGCHLD] = 20, [SIGTTIN] = 21, [SIGTTOU] = 22, [SIGIO] = 23,
	[SIGXCPU] = 24, [SIGXFSZ] = 25, [SIGVTALRM] = 26, [SIGPROF] = 27, [SIGWINCH] = 28,
	[SIGUSR1] = 30, [SIGUSR2] = 31, [SIGPWR] = 32,
};

int gdb_signal_out(int signo)
{
	if (signo < 0 || signo > 64)
		return GDB_UNKNOWN;
	if (signo == 64)
		return GDB_RT_64;
	if (signo > LINUX_RT)
		return signo - LINUX_RT - 1 + GDB_RT_33;
	if (signo == LINUX_RT)
		return GDB_RT_32;
	return signo && !numbers[signo] ? GDB_UNKNOWN : numbers[signo];
}

int gdb_signal_in(int number)
{
	for (int signo = 1; signo <= 64; signo++)
		if (gdb_signal_out(signo) == number && number != GDB_UNKNOWN)
			return signo;
	return 0;
}
