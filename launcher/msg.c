/* SPDX-License-Identifier: MIT */
/*
 * What mvm says to a person: one line each, on standard error.  Owns the form of a line, not
 * its words.
 *
 * Works in every state of the launcher: in any thread, confined or not, without allocation,
 * and with the two system calls ppoll(2) and write(2).
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "msg.h"

/* A path may be 4095 bytes long, and a line names one path and says a sentence about it. */
#define LINE_MAX_BYTES	4608

#define PATIENCE_NS	200000000L

bool msg_verbose;

static const char *where_name;
static unsigned int where_line;

void msg_where(const char *name, unsigned int line)
{
	where_name = name;
	where_line = line;
}

bool msg_is_control(unsigned char before, unsigned char c)
{
	if (c >= 0x80 && c < 0xa0)
		return before < 0x80 || before == 0xc2;
	return c < 0x20 || c == 0x7f;
}

/*
 * Names come from the command line and from the guest: a control character in one of them must
 * not break the line or reach the terminal.
 */
static void clean(char *line, size_t len)
{
	unsigned char before = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (msg_is_control(before, c))
			line[i] = '?';
		before = (unsigned char)line[i];
	}
}

/*
 * Standard error may be a pipe that the guest has filled and whose reader waits for mvm to end.
 * What it does not take in time is lost: messages must not keep mvm from ending.
 */
static bool takes_more(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	struct timespec patience = { .tv_nsec = PATIENCE_NS };
	int r;

	do
		r = ppoll(&p, 1, &patience, NULL);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

/* A pipe that poll(2) calls writable takes PIPE_BUF bytes without blocking (pipe(7)). */
void msg_put(const char *text, size_t len)
{
	while (len && takes_more()) {
		ssize_t n = write(STDERR_FILENO, text, len < PIPE_BUF ? len : PIPE_BUF);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;		/* nobody is left to be told */
		text += n;
		len -= (size_t)n;
	}
}

__attribute__((format(printf, 1, 0)))
static void say(const char *fmt, va_list ap)
{
	static const char prefix[] = "mvm: ", cut[] = "...";
	char line[LINE_MAX_BYTES];
	size_t room = sizeof(line) - 1;		/* one for the newline */
	size_t len = sizeof(prefix) - 1;
	int saved = errno;
	int n;

	memcpy(line, prefix, len);
	if (where_name) {
		n = snprintf(line + len, LINE_MAX_BYTES / 2, where_line ? "%s:%u: " : "%s: ",
			     where_name, where_line);
		len += n < LINE_MAX_BYTES / 2 ? (size_t)n : LINE_MAX_BYTES / 2 - 1;
	}
	n = vsnprintf(line + len, room - len + 1, fmt, ap);
	if (n < 0)
		n = 0;
	len += (size_t)n;
	if (len > room) {
		len = room;
		memcpy(line + len - (sizeof(cut) - 1), cut, sizeof(cut) - 1);
	}
	clean(line, len);
	line[len++] = '\n';
	msg_put(line, len);
	errno = saved;
}

/**
 * fail - says why something cannot be done
 * @status: the exit status that goes with it; returned
 * @fmt: what, which argument, why, what to do, as printf(3), without a newline
 */
int fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return status;
}

/** verbose - says something that only interests with -v */
void verbose(const char *fmt, ...)
{
	va_list ap;

	if (!msg_verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

/** warn - says something in any case */
void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}
