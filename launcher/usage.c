/* SPDX-License-Identifier: MIT */
/*
 * Help texts.  The options come from the table in options.c, so that what is listed is what is
 * understood; an option that this build lacks is not listed.
 */
#include <stdio.h>
#include <string.h>
#include <generated/version.h>
#include "msg.h"
#include "options.h"
#include "usage.h"

/* Column where the description of an option starts. */
#define HELP_COLUMN	26

static void print_option(const struct option_desc *o)
{
	const char *line = o->help;
	char left[64];
	size_t len;
	int used;

	used = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", o->letter ? '-' : ' ',
			o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
			o->arg ? " " : "", o->arg ? o->arg : "");
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

static void print_options(unsigned int command)
{
	puts("\nOptions (--name=value or --name value):");
	for (unsigned int i = 0; i < option_count; i++)
		if (option_table[i].built && (option_table[i].commands & command))
			print_option(&option_table[i]);
}

static void help_run(void)
{
	puts("Usage: mvm run [OPTIONS] [--] PROGRAM [ARGS...]\n\n"
	     "Boots the ELF file PROGRAM in a virtual machine of its own. It sees its\n"
	     "arguments, the standard streams, and what these options grant; nothing else.");
	print_options(FOR_RUN);
	puts("\nExit status: the program's own; 128+n when it died of signal n; 124 when "
	     "--timeout\nended it; 125 when mvm failed or was misused; 126 when PROGRAM cannot be "
	     "run; 127\nwhen there is no PROGRAM.");
}

static void help_doctor(void)
{
	puts("Usage: mvm doctor [OPTIONS]\n\n"
	     "Says what this host can and cannot do for mvm, and what to do about it.");
	print_options(FOR_DOCTOR);
	puts("\nExit status: 0 when mvm run works here, else 1.");
}

static void help_all(void)
{
	puts("mvm boots one program in a virtual machine of its own, and nothing else.\n\n"
	     "Usage:\n"
	     "  mvm run [OPTIONS] PROGRAM [ARGS...]   run a program");
	if (IS_ENABLED(CONFIG_DOCTOR))
		puts("  mvm doctor                            say what this host can do");
	puts("  mvm help [COMMAND]                    explain a command and its options\n"
	     "  mvm --version                         print the version");
}

int usage(const struct plan *plan)
{
	if (plan->command == PLAN_VERSION)
		puts("mvm " MVM_VERSION);
	else if (plan->topic == PLAN_RUN)
		help_run();
	else if (plan->topic == PLAN_DOCTOR)
		help_doctor();
	else
		help_all();
	if (fflush(stdout) || ferror(stdout))
		return fail(EXIT_MVM, "standard output: cannot be written; redirect it to "
			    "somewhere with room");
	return 0;
}
