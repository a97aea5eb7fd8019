/* SPDX-License-Identifier: MIT */
/*
 * Confinement derived from the grants.  What a run may do afterwards is computed as data by
 * confine_plan(), so that --show-confinement prints exactly what is enforced.
 *
 * Order: confine_plan, confine_privileges as soon as everything is open that has a name, before the
 * program is read and before a second thread is made; confine_compile, on any thread, which has
 * finished before confine_close_others and confine_filter at the end.  Errors print their message
 * and return -1.
 */
#ifndef MVM_CONFINE_H
#define MVM_CONFINE_H

#include <stdio.h>
#include "grants.h"
#include "service/handle.h"
#include "plan.h"

struct confinement;

/* Descriptors of the VM, moved there by vm.c: the filter names them before they exist. */
#define CONFINE_FD_VM		100
#define CONFINE_FD_VCPU		101
/* Of service/watch.c. */
#define CONFINE_FD_EVENTS	102
/* Of mvm serve: what the device makes its workers' VMs from. */
#define CONFINE_FD_TEMPLATE	103
/* Of record/record.c: who takes an empty recording away. */
#define CONFINE_FD_REMOVER	104
/* Of snapshot/order.c: what pages a trial has touched. */
#define CONFINE_FD_ORDER	109
/* Of snapshot/take.c: the snapshot that is written (of a trial: read), /proc/self/pagemap. */
#define CONFINE_FD_SNAP		110
#define CONFINE_FD_PAGEMAP	111
#define CONFINE_FD_LAST		111
/* Of a worker of mvm serve: its supervisor, the listening sockets, the set of both, its smaps. */
#define CONFINE_FD_CONTROL	112
#define CONFINE_FD_LISTEN	113	/* and SERVE_LISTENERS_MAX - 1 behind it */
#define CONFINE_FD_ACCEPTS	121
#define CONFINE_FD_SMAPS	122
/* Of the supervisor alone. */
#define SERVE_FD_LOG		123
#define SERVE_FD_READY		124
#define SERVE_FD_METRICS	125
#define SERVE_FD_EPOLL		126
#define SERVE_FD_SIGNALS	127
#define SERVE_FD_LAST		127
#define SERVE_FD_WORKERS	128	/* and all behind it: the pairs of the others */
/* Of the debugger (gdb/conn.c): where it is waited for, and its connection. */
#define CONFINE_FD_GDB		105
#define CONFINE_FD_GDB_CONN	106
/* Of a core dump (core/file.c): the file, and who gives it its name. */
#define CONFINE_FD_CORE		107
#define CONFINE_FD_NAMER	108

/*
 * The rules for this plan; mem_exec: the device has MVM_CAP_MEM_EXEC.  NULL with a message printed:
 * the kernel has no seccomp filters.
 */
struct confinement *confine_plan(const struct plan *plan, const struct grants *g,
				 const struct handles *t, bool mem_exec);
/* --show-confinement. */
void confine_print(const struct confinement *c, FILE *f);
/* Turns the rules into a filter.  Changes nothing yet. */
int confine_compile(struct confinement *c);
/*
 * Root directory, user, capabilities, limits, Landlock: all but the filter.  For the calling
 * thread and those it creates later: while there is no other.
 */
int confine_privileges(struct confinement *c);
/* Closes every descriptor that the rules do not name.  When nobody opens any more. */
void confine_close_others(const struct confinement *c);
/* The system call filter, for all threads of the process.  The last step. */
int confine_filter(struct confinement *c);

/* Who the guest's files belong to: the user the launcher will run as. */
void confine_identity(const struct handles *t, unsigned int *uid, unsigned int *gid);

#endif
