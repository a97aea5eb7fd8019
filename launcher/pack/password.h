/* SPDX-License-Identifier: MIT */
/* Asking a person for a password. */
#ifndef MVM_PACK_PASSWORD_H
#define MVM_PACK_PASSWORD_H

#define PASSWORD_MAX	1024

/*
 * One line of standard input, without its end; where that is a terminal it asks on standard error,
 * and the line is not shown.  what: is in the question.  0, or -1 with errno: nothing was there.
 */
int password_read(const char *what, char password[PASSWORD_MAX]);

#endif
