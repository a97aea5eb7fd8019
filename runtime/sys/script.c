/* SPDX-License-Identifier: MIT */
/* The first line of a script, and the arguments that its interpreter gets.  See script.h. */
#include "sys/script.h"

#include "mm/mm.h"
#include "sys/exec.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

int script_parse(struct script *s, u32 len)
{
	u32 at = 2, end = 2;

	if (len < 2 || s->line[0] != '#' || s->line[1] != '!')
		return 1;
	while (end < len && s->line[end] != '\n')
		end++;
	while (end > 2 && blank(s->line[end - 1]))
		end--;
	while (at < end && blank(s->line[at]))
		at++;
	s->line[end] = 0;
	s->interp = s->line + at;
	while (at < end && !blank(s->line[at]))
		at++;
	/* A path that goes on behind what is looked at would be another one. */
	if (!*s->interp || at == SCRIPT_LINE)
		return -ENOEXEC;
	s->arg = NULL;
	if (at == end)
		return 0;
	s->line[at++] = 0;
	while (blank(s->line[at]))
		at++;
	s->arg = s->line + at;
	return 0;
}

static char *put(char *to, const char *s)
{
	size_t n = strlen(s) + 1;

	memcpy(to, s, n);
	return to + n;
}

int script_args(const struct script *s, const char *path)
{
	const char *rest = program.args + (program.argc ? strlen(program.args) + 1 : 0);
	u64 rest_len = program.args + program.args_len - rest;
	char *args = kmalloc(rest_len + strlen(path) + SCRIPT_LINE + 4), *at = args;

	if (!args)
		return -ENOMEM;
	at = put(at, s->interp);
	if (s->arg)
		at = put(at, s->arg);
	at = put(at, path);
	memcpy(at, rest, rest_len);
	program.argc += (program.argc ? 1 : 2) + (s->arg ? 1 : 0);
	program.args = args;		/* those before are the boot information's, or small */
	program.args_len = at - args + rest_len;
	return 0;
}
