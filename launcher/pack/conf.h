/* SPDX-License-Identifier: MIT */
/*
 * mvm.conf(5): lines of words.  Owns what a word is; what words mean is settings.c's.
 *
 * A line is a key and its values, separated by blanks.  '#' where a word may begin is a comment.
 * "..." and '...' keep blanks; in "..." \" and \\ stand for " and \.  A line whose last character
 * is a backslash goes on in the next one.
 */
#ifndef MVM_PACK_CONF_H
#define MVM_PACK_CONF_H

#include <stddef.h>

#define CONF_BYTES_MAX	(64UL << 10)
#define CONF_WORDS_MAX	64

/* A text that is read line by line.  The words point into it: it is changed. */
struct conf {
	const char *name;		/* of the file, for messages */
	char *at;
	unsigned int line;		/* of the words returned last, from 1 */
	unsigned int next;		/* lines that were read */
};

/*
 * Begins with len bytes of text, text[len] being NUL.  0, or EXIT_MVM with the message printed:
 * there are bytes that no text has.
 */
int conf_begin(struct conf *c, const char *name, char *text, size_t len);

/*
 * The words of the next line that has any, NULL behind the last.  Their number, 0 at the end, or
 * -EXIT_MVM with the message printed.  Sets what messages begin with: NAME:LINE.
 */
int conf_next(struct conf *c, char *word[CONF_WORDS_MAX + 1]);

#endif
