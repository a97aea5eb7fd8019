/* SPDX-License-Identifier: MIT */
/*
 * The cycle of a worker: wait, accept, let the guest run, say how it was.  The connection is
 * accepted here and not by the guest, which is entered only when there is one.
 *
 * Needs (system calls): see confine_serve.c.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "crash.h"
#include "msg.h"
#include "net_addr.h"
#include "worker.h"

#define OF_CONTROL	UINT32_MAX
#define SMAPS_MAX	4096

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static struct run *run_now;
static int timer_id;
static unsigned int nlisteners;

/* ---- The time limit ------------------------------------------------------------------------- */

static void on_time_limit(int sig)
{
	(void)sig;
	run_stop(run_now);
}

static int make_timer(void)
{
	struct sigaction sa = { .sa_handler = on_time_limit };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

	sigaction(SIGALRM, &sa, NULL);
	return syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &timer_id) ? -errno : 0;
}

/* ns 0: no more. */
static void limit_time(uint64_t ns)
{
	struct itimerspec t = {
		.it_value = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) },
	};

	syscall(SYS_timer_settime, timer_id, 0, &t, NULL);
}

/* ---- The next connection -------------------------------------------------------------------- */

/*
 * EPOLLEXCLUSIVE: of all that wait, one is woken for a connection, and it is the one that began to
 * watch first: the busiest, whose memory is warm.
 */
int request_init(struct run *r, const struct sockets *sockets)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = OF_CONTROL };
	int set = move_to(epoll_create1(EPOLL_CLOEXEC), CONFINE_FD_ACCEPTS);
	int err = set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, CONFINE_FD_CONTROL, &ev);

	run_now = r;
	nlisteners = sockets->n;
	for (unsigned int i = 0; i < sockets->n && !err; i++) {
		ev = (struct epoll_event){ .events = EPOLLIN | EPOLLEXCLUSIVE, .data.u32 = i };
		err = epoll_ctl(set, EPOLL_CTL_ADD, CONFINE_FD_LISTEN + (int)i, &ev);
	}
	if (!err && make_timer())
		err = 1;
	return err ? fail(EXIT_MVM, "serve: a worker cannot wait for connections: %s",
			  strerror(errno)) : 0;
}

static void say(const struct record *r)
{
	/* Who cannot be told is not there any more; neither need we be. */
	if (write(CONFINE_FD_CONTROL, r, sizeof(*r)) != (ssize_t)sizeof(*r))
		_exit(0);
}

/* The lines "Private_Clean: 8 kB" and "Private_Dirty: ..." (proc_pid_smaps(5)). */
static uint64_t private_bytes(void)
{
	char buf[SMAPS_MAX + 1];
	ssize_t n = pread(CONFINE_FD_SMAPS, buf, SMAPS_MAX, 0);
	uint64_t sum = 0;

	buf[n > 0 ? n : 0] = '\0';
	for (const char *p = buf; (p = strstr(p, "\nPrivate_")); ) {
		uint64_t kib = 0;

		for (p++; *p && *p != '\n'; p++)
			if (*p >= '0' && *p <= '9')
				kib = kib * 10 + (uint64_t)(*p - '0');
		sum += kib * 1024;
	}
	return sum;
}

static void tell_memory(enum record_type type)
{
	struct record r = { .type = (uint16_t)type, .private_bytes = private_bytes() };

	say(&r);
}

/* True: to retire.  Also when the supervisor has gone. */
static bool obey(void)
{
	char order;

	if (read(CONFINE_FD_CONTROL, &order, 1) != 1)
		return true;
	if (order == ORDER_MEMORY)
		tell_memory(RECORD_MEMORY);
	return order == ORDER_RETIRE;
}

/* A connection of listener i, or -1; who it is from in *r. */
static int take(unsigned int i, struct record *r)
{
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(a);
	struct mvm_inet in = { .port = 0 };
	int fd = accept4(CONFINE_FD_LISTEN + (int)i, (struct sockaddr *)&a, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -1;
	net_addr_in(&a, &in);
	memcpy(r->peer_ip, in.ip, sizeof(r->peer_ip));
	r->peer_port = in.port;
	return fd;
}

/*
 * Waits for a connection, whose descriptor is returned.  *retire: it is the last; -1: there is not
 * even one.  Who is told to go still looks: it may be the one that was woken.
 */
static int next(struct record *r, bool *retire)
{
	struct epoll_event ev[SERVE_LISTENERS_MAX + 1];
	int fd = -1;

	while (fd < 0 && !*retire) {
		long n = syscall(SYS_epoll_pwait, CONFINE_FD_ACCEPTS, ev, SERVE_LISTENERS_MAX + 1,
				 -1, NULL, 8L);

		for (long i = 0; i < n; i++) {
			if (ev[i].data.u32 == OF_CONTROL)
				*retire |= obey();
			else if (fd < 0)
				fd = take(ev[i].data.u32, r);
		}
	}
	for (unsigned int i = 0; i < nlisteners && fd < 0; i++)
		fd = take(i, r);
	return fd;
}

/* ---- One request ---------------------------------------------------------------------------- */

/* The connection becomes the guest's standard input and output. */
static void attach(struct service *s)
{
	for (int fd = 0; fd < 2; fd++) {
		struct handle *h = &s->handles.h[fd];

		h->fd = fd;
		h->nonblock = true;
		h->watched = h->polled = false;
	}
}

static void detach(struct service *s)
{
	for (int fd = 0; fd < 2; fd++) {
		s->handles.h[fd].watched = false;
		close(fd);
	}
}

static void how_it_ended(const struct run *r, const struct run_end *end, struct record *out)
{
	const struct ending *e = &r->service->ending;

	switch (end->how) {
	case RUN_ENDED:
		out->by = e->signo == SIGKILL && !e->has_crash ? BY_MEMORY :
			  e->signo ? BY_SIGNAL : BY_EXIT;
		out->status = (uint8_t)e->status;
		out->signo = (uint8_t)e->signo;
		if (e->signo && msg_verbose)
			crash_print(r->plan->program, e);
		break;
	case RUN_BROKEN:
		out->by = BY_VM;
		out->status = EXIT_CANNOT_RUN;
		verbose("%s: the VM %s %#llx", r->plan->program, end->what,
			(unsigned long long)end->detail);
		break;
	case RUN_STOPPED:
		out->by = BY_TIME;
		out->status = EXIT_TIMEOUT;
		break;
	}
}

static void serve_one(const struct supervisor *s, struct run *r, int fd, struct record *out)
{
	uint64_t accepted = now_ns(), entered, left;
	struct run_end end;

	out->type = RECORD_BEGIN;
	say(out);
	/* 0 and 1 are the lowest that are free: the connection has them, as the filter says. */
	if (fd != 0 || dup(fd) != 1)
		_exit(EXIT_MVM);
	attach(r->service);
	r->service->moved[0] = r->service->moved[1] = 0;
	r->stop = 0;
	limit_time(s->plan->serve.request_ns);
	entered = now_ns();
	run_loop(r, &end);
	left = now_ns();
	limit_time(0);
	detach(r->service);
	how_it_ended(r, &end, out);
	out->type = RECORD_END;
	out->start_ns = entered - accepted;
	out->run_ns = left - entered;
	out->in = r->service->moved[0];
	out->out = r->service->moved[1];
}

void request_loop(const struct supervisor *s, struct run *r)
{
	bool retire = false;

	tell_memory(RECORD_READY);
	while (!retire) {
		struct record out = { .type = 0 };
		int fd = next(&out, &retire);

		if (fd < 0)
			break;
		serve_one(s, r, fd, &out);
		out.last = 1;
		say(&out);
		return;
	}
}
