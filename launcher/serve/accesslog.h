/* SPDX-License-Identifier: MIT */
/* --access-log: one line of JSON for each request. */
#ifndef MVM_SERVE_ACCESSLOG_H
#define MVM_SERVE_ACCESSLOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "record.h"

/* name: FILE or fd:N, NULL: no log.  Opens it.  0, or EXIT_MVM with the message printed. */
int accesslog_open(const char *name);
/* Opens the file again, by its name, as after a rotation. */
void accesslog_reopen(void);
/*
 * A line for a request that is over, with the time of day.  Never waits: false when the log takes
 * no more, and the line is lost.
 */
bool accesslog_line(const struct record *r, pid_t worker, uint32_t generation);

#endif
