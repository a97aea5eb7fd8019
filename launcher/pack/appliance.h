/* SPDX-License-Identifier: MIT */
/*
 * A launcher that is an appliance: its file carries a program (format.h), which it runs instead of
 * reading a command line of mvm.
 */
#ifndef MVM_PACK_APPLIANCE_H
#define MVM_PACK_APPLIANCE_H

#include "plan.h"
#include "stats.h"
#include "format.h"

/* In a section of its own, MARK_SECTION; pack fills in its size. */
extern const volatile struct mark appliance_mark;

/* Is this one?  A word in memory is looked at, no more. */
static inline bool appliance_here(void)
{
	return IS_ENABLED(CONFIG_APPLIANCE) && appliance_mark.size;
}

/*
 * Runs it, or says what is in it; instead of all else in main().  Returns as start() does: EXIT_MVM
 * for misuse, EXIT_CANNOT_RUN when the file is damaged, with the message printed.
 */
int appliance_main(int argc, char **argv, struct plan *p, struct stats *stats);

#endif
