/* SPDX-License-Identifier: MIT */
/*
 * Command line -> plan: commands, options among their words, operands.  What each option means
 * stands in the table of options.c.
 */
#include <stdlib.h>
#include <string.h>
#include "msg.h"
#include "options.h"
#include "value.h"

#define MIB		(1024ULL * 1024)
#define MEM_DEFAULT	(512 * MIB)
#define STACK_DEFAULT	(8 * MIB)

static const struct {
	const char *word;
	enum plan_command command;
} commands[] = {
	{ "run", PLAN_RUN }, { "doctor", PLAN_DOCTOR }, { "help", PLAN_HELP },
};

static const char *command_word(enum plan_command c)
{
	return c == PLAN_DOCTOR ? "doctor" : "run";
}

/* The option that a mistyped name is closest to, or NULL when none is close. */
static const struct option_desc *nearest_option(const char *name, unsigned int command)
{
	const struct option_desc *best = NULL;
	int least = 3;

	for (unsigned int i = 0; i < option_count; i++) {
		const struct option_desc *o = &option_table[i];
		int d;

		if (!o->built || !(o->commands & command))
			continue;
		d = value_distance(name, o->name);
		if (d < least && (size_t)d < strlen(o->name)) {
			least = d;
			best = o;
		}
	}
	return best;
}

static int unknown_option(const char *typed, const char *name, enum plan_command command)
{
	const struct option_desc *near = nearest_option(name, 1U << command);
	int len = (int)strcspn(typed, "=");

	if (near)
		return fail(EXIT_MVM, "%.*s: unknown option; did you mean --%s?", len, typed,
			    near->name);
	return fail(EXIT_MVM, "%.*s: unknown option; mvm help %s lists those there are", len, typed,
		    command_word(command));
}

/* One option at argv[*i], with its value in the same or the next word. */
static int parse_option(struct plan *p, char **argv, int *i)
{
	char *word = argv[*i], *value = NULL, name[40] = "";
	const struct option_desc *o = NULL;

	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");

		value = word[2 + len] ? word + 2 + len + 1 : NULL;
		if (len < sizeof(name))
			memcpy(name, word + 2, len);
	}
	for (unsigned int n = 0; n < option_count && !o; n++) {
		const struct option_desc *d = &option_table[n];

		if ((*name && !strcmp(d->name, name)) ||
		    (d->letter && word[1] == d->letter && !word[2]))
			o = d;
	}
	if (!o || !(o->commands & (1U << p->command)))
		return unknown_option(word, name, p->command);
	if (!o->built)
		return fail(EXIT_MVM, "--%s: this mvm was built without it; rebuild with %s=y "
			    "(make menuconfig)", o->name, o->config);
	if (!o->arg && value)
		return fail(EXIT_MVM, "--%s=%s: this option takes no value; write --%s", o->name,
			    value, o->name);
	if (o->arg && !value) {
		value = argv[*i + 1];
		if (!value)
			return fail(EXIT_MVM, "--%s: the value is missing; use --%s %s, as in "
				    "--%s %s", o->name, o->name, o->arg, o->name, o->example);
		(*i)++;
	}
	return o->parse(p, o, value);
}

/* What only the whole command line tells. */
static int check_whole(struct plan *p)
{
	if (!p->stack)
		p->stack = STACK_DEFAULT < p->mem / 4 ? STACK_DEFAULT : p->mem / 4;
	for (size_t i = 0; i < p->ntmpfs; i++)
		if (!p->tmpfs[i].size)
			p->tmpfs[i].size = p->mem / 2;
	if (p->stack > p->mem)
		return fail(EXIT_MVM, "--stack: %llu MiB do not fit in the guest's memory of %llu "
			    "MiB; give a smaller --stack or a larger --mem",
			    (unsigned long long)(p->stack / MIB),
			    (unsigned long long)(p->mem / MIB));
	return 0;
}

/* The options and operands of mvm run or mvm doctor, from argv[i] on. */
static int parse_command(struct plan *p, int argc, char **argv, int i)
{
	int status;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		status = parse_option(p, argv, &i);
		if (status || p->command == PLAN_HELP)
			return status;
	}
	msg_verbose = p->verbose;
	if (p->command == PLAN_DOCTOR)
		return i == argc ? 0 : fail(EXIT_MVM, "doctor: it takes no '%s'; use mvm doctor "
					    "[--device PATH]", argv[i]);
	if (i == argc)
		return fail(EXIT_MVM, "run: the program is missing; use mvm run [OPTIONS] PROGRAM "
			    "[ARGS...], as in mvm run app.elf");
	if (!*argv[i])
		return fail(EXIT_MVM, "run: the program's name is empty; name an ELF file, as in "
			    "mvm run ./app.elf");
	p->program = argv[i];
	p->argv = argv + i;
	p->argc = argc - i;
	return check_whole(p);
}

static int unknown_command(const char *word)
{
	const char *near = NULL;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (value_distance(word, commands[i].word) <= 2)
			near = commands[i].word;
	if (near)
		return fail(EXIT_MVM, "%s: unknown command; did you mean mvm %s?", word, near);
	if (*word == '-')
		return fail(EXIT_MVM, "%s: options follow the command, as in mvm run %s PROGRAM; "
			    "mvm help lists them", word, word);
	return fail(EXIT_MVM, "%s: unknown command; to run a program, use mvm run %s", word, word);
}

static int find_command(const char *word, enum plan_command *c)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(word, commands[i].word)) {
			*c = commands[i].command;
			return 0;
		}
	}
	return unknown_command(word);
}

static int parse_first_word(struct plan *p, int argc, char **argv)
{
	const char *word = argv[1];
	int status;

	p->command = p->topic = PLAN_HELP;
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return 0;
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		p->command = PLAN_VERSION;
		return 0;
	}
	status = find_command(word, &p->command);
	if (!status && p->command == PLAN_HELP && argc > 2)
		status = find_command(argv[2], &p->topic);
	if (!status && p->command == PLAN_DOCTOR && !IS_ENABLED(CONFIG_DOCTOR))
		status = fail(EXIT_MVM, "doctor: this mvm was built without it; rebuild with "
			      "CONFIG_DOCTOR=y (make menuconfig)");
	return status;
}

int plan_parse(int argc, char **argv, struct plan *p)
{
	int status;

	memset(p, 0, sizeof(*p));
	p->cwd = "/";
	p->hostname = "mvm";
	p->mem = MEM_DEFAULT;
	if (argc < 2)
		return fail(EXIT_MVM, "no command given; use mvm run PROGRAM, mvm doctor or "
			    "mvm help");
	status = parse_first_word(p, argc, argv);
	if (status || p->command == PLAN_HELP || p->command == PLAN_VERSION)
		return status;

	/* no option can come more often than there are words */
	p->env = calloc((size_t)argc, sizeof(*p->env));
	p->dirs = calloc((size_t)argc, sizeof(*p->dirs));
	p->disks = calloc((size_t)argc, sizeof(*p->disks));
	p->tmpfs = calloc((size_t)argc, sizeof(*p->tmpfs));
	p->listens = calloc((size_t)argc, sizeof(*p->listens));
	p->connects = calloc((size_t)argc * 2, sizeof(*p->connects));
	if (!p->env || !p->dirs || !p->disks || !p->tmpfs || !p->listens || !p->connects)
		return fail(EXIT_MVM, "out of memory for %d words of command line", argc);
	return parse_command(p, argc, argv, 2);
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->nlistens; i++)
		free(p->listens[i].text);
	for (size_t i = 0; i < p->nconnects; i++)
		free(p->connects[i].text);
	free(p->env);
	free(p->dirs);
	free(p->disks);
	free(p->tmpfs);
	free(p->listens);
	free(p->connects);
	p->env = NULL;
	p->dirs = NULL;
	p->disks = NULL;
	p->tmpfs = NULL;
	p->listens = NULL;
	p->connects = NULL;
	p->nlistens = p->nconnects = 0;
}
