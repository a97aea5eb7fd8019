/* SPDX-License-Identifier: MIT */
/*
 * How a run ends.  Whoever comes first ends the process: exit_group takes the other thread with
 * it, wherever it is, so nobody has to be asked to stop.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "crash.h"
#include "finish.h"
#include "gdb.h"
#include "kvm.h"
#include "msg.h"
#include "record.h"
#include "observe/observe.h"

/* A run that is over its time limit has this long to say so and to write its statistics. */
#define GRACE_S		2

static struct run the_run;
static pid_t self;		/* of the process and of this, its first thread */
static bool over;

/* True for one caller only: who ends the run. */
static bool first(void)
{
	return !__atomic_exchange_n(&over, true, __ATOMIC_ACQ_REL);
}

/* What two threads would say or write at once would be neither's: the second waits for the end. */
static void be_first(void)
{
	if (first())
		return;
	for (;;)
		ppoll(NULL, 0, NULL, NULL);
}

static _Noreturn void leave(int status)
{
	tty_restore();
	record_stop(status, false);
	observe_end(status);
	if (the_run.stats) {
		the_run.stats->exit_status = status;
		stats_stage(the_run.stats, STAGE_RUN);
		stats_write(the_run.stats, the_run.stats_fd, &the_run.service->ending, the_run.vm);
	}
	_exit(status);
}

void finish_guest(void)
{
	const struct ending *e = &the_run.service->ending;

	be_first();
	if (e->signo)
		crash_print(the_run.plan->program, e);
	if (the_run.plan->snap_out)
		leave(fail(EXIT_CANNOT_RUN, "%s: ended with status %d before it was ready (it neither "
			   "waited for input or a connection nor called mvm_ready()); there is "
			   "nothing to keep", the_run.plan->program, e->status));
	gdb_end(e->status, e->signo);
	leave(e->status);
}

void finish_killed(void)
{
	be_first();
	verbose("%s: killed by the debugger", the_run.plan->program);
	leave(128 + SIGKILL);
}

/* Only on the vCPU's thread, out of KVM_RUN. */
static void print_vm(const char *what, uint64_t detail)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	int vcpu = the_run.vm->vcpu_fd;
	bool got_regs = kvm_get_regs(vcpu, &regs) == 0;
	bool got_sregs = kvm_get_sregs(vcpu, &sregs) == 0;

	tty_restore();
	crash_print_vm(the_run.plan->program, what, detail, got_regs ? &regs : NULL,
		       got_sregs ? &sregs : NULL);
}

void finish_vm(const char *what, uint64_t detail)
{
	be_first();
	print_vm(what, detail);
	gdb_end(EXIT_CANNOT_RUN, 0);
	leave(EXIT_CANNOT_RUN);
}

/*
 * --timeout.  In a handler, because the guest may spin without ever leaving KVM_RUN; the poller
 * blocks all signals, so this is the vCPU's thread.  The second time, nothing is waited for any
 * more: a guest may have filled the pipe that messages or statistics go to.
 */
static void on_time_limit(int sig)
{
	static volatile sig_atomic_t again;

	(void)sig;
	if (again)
		_exit(EXIT_TIMEOUT);
	again = 1;
	if (!first())
		return;			/* it is ending already */
	fail(0, "%s: still running after the time limit (--timeout); it was ended",
	     the_run.plan->program);
	record_stop(EXIT_TIMEOUT, true);
	if (msg_verbose)
		print_vm("was interrupted", 0);
	gdb_end(EXIT_TIMEOUT, 0);
	leave(EXIT_TIMEOUT);
}

/*
 * The handler was installed with SA_RESETHAND: once more means death by the signal itself.  The
 * first process of a container does not die of a signal that it has no handler for.
 */
static void on_terminal_signal(int sig)
{
	tty_restore();
	if (self == 1)
		_exit(128 + sig);
	syscall(SYS_tgkill, self, self, sig);
}

static void arm_timeout(uint64_t ns)
{
	struct sigaction sa = { .sa_handler = on_time_limit, .sa_flags = SA_NODEFER };
	struct itimerval t = {
		.it_interval.tv_sec = GRACE_S,
		.it_value.tv_sec = ns / 1000000000UL,
		.it_value.tv_usec = ns % 1000000000UL / 1000,
	};
	sigset_t alarm;

	if (!ns)
		return;
	if (!t.it_value.tv_sec && !t.it_value.tv_usec)
		t.it_value.tv_usec = 1;
	sigfillset(&sa.sa_mask);
	sigdelset(&sa.sa_mask, SIGALRM);
	sigaction(SIGALRM, &sa, NULL);
	/* Whoever started mvm may have blocked it. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

void finish_arm(const struct run *r)
{
	static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction sa = { .sa_handler = on_terminal_signal, .sa_flags = SA_RESETHAND };
	bool tty = false;

	the_run = *r;
	self = getpid();
	/* A guest that writes to a closed pipe is told so; mvm does not die of it. */
	signal(SIGPIPE, SIG_IGN);
	for (int32_t n = 0; n < 3; n++)
		tty |= r->service->handles.h[n].kind == MVM_KIND_TTY;
	for (size_t i = 0; tty && i < sizeof(deadly) / sizeof(*deadly); i++)
		sigaction(deadly[i], &sa, NULL);
	arm_timeout(r->plan->timeout_ns);
}
