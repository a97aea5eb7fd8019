/* SPDX-License-Identifier: MIT */
/*
 * gendocs: a program of the build, no part of mvm.  It is linked with the launcher's own tables
 * of commands and options and writes from them what must agree with them: the lists in the
 * manual pages and the completion of shells.  Commands and options that this configuration
 * leaves out are left out there, too.
 */
#ifndef MVM_GENDOCS_H
#define MVM_GENDOCS_H

#include <stdbool.h>
#include "command.h"
#include "options/options.h"

/* Stops the program: what is wrong, on standard error, with the place in the source. */
void gen_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The line of the source that is being worked on, for gen_die(). */
struct gen_place {
	const char *file;
	unsigned int line;
};
extern struct gen_place gen_place;

/* The built command with this word, or NULL; *known: there is one that was left out. */
const struct command *gen_command(const char *word, bool *known);
/* The option of that name that the command takes, built or not, or NULL. */
const struct option_desc *gen_option(const char *name, enum plan_command command);
/* Is it in this configuration, and does the command take it? */
bool gen_takes(const struct command *c, const struct option_desc *o);

/* Its operands are a program and the program's arguments, among which are no options of mvm. */
bool gen_boots(const struct command *c);

/*
 * What can be put in the place of an option's value or of a command's operand, as far as its name
 * tells: see struct option_desc.
 */
struct gen_value {
	bool files, dirs;		/* of the host */
	bool variables;			/* of the environment */
	bool commands;			/* of mvm */
	char words[128];		/* with blanks between them; empty: none */
};
struct gen_value gen_value_of_option(const struct option_desc *o);
/* Of the operands, which are all treated alike. */
struct gen_value gen_value_of_command(const struct command *c);

/*
 * Copies a manual page's source to standard output and puts lists in the places of its
 * directives, lines of the form @word@.  The page is about one command (NULL: about mvm).
 *
 *	@VERSION@ @DATE@	in any line: given to man_page()
 *	@commands@		all commands, each with its summary
 *	@synopsis@		the command and what follows it
 *	@about@			what mvm help COMMAND says of it
 *	@status@		what it says of its exit status
 *	@option NAME@		an option, its value, and what mvm help says of it; lines that
 *				follow say more and go when the option was left out, up to the
 *				next directive, heading or .TP
 *	@options@		the same of each that no @option@ names and @shared@ does not list
 *	@shared COMMAND@	names of the options that it has in common with that command,
 *				whose page explains them; a sentence's end
 */
void man_page(const char *file, const struct command *c, const char *version, const char *date);

/*
 * Copies a template of a completion to standard output; a line @tables@ is replaced by what the
 * shell has to know of commands and options.
 */
void bash_tables(void);
void zsh_tables(void);
void fish_tables(void);

#endif
