/* SPDX-License-Identifier: MIT */
/* The launcher that an appliance is to be a copy of, and its mark. */
#ifndef MVM_PACK_LAUNCHER_H
#define MVM_PACK_LAUNCHER_H

#include "format.h"

struct launcher {
	const char *name;		/* for messages */
	int fd;
	uint64_t size;
	uint32_t mark_off;
	struct mark mark;
};

/* path NULL: this very executable.  0, or EXIT_MVM with the message printed. */
int launcher_open(struct launcher *l, const char *path);

/* Was it built with the Kconfig option?  True for those that no mark tells of. */
bool launcher_has(const struct launcher *l, const char *config);

#endif
