/* SPDX-License-Identifier: MIT */
/*
 * The running VM: the exit loop on the main thread, the poller beside it, and every way in
 * which a run can end.
 */
#ifndef MVM_RUN_H
#define MVM_RUN_H

#include "confine.h"
#include "plan.h"
#include "service.h"
#include "stats.h"
#include "vm.h"

struct run {
	const struct plan *plan;
	struct vm *vm;
	struct service *service;
	struct stats *stats;		/* NULL without --stats */
	int stats_fd;
	struct confinement *confinement;
};

/*
 * Signals, and the polling thread, which confines itself.  After confine_privileges(), while
 * threads may still be made.  0, or the exit status with its message printed.
 */
int run_prepare(struct run *r);
/*
 * The system call filter for the calling thread, from then on the vCPU's; the polling thread has
 * its own when this returns.  0, or the exit status with its message printed.
 */
int run_confine(struct run *r);
/*
 * Runs the guest and ends the process with its status.  On the confined thread, when nothing but
 * the polling thread is left beside it.
 */
_Noreturn void run(struct run *r);

#endif
