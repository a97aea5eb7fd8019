/* SPDX-License-Identifier: MIT */
/*
 * The commands of mvm: one table, which the command line, the help texts and the completion of
 * shells read.  What a command does is called by main.c.
 */
#ifndef MVM_COMMAND_H
#define MVM_COMMAND_H

#include <stdbool.h>
#include "plan.h"

struct command {
	const char *word;		/* mvm WORD */
	enum plan_command command;
	const char *synopsis;		/* what follows the word */
	const char *summary;		/* for mvm --help, a few words */
	const char *about;		/* for mvm help WORD: lines */
	const char *status;		/* exit status: lines; NULL: 0, or 125 as everywhere */
	const char *config;		/* Kconfig option it depends on; NULL: none */
	bool built;			/* that option is set */
	/* The words behind the options, and what only the whole command line tells.
	 * 0, or an exit status with the message printed. */
	int (*operands)(struct plan *p, int argc, char **argv);
};

/* Ends with an entry without a word. */
extern const struct command commands[];
/* The entry of a command that has a word, else NULL. */
const struct command *command_of(enum plan_command c);

/* With a root: PATH and HOME, as containers have them, where --env sets none (options/grant.c). */
void env_defaults(struct plan *p);
#define ENV_DEFAULTS	2		/* that many at most */

/* PROGRAM [ARGS...], for commands that boot one. */
int operands_program(struct plan *p, int argc, char **argv);
/*
 * What goes on from a snapshot has its memory, its environment and the like already: 0, or EXIT_MVM
 * with the message printed when an option says them again.  snapshot: its name, for the message.
 */
int refuse_kept(const struct plan *p, const char *snapshot);
/* The same of mvm run: with --snapshot there is a program already. */
int operands_or_snapshot(struct plan *p, int argc, char **argv);
/* The same of mvm serve, and what its options need of one another: options/serve.c. */
int operands_serve(struct plan *p, int argc, char **argv);
/* The same for mvm run, where --replay takes none (options/record.c). */
int operands_run(struct plan *p, int argc, char **argv);
/* PROGRAM or FILE, and FILE DIR, with options before and behind: pack, inspect, unpack. */
int operands_one_file(struct plan *p, int argc, char **argv);
int operands_unpack(struct plan *p, int argc, char **argv);

#endif
