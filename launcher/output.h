/* SPDX-License-Identifier: MIT */
/*
 * The files that mvm itself writes while it runs confined: --stats, --trace and the like.  Opened
 * first of all, as FILE or taken over as fd:N, and gathered in the lowest descriptors, so that all
 * others that mvm inherited can be closed.
 */
#ifndef MVM_OUTPUT_H
#define MVM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Which; each has a place in grants.output. */
enum output { OUTPUT_TRACE, OUTPUT_PROFILE, OUTPUT_TIMELINE, OUTPUT_COUNT };

/* "fd:N" with a number that can be a descriptor's, or the name of a file.  NULL, or why not. */
const char *output_check(const char *spec);

/*
 * Opens what spec names, for --option.  The descriptor, never one of the standard streams' unless
 * fd:N named it, or -1 with the message printed.
 */
int output_open(const char *option, const char *spec);

/*
 * A file that gets its name when it is complete takes the place of what had it.  NULL when that is
 * nothing or a regular file; else, of a device, a directory, a link, why not and what to do.
 */
const char *output_replace_check(const char *path);

/*
 * Moves the descriptors among fd[0..n) that are no standard streams to 3, 4, ..., where none of
 * them is lost, and notes where they are now; -1 stays.  Returns the first that is free.
 */
int output_gather(int *fd[], size_t n);

/*
 * Writes len bytes, also where write(2) takes them in parts, is interrupted or would block; with
 * write(2) and ppoll(2) alone.  False: errno says why.
 */
bool output_write(int fd, const void *bytes, size_t len);

#endif
