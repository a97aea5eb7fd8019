/* SPDX-License-Identifier: MIT */
/* The keys of mvm.conf(5).  See settings.h. */
#include <stdlib.h>
#include <string.h>
#include "msg.h"
#include "value.h"
#include "settings.h"

struct key {
	const char *name;
	const char *usage;
	int (*take)(struct settings *s, const struct key *k, char **word, int n, unsigned int line);
};

static int wrong_use(const struct key *k, const char *why)
{
	return fail(EXIT_MVM, "%s: %s; write %s %s", k->name, why, k->name, k->usage);
}

int settings_arg(struct settings *s, char *arg)
{
	if (s->nargs == s->args_room) {
		size_t room = s->args_room ? 2 * s->args_room : 32;
		char **more = realloc(s->args, room * sizeof(*more));

		if (!more)
			return fail(EXIT_MVM, "out of memory for %zu arguments", room);
		s->args = more;
		s->args_room = room;
	}
	s->args[s->nargs++] = arg;
	return 0;
}

/* ---- Keys of its own ------------------------------------------------------------------------ */

static int take_args(struct settings *s, const struct key *k, char **word, int n, unsigned int line)
{
	int status = 0;

	(void)k;
	(void)line;
	for (int i = 0; i < n && !status; i++)
		status = settings_arg(s, word[i]);
	return status;
}

static int take_text(const char **where, const struct key *k, char **word, int n)
{
	if (n != 1)
		return fail(EXIT_MVM, "%s: takes one value, not %d; quote it when it has blanks",
			    k->name, n);
	if (*where)
		return fail(EXIT_MVM, "%s: is said already; say it once", k->name);
	*where = word[0];
	return 0;
}

static int take_about(struct settings *s, const struct key *k, char **word, int n,
		      unsigned int line)
{
	(void)line;
	return take_text(&s->about, k, word, n);
}

static int take_operands(struct settings *s, const struct key *k, char **word, int n,
			 unsigned int line)
{
	(void)line;
	return take_text(&s->operands, k, word, n);
}

static int take_program(struct settings *s, const struct key *k, char **word, int n,
			unsigned int line)
{
	(void)line;
	return take_text(&s->program, k, word, n);
}

static int take_option(struct settings *s, const struct key *k, char **word, int n,
		       unsigned int line);

static const struct key keys[] = {
	{ "about", "TEXT", take_about },
	{ "args", "WORD...", take_args },
	{ "operands", "TEXT", take_operands },
	{ "option", "NAME KEY VALUE [required] [default X] [value WORD] [help TEXT], with {} for X "
	  "in VALUE", take_option },
	{ "program", "PATH", take_program },
};
#define NKEYS (sizeof(keys) / sizeof(keys[0]))

/* ---- Keys that are options ------------------------------------------------------------------ */

static const struct option_desc *conf_option(const char *name)
{
	for_each_option(table, o)
		if (o->commands & FOR_CONF && !strcmp(o->name, name))
			return o;
	return NULL;
}

static int unknown_key(const char *name)
{
	const char *near = NULL;
	int least = 3;

	for (size_t i = 0; i < NKEYS; i++)
		if (value_distance(name, keys[i].name) < least) {
			near = keys[i].name;
			least = value_distance(name, near);
		}
	for_each_option(table, o)
		if (o->commands & FOR_CONF && value_distance(name, o->name) < least) {
			near = o->name;
			least = value_distance(name, near);
		}
	if (near)
		return fail(EXIT_MVM, "%s: unknown key; did you mean %s?", name, near);
	return fail(EXIT_MVM, "%s: unknown key; mvm.conf(5) lists those there are", name);
}

/* An option that a line may use, or NULL with the message printed. */
static const struct option_desc *usable(const char *name)
{
	const struct option_desc *o = conf_option(name);

	if (!o)
		unknown_key(name);
	else if (!o->built)
		fail(EXIT_MVM, "%s: this mvm was built without it; rebuild with %s=y (make "
		     "menuconfig)", o->name, o->config);
	return o && o->built ? o : NULL;
}

/* Options that say one thing are said once. */
static int see(struct settings *s, const struct option_desc *o, unsigned int line)
{
	for (unsigned int i = 0; i < s->nseen; i++) {
		if (s->seen[i].option != o)
			continue;
		return o->commands & REPEATS ? 0 :
		       fail(EXIT_MVM, "%s: is said already, in line %u; say it once", o->name,
			    s->seen[i].line);
	}
	s->seen[s->nseen].option = o;
	s->seen[s->nseen++].line = line;
	return 0;
}

static int take_key(struct settings *s, struct plan *p, char **word, int n, unsigned int line)
{
	const struct option_desc *o = usable(word[0]);
	int status;

	if (!o)
		return EXIT_MVM;
	status = see(s, o, line);
	if (status)
		return status;
	if (n - 1 != (o->arg ? 1 : 0))
		return o->arg ? fail(EXIT_MVM, "%s: takes one value, not %d; write %s %s, as in %s "
				     "%s", o->name, n - 1, o->name, o->arg, o->name, o->example) :
		       fail(EXIT_MVM, "%s: takes no value; write %s alone", o->name, o->name);
	if (!strcmp(o->name, "env") && !strchr(word[1], '='))
		return fail(EXIT_MVM, "env %s: an appliance takes nothing from where it is started "
			    "unasked; write env %s=VALUE, or let it be chosen: option NAME env "
			    "%s={}", word[1], word[1], word[1]);
	return o->parse(p, o, word[1]);
}

/* ---- What may be chosen --------------------------------------------------------------------- */

struct choice *settings_choice(struct settings *s, const char *name)
{
	for (unsigned int i = 0; i < s->nchoices; i++)
		if (!strcmp(s->choice[i].name, name))
			return &s->choice[i];
	return NULL;
}

static const char *why_not_name(struct settings *s, const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (!len || name[len] || len > 32 || *name == '-')
		return "is no name: it has other characters than a-z, 0-9 and '-', or too many";
	if (settings_choice(s, name))
		return "is an option already; choose another name";
	if (!strcmp(name, "inspect"))
		return "is an option of every appliance; choose another name";
	for_each_option(table, o)
		if (option_of(o, PLAN_APPLIANCE) && !strcmp(o->name, name))
			return "is an option of every appliance; choose another name";
	return NULL;
}

/* The words behind VALUE. */
static int take_attributes(struct choice *c, char **word, int n)
{
	for (int i = 0; i < n; i++) {
		const char **where = !strcmp(word[i], "default") ? &c->preset :
				     !strcmp(word[i], "help") ? &c->help :
				     !strcmp(word[i], "value") ? &c->arg : NULL;

		if (!strcmp(word[i], "required")) {
			c->required = true;
			continue;
		}
		if (!where)
			return fail(EXIT_MVM, "option %s: '%s' is none of required, default, value "
				    "and help; quote a value that has blanks", c->name, word[i]);
		if (i + 1 == n)
			return fail(EXIT_MVM, "option %s: something is missing behind %s", c->name,
				    word[i]);
		*where = word[++i];
	}
	if (c->required && c->preset)
		return fail(EXIT_MVM, "option %s: what has a default is not required; leave one of "
			    "them away", c->name);
	if (!c->arg)
		c->arg = c->option ? "VALUE" : "WORD";
	return 0;
}

static int take_option(struct settings *s, const struct key *k, char **word, int n,
		       unsigned int line)
{
	struct choice *c = &s->choice[s->nchoices];
	const char *why;

	if (n < 3)
		return wrong_use(k, "something is missing");
	if (s->nchoices == CHOICES_MAX)
		return fail(EXIT_MVM, "option %s: more than %u options", word[0], CHOICES_MAX);
	why = why_not_name(s, word[0]);
	if (why)
		return fail(EXIT_MVM, "option %s: the name %s", word[0], why);
	*c = (struct choice){ .name = word[0], .value = word[2], .line = line };
	if (strcmp(word[1], "args")) {
		c->option = usable(word[1]);
		if (!c->option)
			return EXIT_MVM;
		if (!c->option->arg)
			return fail(EXIT_MVM, "option %s: %s takes no value that could be chosen",
				    c->name, word[1]);
	}
	if (!strstr(c->value, "{}"))
		return fail(EXIT_MVM, "option %s: '%s' has no {} for what is chosen; write it "
			    "where that goes", c->name, c->value);
	s->nchoices++;
	return take_attributes(c, word + 3, n - 3);
}

/* The value with x for each {}; allocated. */
static char *filled(const char *value, const char *x)
{
	size_t len = strlen(value), more = strlen(x), at = 0;
	char *out = malloc(len + (len / 2) * more + 1);

	while (out && *value) {
		if (value[0] == '{' && value[1] == '}') {
			memcpy(out + at, x, more);
			at += more;
			value += 2;
		} else {
			out[at++] = *value++;
		}
	}
	if (out)
		out[at] = '\0';
	return out;
}

/* Whoever starts the appliance knows the option by the name that it has here. */
static int apply(struct settings *s, struct plan *p, const struct choice *c, const char *x)
{
	char *value = filled(c->value, x);
	struct option_desc own;

	if (!value)
		return fail(EXIT_MVM, "--%s: out of memory", c->name);
	if (!c->option)
		return settings_arg(s, value);
	own = *c->option;
	own.name = c->name;
	own.arg = c->arg;
	own.optional = true;
	own.given = strcmp(c->value, "{}") ? x : NULL;
	return own.parse(p, &own, value);
}

int settings_apply(struct settings *s, struct plan *p, bool check)
{
	int status = 0;

	for (unsigned int i = 0; i < s->nchoices && !status; i++) {
		const struct choice *c = &s->choice[i];
		const char *x = c->given ? c->given : c->preset;
		if (!x && c->required && !check)
			return fail(EXIT_MVM, "--%s is missing%s%s; use --%s=%s", c->name,
				    c->help ? ": " : "", c->help ? c->help : "", c->name, c->arg);
		if (!x)
			continue;
		if (check)
			msg_where(s->file, c->line);
		status = apply(s, p, c, x);
		msg_where(NULL, 0);
	}
	return status;
}

/* ---- The whole text ------------------------------------------------------------------------- */

static int take_line(struct settings *s, struct plan *p, char **word, int n, unsigned int line)
{
	for (size_t i = 0; i < NKEYS; i++) {
		if (strcmp(word[0], keys[i].name))
			continue;
		return n < 2 ? wrong_use(&keys[i], "the value is missing") :
			       keys[i].take(s, &keys[i], word + 1, n - 1, line);
	}
	return take_key(s, p, word, n, line);
}

int settings_read(struct settings *s, struct plan *p, const char *name, char *text, size_t len)
{
	char *word[CONF_WORDS_MAX + 1];
	struct conf c;
	int n, status;

	memset(s, 0, sizeof(*s));
	s->file = name;
	status = conf_begin(&c, name, text, len);
	while (!status && (n = conf_next(&c, word))) {
		if (n < 0)
			return -n;
		status = take_line(s, p, word, n, c.line);
	}
	return status;
}
