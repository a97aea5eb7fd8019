/* SPDX-License-Identifier: MIT */
/*
 * The program in a --root: PROGRAM is a path of the guest then, and so are the interpreter that a
 * script names and the dynamic linker.  Each is looked for in the directory grant that covers it,
 * which it cannot leave: absolute symbolic links and ".." mean that directory's own root.
 */
#ifndef MVM_ROOT_H
#define MVM_ROOT_H

#include "grants.h"
#include "plan.h"

/*
 * Opens PROGRAM: a path when it has a slash, relative to --cwd, else searched in the guest's PATH.
 * Fills g->program_fd, ->program_path and ->exe.  0, or 126 or 127 with the message printed.
 */
int root_open_program(const struct plan *plan, struct grants *g);
/*
 * While the program is a script: its interpreter becomes the program (g->program_fd, ->exe) and
 * the script an argument of it (plan->argv), as execve(2) does.  Once the handles are there.  0,
 * or 126 or 127 with the message printed.
 */
int root_script(struct plan *plan, struct grants *g, const struct handles *t);
/* The dynamic linker at path, which program needs.  0 and *fd, or 126 with the message printed. */
int root_open_interp(const struct plan *plan, const struct handles *t, const char *program,
		     const char *path, int *fd);

#endif
