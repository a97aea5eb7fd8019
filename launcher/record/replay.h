/* SPDX-License-Identifier: MIT */
/* What the files of a replay share: the recording that is being read. */
#ifndef MVM_REPLAY_H
#define MVM_REPLAY_H

#include "format.h"
#include "stream.h"
#include "run.h"

struct replay {
	const char *path;
	struct record_reader r;
	struct record_event next;	/* valid when there is one */
	bool there;
	struct record_start start;
	struct mvm_boot boot;		/* as it was recorded */
};
extern struct replay replay;

/* record_start() of a replay. */
int replay_start(struct run *r, const struct cpu_model *m, struct mvm_boot *boot);

/* Reads the head of the next event.  False: there is none. */
bool replay_next(void);
/* The bytes behind it, exactly; it is consumed.  False: the recording is damaged. */
bool replay_take(void *data, size_t len);
/* The recording makes no sense.  EXIT_MVM, the message printed. */
int replay_damaged(void);

#endif
