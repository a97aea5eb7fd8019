/* SPDX-License-Identifier: MIT */
/*
 * Names of Linux's signals and of their si_codes (signal(7), sigaction(2)).  musl and glibc
 * differ in what they offer for this, and neither says it briefly.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include "signame.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const names[] = {
	[SIGHUP] = "SIGHUP", [SIGINT] = "SIGINT", [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS", [SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
	[SIGSTKFLT] = "SIGSTKFLT", [SIGCHLD] = "SIGCHLD", [SIGCONT] = "SIGCONT",
	[SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP", [SIGTTIN] = "SIGTTIN", [SIGTTOU] = "SIGTTOU",
	[SIGURG] = "SIGURG", [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
	[SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGWINCH] = "SIGWINCH",
	[SIGIO] = "SIGIO", [SIGPWR] = "SIGPWR", [SIGSYS] = "SIGSYS",
};

const char *signal_name(int signo)
{
	static const char realtime[][8] = {
		"SIGRT0", "SIGRT1", "SIGRT2", "SIGRT3", "SIGRT4", "SIGRT5", "SIGRT6", "SIGRT7",
		"SIGRT8", "SIGRT9", "SIGRT10", "SIGRT11", "SIGRT12", "SIGRT13", "SIGRT14",
		"SIGRT15", "SIGRT16", "SIGRT17", "SIGRT18", "SIGRT19", "SIGRT20", "SIGRT21",
		"SIGRT22", "SIGRT23", "SIGRT24", "SIGRT25", "SIGRT26", "SIGRT27", "SIGRT28",
		"SIGRT29", "SIGRT30", "SIGRT31", "SIGRT32",
	};

	if (signo > 0 && (size_t)signo < COUNT(names) && names[signo])
		return names[signo];
	if (signo >= 32 && signo <= 64)
		return realtime[signo - 32];
	return "signal";
}

/* The si_codes of the faults, by signal; numbers from asm-generic/siginfo.h, counting from 1. */
static const char *const ill[] = {
	"illegal opcode", "illegal operand", "illegal addressing mode", "illegal trap",
	"privileged opcode", "privileged register", "coprocessor error", "internal stack error",
};
static const char *const fpe[] = {
	"integer division by zero", "integer overflow", "floating-point division by zero",
	"floating-point overflow", "floating-point underflow", "floating-point inexact result",
	"invalid floating-point operation", "subscript out of range",
};
static const char *const segv[] = {
	"address not mapped", "access not permitted",
};
static const char *const bus[] = {
	"misaligned address", "address behind the end of the file", "hardware error",
};
static const char *const trap[] = {
	"breakpoint", "trace trap",
};

static const char *pick(const char *const *words, size_t n, int code)
{
	return code >= 1 && (size_t)code <= n ? words[code - 1] : NULL;
}

const char *signal_reason(int signo, int code)
{
	if (code == SI_USER || code == SI_TKILL)
		return "sent by itself";
	switch (signo) {
	case SIGILL:
		return pick(ill, COUNT(ill), code);
	case SIGFPE:
		return pick(fpe, COUNT(fpe), code);
	case SIGSEGV:
		if (code == SI_KERNEL)
			return "general protection";
		return pick(segv, COUNT(segv), code);
	case SIGBUS:
		return pick(bus, COUNT(bus), code);
	case SIGTRAP:
		if (code == SI_KERNEL)
			return "breakpoint";
		return pick(trap, COUNT(trap), code);
	}
	return NULL;
}
