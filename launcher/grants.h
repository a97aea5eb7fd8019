/* SPDX-License-Identifier: MIT */
/*
 * Opens everything the plan names, and nothing else, before the VM exists: the program, the
 * standard streams, directories, disks.  After this stage no path is ever opened again but
 * below a --dir.
 */
#ifndef MVM_GRANTS_H
#define MVM_GRANTS_H

#include "service/handle.h"
#include "output.h"
#include "plan.h"

#define GRANTS_MAX	64		/* handles with a place in the guest, from 0 on */

struct grants {
	int program_fd;			/* -1 with a root: the program is in it */
	int stats_fd;			/* --stats; -1: none */
	int record_fd;			/* --record, --replay; -1: neither */
	int output[OUTPUT_COUNT];	/* --trace and others; -1: none */
	uint32_t uid, gid;		/* who started mvm: the guest's, without --user */
	const char *paths[GRANTS_MAX];	/* guest path by handle, NULL: none */
	char names[GRANTS_MAX][40];	/* where the paths of disks lie: "/dev/NAME" */
	struct mvm_net net[GRANTS_MAX];	/* what the guest is told of the network */
	const char *net_paths[GRANTS_MAX]; /* paths in the guest of these; NULL: none */
	uint32_t nnet;
};

/*
 * The first thing after the command line, before anything else is opened: every descriptor that
 * mvm inherited is closed, but for the standard streams and --stats fd:N.  Then the program is
 * opened.  0, or the exit status (125, 126, 127) with its message printed.
 */
int grants_begin(const struct plan *plan, struct grants *g);
/* Its beginning, what is checked first, for who has descriptors of his own to keep. */
int grants_check(struct grants *g);

/*
 * Drops what the files of --stats, --trace and the like had from before.  Not when they are opened:
 * who is told that his program cannot be run has lost nothing by it.
 */
void grants_empty_outputs(const struct plan *plan, struct grants *g);

/*
 * After grants_begin().  t is initialised here.  Handles 0, 1 and 2 become the standard streams,
 * then come the directories, the disks, the sockets of --connect and the listeners in the plan's
 * order.  All descriptors are below CONFINE_FD_VM and close-on-exec.
 *
 * A pipe or terminal among the standard streams is opened a second time where that is allowed, so
 * that O_NONBLOCK is this process's own affair; where it is not (a socket, a terminal of another
 * user) the handle's descriptor blocks, and the service asks poll(2) first.
 *
 * 0, or EXIT_MVM with the message printed.
 */
int grants_open(const struct plan *plan, struct handles *t, struct grants *g);

/* The part of grants_open() between standard streams and network: directories, disks, sockets. */
int grants_files(const struct plan *plan, struct handles *t, struct grants *g);

/* Enters a descriptor as a grant.  The handle, or -1 with the message printed and fd closed. */
int grant_enter(struct handles *t, struct grants *g, int fd, uint32_t kind, uint32_t rights,
		const char *path);

#endif
