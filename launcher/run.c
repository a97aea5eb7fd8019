/* SPDX-License-Identifier: MIT */
/*
 * The exit loop: one flat switch, each reason counted; what is not known ends the VM.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "confine/confine.h"
#include "finish.h"
#include "gdb/gdb.h"
#include "kvm.h"
#include "msg.h"
#include "poller.h"
#include "run.h"
#include "tick.h"

static bool broken(struct run_end *end, const char *what, uint64_t detail)
{
	*end = (struct run_end){ .how = RUN_BROKEN, .what = what, .detail = detail };
	return true;
}

/* Without a debugger its port is not there. */
static bool is_debug_port(const struct run *r, const struct kvm_run *k)
{
	return r->plan->gdb.text && k->io.direction == KVM_EXIT_IO_OUT &&
	       k->io.port == MVM_PORT_DEBUG;
}

/* An `out` of the guest: the doorbell, a stop for the debugger, or nothing we know. */
static bool port_io(struct run *r, struct run_end *end)
{
	const struct kvm_run *k = r->vm->run;

	if (k->io.direction == KVM_EXIT_IO_OUT && k->io.port == MVM_PORT_DOORBELL &&
	    k->io.size == 4 && k->io.count == 1)
		return r->hooks->kick(r->service);
	if (!is_debug_port(r, k))
		return broken(end, "accessed an I/O port that does not exist, port", k->io.port);
	gdb_stop(r);
	return false;
}

/* True: it was the last one, and *end, which says RUN_ENDED from the start, says why. */
static bool one_exit(struct run *r, struct run_end *end)
{
	struct kvm_run *k = r->vm->run;

	stats_exit(r->stats, k->exit_reason);
	switch (k->exit_reason) {
	case KVM_EXIT_IO:
		return port_io(r, end);
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return false;
	case KVM_EXIT_HLT:
		return broken(end, "halted in ring 0, which only a broken guest can", 0);
	case KVM_EXIT_SHUTDOWN:
		return broken(end, "triple-faulted", 0);
	case KVM_EXIT_MMIO:
		return broken(end, "accessed guest-physical memory that does not exist, at",
			      k->mmio.phys_addr);
	case KVM_EXIT_FAIL_ENTRY:
		return broken(end, "cannot be entered, hardware reason",
			      k->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		/* A KVM's emulator gave up, or mvm.ko, which has none (docs/kmod.md). */
		if (k->internal.suberror == KVM_INTERNAL_ERROR_EMULATION)
			return broken(end, "used guest-physical memory that does not exist or must "
				      "not be used like that, suberror", k->internal.suberror);
		return broken(end, "met an internal error of the hypervisor, suberror",
			      k->internal.suberror);
	default:
		return broken(end, "left with an unknown exit reason", k->exit_reason);
	}
}

/* A signal: run_stop()'s, the tick's, or one that means nothing to the guest. */
static bool interrupted(struct run *r, struct run_end *end)
{
	if (r->stop) {
		end->how = RUN_STOPPED;
		return true;
	}
	r->hooks->interrupted(r->vm, r->service->ring);
	gdb_interrupted(r);
	return false;
}

static bool cannot_run(int err, struct run_end *end)
{
	static char why[128];

	if (err == -EFAULT)
		return broken(end, "touched memory that the host cannot provide (a truncated "
			      "program file, or the host is out of memory), error", EFAULT);
	snprintf(why, sizeof(why), "cannot be run: %s%s, error", strerror(-err),
		 err == -EAGAIN ? " (a limit of processes or threads: see ulimit -u)" : "");
	return broken(end, why, (uint64_t)-err);
}

run_enter_fn *run_wrap(struct run *r, run_enter_fn *fn)
{
	run_enter_fn *before = r->enter ? r->enter : kvm_run;

	r->enter = fn;
	return before;
}

bool run_once(struct run *r, struct run_end *end)
{
	int err = r->enter(r->vm->vcpu_fd);
	bool over;

	if (err == 0)
		over = one_exit(r, end);
	else if (err == -EINTR)
		over = interrupted(r, end);
	else
		over = cannot_run(err, end);
	tick_enter(r->vm);
	return over;
}

void run_loop(struct run *r, struct run_end *end)
{
	static const struct run_hooks plain = { poller_kick, tick_interrupted };

	if (!r->hooks)
		r->hooks = &plain;
	if (!r->enter)
		r->enter = kvm_run;
	*end = (struct run_end){ .how = RUN_ENDED };
	while (!run_once(r, end))
		;
}

void run_stop(struct run *r)
{
	r->stop = 1;
	tick_break();
}

static int compile(void *confinement)
{
	return confine_compile(confinement);
}

int run_start_poller(struct run *r)
{
	return poller_start(r->plan, r->service, compile, r->confinement) < 0 ? EXIT_MVM : 0;
}

void run_finish(const struct run_end *end)
{
	if (end->how == RUN_BROKEN)
		finish_vm(end->what, end->detail);
	finish_guest();
}

void run(struct run *r)
{
	struct run_end end;

	poller_go();
	run_loop(r, &end);
	run_finish(&end);
}
