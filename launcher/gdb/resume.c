/* SPDX-License-Identifier: MIT */
/*
 * How the guest goes on: vCont, and the older c, s, C and S.  One thread may be told to step; all
 * others run, or, when the packet does not name them, stay where they are until the step is done.
 */
#include <string.h>
#include "gdb_int.h"

struct action {
	bool step;
	int signo;
	int32_t tid;			/* -1: all that no action before it names */
};

/* c, s, CSS or SSS, with or without :THREAD. */
static bool parse(const char **s, struct action *a)
{
	char kind = **s;
	uint64_t number = 0;

	*a = (struct action){ .tid = -1, .step = kind == 's' || kind == 'S' };
	if (!kind || !strchr("csCS", kind))
		return false;
	(*s)++;
	if ((kind == 'C' || kind == 'S') && (!gdb_hex(s, &number) || number > 255))
		return false;
	a->signo = gdb_signal_in((int)number);
	return !gdb_char(s, ':') || gdb_tid(s, &a->tid);
}

/* The thread whose signal may be delivered is the one that has stopped. */
static void apply(const struct action *a, bool *others)
{
	struct guest_thread *t = gdb_thread(a->tid > 0 ? a->tid : gdb.stopped);

	if (a->tid <= 0)
		*others = true;
	if (!t)
		return;
	if (a->step && !gdb.step)
		gdb.step = t->tid;
	if (a->signo && t->tid == gdb.stopped)
		gdb.deliver = (uint32_t)a->signo;
}

/* ;ACTION[:THREAD]... : for each thread the first that names it. */
enum gdb_next gdb_packet_vCont(const char *s)
{
	bool others = false;
	struct action a;

	gdb.step = 0;
	gdb.deliver = 0;
	do {
		if (!gdb_char(&s, ';') || !parse(&s, &a)) {
			gdb_answer("E01");
			return GDB_STAY;
		}
		if (a.tid > 0 || !gdb.step)
			apply(&a, &others);
		else
			others = true;
	} while (*s);
	gdb.locked = !others;
	return GDB_GO;
}

/* c, s, CSIG, SSIG; an address to go on at is not supported, as no debugger of today sends one. */
enum gdb_next gdb_packet_resume(const char *s)
{
	struct action a;

	gdb.step = 0;
	gdb.deliver = 0;
	gdb.locked = false;
	if (!parse(&s, &a) || *s) {
		gdb_answer("E01");
		return GDB_STAY;
	}
	if (a.step)
		gdb.step = gdb.stopped;
	gdb.deliver = (uint32_t)a.signo;
	return GDB_GO;
}
