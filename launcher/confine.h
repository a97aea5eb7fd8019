/* SPDX-License-Identifier: MIT */
/*
 * Confinement derived from the grants.  confine_plan() computes the rules as data from what was
 * granted (so that --show-confinement prints exactly what is enforced), confine_compile() turns
 * them into filters (may run beside VM creation), confine_enter() gives everything up.
 */
#ifndef MVM_CONFINE_H
#define MVM_CONFINE_H

#include <stdio.h>
#include "grants.h"
#include "handle.h"
#include "plan.h"
#include "vm.h"

struct confinement;

/*
 * vm must know its descriptors' numbers when confine_compile() runs; vm.c puts them at fixed
 * numbers (see vm.c), so the filter can be compiled before the VM exists.
 */
struct confinement *confine_plan(const struct plan *plan, const struct grants *g,
				 const struct handles *t);
void confine_print(const struct confinement *c, FILE *f);
int confine_compile(struct confinement *c);
/* Namespaces, root, uid, capabilities, rlimits, Landlock: all but seccomp.  Calling thread. */
int confine_privileges(struct confinement *c);
/* seccomp for the vCPU's thread (service + KVM) and for the poller (service only). */
int confine_enter_vcpu(struct confinement *c);
int confine_enter_poller(struct confinement *c);

/* Descriptors after start-up, moved there by vm.c: the filter names them. */
#define CONFINE_FD_VM		100
#define CONFINE_FD_VCPU		101

#endif
