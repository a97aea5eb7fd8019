/* SPDX-License-Identifier: MIT */
/* What scripts/completion/mvm.bash has to know of commands and options. */
#include <stdio.h>
#include "gendocs.h"

static void put_kind(const struct gen_value *v)
{
	printf("takes%s%s%s%s", v->files ? " files" : "", v->dirs ? " dirs" : "",
	       v->variables ? " variables" : "", v->commands ? " commands" : "");
	if (*v->words)
		printf(" words %s", v->words);
}

/* Arms of a case: COMMAND,--OPTION) echo 'KIND' ;; with --OPTION= where the value is optional. */
static void kind_arms(const struct command *c)
{
	struct gen_value v = gen_value_of_command(c);

	printf("\t%s,operand) echo '%s", c->word, gen_boots(c) ? "program " : "");
	put_kind(&v);
	puts("' ;;");
	for_each_option(table, o) {
		if (!o->arg || !gen_takes(c, o))
			continue;
		v = gen_value_of_option(o);
		printf("\t%s,--%s%s", c->word, o->name, o->optional ? "=" : "");
		if (o->letter)
			printf(" | %s,-%c", c->word, o->letter);
		printf(") echo '");
		put_kind(&v);
		puts("' ;;");
	}
}

static void option_arm(const struct command *c)
{
	printf("\t%s) echo '", c->word);
	for_each_option(table, o) {
		if (!gen_takes(c, o))
			continue;
		printf(" --%s", o->name);
		if (o->letter)
			printf(" -%c", o->letter);
	}
	puts("' ;;");
}

void bash_tables(void)
{
	printf("_mvm_commands='");
	for (const struct command *c = commands; c->word; c++)
		if (c->built)
			printf("%s%s", c == commands ? "" : " ", c->word);
	puts("'\n_mvm_options() {\n\tcase $1 in");
	for (const struct command *c = commands; c->word; c++)
		if (c->built && c->operands)
			option_arm(c);
	puts("\tesac\n}\n_mvm_kind() {\n\tcase $1,$2 in");
	for (const struct command *c = commands; c->word; c++)
		if (c->built)
			kind_arms(c);
	puts("\tesac\n}");
}
