/* SPDX-License-Identifier: MIT */
/*
 * Times and counters of one run as JSON.  Owns the form of the object; the counters are
 * incremented where the things happen.  Allocates nothing and makes no system call but write(2)
 * and mincore(2), because it runs confined.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <generated/version.h>
#include "msg.h"
#include "plan.h"
#include "service.h"
#include "signame.h"
#include "stats.h"
#include "sysname.h"
#include "vm.h"

/* ---- Text ----------------------------------------------------------------------------------- */

struct out {
	int fd;
	bool failed;
	bool comma;			/* an element went before */
	size_t used;
	char buf[4096];
};

static void out_flush(struct out *o)
{
	const char *p = o->buf;

	while (o->used && !o->failed) {
		ssize_t n = write(o->fd, p, o->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			o->failed = true;
			break;
		}
		p += n;
		o->used -= (size_t)n;
	}
	o->used = 0;
}

static void out_char(struct out *o, char c)
{
	if (o->used == sizeof(o->buf))
		out_flush(o);
	o->buf[o->used++] = c;
}

static void out_text(struct out *o, const char *s)
{
	while (*s)
		out_char(o, *s++);
}

/* Bytes of a UTF-8 sequence that starts at s, 0 when it is none (RFC 3629). */
static int utf8_length(const unsigned char *s)
{
	unsigned char lo = 0x80, hi = 0xbf;
	int more;

	if (*s >= 0xc2 && *s <= 0xdf)
		more = 1;
	else if (*s >= 0xe0 && *s <= 0xef)
		more = 2;
	else if (*s >= 0xf0 && *s <= 0xf4)
		more = 3;
	else
		return *s < 0x80 ? 1 : 0;
	if (*s == 0xe0)
		lo = 0xa0;		/* overlong */
	else if (*s == 0xed)
		hi = 0x9f;		/* surrogates */
	else if (*s == 0xf0)
		lo = 0x90;
	else if (*s == 0xf4)
		hi = 0x8f;		/* above U+10FFFF */
	for (int i = 1; i <= more; i++, lo = 0x80, hi = 0xbf)
		if (s[i] < lo || s[i] > hi)
			return 0;
	return more + 1;
}

/* Names are bytes and JSON is Unicode: a byte that is no UTF-8 becomes U+FFFD. */
static void out_string(struct out *o, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	out_char(o, '"');
	while (*s) {
		int len = utf8_length(s);
		char esc[8];

		if (!len) {
			out_text(o, "\\ufffd");
			s++;
		} else if (*s < 0x20 || *s == '"' || *s == '\\' || *s == 0x7f) {
			snprintf(esc, sizeof(esc), "\\u%04x", *s++);
			out_text(o, esc);
		} else {
			while (len--)
				out_char(o, (char)*s++);
		}
	}
	out_char(o, '"');
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void name(struct out *o, const char *key)
{
	if (o->comma)
		out_text(o, ", ");
	o->comma = false;
	out_string(o, key);
	out_text(o, ": ");
}

static void open_object(struct out *o, const char *key)
{
	if (key)
		name(o, key);
	out_char(o, '{');
	o->comma = false;
}

static void close_object(struct out *o)
{
	out_char(o, '}');
	o->comma = true;
}

static void put_string(struct out *o, const char *key, const char *value)
{
	name(o, key);
	if (value)
		out_string(o, value);
	else
		out_text(o, "null");
	o->comma = true;
}

static void put_number(struct out *o, const char *key, uint64_t n)
{
	char text[24];

	name(o, key);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	out_text(o, text);
	o->comma = true;
}

/* Nanoseconds as microseconds with three decimals. */
static void put_us(struct out *o, const char *key, uint64_t ns)
{
	char text[32];

	name(o, key);
	snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(ns / 1000),
		 (unsigned int)(ns % 1000));
	out_text(o, text);
	o->comma = true;
}

/* A counter under its name, or under its number where there is no name; zeros are left out. */
static void put_counter(struct out *o, const char *key, size_t i, uint64_t n)
{
	char number[24];

	if (!n)
		return;
	if (!key) {
		snprintf(number, sizeof(number), "%zu", i);
		key = number;
	}
	put_number(o, key, n);
}

/* ---- Contents ------------------------------------------------------------------------------- */

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const stage_names[STAGE_COUNT] = {
	[STAGE_OPTIONS] = "options", [STAGE_GRANTS] = "grants", [STAGE_VM] = "vm",
	[STAGE_LOAD] = "load", [STAGE_SETUP] = "setup", [STAGE_CONFINE] = "confine",
	[STAGE_RUN] = "run",
};

static const char *const exit_names[COUNT(((struct stats *)0)->exits)] = {
	[KVM_EXIT_UNKNOWN] = "unknown", [KVM_EXIT_EXCEPTION] = "exception", [KVM_EXIT_IO] = "io",
	[KVM_EXIT_HYPERCALL] = "hypercall", [KVM_EXIT_DEBUG] = "debug", [KVM_EXIT_HLT] = "hlt",
	[KVM_EXIT_MMIO] = "mmio", [KVM_EXIT_IRQ_WINDOW_OPEN] = "irq_window_open",
	[KVM_EXIT_SHUTDOWN] = "shutdown", [KVM_EXIT_FAIL_ENTRY] = "fail_entry",
	[KVM_EXIT_INTR] = "intr", [KVM_EXIT_SET_TPR] = "set_tpr",
	[KVM_EXIT_TPR_ACCESS] = "tpr_access", [KVM_EXIT_NMI] = "nmi",
	[KVM_EXIT_INTERNAL_ERROR] = "internal_error", [KVM_EXIT_SYSTEM_EVENT] = "system_event",
	[63] = "other",
};

static const char *const choice_names[] = { "auto", "always", "never" };

/*
 * Bytes of guest RAM that the host has pages for, by mincore(2): exact for anonymous memory.  The
 * pages of the program's file that the guest only reads belong to the page cache; the kernel
 * counts them as present for who may not write the file.
 */
static uint64_t touched_bytes(const struct guest_ram *ram)
{
	unsigned char vec[4096];
	const uint64_t step = sizeof(vec) * MVM_PAGE_SIZE;
	uint64_t pages = 0;

	for (uint64_t at = 0; at < ram->present; at += step) {
		uint64_t len = ram->present - at < step ? ram->present - at : step;

		if (mincore(ram->hva + at, len, vec))
			continue;	/* a hole */
		for (uint64_t i = 0; i < len / MVM_PAGE_SIZE; i++)
			pages += vec[i] & 1;
	}
	return pages * MVM_PAGE_SIZE;
}

static void put_ending(struct out *o, const struct stats *s, const struct ending *e)
{
	put_number(o, "exit_status", (uint64_t)s->exit_status);
	if (!e || !e->ended)
		put_string(o, "ended_by", s->exit_status == EXIT_TIMEOUT ? "timeout" : "mvm");
	else
		put_string(o, "ended_by", e->signo ? "signal" : "exit");
	put_string(o, "signal", e && e->ended && e->signo ? signal_name(e->signo) : NULL);
}

static void put_plan(struct out *o, const struct plan *p)
{
	put_string(o, "program", p->program);
	put_string(o, "poll", choice_names[p->poll]);
	put_string(o, "huge", choice_names[p->huge]);
	put_number(o, "memory_limit_bytes", p->mem);
}

static void put_missing(struct out *o, const struct stats *s)
{
	open_object(o, "missing_system_calls");
	for (size_t nr = 0; nr < COUNT(s->missing); nr++)
		put_counter(o, syscall_name(nr), nr, s->missing[nr]);
	close_object(o);
}

static void put_memory(struct out *o, const struct stats *s, const struct vm *vm)
{
	if (vm && vm->ram.hva) {
		put_number(o, "memory_present_bytes", vm->ram.present);
		put_number(o, "memory_touched_bytes", touched_bytes(&vm->ram));
	}
	put_number(o, "memory_grown_bytes", s->grown_bytes);
	put_number(o, "memory_released_bytes", s->released_bytes);
}

static void put_counters(struct out *o, const struct stats *s)
{
	open_object(o, "stages_us");
	for (size_t i = 0; i < STAGE_COUNT; i++)
		if (s->stage_ns[i])
			put_us(o, stage_names[i], s->stage_ns[i] - s->start_ns);
	close_object(o);
	open_object(o, "exits");
	for (size_t i = 0; i < COUNT(s->exits); i++)
		put_counter(o, exit_names[i], i, s->exits[i]);
	close_object(o);
	open_object(o, "requests");
	for (size_t i = 0; i < COUNT(s->requests); i++)
		put_counter(o, request_name((unsigned int)i), i, s->requests[i]);
	close_object(o);
	put_number(o, "requests_polled", s->polled);
	put_number(o, "requests_kicked", s->kicked);
	put_number(o, "requests_bad", s->bad_requests);
	put_missing(o, s);
}

/* ---- Interface ------------------------------------------------------------------------------ */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void stats_begin(struct stats *s)
{
	if (!s)
		return;
	memset(s, 0, sizeof(*s));
	s->start_ns = now_ns();
}

void stats_stage(struct stats *s, enum stage st)
{
	if (s)
		s->stage_ns[st] = now_ns();
}

void stats_write(const struct stats *s, int fd, const struct ending *e, const struct vm *vm)
{
	struct out o = { .fd = fd };

	if (!s || fd < 0)
		return;
	open_object(&o, NULL);
	put_string(&o, "mvm", MVM_VERSION);
	if (s->plan)
		put_plan(&o, s->plan);
	put_string(&o, "device", vm ? vm->device : NULL);
	put_ending(&o, s, e);
	put_counters(&o, s);
	put_memory(&o, s, vm);
	close_object(&o);
	out_char(&o, '\n');
	out_flush(&o);
	if (o.failed)
		warn("--stats: cannot write all of it: %s; name a file with room", strerror(errno));
}
