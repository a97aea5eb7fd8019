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
 * Opens what spec names, for --option.  What a file has stays until output_empty(); with dry a file
 * that is not there is not made, /dev/null stands for it.  The descriptor, never one of the
 * standard streams' unless fd:N named it, or -1 with the message printed.
 */
int output_open(const char *option, const char *spec, bool dry);

/* Now that it is written: drops what a file had that is named by spec and open as fd. */
void output_empty(const char *spec, int fd);

/* In this build there are files that mvm writes. */
#define OUTPUT_FILES	(IS_ENABLED(CONFIG_STATS) || IS_ENABLED(CONFIG_TRACE) || \
			 IS_ENABLED(CONFIG_PROFILE) || IS_ENABLED(CONFIG_TIMELINE) || \
			 IS_ENABLED(CONFIG_RECORD))
/*
 * Notes that path, open as fd, is --option's, or with NULL the program; what is no regular file is
 * let be.  0, or EXIT_MVM with the message printed: it is somebody's already, who would destroy it.
 */
int output_claim(const char *option, const char *path, int fd);

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
