/* SPDX-License-Identifier: MIT */
/*
 * A conversation with the debugger: from the guest's stop until it goes on.  The guest stops by
 * itself, in its runtime (runtime/debug_stop.c); the stub looks at it from outside, and asks it for
 * the little that only it can do.
 *
 * A debugger that goes away, or is not there, leaves the guest as it would be without one.
 */
#include "gdb.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "finish.h"
#include "conn.h"
#include "gdb_int.h"
#include "kvm.h"
#include "msg.h"
#include "tick.h"

struct gdb gdb;

static bool begun;			/* the first stop, which waits for a debugger, is over */
static bool in_command;			/* the guest carries out a command ... */
static bool command_done;		/* ... and has */
static bool step_lost;			/* the step was under way in memory that is no more */

/* Is the run recorded, or repeated from a recording?  Then the guest may do nothing of its own. */
static bool recorded(const struct run *r)
{
	return r->plan->record || r->plan->replay;
}

/* ---- The guest ------------------------------------------------------------------------------ */

static void put(size_t offset, const void *value, size_t len)
{
	guest_write(&gdb.run->guest, gdb.run->guest.debug + offset, value, len);
}

#define PUT(field, v) do {							\
	__typeof__(((struct mvm_debug *)NULL)->field) put_ = (v);		\
	put(offsetof(struct mvm_debug, field), &put_, sizeof(put_));		\
} while (0)

void gdb_command(enum mvm_debug_command command, uint64_t arg)
{
	struct run_end end = { .how = RUN_ENDED };

	if (recorded(gdb.run))
		return;
	PUT(command, command);
	PUT(arg, arg);
	in_command = true;
	command_done = false;
	while (!command_done)
		if (run_once(gdb.run, &end))
			run_finish(&end);
	in_command = false;
}

static void go_on(uint32_t deliver, int32_t step, bool locked)
{
	PUT(command, MVM_DEBUG_GO);
	PUT(deliver, deliver);
	PUT(step, step);
	PUT(locked, locked);
}

/* The program goes on as it would without a debugger. */
static void go_on_alone(void)
{
	uint32_t signo = (uint32_t)gdb.stop.siginfo[0];

	if (gdb.stop.why == MVM_STOP_BREAK && !gdb.own_break)
		signo = SIGTRAP;
	else if (gdb.stop.why != MVM_STOP_SIGNAL)
		signo = 0;
	go_on(signo <= 64 ? signo : 0, 0, false);
}

/* An interrupt to the application, or the runtime's attention: what is recorded has none of it. */
static void press(struct run *r)
{
	if (tick_possible(r->vm) && !kvm_interrupt(r->vm->vcpu_fd, MVM_VECTOR_STOP))
		return;
	if (!recorded(r))
		__atomic_store_n(&r->service->ring->attention, 1, __ATOMIC_RELEASE);
	tick_retry();
}

static void want_stop(struct run *r)
{
	gdb.run = r;
	PUT(wanted, 1);
	r->service->leave_wait = true;
	press(r);
}

/*
 * The guest is where an interrupt found it when it was recorded, and knows of no step and of nobody
 * who wants it to stop: a step ends here.
 */
void gdb_restored(void)
{
	gdb_break_restored();
	step_lost = gdb.awaited && gdb.step;
	if (step_lost || gdb.run->service->leave_wait)
		PUT(wanted, 1);
}

/* ---- Threads -------------------------------------------------------------------------------- */

struct guest_thread *gdb_thread(int32_t tid)
{
	if (tid <= 0)
		tid = gdb.stopped;
	for (unsigned int i = 0; i < gdb.nthreads; i++)
		if (gdb.threads[i].tid == tid)
			return &gdb.threads[i];
	return NULL;
}

bool gdb_tid(const char **s, int32_t *tid)
{
	uint64_t n;

	*tid = -1;
	if (gdb_char(s, '-'))
		return gdb_char(s, '1');
	if (!gdb_hex(s, &n) || n > INT32_MAX)
		return false;
	*tid = (int32_t)n;
	return true;
}

/* Hg, for registers and memory; Hc, which vCont has replaced, is taken note of by nobody. */
static void select_thread(const char *s)
{
	char what = *s ? *s++ : '\0';
	int32_t tid;

	if ((what != 'g' && what != 'c') || !gdb_tid(&s, &tid) || (tid > 0 && !gdb_thread(tid))) {
		gdb_answer("E01");
		return;
	}
	if (what == 'g')
		gdb.thread = tid;
	gdb_answer("OK");
}

/* ---- Stops ---------------------------------------------------------------------------------- */

/* RIP of the thread that has met a breakpoint of ours goes back to where that is. */
static bool at_own_breakpoint(void)
{
	struct guest_thread *t = gdb_thread(gdb.stopped);
	struct mvm_regs r;

	if (!t || guest_regs(&gdb.run->guest, t, &r) || !gdb_break_at(r.rip - 1))
		return false;
	r.rip--;
	return guest_write(&gdb.run->guest, t->regs, &r, sizeof(r)) == sizeof(r);
}

static void add_hardware(void)
{
	uint64_t va;
	const char *word = gdb_hw_hit(&va);

	if (word && !strcmp(word, "hwbreak"))
		snprintf(gdb.reason, sizeof(gdb.reason), "%s", gdb.hwbreak ? "hwbreak:;" : "");
	else if (word)
		snprintf(gdb.reason, sizeof(gdb.reason), "%s:%llx;", word, (unsigned long long)va);
}

/* What is to be said of this stop. */
static void describe(void)
{
	gdb.reason[0] = '\0';
	gdb.signo = SIGTRAP;
	switch (gdb.stop.why) {
	case MVM_STOP_SIGNAL:
		gdb.signo = (int)(uint32_t)gdb.stop.siginfo[0];
		break;
	case MVM_STOP_WANTED:
		gdb.signo = step_lost ? SIGTRAP : SIGINT;
		break;
	case MVM_STOP_BREAK:
		gdb.own_break = at_own_breakpoint();
		if (gdb.own_break && gdb.swbreak)
			snprintf(gdb.reason, sizeof(gdb.reason), "swbreak:;");
		break;
	default:
		add_hardware();
	}
}

static void report_stop(void)
{
	gdb_answer("T%02xthread:%x;%s", gdb_signal_out(gdb.signo), (unsigned int)gdb.stopped,
		   gdb.reason);
}

/* Copies what the guest says about its stop.  False: it says nothing that makes sense. */
static bool look(struct run *r)
{
	gdb.run = r;
	if (!guest_debug(&r->guest, &gdb.stop))
		return false;
	gdb.nthreads = guest_threads(&r->guest, &gdb.stop, gdb.threads, GUEST_THREADS_MAX);
	if (!gdb.nthreads)
		return false;
	gdb.stopped = gdb.stop.tid_stopped;
	if (gdb.stopped <= 0 || !gdb_thread(gdb.stopped))
		gdb.stopped = gdb.threads[0].tid;
	gdb.thread = 0;
	gdb.own_break = false;
	return true;
}

/* A signal that the debugger does not want to hear of is the program's. */
static bool passed(void)
{
	uint32_t signo = (uint32_t)gdb.stop.siginfo[0];

	return gdb.stop.why == MVM_STOP_SIGNAL && signo - 1 < 64 && gdb.pass >> (signo - 1) & 1;
}

/* ---- The conversation ----------------------------------------------------------------------- */

static enum gdb_next packet_v(const char *s)
{
	if (!strcmp(s, "Cont?")) {
		gdb_answer("vCont;c;C;s;S");
	} else if (!strncmp(s, "Cont;", 5)) {
		return gdb_packet_vCont(s + 4);
	} else if (!strncmp(s, "Kill;", 5)) {
		gdb_answer("OK");
		return GDB_KILL;
	} else {
		gdb_answer("%s", "");
	}
	return GDB_STAY;
}

static enum gdb_next handle(const char *s, long len)
{
	switch (*s) {
	case '?':
		report_stop();
		break;
	case 'g':
		gdb_packet_g();
		break;
	case 'G':
		gdb_packet_G(s + 1);
		break;
	case 'p':
		gdb_packet_p(s + 1);
		break;
	case 'P':
		gdb_packet_P(s + 1);
		break;
	case 'm':
		gdb_packet_m(s + 1);
		break;
	case 'M':
		gdb_packet_M(s + 1);
		break;
	case 'X':
		gdb_packet_X(s + 1, s + len);
		break;
	case 'Z':
	case 'z':
		gdb_packet_Z(s + 1, *s == 'Z');
		break;
	case 'H':
		select_thread(s + 1);
		break;
	case 'T':
		gdb_packet_T(s + 1);
		break;
	case 'q':
		gdb_packet_q(s + 1);
		break;
	case 'Q':
		gdb_packet_Q(s + 1);
		break;
	case 'v':
		return packet_v(s + 1);
	case 'c':
	case 'C':
	case 's':
	case 'S':
		return gdb_packet_resume(s);
	case 'D':
		gdb_answer("OK");
		return GDB_DETACH;
	case 'k':
		return GDB_KILL;
	default:
		gdb_answer("%s", "");
	}
	return GDB_STAY;
}

static void detach(void)
{
	gdb_break_remove_all();
	gdb_hw_remove_all();
	gdb_conn_flush();
	gdb_conn_close();
	gdb.run->service->wait_fd = gdb_conn_fd();
	verbose("--gdb: the debugger has gone; the program goes on");
}

static void attach(void)
{
	gdb_packet_reset();
	gdb.awaited = gdb.swbreak = gdb.hwbreak = false;
	gdb.pass = 0;
	gdb.run->service->wait_fd = gdb_conn_fd();
}

static void converse(void)
{
	static char packet[GDB_PACKET_MAX + 1];
	enum gdb_next next = GDB_STAY;

	describe();
	if (gdb.awaited)
		report_stop();
	gdb.awaited = false;
	while (next == GDB_STAY) {
		long len = gdb_packet_get(packet);

		next = len < 0 ? GDB_DETACH : handle(packet, len);
	}
	if (next == GDB_KILL) {
		gdb_conn_flush();
		finish_killed();
	}
	if (next == GDB_DETACH) {
		detach();
		go_on_alone();
		return;
	}
	gdb.awaited = true;
	step_lost = false;
	go_on(gdb.deliver, gdb.step, gdb.locked);
	gdb_conn_flush();
}

/* While the guest runs, or is about to: what does the debugger, or a new one, want? */
static void heed(struct run *r)
{
	if (gdb_conn_open() && gdb.awaited) {
		enum gdb_said said = gdb_conn_look();

		if (said == GDB_BREAK)
			want_stop(r);
		else if (said == GDB_GONE)
			detach();
	}
	if (!gdb_conn_open() && gdb_conn_accept(false)) {
		attach();
		want_stop(r);
	}
}

void gdb_stop(struct run *r)
{
	if (in_command) {
		command_done = true;
		return;
	}
	r->service->leave_wait = false;
	if (!look(r))
		return;
	if (!begun && !gdb_conn_open()) {
		warn("--gdb %s: waiting for a debugger: gdb %s -ex 'target remote %s'",
		     r->plan->gdb.text, gdb_exec_file(), gdb_where());
		gdb_conn_accept(true);
		attach();
	}
	begun = true;
	if (!gdb_conn_open() || passed())
		go_on_alone();
	else
		converse();
	/* Signals that came meanwhile are answered; of bytes that are here no more will tell. */
	tick_unpoke();
	gdb_conn_signalled();
	heed(r);
}

void gdb_interrupted(struct run *r)
{
	bool signalled = gdb_conn_signalled();

	if (signalled)
		tick_unpoke();
	if (in_command)
		return;
	if (r->service->leave_wait)
		press(r);
	else if (signalled)
		heed(r);
}

void gdb_end(int status, int signo)
{
	if (!gdb_conn_open() || !gdb.awaited)
		return;
	if (signo)
		gdb_answer("X%02x", gdb_signal_out(signo));
	else
		gdb_answer("W%02x", (unsigned int)status & 0xff);
	gdb_conn_flush();
}

void gdb_begin(struct run *r)
{
	if (!r->plan->gdb.text)
		return;
	gdb_conn_begin();
	r->service->wait_fd = gdb_conn_fd();
	/* The program of a snapshot has begun long ago. */
	gdb.run = r;
	if (r->plan->snapshot)
		PUT(wanted, 1);
}
