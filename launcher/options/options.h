/* SPDX-License-Identifier: MIT */
/*
 * The command line.  Tables say which options there are, one for each file of parsers; parsing,
 * --help and the completion of shells all read them.  Commands are command.h's.
 */
#ifndef MVM_OPTIONS_H
#define MVM_OPTIONS_H

#include <stdbool.h>
#include "plan.h"

/* Commands an option belongs to. */
#define FOR_RUN		(1U << PLAN_RUN)
#define FOR_DOCTOR	(1U << PLAN_DOCTOR)
#define FOR_SNAPSHOT	(1U << PLAN_SNAPSHOT)
#define FOR_SERVE	(1U << PLAN_SERVE)
#define FOR_PACK	(1U << PLAN_PACK)
#define FOR_INSPECT	(1U << PLAN_INSPECT)
#define FOR_UNPACK	(1U << PLAN_UNPACK)
#define FOR_APPLIANCE	(1U << PLAN_APPLIANCE)
#define FOR_CONF	(1U << 30)	/* also a key of mvm.conf(5) */
#define REPEATS		(1U << 31)	/* which may come more than once there */
#define KEPT		(1U << 29)	/* its value is part of a snapshot or a recording */
#define FOR_ALL		(KEPT - 1)
#define FOR_VM		(FOR_RUN | FOR_SNAPSHOT | FOR_SERVE)	/* all that boot a program */

struct option_desc {
	const char *name;		/* without the dashes */
	char letter;			/* -x; 0: none */
	/*
	 * What it takes, for --help; NULL: nothing.  Shells complete it by the names in it: FILE,
	 * OUT and KEY are files of the host, DIR and HOST directories, NAME[=...] a variable; what
	 * is in small letters is typed as it stands.
	 */
	const char *arg;
	const char *example;		/* of a value */
	const char *help;		/* lines, without the indentation */
	unsigned int commands;		/* FOR_* */
	const char *config;		/* Kconfig option it depends on; NULL: none */
	bool built;			/* that option is set */
	bool optional;			/* its value may be left away, NULL; else --name=VALUE */
	const char *given;		/* for messages: what the value was made of; NULL: itself */
	/* Checks the value and notes it.  value lives in argv and may be changed in place.
	 * 0, or an exit status with the message printed. */
	int (*parse)(struct plan *p, const struct option_desc *o, char *value);
};

/*
 * An option whose Kconfig option is off leaves its name, so that the message can say so, and none
 * of its other texts: they are initialised once more.
 */
#pragma GCC diagnostic ignored "-Woverride-init"
#define IF(option, parser)	IF_BUILT(IS_ENABLED(option), #option, parser)
#define IF_BUILT(built, name, parser)	IF_PASTE(built)(name, parser)
#define IF_PASTE(built)		IF_##built
#define IF_1(name, parser)	.config = name, .built = true, .parse = parser
#define IF_0(name, parser)	.config = name, .arg = NULL, .example = NULL, .help = NULL, \
				.parse = false ? parser : NULL
#define ALWAYS(parser)	.built = true, .parse = parser

/* Every table ends with an option without a name, the list of tables with NULL. */
extern const struct option_desc *const option_tables[];
#define for_each_option(table, o) \
	for (const struct option_desc *const *table = option_tables; *table; table++) \
		for (const struct option_desc *o = *table; o->name; o++)
extern const struct option_desc observe_options[];	/* observe.c */
/* What only says more of another option stands beside it?  0, or EXIT_MVM with the message. */
int observe_check(const struct plan *p);
bool option_of(const struct option_desc *o, enum plan_command command);

/* More grants than this do not fit in the handles that are reserved for them (grants.h). */
#define PLAN_GRANTS_MAX	60
/* A value that cannot be used: which option, which value, why, what to do.  EXIT_MVM. */
int option_bad(const struct option_desc *o, const char *value, const char *why);
/* Notes the value as a file's name, not an empty one.  0, or EXIT_MVM with the message printed. */
int option_file(const struct option_desc *o, const char *value, const char **to);
/* Is there room for one more grant?  0, or EXIT_MVM with the message printed. */
int option_check_count(const struct plan *p, const struct option_desc *o);
/*
 * May a grant show at this path of the guest?  Grants may not hide one another or what the runtime
 * itself shows.  0, or EXIT_MVM with the message printed.
 */
int option_check_place(const struct plan *p, const struct option_desc *o, const char *guest);

/*
 * Takes the option at argv[*i], a word that begins with '-', of the command p->command; *i moves to
 * its value when that is a word of its own.  0, or EXIT_MVM with the message printed.
 */
int option_word(struct plan *p, char **argv, int *i);
/*
 * An empty plan with its defaults, room for so many variables, and for as many grants as there can
 * be.  0, or EXIT_MVM with the message printed.
 */
int plan_begin(struct plan *p, size_t variables);

/*
 * Fills *p from a command line.  argv ends with NULL, is changed in place and must outlive *p,
 * which points into it.  0, or an exit status with the message printed.  Nothing is opened.
 * Also sets msg_verbose.  plan_free() gives back what a plan allocated, good or bad.
 */
int plan_parse(int argc, char **argv, struct plan *p);
void plan_free(struct plan *p);

#endif
