/* SPDX-License-Identifier: MIT */
/*
 * What the configuration of an appliance says: mvm.conf(5) as data.  Keys that are options of mvm
 * run are read by these options' own parsers; this file owns the others, and what may be chosen by
 * the person who starts the appliance.
 */
#ifndef MVM_PACK_SETTINGS_H
#define MVM_PACK_SETTINGS_H

#include <stdbool.h>
#include "options/options.h"
#include "conf.h"

#define CHOICES_MAX	24U
#define KEYS_MAX	64U

/* option NAME KEY VALUE...: --NAME=X on the appliance's command line is KEY VALUE with X for {}. */
struct choice {
	const char *name;
	const struct option_desc *option; /* NULL: KEY is args */
	const char *value;		/* with {} in it */
	const char *arg;		/* what X is called, for --help */
	const char *preset;		/* default; NULL: none */
	const char *help;		/* NULL: none */
	bool required;
	unsigned int line;
	char *given;			/* on the command line; NULL: not */
};

struct settings {
	const char *file;		/* where it is from */
	const char *about;		/* NULL: not said */
	const char *operands;		/* what they are, for --help; NULL: none are taken */
	const char *program;		/* in the root; NULL: it is a part of its own */
	char **args;			/* nargs of them, room for more */
	size_t nargs, args_room;
	struct choice choice[CHOICES_MAX];
	unsigned int nchoices;
	struct { const struct option_desc *option; unsigned int line; } seen[KEYS_MAX];
	unsigned int nseen;		/* keys that are options, and where they were first */
};

/*
 * Reads the whole text into s and *p, which plan_begin() has begun.  name: of the file, for
 * messages.  0, or EXIT_MVM with the message printed.
 */
int settings_read(struct settings *s, struct plan *p, const char *name, char *text, size_t len);

/* The choice of this name, or NULL. */
struct choice *settings_choice(struct settings *s, const char *name);

/*
 * Enters what was chosen, or the presets, into *p.  check: only to see whether that can be done;
 * what is required may be missing.  0, or EXIT_MVM with the message printed.
 */
int settings_apply(struct settings *s, struct plan *p, bool check);

/* One more argument of the program.  0, or EXIT_MVM with the message printed. */
int settings_arg(struct settings *s, char *arg);

#endif
