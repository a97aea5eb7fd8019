/* SPDX-License-Identifier: MIT */
/*
 * The running VM: the exit loop on the main thread, the poller beside it, and every way in
 * which a run can end.
 */
#ifndef MVM_RUN_H
#define MVM_RUN_H

#include <signal.h>
#include "confine/confine.h"
#include "guest_mem.h"
#include "plan.h"
#include "service/service.h"
#include "stats.h"
#include "vm.h"

/*
 * What a run does that others may do in their own way: poller_kick() and tick_interrupted().
 */
struct run_hooks {
	bool (*kick)(struct service *s);
	void (*interrupted)(const struct vm *vm, struct mvm_ring *ring);
};
/* Enters the guest, as kvm_run() does.  0 or -errno. */
typedef int run_enter_fn(int vcpu);

struct run {
	const struct plan *plan;
	struct vm *vm;
	struct service *service;
	struct stats *stats;		/* NULL without --stats */
	int stats_fd;
	struct confinement *confinement;
	const struct run_hooks *hooks;	/* NULL: as ever */
	volatile sig_atomic_t stop;	/* run_stop() */
	run_enter_fn *enter;		/* NULL: kvm_run() */
	struct guest guest;		/* as --gdb and --core see it; after loading */
};

enum run_how {
	RUN_ENDED,			/* the guest ended itself: service->ending */
	RUN_BROKEN,			/* the VM cannot go on */
	RUN_STOPPED,			/* run_stop() */
};

struct run_end {
	enum run_how how;
	const char *what;		/* BROKEN: what the VM did, as "triple-faulted" */
	uint64_t detail;		/* BROKEN: a number that goes with it, 0: none */
};

/*
 * Makes the polling thread.  After confine_privileges(), which it inherits, and well before
 * confine_filter(), which forbids what a thread does when it begins.  0, or the exit status with
 * its message printed.
 */
int run_start_poller(struct run *r);
/*
 * fn enters the guest from now on, and calls what is returned, which did so before: for who watches
 * a run.  Before run_loop().
 */
run_enter_fn *run_wrap(struct run *r, run_enter_fn *fn);
/* Runs the guest until it is over, and says in *end how that came. */
void run_loop(struct run *r, struct run_end *end);
/* One KVM_RUN, and what it ended for.  True: the run is over, and *end says how. */
bool run_once(struct run *r, struct run_end *end);
/*
 * Makes run_loop() return with RUN_STOPPED, also out of a guest that never exits and out of WAIT.
 * For a signal handler of the vCPU's thread.  r->stop stays set.
 */
void run_stop(struct run *r);
/* Ends the process with the status that goes with *end. */
_Noreturn void run_finish(const struct run_end *end);
/* Runs the guest and ends the process with its status.  After finish_arm() and confine_filter(). */
_Noreturn void run(struct run *r);

#endif
