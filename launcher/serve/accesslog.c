/* SPDX-License-Identifier: MIT */
/*
 * The access log.  A line goes out in one write(2), which is not begun when the log is a pipe that
 * is full: who serves does not wait for who reads the log.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "accesslog.h"
#include "confine/confine.h"
#include "descriptor.h"
#include "json.h"
#include "msg.h"
#include "net/netvalue.h"
#include "signame.h"
#include "sockets.h"

static const char *log_name;		/* NULL: no log, or it is a descriptor */
static int log_fd = -1;
static bool told;			/* that lines are lost; until it is opened again */

static int open_file(void)
{
	/* O_NONBLOCK: a FIFO without a reader must not stop us here. */
	int fd = open(log_name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		      0640);

	return fd_move(fd, SERVE_FD_LOG);
}

int accesslog_open(const char *name)
{
	if (!name)
		return 0;
	if (strncmp(name, "fd:", 3)) {
		log_name = name;
		log_fd = open_file();
	} else {
		log_fd = dup3(atoi(name + 3), SERVE_FD_LOG, O_CLOEXEC);
	}
	if (log_fd < 0)
		return fail(EXIT_MVM, "--access-log %s: cannot write it: %s; name a file that can "
			    "be written, or an open descriptor", name, strerror(errno));
	return 0;
}

void accesslog_reopen(void)
{
	int fd;

	if (!log_name)
		return;
	fd = open_file();
	if (fd < 0)
		warn("--access-log %s: cannot open it again: %s; going on with the old one",
		     log_name, strerror(errno));
	told = false;
}

static void put_time(struct json *o)
{
	char text[40];
	struct timespec t;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%06ldZ", t.tv_nsec / 1000);
	json_string(o, "time", text);
}

static void put_peer(struct json *o, const struct record *r)
{
	char ip[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 10];
	bool v4 = net_is_v4(r->peer_ip);

	if (!r->peer_port) {
		json_string(o, "peer", NULL);
		return;
	}
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? r->peer_ip + 12 : r->peer_ip, ip, sizeof(ip));
	snprintf(text, sizeof(text), v4 ? "%s:%u" : "[%s]:%u", ip, r->peer_port);
	json_string(o, "peer", text);
}

static bool takes_more(void)
{
	struct pollfd p = { .fd = log_fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0 && p.revents & POLLOUT;
}

/* What does not go out as a whole is lost: requests are served all the same. */
static bool put_line(const struct json *o)
{
	ssize_t n = -1;

	errno = EAGAIN;
	if (takes_more())
		n = write(log_fd, o->buf, o->used);
	if (n == (ssize_t)o->used)
		return true;
	if (!told)
		warn("--access-log: cannot write a line: %s; lines that are lost are counted (see "
		     "--metrics)", n < 0 ? strerror(errno) : "there is no more room");
	told = true;
	return false;
}

bool accesslog_line(const struct record *r, pid_t worker, uint32_t generation)
{
	struct json o = { .fd = log_fd };

	if (log_fd < 0)
		return true;
	json_open(&o, NULL);
	put_time(&o);
	put_peer(&o, r);
	json_string(&o, "ended_by", ended_name(r->by));
	json_number(&o, "status", r->status);
	json_string(&o, "signal", r->signo ? signal_name(r->signo) : NULL);
	json_us(&o, "start_us", r->start_ns);
	json_us(&o, "run_us", r->run_ns);
	json_us(&o, "reset_us", r->reset_ns);
	json_number(&o, "bytes_in", r->in);
	json_number(&o, "bytes_out", r->out);
	json_number(&o, "pages", r->pages);
	json_number(&o, "worker", (uint64_t)worker);
	json_number(&o, "generation", generation);
	json_close(&o);
	json_end(&o);
	return put_line(&o);
}
