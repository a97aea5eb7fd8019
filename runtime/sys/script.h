/* SPDX-License-Identifier: MIT */
/* Scripts: files that begin with "#!" and name their interpreter.  Source: execve(2). */
#ifndef MVM_RT_SYS_SCRIPT_H
#define MVM_RT_SYS_SCRIPT_H

#include "rt.h"

#define SCRIPT_LINE	256U		/* Linux's BINPRM_BUF_SIZE: what is looked at */
#define SCRIPTS_MAX	5U		/* scripts that are run by scripts; one more is ELOOP */

/* What the first line says: a path, and perhaps one argument. */
struct script {
	char line[SCRIPT_LINE + 1];
	const char *interp, *arg;	/* in line; arg NULL: none */
};

/* Takes apart s->line, of which len bytes are the file's.  0; 1: no script; -ENOEXEC: no path. */
int script_parse(struct script *s, u32 len);
/* The program's arguments become: interpreter, its argument, path, and what followed argv[0]. */
int script_args(const struct script *s, const char *path);

#endif
