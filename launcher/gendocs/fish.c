/* SPDX-License-Identifier: MIT */
/* What scripts/completion/mvm.fish has to know: a call of complete(1) for each word. */
#include <stdio.h>
#include <string.h>
#include "gendocs.h"

/* The first sentence of a text, quoted. */
static void put_summary(const char *s)
{
	putchar('\'');
	for (; *s && strncmp(s, ". ", 2) && strncmp(s, ".\n", 2); s++) {
		if (*s == '\'' || *s == '\\')
			putchar('\\');
		putchar(*s == '\n' ? ' ' : *s);
	}
	putchar('\'');
}

static void put_words(const struct gen_value *v)
{
	if (v->commands)
		for (const struct command *c = commands; c->word; c++)
			if (c->built)
				printf("%s%s", c == commands ? "" : " ", c->word);
	fputs(v->words, stdout);
	if (v->dirs && !v->files)
		fputs(" (__fish_complete_directories)", stdout);
	if (v->variables)
		fputs(" (set -nx)", stdout);
}

/* What an option's value or an operand may be. */
static void put_value(const struct gen_value *v)
{
	if (v->files)
		fputs(" -F", stdout);
	if (*v->words || (v->dirs && !v->files) || v->variables || v->commands) {
		fputs(" -a '", stdout);
		put_words(v);
		putchar('\'');
	}
}

static void put_option(const struct command *c, const struct option_desc *o)
{
	struct gen_value v = gen_value_of_option(o);

	printf("complete -c mvm -n '__mvm_options_of %s' -l %s", c->word, o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->arg) {
		fputs(o->optional ? "" : v.files ? " -r" : " -x", stdout);
		put_value(&v);
	}
	fputs(" -d ", stdout);
	put_summary(o->help);
	putchar('\n');
}

static void put_command(const struct command *c)
{
	struct gen_value v = gen_value_of_command(c);

	printf("complete -c mvm -n __fish_use_subcommand -a %s -d ", c->word);
	put_summary(c->summary);
	putchar('\n');
	if (v.files || v.dirs || v.commands) {
		printf("complete -c mvm -n '__fish_seen_subcommand_from %s'", c->word);
		put_value(&v);
		putchar('\n');
	}
	for_each_option(table, o)
		if (gen_takes(c, o))
			put_option(c, o);
}

void fish_tables(void)
{
	puts("function __mvm_with_value\n\tswitch $argv[1]");
	for (const struct command *c = commands; c->word; c++) {
		if (!c->built || !c->operands)
			continue;
		printf("\tcase %s\n\t\tstring split ' ' -- '", c->word);
		for_each_option(table, o)
			if (o->arg && !o->optional && gen_takes(c, o)) {
				printf("--%s ", o->name);
				if (o->letter)
					printf("-%c ", o->letter);
			}
		puts("'");
	}
	fputs("\tend\nend\nset -g __mvm_booting", stdout);
	for (const struct command *c = commands; c->word; c++)
		if (c->built && gen_boots(c))
			printf(" %s", c->word);
	putchar('\n');
	for (const struct command *c = commands; c->word; c++)
		if (c->built)
			put_command(c);
}
