/* SPDX-License-Identifier: MIT */
/*
 * The exit loop: one flat switch, each reason counted; what is not known ends the VM.
 */
#include <errno.h>
#include <string.h>
#include "finish.h"
#include "kvm.h"
#include "msg.h"
#include "poller.h"
#include "run.h"
#include "tick.h"

/* An `out` of the guest: the doorbell, or the nucleus's last word, or nothing we know. */
static void port_io(struct run *r)
{
	const struct kvm_run *k = r->vm->run;

	if (k->io.direction == KVM_EXIT_IO_OUT && k->io.port == MVM_PORT_DOORBELL &&
	    k->io.size == 4 && k->io.count == 1)
		poller_kick(r->service);
	else
		finish_vm("accessed an I/O port that does not exist, port", k->io.port);
}

static void one_exit(struct run *r)
{
	struct kvm_run *k = r->vm->run;

	stats_exit(r->stats, k->exit_reason);
	switch (k->exit_reason) {
	case KVM_EXIT_IO:
		port_io(r);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		break;
	case KVM_EXIT_HLT:
		finish_vm("halted in ring 0, which only a broken guest can", 0);
	case KVM_EXIT_SHUTDOWN:
		finish_vm("triple-faulted", 0);
	case KVM_EXIT_MMIO:
		finish_vm("accessed guest-physical memory that does not exist, at",
			  k->mmio.phys_addr);
	case KVM_EXIT_FAIL_ENTRY:
		finish_vm("cannot be entered, hardware reason",
			  k->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		/* A KVM's emulator gave up, or mvm.ko, which has none (docs/kmod.md). */
		if (k->internal.suberror == KVM_INTERNAL_ERROR_EMULATION)
			finish_vm("used guest-physical memory that does not exist or must not be "
				  "used like that, suberror", k->internal.suberror);
		finish_vm("met an internal error of the hypervisor, suberror",
			  k->internal.suberror);
	default:
		finish_vm("left with an unknown exit reason", k->exit_reason);
	}
}

int run_start_poller(struct run *r)
{
	return poller_start(r->plan, r->service) < 0 ? EXIT_MVM : 0;
}

void run(struct run *r)
{
	int err;

	poller_go();
	for (;;) {
		err = kvm_run(r->vm->vcpu_fd);
		if (err == 0)
			one_exit(r);
		else if (err == -EINTR)
			tick_interrupted(r->vm, r->service->ring);
		else if (err == -EFAULT)
			finish_vm("touched memory that the host cannot provide (a truncated "
				  "program file, or the host is out of memory), error", EFAULT);
		else
			finish_vm("cannot be run, error", -err);
		tick_enter(r->vm);
	}
}
