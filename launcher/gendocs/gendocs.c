/* SPDX-License-Identifier: MIT */
/* The command line of gendocs, and what its parts share: errors, finding commands and options. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <generated/version.h>
#include "gendocs.h"

struct gen_place gen_place;

void gen_die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	if (gen_place.file)
		fprintf(stderr, "%s:%u: ", gen_place.file, gen_place.line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

const struct command *gen_command(const char *word, bool *known)
{
	*known = false;
	for (const struct command *c = commands; c->word; c++) {
		if (strcmp(c->word, word))
			continue;
		*known = true;
		return c->built ? c : NULL;
	}
	return NULL;
}

const struct option_desc *gen_option(const char *name, enum plan_command command)
{
	for_each_option(table, o)
		if (!strcmp(o->name, name) && option_of(o, command))
			return o;
	return NULL;
}

bool gen_takes(const struct command *c, const struct option_desc *o)
{
	return o->built && c->operands && option_of(o, c->command);
}

bool gen_boots(const struct command *c)
{
	return strstr(c->synopsis, "ARGS");
}

static void completion(const char *file, void (*tables)(void))
{
	FILE *f = fopen(file, "r");
	char line[1024];

	if (!f)
		gen_die("%s: cannot be read", file);
	while (fgets(line, sizeof(line), f)) {
		if (!strcmp(line, "@tables@\n"))
			tables();
		else
			fputs(line, stdout);
	}
	fclose(f);
}

/* docs/mvm-WORD.1.in is about mvm WORD, when there is such a command; others are about mvm. */
static void manual(const char *file, const char *date)
{
	const char *base = strrchr(file, '/');
	const struct command *c = NULL;
	char word[32];
	bool known = false;

	base = base ? base + 1 : file;
	if (sscanf(base, "mvm-%31[a-z].1.in", word) == 1)
		c = gen_command(word, &known);
	if (known && !c)
		gen_die("%s: this configuration leaves mvm %s out", file, word);
	man_page(file, c, MVM_VERSION, date);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "man"))
		manual(argv[2], argv[3]);
	else if (argc == 3 && !strcmp(argv[1], "bash"))
		completion(argv[2], bash_tables);
	else if (argc == 3 && !strcmp(argv[1], "zsh"))
		completion(argv[2], zsh_tables);
	else if (argc == 3 && !strcmp(argv[1], "fish"))
		completion(argv[2], fish_tables);
	else
		gen_die("usage: gendocs man PAGE.in DATE | bash|zsh|fish TEMPLATE");
	if (fflush(stdout) || ferror(stdout))
		gen_die("standard output: cannot be written");
	return 0;
}
