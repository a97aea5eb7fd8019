/* SPDX-License-Identifier: MIT */
/* What a debugger asks about the target, and what it agrees with the stub on. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "gdb_int.h"
#include "program_path.h"

static char exec_file[PATH_MAX];	/* empty: not known */

const char *gdb_exec_file(void)
{
	return *exec_file ? exec_file : "PROGRAM";
}

void gdb_exec_file_find(const struct plan *plan)
{
	program_path(plan, exec_file);
}

/* ---- Threads -------------------------------------------------------------------------------- */

static unsigned int next_listed;

/* As many as fit; the rest when qsThreadInfo asks. */
static void list_threads(void)
{
	const unsigned int most = 512;
	unsigned int first = next_listed;

	if (first >= gdb.nthreads) {
		gdb_answer("l");
		return;
	}
	gdb_reply_begin();
	for (; next_listed < gdb.nthreads && next_listed < first + most; next_listed++)
		gdb_reply("%c%x", next_listed == first ? 'm' : ',',
			  (unsigned int)gdb.threads[next_listed].tid);
	gdb_reply_end();
}

static const char *state_of(const struct guest_thread *t)
{
	return t->asleep ? "in a system call" : t->running ? "running" : "ready";
}

static void extra_info(const char *s)
{
	const struct guest_thread *t;
	char text[48];
	int32_t tid;
	int n;

	t = gdb_tid(&s, &tid) && tid > 0 ? gdb_thread(tid) : NULL;
	if (!t) {
		gdb_answer("E01");
		return;
	}
	n = snprintf(text, sizeof(text), "%s, %s", t->name, state_of(t));
	gdb_reply_begin();
	gdb_reply_hex(text, n > 0 ? (size_t)n : 0);
	gdb_reply_end();
}

void gdb_packet_T(const char *s)
{
	int32_t tid;

	gdb_answer(gdb_tid(&s, &tid) && gdb_thread(tid) ? "OK" : "E01");
}

/* ---- Objects (qXfer) ------------------------------------------------------------------------ */

static size_t auxv(const char **text)
{
	static char buf[1024];
	uint64_t len = gdb.stop.auxv_len < sizeof(buf) ? gdb.stop.auxv_len : sizeof(buf);

	*text = buf;
	return gdb_read(gdb.stop.auxv, buf, len);
}

static size_t siginfo(const char **text)
{
	*text = (const char *)gdb.stop.siginfo;
	return gdb.stop.why == MVM_STOP_SIGNAL ? sizeof(gdb.stop.siginfo) : 0;
}

static size_t exec_name(const char **text)
{
	*text = exec_file;
	return strlen(exec_file);
}

/* ANNEX:OFFSET,LENGTH */
static void transfer(const char *s, const char *annex, size_t (*object)(const char **text))
{
	size_t len = annex ? strlen(annex) : strcspn(s, ":"), size;
	uint64_t off, n;
	const char *text;
	size_t room = (GDB_PACKET_MAX - 1) / 2;

	if (annex && (strncmp(s, annex, len) || s[len] != ':')) {
		gdb_answer("E00");
		return;
	}
	s += len;
	if (!gdb_char(&s, ':') || !gdb_hex(&s, &off) || !gdb_char(&s, ',') || !gdb_hex(&s, &n)) {
		gdb_answer("E01");
		return;
	}
	size = object(&text);
	off = off < size ? off : size;
	n = n < size - off ? n : size - off;
	n = n < room ? n : room;
	gdb_reply_begin();
	gdb_reply("%c", off + n < size ? 'm' : 'l');
	gdb_reply_binary(text + off, n);
	gdb_reply_end();
}

/* ---- q and Q -------------------------------------------------------------------------------- */

/* s behind the word; NULL when it is another. */
static const char *after(const char *s, const char *word)
{
	size_t len = strlen(word);

	return strncmp(s, word, len) ? NULL : s + len;
}

static void supported(const char *s)
{
	gdb.swbreak = strstr(s, "swbreak+");
	gdb.hwbreak = strstr(s, "hwbreak+");
	gdb_answer("PacketSize=%x;QStartNoAckMode+;QPassSignals+;swbreak+;hwbreak+;"
		   "vContSupported+;qXfer:features:read+;qXfer:auxv:read+;"
		   "qXfer:siginfo:read+%s", GDB_PACKET_MAX,
		   exec_file[0] ? ";qXfer:exec-file:read+" : "");
}

void gdb_packet_q(const char *s)
{
	const char *rest;

	if ((rest = after(s, "Supported"))) {
		supported(rest);
	} else if ((rest = after(s, "Xfer:features:read:"))) {
		transfer(rest, "target.xml", gdb_target_xml);
	} else if ((rest = after(s, "Xfer:auxv:read:"))) {
		transfer(rest, "", auxv);
	} else if ((rest = after(s, "Xfer:siginfo:read:"))) {
		transfer(rest, "", siginfo);
	} else if ((rest = after(s, "Xfer:exec-file:read:"))) {
		transfer(rest, NULL, exec_name);
	} else if (after(s, "fThreadInfo")) {
		next_listed = 0;
		list_threads();
	} else if (after(s, "sThreadInfo")) {
		list_threads();
	} else if ((rest = after(s, "ThreadExtraInfo,"))) {
		extra_info(rest);
	} else if (after(s, "Attached")) {
		gdb_answer("1");
	} else if (after(s, "Symbol:")) {
		gdb_answer("OK");
	} else if (!strcmp(s, "C")) {
		gdb_answer("QC%x", (unsigned int)gdb.stopped);
	} else {
		gdb_answer("%s", "");
	}
}

/* QPassSignals: N;N;... in the protocol's numbers. */
static void pass_signals(const char *s)
{
	uint64_t n, set = 0;

	while (gdb_hex(&s, &n)) {
		int signo = n < INT_MAX ? gdb_signal_in((int)n) : 0;

		if (signo)
			set |= 1ULL << (signo - 1);
		gdb_char(&s, ';');
	}
	gdb.pass = set;
	gdb_answer("OK");
}

void gdb_packet_Q(const char *s)
{
	const char *rest = after(s, "PassSignals:");

	if (rest) {
		pass_signals(rest);
	} else if (after(s, "StartNoAckMode")) {
		gdb_answer("OK");
		gdb_packet_no_acks();
	} else {
		gdb_answer("%s", "");
	}
}
