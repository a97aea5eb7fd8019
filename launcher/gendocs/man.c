/* SPDX-License-Identifier: MIT */
/*
 * Manual pages: the directives of gendocs.h in a source of man(7), and the texts of the tables as
 * man(7) has them.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "gendocs.h"

#define TEXT_MAX	1024
/* Options that a page explains itself. */
#define NAMED_MAX	64

/* The page. */
static struct {
	const struct command *command;
	const char *version, *date;
	char named[NAMED_MAX][40];
	unsigned int nnamed;
	char shared[32];		/* the command of @shared@; empty: none */
	bool rest;			/* it has @options@ */
} page;

/* ---- Text ------------------------------------------------------------------------------------ */

/* A character as it stands in a page: a dash is \-, so that it can be copied. */
static void put_char(int c)
{
	if (c == '-')
		fputs("\\-", stdout);
	else if (c == '\\')
		fputs("\\e", stdout);
	else
		putchar(c);
}

static void put_run(const char *s, size_t len, char font)
{
	if (!len)
		return;
	if (font)
		printf("\\f%c", font);
	while (len--)
		put_char(*s++);
	if (font)
		fputs("\\fR", stdout);
}

static size_t span(const char *s, bool (*in)(int c))
{
	size_t len = 0;

	while (s[len] && in((unsigned char)s[len]))
		len++;
	return len;
}

static bool is_name(int c)
{
	return isupper(c) || isdigit(c);
}

static bool is_meta(int c)
{
	return c && strchr("[]{}|.,", c);
}

static bool is_literal(int c)
{
	return !isupper(c) && !is_meta(c);
}

/* HOST:GUEST[:ro]: what stands for something in italics, what is typed as it is in bold. */
static void put_syntax(const char *s)
{
	while (*s) {
		size_t len;

		if (isupper((unsigned char)*s)) {
			len = span(s, is_name);
			put_run(s, len, 'I');
		} else if (is_meta((unsigned char)*s)) {
			len = span(s, is_meta);
			put_run(s, len, 0);
		} else {
			len = span(s, is_literal);
			put_run(s, len, 'B');
		}
		s += len;
	}
}

/* Is this word part of the syntax that the text explains? */
static bool is_part(const char *word, size_t len, const char *syntax)
{
	for (const char *s = syntax; *s; s++)
		if (!strncmp(s, word, len) && !is_name((unsigned char)s[len]) &&
		    (s == syntax || !is_name((unsigned char)s[-1])))
			return true;
	return false;
}

static bool in_option(int c)
{
	return isalpha(c) || c == '-';
}

/* Text of a table, which is about this syntax, as sentences. */
static void put_text(const char *s, const char *syntax)
{
	bool first = true;
	char last = '\n';

	while (*s) {
		size_t len = span(s, is_name);

		if (last == '\n' && (*s == '.' || *s == '\''))
			fputs("\\&", stdout);
		if (len && is_part(s, len, syntax)) {
			put_run(s, len, 'I');
		} else if (!strncmp(s, "--", 2)) {
			len = span(s, in_option);
			put_run(s, len, 'B');
		} else {
			len = len ? len : 1;
			put_char(first ? toupper((unsigned char)*s) : *s);
			put_run(s + 1, len - 1, 0);
		}
		first = false;
		s += len;
		last = s[-1];
	}
	puts(last == '.' ? "" : ".");
}

/* @option NAME@ */
static bool is_option_line(const char *line, char name[40])
{
	return !strncmp(line, "@option ", 8) && sscanf(line + 8, "%39[a-z0-9-]@", name) == 1;
}

/* ---- Directives ------------------------------------------------------------------------------ */

static const char *syntax_of(const struct option_desc *o)
{
	return o->arg ? o->arg : "";
}

static void put_option(const struct option_desc *o)
{
	puts(".TP");
	if (o->letter)
		printf("\\fB\\-%c\\fR, ", o->letter);
	fputs("\\fB\\-\\-", stdout);
	for (const char *s = o->name; *s; s++)
		put_char(*s);
	fputs("\\fR", stdout);
	if (o->arg) {
		fputs(o->optional ? "[\\fB=\\fR" : " ", stdout);
		put_syntax(o->arg);
		fputs(o->optional ? "]" : "", stdout);
	}
	putchar('\n');
	put_text(o->help, syntax_of(o));
}

static bool is_named(const char *name)
{
	for (unsigned int i = 0; i < page.nnamed; i++)
		if (!strcmp(page.named[i], name))
			return true;
	return false;
}

static const struct command *other_command(const char *word)
{
	bool known;
	const struct command *c = gen_command(word, &known);

	if (!known)
		gen_die("@shared %s@: there is no such command", word);
	return c;
}

static bool is_shared(const struct option_desc *o)
{
	return *page.shared && gen_takes(other_command(page.shared), o);
}

static void put_shared(void)
{
	const char *before = "";

	for_each_option(table, o) {
		if (!gen_takes(page.command, o) || !is_shared(o) || is_named(o->name))
			continue;
		printf("%s\\fB\\-\\-", before);
		for (const char *s = o->name; *s; s++)
			put_char(*s);
		fputs("\\fR", stdout);
		before = ",\n";
	}
	puts(".");
}

static void put_commands(void)
{
	for (const struct command *c = commands; c->word; c++) {
		if (!c->built)
			continue;
		printf(".TP\n\\fBmvm %s\\fR ", c->word);
		put_syntax(c->synopsis);
		putchar('\n');
		put_text(c->summary, c->synopsis);
		if (c->operands)
			printf("See\n.BR mvm\\-%s (1).\n", c->word);
	}
}

static void put_synopsis(void)
{
	printf("\\fBmvm %s\\fR ", page.command->word);
	put_syntax(page.command->synopsis);
	putchar('\n');
}

/* @option NAME@.  Returns whether the lines that follow it stay. */
static bool option_directive(const char *name)
{
	const struct option_desc *o = gen_option(name, page.command->command);

	if (!o)
		gen_die("@option %s@: mvm %s has no such option", name, page.command->word);
	if (o->built)
		put_option(o);
	return o->built;
}

static void options_directive(void)
{
	for_each_option(table, o)
		if (gen_takes(page.command, o) && !is_named(o->name) && !is_shared(o))
			put_option(o);
}

/* Returns whether the lines that follow stay. */
static bool directive(char *line)
{
	char name[40];

	if (!strcmp(line, "@commands@\n")) {
		put_commands();
		return true;
	}
	if (!page.command)
		gen_die("only @commands@ has a meaning in a page that is not about a command");
	if (is_option_line(line, name))
		return option_directive(name);
	if (!strcmp(line, "@options@\n"))
		options_directive();
	else if (!strncmp(line, "@shared ", 8))
		put_shared();
	else if (!strcmp(line, "@synopsis@\n"))
		put_synopsis();
	else if (!strcmp(line, "@about@\n"))
		put_text(page.command->about, page.command->synopsis);
	else if (!strcmp(line, "@status@\n"))
		put_text(page.command->status ? page.command->status :
			 "0, or 125 when mvm failed or was misused", page.command->synopsis);
	else
		gen_die("unknown directive: %s", line);
	return true;
}

/* ---- The page -------------------------------------------------------------------------------- */

/* A line with what stands for version and date. */
static void put_line(const char *s)
{
	while (*s) {
		if (!strncmp(s, "@VERSION@", 9)) {
			fputs(page.version, stdout);
			s += 9;
		} else if (!strncmp(s, "@DATE@", 6)) {
			fputs(page.date, stdout);
			s += 6;
		} else {
			putchar(*s++);
		}
	}
}

/* What the page explains itself, and refers to. */
static void collect(FILE *f)
{
	char line[TEXT_MAX], name[40];

	while (fgets(line, sizeof(line), f)) {
		gen_place.line++;
		if (is_option_line(line, name)) {
			if (page.nnamed == NAMED_MAX)
				gen_die("more than %d options", NAMED_MAX);
			if (is_named(name))
				gen_die("--%s is explained twice", name);
			strcpy(page.named[page.nnamed++], name);
		}
		sscanf(line, "@shared %31[a-z]@", page.shared);
		page.rest |= !strcmp(line, "@options@\n");
	}
	if (page.command && !page.rest)
		gen_die("no @options@: options that are new would be missing");
}

static bool begins_part(const char *line)
{
	return !strncmp(line, ".SH", 3) || !strncmp(line, ".SS", 3) || !strncmp(line, ".TP", 3);
}

void man_page(const char *file, const struct command *c, const char *version, const char *date)
{
	char line[TEXT_MAX];
	bool stays = true;
	FILE *f = fopen(file, "r");

	if (!f)
		gen_die("%s: cannot be read", file);
	page.command = c;
	page.version = version;
	page.date = date;
	gen_place.file = file;
	collect(f);
	rewind(f);
	gen_place.line = 0;
	while (fgets(line, sizeof(line), f)) {
		gen_place.line++;
		if (*line == '@' && islower((unsigned char)line[1])) {
			stays = directive(line);
			continue;
		}
		stays = stays || begins_part(line);
		if (stays)
			put_line(line);
	}
	fclose(f);
}
