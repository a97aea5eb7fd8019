/* SPDX-License-Identifier: MIT */
/* What mvm says on standard error, caught by a test. */
#ifndef MVM_TEST_CAPTURE_H
#define MVM_TEST_CAPTURE_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int capture_saved = -1, capture_file = -1;
static char captured[16384];

/* From here on standard error is a file of this test. */
static inline void capture_begin(void)
{
	capture_saved = dup(STDERR_FILENO);
	capture_file = memfd_create("stderr", 0);
	dup2(capture_file, STDERR_FILENO);
}

/* Standard error is what it was; captured[] holds what was written.  Returns its lines. */
static inline int capture_end(void)
{
	ssize_t n = pread(capture_file, captured, sizeof(captured) - 1, 0);
	int lines = 0;

	captured[n > 0 ? n : 0] = '\0';
	dup2(capture_saved, STDERR_FILENO);
	close(capture_saved);
	close(capture_file);
	for (const char *p = captured; (p = strchr(p, '\n')); p++)
		lines++;
	return lines;
}

#endif
