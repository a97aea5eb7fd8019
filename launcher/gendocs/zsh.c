/* SPDX-License-Identifier: MIT */
/* What scripts/completion/mvm.zsh has to know: specifications for _arguments. */
#include <stdio.h>
#include <string.h>
#include "gendocs.h"

/* The first sentence of a text, as a part of a quoted specification. */
static void put_summary(const char *s)
{
	for (; *s && strncmp(s, ". ", 2) && strncmp(s, ".\n", 2); s++) {
		if (strchr("[]:\\", *s))
			printf("\\%c", *s);
		else if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s == '\n' ? ' ' : *s);
	}
}

/* :WHAT:HOW, with what stands in a syntax as WHAT. */
static void put_value(const struct gen_value *v, const char *what)
{
	putchar(':');
	put_summary(what);
	putchar(':');
	if (v->files || v->dirs)
		fputs(v->files ? "_files" : "_files -/", stdout);
	else if (v->variables)
		fputs("_parameters -g \"*export*\"", stdout);
	else if (v->commands)
		fputs("_mvm_command_words", stdout);
	else if (*v->words)
		printf("(%s)", v->words);
}

static void put_option(const struct option_desc *o)
{
	struct gen_value v = gen_value_of_option(o);

	fputs(" \\\n\t\t", stdout);
	if (o->letter)
		printf("{-%c%s,--%s%s}'", o->letter, o->arg ? "+" : "", o->name, o->arg ? "=" : "");
	else
		printf("'%s--%s%s", strstr(o->help, "repeated") ? "*" : "", o->name,
		       !o->arg ? "" : o->optional ? "=-" : "=");
	putchar('[');
	put_summary(o->help);
	fputs(o->optional ? "]:" : "]", stdout);
	if (o->arg)
		put_value(&v, o->arg);
	putchar('\'');
}

static void command_function(const struct command *c)
{
	struct gen_value v = gen_value_of_command(c);

	printf("_mvm_of_%s() {\n\t_arguments -S%s", c->word, gen_boots(c) ? " -A '-*'" : "");
	for_each_option(table, o)
		if (gen_takes(c, o))
			put_option(o);
	if (v.files || v.dirs || v.commands) {
		fputs(" \\\n\t\t'*", stdout);
		put_value(&v, v.commands ? "command" : v.files ? "file" : "directory");
		putchar('\'');
	}
	puts("\n}");
}

void zsh_tables(void)
{
	puts("_mvm_commands() {\n\t_mvm_commands=(");
	for (const struct command *c = commands; c->word; c++) {
		if (!c->built)
			continue;
		printf("\t\t'%s:", c->word);
		put_summary(c->summary);
		puts("'");
	}
	puts("\t)\n}\n_mvm_command_words() {\n\tlocal -a _mvm_commands\n\t_mvm_commands\n"
	     "\t_describe -t commands 'mvm command' _mvm_commands\n}");
	for (const struct command *c = commands; c->word; c++)
		if (c->built)
			command_function(c);
}
