/* SPDX-License-Identifier: MIT */
/*
 * What is printed when.  A line is printed when its call is over, so hypercalls stand before the
 * system call that they were made for.  Before the guest goes to sleep the calls that have begun
 * are shown as far as they are known; when something else has to be said before they end, they
 * are <unfinished ...>, and <... resumed> later, as strace(1) does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include "msg.h"
#include "trace_int.h"
#include "output.h"
#include "plan.h"
#include "signame.h"

#define PENDING_MAX	64U		/* threads in a call; of more, the beginnings are printed */
#define NS		1000000000ULL
#define OUT_MAX		65536U

typedef unsigned long long ull;

/* A call that has begun. */
struct pending {
	bool used;
	bool begun;			/* the beginning of its line is printed */
	bool split;			/* and something else behind it */
	unsigned int next;		/* the first argument that is not printed */
	union trace_record enter;
};

static struct {
	int fd;
	const char *file;		/* as the option named it */
	bool failed;			/* told already */
	enum plan_trace_time time;
	struct trace_times times;
	uint64_t last_ns;		/* of the line before, for relative times */
	int32_t tid;			/* of the first record; 0: there was none */
	bool several;			/* threads were seen: lines say which */
	struct pending pending[PENDING_MAX];
	struct pending *open;		/* whose line is not ended */
	struct text text;
	size_t used;
	char out[OUT_MAX];
} l;

void lines_start(int fd, const struct plan *plan, const struct trace_times *times)
{
	l.fd = fd;
	l.file = plan->trace;
	l.time = plan->trace_time;
	l.times = *times;
	l.last_ns = times->mono_ns;
}

/* ---- Out ----------------------------------------------------------------------------------- */

void lines_flush(void)
{
	if (l.used && !l.failed && !output_write(l.fd, l.out, l.used)) {
		l.failed = true;
		warn("--trace=%s: cannot write all of it: %s; name a file with room", l.file,
		     strerror(errno));
	}
	l.used = 0;
}

/* Takes over what was put together. */
static void emit(void)
{
	if (sizeof(l.out) - l.used < l.text.used)
		lines_flush();
	memcpy(l.out + l.used, l.text.s, l.text.used);
	l.used += l.text.used;
	text_start(&l.text);
}

static void emit_line(void)
{
	text_end(&l.text);
	emit();
}

/* ---- Time ---------------------------------------------------------------------------------- */

/* Nanoseconds of that many ticks; a guest may say any number. */
static uint64_t ticks_ns(uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * l.times.mult >> l.times.shift);
}

static uint64_t mono_ns(uint64_t tsc)
{
	return l.times.mono_ns + ticks_ns(tsc - l.times.tsc_base);
}

static void put_time(uint64_t at)
{
	uint64_t since = at > l.last_ns ? at - l.last_ns : 0;
	uint64_t real = l.times.real_ns + (at - l.times.mono_ns), s = real / NS % 86400;

	if (l.time == TRACE_TIME_RELATIVE)
		text_put(&l.text, "%6llu.%06llu ", (ull)(since / NS), (ull)(since % NS / 1000));
	else if (l.time == TRACE_TIME_ABSOLUTE)
		text_put(&l.text, "%02llu:%02llu:%02llu.%06llu ", (ull)(s / 3600),
			 (ull)(s / 60 % 60), (ull)(s % 60), (ull)(real % NS / 1000));
	l.last_ns = at;
}

static void put_duration(uint64_t ns)
{
	text_put(&l.text, " <%llu.%06llu>", (ull)(ns / NS), (ull)(ns % NS / 1000));
}

/* ---- Lines --------------------------------------------------------------------------------- */

/* Something else is to be printed than the rest of the line that is open. */
static void interrupt(void)
{
	if (!l.open)
		return;
	text_add(&l.text, " <unfinished ...>");
	l.open->split = true;
	l.open = NULL;
	emit_line();
}

static void begin_line(uint64_t at, int32_t tid)
{
	interrupt();
	put_time(at);
	if (l.several && tid)
		text_put(&l.text, "[%d] ", tid);
}

static void put_beginning(const struct call *c, unsigned int *next)
{
	char buf[24];

	text_put(&l.text, "%s(", call_name(call_nr(c), buf));
	call_print_args(&l.text, c, next);
}

/* The line of p, as far as it is known. */
static void print_begun(struct pending *p)
{
	struct call c = { .enter = &p->enter };

	begin_line(mono_ns(p->enter.r.tsc), p->enter.r.tid);
	put_beginning(&c, &p->next);
	emit();
	p->begun = true;
	l.open = p;
}

static struct pending *find(int32_t tid)
{
	for (unsigned int i = 0; i < PENDING_MAX; i++)
		if (l.pending[i].used && l.pending[i].enter.r.tid == tid)
			return &l.pending[i];
	return NULL;
}

/* A place for tid's call; where none is left, the first one's is given up. */
static struct pending *take(int32_t tid)
{
	struct pending *p = find(tid);

	for (unsigned int i = 0; i < PENDING_MAX && !p; i++)
		if (!l.pending[i].used)
			p = &l.pending[i];
	if (!p)
		p = &l.pending[0];
	if (p->used && !p->begun)
		print_begun(p);
	if (l.open == p)
		interrupt();
	return p;
}

/* These return to nobody. */
static void ended(const union trace_record *r)
{
	struct call c = { .enter = r };
	unsigned int next = 0;

	begin_line(mono_ns(r->r.tsc), r->r.tid);
	put_beginning(&c, &next);
	text_add(&l.text, ")");
	call_print_result(&l.text, &c);
	emit_line();
}

static void entered(const union trace_record *r)
{
	struct pending *p;

	if (r->r.nr == SYS_exit || r->r.nr == SYS_exit_group) {
		ended(r);
		return;
	}
	p = take(r->r.tid);

	p->used = true;
	p->begun = p->split = false;
	p->next = 0;
	memcpy(&p->enter, r, r->r.size);
}

static void left(const union trace_record *r)
{
	struct pending *p = find(r->r.tid);
	struct call c = { .leave = r };
	unsigned int next = 0;
	char buf[24];

	if (p && p->enter.r.nr == r->r.nr) {
		c.enter = &p->enter;
		next = p->next;
	}
	if (c.enter && l.open == p) {
		l.open = NULL;
		call_print_args(&l.text, &c, &next);
	} else {
		begin_line(mono_ns(c.enter ? c.enter->r.tsc : r->r.tsc), r->r.tid);
		if (c.enter && !p->split) {
			put_beginning(&c, &next);
		} else {
			text_put(&l.text, "<... %s resumed>", call_name(r->r.nr, buf));
			call_print_args(&l.text, &c, &next);
		}
	}
	text_add(&l.text, ")");
	call_print_result(&l.text, &c);
	if (c.enter)
		put_duration(ticks_ns(r->r.tsc - c.enter->r.tsc));
	emit_line();
	if (p)
		p->used = false;
}

static void signalled(const union trace_record *r)
{
	int signo = r->r.nr && r->r.nr <= 64 ? (int)r->r.nr : 0, code = (int)r->r.result;
	const char *reason = signal_reason(signo, code);

	begin_line(mono_ns(r->r.tsc), r->r.tid);
	text_put(&l.text, "--- %s {si_code=%d", signal_name(signo), code);
	if (reason)
		text_put(&l.text, " (%s)", reason);
	if (r->r.args[0])
		text_put(&l.text, ", si_addr=%#llx", (ull)r->r.args[0]);
	text_add(&l.text, "} ---");
	emit_line();
}

void lines_record(const union trace_record *r)
{
	if (!l.tid)
		l.tid = r->r.tid;
	l.several |= l.tid != r->r.tid;
	switch (r->r.kind) {
	case MVM_TRACE_ENTER:
		entered(r);
		break;
	case MVM_TRACE_LEAVE:
		left(r);
		break;
	case MVM_TRACE_SIGNAL:
		signalled(r);
		break;
	}
}

void lines_request(const struct guest_ram *ram, const struct request_seen *q, uint64_t at,
		   uint64_t took)
{
	begin_line(at, 0);
	request_print(&l.text, ram, q);
	put_duration(took);
	emit_line();
}

void lines_waiting(void)
{
	for (unsigned int i = 0; i < PENDING_MAX; i++)
		if (l.pending[i].used && !l.pending[i].begun)
			print_begun(&l.pending[i]);
}

void lines_end(int status, int signo)
{
	lines_waiting();
	interrupt();
	if (signo)
		text_put(&l.text, "+++ killed by %s +++", signal_name(signo));
	else
		text_put(&l.text, "+++ exited with %d +++", status);
	emit_line();
	lines_flush();
}
