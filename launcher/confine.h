/* SPDX-License-Identifier: MIT */
/*
 * Confinement derived from the grants.  What a run may do afterwards is computed as data by
 * confine_plan(), so that --show-confinement prints exactly what is enforced.
 *
 * Order: confine_plan, confine_compile, confine_privileges (main thread, may run while another
 * thread creates the VM), then, when nothing of the start is left to do, the poller is created
 * and each thread enters its filter.  Errors print their message and return -1.
 */
#ifndef MVM_CONFINE_H
#define MVM_CONFINE_H

#include <stdio.h>
#include "grants.h"
#include "handle.h"
#include "plan.h"

struct confinement;

/* Descriptors of the VM, moved there by vm.c: the filter names them before they exist. */
#define CONFINE_FD_VM		100
#define CONFINE_FD_VCPU		101

/* The rules for this plan.  NULL with a message printed: the kernel has no seccomp filters. */
struct confinement *confine_plan(const struct plan *plan, const struct grants *g,
				 const struct handles *t);
/* --show-confinement. */
void confine_print(const struct confinement *c, FILE *f);
/* Turns the rules into a filter.  Changes nothing yet. */
int confine_compile(struct confinement *c);
/*
 * Root directory, user, capabilities, limits, Landlock: all but the filter.  Acts on the calling
 * thread and the threads it creates later; a thread that runs beside it keeps what it had.
 */
int confine_privileges(struct confinement *c);
/*
 * Closes every descriptor that the rules do not name.  When nobody opens any more; by a thread
 * that has no filter yet, and before the guest starts.
 */
void confine_close_others(const struct confinement *c);
/*
 * The system call filter, for the calling thread.  The vCPU's thread comes with KVM's requests,
 * the poller without.
 */
int confine_enter_vcpu(struct confinement *c);
int confine_enter_poller(struct confinement *c);

/* Who the guest's files belong to: the user the launcher will run as. */
void confine_identity(const struct handles *t, unsigned int *uid, unsigned int *gid);

#endif
