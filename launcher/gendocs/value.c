/* SPDX-License-Identifier: MIT */
/*
 * What can stand in the place of a value, by the names in its syntax: FILE, auto|always, DIR:GUEST.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "gendocs.h"

static const struct {
	const char *name;
	bool file, dir, variable, command;
} kinds[] = {
	{ "FILE", .file = true }, { "PROGRAM", .file = true }, { "ARGS", .file = true },
	{ "KEY", .file = true }, { "OUT", .file = true },
	{ "DIR", .dir = true }, { "HOST", .dir = true },
	{ "NAME[=", .variable = true }, { "COMMAND", .command = true },
};

/* Does the syntax begin with that name, and not with a longer one? */
static bool begins(const char *s, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(s, name, len) &&
	       (!isupper((unsigned char)name[len - 1]) || !isupper((unsigned char)s[len]));
}

static void add_word(struct gen_value *v, const char *s, size_t len)
{
	size_t used = strlen(v->words);

	if (used + len + 2 > sizeof(v->words))
		gen_die("'%s': more words than gendocs takes", s);
	snprintf(v->words + used, sizeof(v->words) - used, "%s%.*s", used ? " " : "", (int)len, s);
}

/* One of several that are told apart by a bar: a word as it stands, or a name's first part. */
static void add_alternative(struct gen_value *v, const char *s)
{
	size_t len = 0;

	while (islower((unsigned char)s[len]) || isdigit((unsigned char)s[len]))
		len++;
	if (len) {
		add_word(v, s, s[len] == ':' ? len + 1 : len);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!begins(s, kinds[i].name))
			continue;
		v->files |= kinds[i].file;
		v->dirs |= kinds[i].dir;
		v->variables |= kinds[i].variable;
		v->commands |= kinds[i].command;
	}
}

struct gen_value gen_value_of_option(const struct option_desc *o)
{
	struct gen_value v = { .words = "" };
	int depth = 0;

	if (!o->arg)
		return v;
	add_alternative(&v, o->arg);
	for (const char *s = o->arg; *s; s++) {
		depth += (*s == '[') - (*s == ']');
		if (*s == '|' && !depth)
			add_alternative(&v, s + 1);
	}
	return v;
}

struct gen_value gen_value_of_command(const struct command *c)
{
	struct gen_value v = { .words = "" };
	const char *s = c->synopsis;

	while (*s) {
		s += strspn(s, " [.]");
		if (isupper((unsigned char)*s) && !begins(s, "OPTIONS"))
			add_alternative(&v, s);
		s += strcspn(s, " ");
	}
	return v;
}
