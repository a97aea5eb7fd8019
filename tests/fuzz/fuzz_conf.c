/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration, mvm.conf(5): it is a plan, or refused with one message; and what
 * the person who starts the appliance may choose is put in, whatever it is.  The first bytes, up to
 * a NUL, are that person's word for every choice.
 */
#include <string.h>

#include "fuzz_check.h"
#include "msg.h"
#include "observe/observe.h"
#include "pack/settings.h"

/* Of observe/filter.c: no key of a configuration leads there. */
void trace_want_all(struct plan *p)
{
	CHECK(!p);
}

int trace_filter(struct plan *p, const struct option_desc *o, char *list)
{
	CHECK(!p && !o && !list);
	return 0;
}

static void check_choice(const struct settings *s, const struct choice *c)
{
	CHECK(c->name && strlen(c->name) <= 32 && strstr(c->value, "{}") && c->arg);
	CHECK(!c->required || !c->preset);
	CHECK(!c->option || (c->option->arg && c->option->built));
	for (const struct choice *other = s->choice; other < c; other++)
		CHECK(strcmp(other->name, c->name) != 0);
}

/* A line is counted by the newlines before it, those that a backslash takes away, too. */
static unsigned int lines(const char *text)
{
	unsigned int n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void check_settings(const struct settings *s, const struct plan *p, unsigned int most)
{
	CHECK(s->nchoices <= CHOICES_MAX && s->nseen <= KEYS_MAX);
	for (unsigned int i = 0; i < s->nchoices; i++) {
		check_choice(s, &s->choice[i]);
		CHECK(s->choice[i].line && s->choice[i].line <= most);
	}
	for (unsigned int i = 0; i < s->nseen; i++)
		CHECK(s->seen[i].line && s->seen[i].line <= most);
	for (size_t i = 0; i < s->nargs; i++)
		CHECK(s->args[i] && strlen(s->args[i]) <= CONF_BYTES_MAX);
	CHECK(p->ndirs + p->ndisks + p->ntmpfs + p->nlistens <= PLAN_GRANTS_MAX + 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	size_t chosen_len = nul ? (size_t)(nul - data) : 0;
	size_t skip = nul ? chosen_len + 1 : 0, len = size - skip;
	static struct settings s;
	struct plan p;
	char *chosen, *text;
	int status;

	if (len > CONF_BYTES_MAX)
		return 0;
	chosen = malloc(chosen_len + 1);
	text = malloc(len + 1);
	memcpy(chosen, data, chosen_len);
	chosen[chosen_len] = '\0';
	memcpy(text, data + skip, len);
	text[len] = '\0';
	CHECK(!plan_begin(&p, len + CHOICES_MAX + 2));
	fuzz_said();
	unsigned int most = lines(text);

	status = settings_read(&s, &p, "fuzz.conf", text, len);
	CHECK(status == 0 || status == EXIT_MVM);
	CHECK(fuzz_said() == !!status);
	if (!status) {
		check_settings(&s, &p, most);
		for (unsigned int i = 0; nul && i < s.nchoices; i++)
			s.choice[i].given = chosen;
		status = settings_apply(&s, &p, false);
		CHECK(fuzz_said() == !!status);
	}
	plan_free(&p);
	fuzz_forget();
	return 0;
}
