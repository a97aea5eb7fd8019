/* SPDX-License-Identifier: MIT */
/* Bytes to and from the debugger.  See conn.h. */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "confine/confine.h"
#include "tick.h"

#define BREAK_BYTE	0x03
#define WRITE_WAIT_S	10		/* a debugger that takes nothing for so long has gone */

static struct {
	bool open;
	uint8_t in[4096];
	size_t at, end;			/* of what has not been taken yet */
	uint8_t out[4096];
	size_t used;
	bool failed;			/* to write */
} c;

static bool signalled;
static pid_t self;			/* whom SIGIO is for */

static void on_io(int sig)
{
	(void)sig;
	__atomic_store_n(&signalled, true, __ATOMIC_RELAXED);
	tick_poke();
}

bool gdb_conn_signalled(void)
{
	return __atomic_exchange_n(&signalled, false, __ATOMIC_RELAXED);
}

static void send_signals(int fd)
{
	fcntl(fd, F_SETOWN, self);
	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);
}

void gdb_conn_begin(void)
{
	struct sigaction sa = { .sa_handler = on_io };
	sigset_t mask;

	self = getpid();
	sigaction(SIGIO, &sa, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGIO);
	pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
	send_signals(CONFINE_FD_GDB);
}

bool gdb_conn_open(void)
{
	return c.open;
}

int gdb_conn_fd(void)
{
	return c.open ? CONFINE_FD_GDB_CONN : CONFINE_FD_GDB;
}

/* For ever, or seconds.  False: time is up. */
static bool wait_for(int fd, short events, int seconds)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct timespec t = { seconds, 0 };
	int r;

	do
		r = ppoll(&p, 1, seconds ? &t : NULL, NULL);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

bool gdb_conn_accept(bool wait)
{
	int fd;

	while ((fd = accept4(CONFINE_FD_GDB, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
		if (!wait && errno != ECONNABORTED)
			return false;
		wait_for(CONFINE_FD_GDB, POLLIN, 0);
	}
	dup3(fd, CONFINE_FD_GDB_CONN, O_CLOEXEC);
	close(fd);
	memset(&c, 0, sizeof(c));
	c.open = true;
	send_signals(CONFINE_FD_GDB_CONN);
	return true;
}

void gdb_conn_close(void)
{
	/* Closed, but the number stays taken (open.c). */
	if (c.open)
		dup3(CONFINE_FD_GDB, CONFINE_FD_GDB_CONN, O_CLOEXEC);
	c.open = false;
}

/* More bytes into c.in: how many, 0 when the debugger has gone, -1 when there are none now. */
static ssize_t more(void)
{
	ssize_t n;

	do
		n = read(CONFINE_FD_GDB_CONN, c.in, sizeof(c.in));
	while (n < 0 && errno == EINTR);
	c.at = 0;
	c.end = n > 0 ? (size_t)n : 0;
	return n < 0 && errno != EAGAIN ? 0 : n;
}

int gdb_conn_get(void)
{
	ssize_t n;

	if (c.at < c.end)
		return c.in[c.at++];
	if (!c.open || !gdb_conn_flush())
		return -1;
	while ((n = more()) < 0)
		wait_for(CONFINE_FD_GDB_CONN, POLLIN, 0);
	return n ? c.in[c.at++] : -1;
}

bool gdb_conn_flush(void)
{
	size_t done = 0;

	while (c.open && !c.failed && done < c.used) {
		ssize_t n = write(CONFINE_FD_GDB_CONN, c.out + done, c.used - done);

		if (n > 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			c.failed = !wait_for(CONFINE_FD_GDB_CONN, POLLOUT, WRITE_WAIT_S);
		else
			c.failed = errno != EINTR;
	}
	c.used = 0;
	return c.open && !c.failed;
}

void gdb_conn_put(const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t n; len; p += n, len -= n) {
		if (c.used == sizeof(c.out))
			gdb_conn_flush();
		n = len < sizeof(c.out) - c.used ? len : sizeof(c.out) - c.used;
		memcpy(c.out + c.used, p, n);
		c.used += n;
	}
}

enum gdb_said gdb_conn_look(void)
{
	for (;;) {
		ssize_t n;

		if (memchr(c.in + c.at, BREAK_BYTE, c.end - c.at)) {
			c.at = c.end = 0;
			return GDB_BREAK;
		}
		n = more();
		if (n <= 0)
			return n ? GDB_NOTHING : GDB_GONE;
	}
}
