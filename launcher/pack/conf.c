/* SPDX-License-Identifier: MIT */
/* Lines and words of a configuration file.  See conf.h. */
#include <stdbool.h>
#include <string.h>
#include "conf.h"
#include "msg.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int conf_begin(struct conf *c, const char *name, char *text, size_t len)
{
	unsigned int line = 1;

	*c = (struct conf){ .name = name, .at = text };
	for (const char *p = text; p < text + len; p++) {
		if ((unsigned char)*p < 0x20 && *p != '\n' && !is_blank(*p)) {
			msg_where(name, line);
			return fail(EXIT_MVM, "there is a byte %#04x; a configuration is text",
				    (unsigned char)*p);
		}
		line += *p == '\n';
	}
	return 0;
}

/* Skips blanks, comments and continued ends of lines.  False at the end of the line. */
static bool to_word(struct conf *c)
{
	for (;;) {
		if (c->at[0] == '\\' && c->at[1] == '\n') {
			c->at += 2;
			c->next++;
		} else if (is_blank(*c->at)) {
			c->at++;
		} else if (*c->at == '#') {
			c->at += strcspn(c->at, "\n");
		} else {
			return *c->at && *c->at != '\n';
		}
	}
}

/* Takes a quoted piece of a word, at its opening mark, to *to.  False: there is no closing one. */
static bool take_quoted(struct conf *c, char **to)
{
	char mark = *c->at++;

	while (*c->at != mark) {
		if (!*c->at || *c->at == '\n')
			return false;
		if (mark == '"' && *c->at == '\\' && (c->at[1] == '"' || c->at[1] == '\\'))
			c->at++;
		*(*to)++ = *c->at++;
	}
	c->at++;
	return true;
}

/* One word, in its place: what it means is never longer than how it is written. */
static char *take_word(struct conf *c, char **end)
{
	char *word = c->at, *to = word;

	while (*c->at && *c->at != '\n' && !is_blank(*c->at)) {
		if (*c->at == '"' || *c->at == '\'') {
			if (!take_quoted(c, &to))
				return NULL;
		} else if (c->at[0] == '\\' && c->at[1] == '\n') {
			break;
		} else {
			*to++ = *c->at++;
		}
	}
	*end = to;
	return word;
}

/*
 * A word ends where the byte behind it stands that is yet to be looked at: the NULs are written
 * when the line is read.
 */
static int take_line(struct conf *c, char **word)
{
	char *end[CONF_WORDS_MAX];
	int n = 0;

	while (to_word(c)) {
		if (n == CONF_WORDS_MAX)
			return -fail(EXIT_MVM, "more than %d words; use several lines",
				     CONF_WORDS_MAX);
		word[n] = take_word(c, &end[n]);
		if (!word[n])
			return -fail(EXIT_MVM, "a quotation mark is not closed on its line; close "
				     "it, or write '\"' in single ones");
		n++;
	}
	c->at += *c->at == '\n';
	c->next++;
	for (int i = 0; i < n; i++)
		*end[i] = '\0';
	word[n] = NULL;
	return n;
}

int conf_next(struct conf *c, char *word[CONF_WORDS_MAX + 1])
{
	int n = 0;

	while (*c->at && !n) {
		c->line = c->next + 1;
		msg_where(c->name, c->line);
		n = take_line(c, word);
	}
	if (!n)
		msg_where(NULL, 0);
	return n;
}
