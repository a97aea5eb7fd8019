/* SPDX-License-Identifier: MIT */
/* Lines of a trace, and numbers by their names.  See text.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "text.h"

#define END_ROOM	8		/* for the dots and the newline */

void text_start(struct text *t)
{
	t->used = 0;
	t->cut = false;
}

static size_t room(const struct text *t)
{
	return sizeof(t->s) - END_ROOM - t->used;
}

void text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->s + t->used, room(t), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room(t))
		t->cut = true;
	else
		t->used += (size_t)n;
}

void text_add(struct text *t, const char *s)
{
	text_put(t, "%s", s);
}

/* The letter of C's escape for c, or 0. */
static char escape(unsigned char c)
{
	static const char from[] = "\n\t\r\f\v\\\"", to[] = "ntrfv\\\"";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : 0;
}

void text_quoted(struct text *t, const void *bytes, size_t len, bool more)
{
	const unsigned char *p = bytes;

	text_add(t, "\"");
	for (size_t i = 0; i < len; i++) {
		bool digit = i + 1 < len && p[i + 1] >= '0' && p[i + 1] <= '9';

		if (escape(p[i]))
			text_put(t, "\\%c", escape(p[i]));
		else if (p[i] >= 0x20 && p[i] < 0x7f)
			text_put(t, "%c", p[i]);
		else
			text_put(t, digit ? "\\%03o" : "\\%o", p[i]);
	}
	text_add(t, more ? "\"..." : "\"");
}

void text_end(struct text *t)
{
	if (t->cut) {
		memcpy(t->s + t->used, "...", 3);
		t->used += 3;
	}
	t->s[t->used++] = '\n';
}

/* ---- Numbers by their names ---------------------------------------------------------------- */

void text_flags(struct text *t, uint64_t v, const struct name *names)
{
	uint64_t left = v;
	bool any = false;

	for (; names->name; names++) {
		uint32_t mask = names->mask ? names->mask : names->value;

		if (mask ? (v & mask) != names->value || (names->value && !(left & mask)) : v)
			continue;
		text_put(t, "%s%s", any ? "|" : "", names->name);
		any = true;
		left &= ~(uint64_t)mask;
	}
	if (left || !any)
		text_put(t, any ? "|%#llx" : "%#llx", (unsigned long long)left);
}

void text_enum(struct text *t, uint64_t v, const struct name *names)
{
	for (; names->name; names++)
		if (names->value == v) {
			text_add(t, names->name);
			return;
		}
	if (v < 4096)
		text_put(t, "%llu", (unsigned long long)v);
	else
		text_put(t, "%#llx", (unsigned long long)v);
}

static const char errno_names[] =
#include <generated/errno-names.h>
;

const char *errno_name(unsigned int err)
{
	const char *name = errno_names;

	while (err-- && name < errno_names + sizeof(errno_names) - 1)
		name += strlen(name) + 1;
	return name < errno_names + sizeof(errno_names) - 1 && *name ? name : NULL;
}

/* Linux's include/linux/errno.h: what a program never sees, from ERESTARTSYS on. */
#define FIRST_RESTART	512
static const char *const restarts[] = {
	"ERESTARTSYS (To be restarted if SA_RESTART is set)",
	"ERESTARTNOINTR (To be restarted)",
	"ERESTARTNOHAND (To be restarted if no handler)",
	"ENOIOCTLCMD (No ioctl command)",
	"ERESTART_RESTARTBLOCK (Interrupted by signal)",
};

void text_result(struct text *t, int64_t r, bool hex)
{
	if (r <= -FIRST_RESTART &&
	    r > -FIRST_RESTART - (int64_t)(sizeof(restarts) / sizeof(restarts[0])))
		text_put(t, "? %s", restarts[-r - FIRST_RESTART]);
	else if (r < 0 && r >= -4095 && errno_name((unsigned int)-r))
		text_put(t, "-1 %s (%s)", errno_name((unsigned int)-r), strerror((int)-r));
	else if (hex && r)
		text_put(t, "%#llx", (unsigned long long)r);
	else
		text_put(t, "%lld", (long long)r);
}
