/* SPDX-License-Identifier: MIT */
/*
 * Help texts.  Commands and options come from the tables that the command line is understood by, so
 * that what is listed is what is understood; what this build lacks is not listed.
 */
#include <stdio.h>
#include <string.h>
#include <generated/version.h>
#include "command.h"
#include "msg.h"
#include "options/options.h"
#include "usage.h"

/* Column where the description of an option starts. */
#define HELP_COLUMN	26
/* The same of a command. */
#define COMMAND_COLUMN	44

void usage_option(const struct option_desc *o)
{
	const char *line = o->help;
	char left[64];
	size_t len;
	int used;

	used = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", o->letter ? '-' : ' ',
			o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
			!o->arg ? "" : o->optional ? "[=" : " ", o->arg ? o->arg : "");
	if (o->optional)
		used += snprintf(left + used, sizeof(left) - (size_t)used, "]");
	if (used >= HELP_COLUMN) {
		puts(left);
		*left = '\0';
	}
	for (; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		printf("%-*s%.*s\n", HELP_COLUMN, left, (int)len, line);
		*left = '\0';
	}
}

static void help_command(const struct command *c)
{
	printf("Usage: mvm %s %s\n\n%s\n", c->word, c->synopsis, c->about);
	puts("\nOptions (--name=value or --name value):");
	for_each_option(table, o)
		if (o->built && option_of(o, c->command))
			usage_option(o);
	printf("\nExit status: %s\n", c->status ? c->status :
	       "0, or 125 when mvm failed or was misused.");
}

static void help_all(void)
{
	puts("mvm boots one program in a virtual machine of its own, and nothing else.\n\nUsage:");
	for (const struct command *c = commands; c->word; c++) {
		char left[80];

		if (!c->built)
			continue;
		snprintf(left, sizeof(left), "  mvm %s %s", c->word, c->synopsis);
		if (strlen(left) > COMMAND_COLUMN) {
			puts(left);
			*left = '\0';
		}
		printf("%-*s %s\n", COMMAND_COLUMN, left, c->summary);
	}
	printf("%-*s %s\n", COMMAND_COLUMN, "  mvm --version", "print the version");
}

int usage_end(void)
{
	if (fflush(stdout) || ferror(stdout))
		return fail(EXIT_MVM, "standard output: cannot be written; redirect it to "
			    "somewhere with room");
	return 0;
}

int usage(const struct plan *plan)
{
	if (plan->command == PLAN_VERSION)
		puts("mvm " MVM_VERSION);
	else if (plan->topic == PLAN_HELP)
		help_all();
	else
		help_command(command_of(plan->topic));
	return usage_end();
}
