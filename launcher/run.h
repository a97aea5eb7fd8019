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
 * Makes the polling thread.  After confine_privileges(), which it inherits, and well before
 * confine_filter(), which forbids what a thread does when it begins.  0, or the exit status with
 * its message printed.
 */
int run_start_poller(struct run *r);
/* Runs the guest and ends the process with its status.  After finish_arm() and confine_filter(). */
_Noreturn void run(struct run *r);

#endif
