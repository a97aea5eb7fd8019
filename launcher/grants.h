/* SPDX-License-Identifier: MIT */
/*
 * Opens everything the plan names, and nothing else, before the VM exists: the program, the
 * standard streams, directories, disks.  After this stage no path is ever opened again but
 * below a --dir.
 */
#ifndef MVM_GRANTS_H
#define MVM_GRANTS_H

#include "handle.h"
#include "plan.h"

struct grants {
	int program_fd;
	int stats_fd;			/* --stats; -1: none */
	const char *paths[MVM_HANDLES_MAX < 64 ? MVM_HANDLES_MAX : 64]; /* guest path by handle, NULL: none */
};

/* 0, or the exit status (125, 126, 127) with its message printed. */
int grants_open(const struct plan *plan, struct handles *t, struct grants *g);

#endif
