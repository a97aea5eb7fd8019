/* SPDX-License-Identifier: MIT */
/*
 * What happens at a violation: the filter does not carry the call out but raises SIGSYS, whose
 * handler names the call and then makes one that the filter answers by killing the process.
 * Neither the handler nor the signal mask can be changed under the filter, and a blocked or
 * reset SIGSYS kills as well (seccomp(2), SECCOMP_RET_TRAP).
 *
 * Also SIGBUS: guest memory that the launcher reads may be a file's that has been truncated.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine_int.h"
#include "msg.h"
#include "service/service.h"
#include "sysname.h"

static _Noreturn void die_of_violation(void)
{
	for (;;) {
		syscall(SYS_seccomp, -1, 0, NULL);
		_exit(EXIT_MVM);	/* not confined yet: cannot be a violation */
	}
}

static void on_violation(int sig, siginfo_t *info, void *context)
{
	const char *name = syscall_name((unsigned long)info->si_syscall);

	(void)sig;
	(void)context;
	tty_restore();
	warn("confinement: forbidden system call %s (%d); no grant of this run needs it, "
	     "so the VM was stopped: please report it", name ? name : "of unknown name",
	     info->si_syscall);
	die_of_violation();
}

static void on_lost_memory(int sig)
{
	(void)sig;
	tty_restore();
	_exit(fail(EXIT_CANNOT_RUN, "memory of the guest is gone: its program's file was truncated "
		   "while it was in use, or the host is out of memory"));
}

void confine_catch(void)
{
	struct sigaction violation = {
		.sa_sigaction = on_violation, .sa_flags = SA_SIGINFO,
	};
	struct sigaction lost = { .sa_handler = on_lost_memory };
	sigset_t ours;

	sigfillset(&violation.sa_mask);
	sigdelset(&violation.sa_mask, SIGSYS);
	sigfillset(&lost.sa_mask);
	sigdelset(&lost.sa_mask, SIGSYS);
	sigaction(SIGSYS, &violation, NULL);
	sigaction(SIGBUS, &lost, NULL);
	/* Whoever started mvm may have blocked them, and then they kill without a word. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGSYS);
	sigaddset(&ours, SIGBUS);
	sigprocmask(SIG_UNBLOCK, &ours, NULL);
}
