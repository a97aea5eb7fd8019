/* SPDX-License-Identifier: MIT */
/*
 * Times and counters of one run as JSON.  Owns what the object says; the counters are
 * incremented where the things happen.  Makes no system call but mincore(2) and json.c's write(2),
 * because it runs confined.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <generated/version.h>
#include "clock.h"
#include "json.h"
#include "msg.h"
#include "plan.h"
#include "service/service.h"
#include "signame.h"
#include "stats.h"
#include "sysname.h"
#include "vm.h"

/* A counter under its name, or under its number where there is no name; zeros are left out. */
static void put_counter(struct json *o, const char *key, size_t i, uint64_t n)
{
	char number[24];

	if (!n)
		return;
	if (!key) {
		snprintf(number, sizeof(number), "%zu", i);
		key = number;
	}
	json_number(o, key, n);
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

const char *stats_stage_name(enum stage st)
{
	return stage_names[st];
}

const char *stats_exit_name(uint32_t reason)
{
	return reason < COUNT(exit_names) ? exit_names[reason] : NULL;
}

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

static void put_ending(struct json *o, const struct stats *s, const struct ending *e)
{
	json_number(o, "exit_status", (uint64_t)s->exit_status);
	if (!e || !e->ended)
		json_string(o, "ended_by", s->exit_status == EXIT_TIMEOUT ? "timeout" : "mvm");
	else
		json_string(o, "ended_by", e->signo ? "signal" : "exit");
	json_string(o, "signal", e && e->ended && e->signo ? signal_name(e->signo) : NULL);
}

static void put_plan(struct json *o, const struct plan *p)
{
	json_string(o, "program", p->program);
	json_string(o, "poll", choice_names[p->poll]);
	json_string(o, "huge", choice_names[p->huge]);
	json_number(o, "memory_limit_bytes", p->mem);
}

static void put_missing(struct json *o, const struct stats *s)
{
	json_open(o, "missing_system_calls");
	for (size_t nr = 0; nr < COUNT(s->missing); nr++)
		put_counter(o, syscall_name(nr), nr, s->missing[nr]);
	json_close(o);
}

static void put_memory(struct json *o, const struct stats *s, const struct vm *vm)
{
	if (vm && vm->ram.hva) {
		json_number(o, "memory_present_bytes", vm->ram.present);
		json_number(o, "memory_touched_bytes", touched_bytes(&vm->ram));
	}
	json_number(o, "memory_grown_bytes", s->grown_bytes);
	json_number(o, "memory_released_bytes", s->released_bytes);
}

static void put_counters(struct json *o, const struct stats *s)
{
	json_open(o, "stages_us");
	for (size_t i = 0; i < STAGE_COUNT; i++)
		if (s->stage_ns[i])
			json_us(o, stage_names[i], s->stage_ns[i] - s->start_ns);
	json_close(o);
	json_open(o, "exits");
	for (size_t i = 0; i < COUNT(s->exits); i++)
		put_counter(o, exit_names[i], i, s->exits[i]);
	json_close(o);
	json_open(o, "requests");
	for (size_t i = 0; i < COUNT(s->requests); i++)
		put_counter(o, request_name((unsigned int)i), i, s->requests[i]);
	json_close(o);
	json_number(o, "requests_polled", s->polled);
	json_number(o, "requests_kicked", s->kicked);
	json_number(o, "requests_bad", s->bad_requests);
	put_missing(o, s);
}

/* ---- Interface ------------------------------------------------------------------------------ */

void stats_begin(struct stats *s)
{
	if (s)
		s->start_ns = clock_ns(CLOCK_MONOTONIC);
}

void stats_stage(struct stats *s, enum stage st)
{
	if (s)
		s->stage_ns[st] = clock_ns(CLOCK_MONOTONIC);
}

void stats_write(const struct stats *s, int fd, const struct ending *e, const struct vm *vm)
{
	struct json o = { .fd = fd };

	if (!s || fd < 0)
		return;
	json_open(&o, NULL);
	json_string(&o, "mvm", MVM_VERSION);
	if (s->plan)
		put_plan(&o, s->plan);
	json_string(&o, "device", vm ? vm->device : NULL);
	put_ending(&o, s, e);
	put_counters(&o, s);
	put_memory(&o, s, vm);
	json_close(&o);
	json_end(&o);
	json_flush(&o);
	if (o.failed)
		warn("--stats %s: cannot write all of it: %s; name a file with room",
		     s->plan ? s->plan->stats : "", strerror(errno));
}
