/* SPDX-License-Identifier: MIT */
/*
 * What mvm will have to do with a name when it may open and name nothing any more: a process of its
 * own does it, which is made before mvm gives up its rights.  It waits for the word, and has
 * nothing but the file, its directory and its name.
 */
#ifndef MVM_ERRAND_H
#define MVM_ERRAND_H

#include <stdbool.h>

/*
 * What is to be done with name in dir, whose file is open as fd: 0 or an errno.  told: by
 * errand_run(); else mvm has ended without it, however it did.
 */
typedef int errand_fn(int dir, const char *name, int fd, bool told);

/* Makes the process for path, whose word is given by way of the descriptor end.  0 or -errno. */
int errand_start(int end, const char *path, int fd, errand_fn *act);
/*
 * Has it done, once, and waits until it is: with write(2) and read(2) on end, also in a signal's
 * handler.  0 or -errno.
 */
int errand_run(int end);

#endif
