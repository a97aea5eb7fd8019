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
#include "core/core.h"
#include "crash.h"
#include "finish.h"
#include "gdb/gdb.h"
#include "kvm.h"
#include "msg.h"
#include "record/record.h"
#include "observe/observe.h"
#include "signals.h"

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

/*
 * What two threads would say or write at once would be neither's: the second waits for the end.  A
 * terminal that the guest has made raw is mended before anything is printed there.
 */
static void be_first(void)
{
	if (!first())
		for (;;)
			ppoll(NULL, 0, NULL, NULL);
	tty_restore();
}

static void report(int status, const struct ending *e)
{
	record_stop(status, false);
	observe_end(status);
	if (the_run.stats) {
		the_run.stats->exit_status = status;
		stats_stage(the_run.stats, STAGE_RUN);
		stats_write(the_run.stats, the_run.stats_fd, e, the_run.vm);
	}
}

static _Noreturn void leave(int status)
{
	report(status, &the_run.service->ending);
	_exit(status);
}

/*
 * Of the signal itself, so that whoever waits for mvm sees it.  The first process of a container
 * does not die of a signal that it has no handler for.
 */
static _Noreturn void die(int sig)
{
	if (self == 1)
		_exit(128 + sig);
	syscall(SYS_rt_sigaction, sig, signals_default, NULL, sizeof(signals_default[0]));
	syscall(SYS_tgkill, self, self, sig);
	for (;;)
		ppoll(NULL, 0, NULL, NULL);	/* the poller, until the signal has come */
}

void finish_guest(void)
{
	const struct ending *e = &the_run.service->ending;

	be_first();
	if (signals_passed(e->signo)) {
		report(e->status, e);
		die(e->signo);
	}
	if (e->signo)
		crash_print(the_run.plan->program, e);
	if (the_run.plan->snap_out)
		leave(fail(EXIT_CANNOT_RUN, "%s: ended with status %d before it was ready (it "
			   "neither waited for input or a connection nor called mvm_ready()); "
			   "there is nothing to keep", the_run.plan->program, e->status));
	gdb_end(e->status, e->signo);
	if (e->signo)
		core_write(&the_run, e->signo);
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

	crash_print_vm(the_run.plan->program, what, detail, got_regs ? &regs : NULL,
		       got_sregs ? &sregs : NULL);
}

void finish_vm(const char *what, uint64_t detail)
{
	be_first();
	print_vm(what, detail);
	gdb_end(EXIT_CANNOT_RUN, 0);
	core_write(&the_run, -1);
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
	tty_restore();
	fail(0, "%s: still running after the time limit (--timeout); it was ended",
	     the_run.plan->program);
	record_stop(EXIT_TIMEOUT, true);
	if (msg_verbose)
		print_vm("was interrupted", 0);
	gdb_end(EXIT_TIMEOUT, 0);
	leave(EXIT_TIMEOUT);
}

/* The second time, or when the run is ending already, nothing is waited for any more. */
void finish_signal(int sig)
{
	const struct ending killed = { .ended = true, .status = 128 + sig, .signo = sig };

	tty_restore();
	if (first())
		report(killed.status, &killed);
	die(sig);
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
	the_run = *r;
	self = getpid();
	/* A guest that writes to a closed pipe is told so; mvm does not die of it. */
	signal(SIGPIPE, SIG_IGN);
	/* A recorded run gets nothing that its recording would not have. */
	signals_init(record_signals(r->service->ring));
	arm_timeout(r->plan->timeout_ns);
}
