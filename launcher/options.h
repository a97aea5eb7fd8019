/* SPDX-License-Identifier: MIT */
/*
 * The command line.  One table says which options there are; parsing, --help and the
 * completion of shells all read it.
 */
#ifndef MVM_OPTIONS_H
#define MVM_OPTIONS_H

#include <stdbool.h>
#include "plan.h"

/* Commands an option belongs to. */
#define FOR_RUN		(1U << PLAN_RUN)
#define FOR_DOCTOR	(1U << PLAN_DOCTOR)

struct option_desc {
	const char *name;		/* without the dashes */
	char letter;			/* -x; 0: none */
	const char *arg;		/* what it takes, for --help; NULL: nothing */
	const char *example;		/* of a value */
	const char *help;		/* lines, without the indentation */
	unsigned int commands;		/* FOR_* */
	const char *config;		/* Kconfig option it depends on; NULL: none */
	bool built;			/* that option is set */
	/* Checks the value and notes it.  value lives in argv and may be changed in place.
	 * 0, or an exit status with the message printed. */
	int (*parse)(struct plan *p, const struct option_desc *o, char *value);
};

extern const struct option_desc option_table[];
extern const unsigned int option_count;

/* More grants than this do not fit in the handles that are reserved for them (grants.h). */
#define PLAN_GRANTS_MAX	60
/* A value that cannot be used: which option, which value, why, what to do.  EXIT_MVM. */
int option_bad(const struct option_desc *o, const char *value, const char *why);
/* Is there room for one more grant?  0, or EXIT_MVM with the message printed. */
int option_check_count(const struct plan *p, const struct option_desc *o);

/*
 * Fills *p from a command line.  argv ends with NULL, is changed in place and must outlive *p,
 * which points into it.  0, or an exit status with the message printed.  Nothing is opened.
 * Also sets msg_verbose.  plan_free() gives back what a plan allocated, good or bad.
 */
int plan_parse(int argc, char **argv, struct plan *p);
void plan_free(struct plan *p);

#endif
