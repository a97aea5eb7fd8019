/* SPDX-License-Identifier: MIT */
/*
 * Command line -> plan: commands, options among their words, operands.  What each option means
 * stands in the tables of options/options.c; the commands are those of command.c.
 */
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "msg.h"
#include "options/options.h"
#include "value.h"

#define MIB		(1024ULL * 1024)
#define MEM_DEFAULT	(512 * MIB)

/* The option that a mistyped name is closest to, or NULL when none is close. */
static const struct option_desc *nearest_option(const char *name, enum plan_command command)
{
	const struct option_desc *best = NULL;
	int least = 3;

	for_each_option(table, o) {
		int d;

		if (!o->built || !option_of(o, command))
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
	const struct option_desc *near = nearest_option(name, command);
	int len = (int)strcspn(typed, "=");

	if (near)
		return fail(EXIT_MVM, "%.*s: unknown option; did you mean --%s?", len, typed,
			    near->name);
	if (command == PLAN_APPLIANCE)
		return fail(EXIT_MVM, "%.*s: unknown option; --help lists those there are", len,
			    typed);
	return fail(EXIT_MVM, "%.*s: unknown option; mvm help %s lists those there are", len, typed,
		    command_of(command)->word);
}

/* The option of a command that is written --name or -c, or NULL. */
static const struct option_desc *find_option(const char *name, const char *word,
					     enum plan_command command)
{
	for_each_option(table, o)
		if (option_of(o, command) &&
		    ((*name && !strcmp(o->name, name)) ||
		     (o->letter && word[1] == o->letter && !word[2])))
			return o;
	return NULL;
}

int option_word(struct plan *p, char **argv, int *i)
{
	char *word = argv[*i], *value = NULL, name[40] = "";
	const struct option_desc *o;

	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");

		value = word[2 + len] ? word + 2 + len + 1 : NULL;
		if (len < sizeof(name))
			memcpy(name, word + 2, len);
	}
	o = find_option(name, word, p->command);
	if (!o)
		return unknown_option(word, name, p->command);
	if (!o->built)
		return fail(EXIT_MVM, "--%s: this mvm was built without it; rebuild with %s=y "
			    "(make menuconfig)", o->name, o->config);
	if (!o->arg && value)
		return fail(EXIT_MVM, "--%s=%s: this option takes no value; write --%s", o->name,
			    value, o->name);
	if (o->arg && !value && !o->optional) {
		value = argv[*i + 1];
		if (!value)
			return fail(EXIT_MVM, "--%s: the value is missing; use --%s %s, as in "
				    "--%s %s", o->name, o->name, o->arg, o->name, o->example);
		(*i)++;
	}
	if (o->commands & KEPT && !p->kept)
		p->kept = o->name;
	return o->parse(p, o, value);
}

/* The options and operands of a command, from argv[i] on. */
static int parse_command(struct plan *p, int argc, char **argv, int i)
{
	int status;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		status = option_word(p, argv, &i);
		if (status || p->command == PLAN_HELP)
			return status;
	}
	msg_verbose = p->verbose;
	return command_of(p->command)->operands(p, argc - i, argv + i);
}

static int unknown_command(const char *word)
{
	const char *near = NULL;

	if (!*word)
		return fail(EXIT_MVM, "'': is no command; use mvm run PROGRAM, mvm doctor or mvm "
			    "help");
	for (const struct command *c = commands; c->word; c++)
		if (c->built && value_distance(word, c->word) <= 2)
			near = c->word;
	if (near)
		return fail(EXIT_MVM, "%s: unknown command; did you mean mvm %s?", word, near);
	if (*word == '-')
		return fail(EXIT_MVM, "%s: options follow the command, as in mvm run %s PROGRAM; "
			    "mvm help lists them", word, word);
	return fail(EXIT_MVM, "%s: unknown command; to run a program, use mvm run %s", word, word);
}

static int find_command(const char *word, enum plan_command *command)
{
	for (const struct command *c = commands; c->word; c++) {
		if (strcmp(word, c->word))
			continue;
		if (!c->built)
			return fail(EXIT_MVM, "%s: this mvm was built without it; rebuild with "
				    "%s=y (make menuconfig)", word, c->config);
		*command = c->command;
		return 0;
	}
	return unknown_command(word);
}

static bool asks_for_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* mvm help, mvm --help: what stands behind it may be a command to explain. */
static int parse_help(struct plan *p, int argc, char **argv)
{
	if (argc > 3)
		return fail(EXIT_MVM, "%s: it takes no '%s'; use mvm help %s", argv[1], argv[3],
			    argv[2]);
	if (argc < 3 || asks_for_help(argv[2]))
		return 0;
	return find_command(argv[2], &p->topic);
}

static int parse_first_word(struct plan *p, int argc, char **argv)
{
	const char *word = argv[1];
	int status = 0;

	p->command = p->topic = PLAN_HELP;
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		p->command = PLAN_VERSION;
		return argc > 2 ? fail(EXIT_MVM, "%s: it takes no '%s'; use mvm --version", word,
				       argv[2]) : 0;
	}
	if (!asks_for_help(word))
		status = find_command(word, &p->command);
	return status || p->command != PLAN_HELP ? status : parse_help(p, argc, argv);
}

int plan_begin(struct plan *p, size_t variables)
{
	/* --resolver is two, and may be the last. */
	size_t n = PLAN_GRANTS_MAX + 1;

	memset(p, 0, sizeof(*p));
	p->cwd = "/";
	p->hostname = "mvm";
	p->mem = MEM_DEFAULT;
	p->env = calloc(variables + ENV_DEFAULTS, sizeof(*p->env));
	p->dirs = calloc(n, sizeof(*p->dirs));
	p->disks = calloc(n, sizeof(*p->disks));
	p->tmpfs = calloc(n, sizeof(*p->tmpfs));
	p->listens = calloc(n, sizeof(*p->listens));
	p->connects = calloc(n, sizeof(*p->connects));
	p->unixes = calloc(n, sizeof(*p->unixes));
	if (!p->env || !p->dirs || !p->disks || !p->tmpfs || !p->listens || !p->connects ||
	    !p->unixes)
		return fail(EXIT_MVM, "out of memory for %zu variables", variables);
	return 0;
}

int plan_parse(int argc, char **argv, struct plan *p)
{
	size_t variables = 0;
	int status;

	/* Not argc: a program may have very many arguments. */
	for (int i = 1; i < argc; i++)
		variables += !strncmp(argv[i], "--env", 5);
	status = plan_begin(p, variables);
	if (status)
		return status;
	if (argc < 2)
		return fail(EXIT_MVM, "no command given; use mvm run PROGRAM, mvm doctor or "
			    "mvm help");
	status = parse_first_word(p, argc, argv);
	if (status || p->command == PLAN_HELP || p->command == PLAN_VERSION)
		return status;
	return parse_command(p, argc, argv, 2);
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->nlistens; i++)
		free(p->listens[i].text);
	for (size_t i = 0; i < p->nconnects; i++)
		free(p->connects[i].text);
	free(p->gdb.text);
	free(p->serve.metrics.text);
	free(p->env);
	free(p->dirs);
	free(p->disks);
	free(p->tmpfs);
	free(p->listens);
	free(p->connects);
	free(p->unixes);
	p->env = NULL;
	p->dirs = NULL;
	p->disks = NULL;
	p->tmpfs = NULL;
	p->listens = NULL;
	p->connects = NULL;
	p->unixes = NULL;
	p->nlistens = p->nconnects = p->nunixes = 0;
	p->gdb.text = p->serve.metrics.text = NULL;
}
