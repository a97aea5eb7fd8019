/* SPDX-License-Identifier: MIT */
/*
 * What mvm says to a person.  One line each, on standard error, beginning "mvm: ".
 * Exit statuses: 125 mvm itself failed or was misused, 126 the program cannot be run, 127 it is
 * not there, 124 time limit, 128+n the guest died of signal n.
 */
#ifndef MVM_MSG_H
#define MVM_MSG_H

#include <stdbool.h>
#include <stddef.h>

#define EXIT_TIMEOUT	124
#define EXIT_MVM	125
#define EXIT_CANNOT_RUN	126
#define EXIT_NOT_FOUND	127

extern bool msg_verbose;

/* Prints and returns status, so that `return fail(EXIT_MVM, "...")` reads well. */
int fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * What the following messages begin with: "NAME:LINE: ", of a text that is read; "NAME: " with line
 * 0; NULL: nothing.
 */
void msg_where(const char *name, unsigned int line);
/* A line only with -v. */
void verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line in any case, without a status. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * A control character, to which a terminal might do something, ends with c, behind the byte before
 * it: one of ASCII; or U+0080 to U+009F, whose second byte in UTF-8 is never behind one of ASCII.
 */
bool msg_is_control(unsigned char before, unsigned char c);
/*
 * Text of several lines, in one write(2) up to PIPE_BUF bytes.  As all messages, it is given up
 * when standard error takes nothing for 0.2 s.
 */
void msg_put(const char *text, size_t len);

#endif
