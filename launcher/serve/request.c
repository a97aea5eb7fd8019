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
#include "clock.h"
#include "crash.h"
#include "descriptor.h"
#include "msg.h"
#include "net/addr.h"
#include "worker.h"

#define OF_CONTROL	UINT32_MAX
#define SMAPS_MAX	4096

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define KEEP_PAGES	8192		/* what a reset copies back stays private memory ... */
#define TRIM_NS		5000000000ULL	/* ... of a worker that is busy again before this */
#define KEEP_FIRST	64		/* of a rehearsal so much, for as long */
#define KEEP_IDLE	8		/* and so much always */

static struct {
	const struct supervisor *s;
	struct run *run;
	int timer;
	unsigned int nlisteners;
	bool retire;			/* no connection any more */
	uint64_t trim_ns;		/* when to give back what a reset left; 0: nothing */
	/* of the request */
	bool active;			/* BEGIN was said, and END was not */
	uint64_t served;		/* connections before it since the last reset */
	uint64_t accepted, entered, left;
	struct record out;
} now;

/* ---- The time limit ------------------------------------------------------------------------- */

static void on_time_limit(int sig)
{
	(void)sig;
	run_stop(now.run);
}

static int make_timer(void)
{
	struct sigaction sa = { .sa_handler = on_time_limit };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

	sigaction(SIGALRM, &sa, NULL);
	return syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &now.timer) ? -errno : 0;
}

void request_limit_time(uint64_t ns)
{
	struct itimerspec t = {
		.it_value = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) },
	};

	syscall(SYS_timer_settime, now.timer, 0, &t, NULL);
}

/* ---- The next connection -------------------------------------------------------------------- */

/*
 * EPOLLEXCLUSIVE: of all that wait, one is woken for a connection, and it is the one that began to
 * watch first: the busiest, whose memory is warm.
 */
int request_init(struct run *r, const struct sockets *sockets)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = OF_CONTROL };
	int set = fd_move(epoll_create1(EPOLL_CLOEXEC), CONFINE_FD_ACCEPTS);
	int err = set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, CONFINE_FD_CONTROL, &ev);

	now.run = r;
	now.nlisteners = sockets->n;
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
	/* Pages of the device's clone are not in the process's own account. */
	struct record r = {
		.type = (uint16_t)type,
		.private_bytes = private_bytes() + now.run->vm->private_pages * MVM_PAGE_SIZE,
	};

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

/* A connection of listener i, or -1; who it is from is noted. */
static int take(unsigned int i)
{
	struct sockaddr_storage *a = &now.run->service->pending_from;
	socklen_t len = sizeof(*a);
	struct mvm_inet in = { .port = 0 };
	int fd;

	a->ss_family = AF_UNSPEC;
	fd = accept4(CONFINE_FD_LISTEN + (int)i, (struct sockaddr *)a, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return -1;
	net_addr_in(a, &in);
	memcpy(now.out.peer_ip, in.ip, sizeof(now.out.peer_ip));
	now.out.peer_port = in.port;
	return fd;
}

static int64_t reset(uint64_t keep);

/* ms until memory is given back, -1: never. */
static int until_trim(void)
{
	uint64_t t = now.trim_ns ? clock_ns(CLOCK_MONOTONIC) : 0;

	return !now.trim_ns ? -1 : t >= now.trim_ns ? 0 : (int)((now.trim_ns - t) / 1000000) + 1;
}

/* Gives back what was kept for the next one.  False: it cannot be used any more. */
static bool trim(void)
{
	bool fine = reset(KEEP_IDLE) >= 0;

	if (fine)
		tell_memory(RECORD_MEMORY);
	return fine;
}

/*
 * Waits for a connection, whose descriptor is returned.  -1: there is none, and none is to be taken
 * any more.  Who is told to go still looks: it may be the one that was woken.
 */
static int next(void)
{
	struct epoll_event ev[SERVE_LISTENERS_MAX + 1];
	int fd = -1;

	while (fd < 0 && !now.retire) {
		long n = syscall(SYS_epoll_pwait, CONFINE_FD_ACCEPTS, ev, SERVE_LISTENERS_MAX + 1,
				 until_trim(), NULL, 8L);

		if (now.trim_ns && !until_trim() && n <= 0 && !trim())
			return -1;
		for (long i = 0; i < n; i++) {
			if (ev[i].data.u32 == OF_CONTROL)
				now.retire |= obey();
			else if (fd < 0)
				fd = take(ev[i].data.u32);
		}
	}
	for (unsigned int i = 0; i < now.nlisteners && fd < 0; i++)
		fd = take(i);
	return fd;
}

/* ---- One request ---------------------------------------------------------------------------- */

static void begin(int fd)
{
	now.accepted = clock_ns(CLOCK_MONOTONIC);
	now.active = true;
	now.run->stop = 0;
	now.out.type = RECORD_BEGIN;
	say(&now.out);
	request_limit_time(now.s->plan.serve.request_ns);
	now.run->service->moved[0] = now.run->service->moved[1] = 0;
	if (now.s->contract == SERVE_SERVER)
		now.run->service->pending = fd;
	/* 0 and 1 are the lowest that are free: the connection has them, as the filter says. */
	else if (fd != 0 || dup(fd) != 1)
		_exit(EXIT_MVM);
}

/* Says how it was; what it left behind has been seen to. */
static void end(enum ended_by by, uint64_t reset_ns, uint64_t pages, bool last)
{
	const struct service *sv = now.run->service;

	now.active = false;
	now.out.type = RECORD_END;
	now.out.by = (uint16_t)by;
	now.out.start_ns = now.entered - now.accepted;
	now.out.run_ns = now.left - now.entered;
	now.out.reset_ns = reset_ns;
	now.out.in = sv->moved[0];
	now.out.out = sv->moved[1];
	now.out.pages = pages;
	now.out.last = last;
	say(&now.out);
	now.out = (struct record){ .type = 0 };
}

void request_attach(struct service *sv)
{
	for (int fd = 0; fd < 2; fd++) {
		struct handle *h = &sv->handles.h[fd];

		h->fd = fd;
		h->nonblock = true;
		h->polled = false;
		h->watched = 0;
	}
}

void request_detach(const struct supervisor *s, struct service *sv)
{
	if (s->contract == SERVE_INETD) {
		close(0);
		close(1);
	}
	if (sv->pending >= 0)		/* the guest did not even accept it */
		close(sv->pending);
	sv->pending = -1;
}

/*
 * The guest, a server, has closed its connection and waits.  It is given the next one as it is,
 * when --requests-per-vm allows; false: it is over.
 */
static bool again(struct service *sv)
{
	int fd;

	if (now.retire || ++now.served >= now.s->plan.serve.requests_per_vm)
		return false;
	now.left = clock_ns(CLOCK_MONOTONIC);
	request_limit_time(0);
	end(BY_DONE, 0, 0, false);
	fd = next();
	if (fd < 0)
		return false;
	sv->served = false;
	begin(fd);
	now.entered = clock_ns(CLOCK_MONOTONIC);
	return true;
}

static enum ended_by how_it_ended(const struct run_end *e, struct record *out)
{
	const struct ending *g = &now.run->service->ending;

	if (e->how == RUN_STOPPED) {
		out->status = EXIT_TIMEOUT;
		return BY_TIME;
	}
	if (e->how == RUN_BROKEN) {
		out->status = EXIT_CANNOT_RUN;
		verbose("%s: the VM %s %#llx", now.run->plan->program, e->what,
			(unsigned long long)e->detail);
		return BY_VM;
	}
	out->status = (uint8_t)g->status;
	out->signo = (uint8_t)g->signo;
	if (g->signo && msg_verbose)
		crash_print(now.run->plan->program, g);
	return g->signo == SIGKILL && !g->has_crash ? BY_MEMORY : g->signo ? BY_SIGNAL :
	       now.run->service->served ? BY_DONE : BY_EXIT;
}

/* The guest goes on from the snapshot, and runs until the request is over. */
static void run_one(struct run_end *e)
{
	struct run *r = now.run;
	int err = 0;

	now.served = 0;
	now.trim_ns = 0;
	if (now.s->contract == SERVE_INETD) {
		request_attach(r->service);
		/* As if it had been started for this connection alone. */
		snap_replay_output(&now.s->image, 1);
	}
	err = snap_begin(&now.s->image, r->vm, r->service, &r->stop);
	now.entered = clock_ns(CLOCK_MONOTONIC);
	*e = (struct run_end){ .how = r->stop ? RUN_STOPPED : RUN_BROKEN, .what = "cannot go on" };
	if (!err)
		run_loop(r, e);
}

/* keep: pages that may stay this process's own.  Pages that were copied back, or -1: no more. */
static int64_t reset(uint64_t keep)
{
	struct snap_reset_stats st = { .pages = 0 };
	int err = snap_reset(&now.s->image, now.run->vm, now.run->service, keep, &st);

	now.trim_ns = !err && st.pages - st.dropped > KEEP_IDLE ?
		      clock_ns(CLOCK_MONOTONIC) + TRIM_NS : 0;
	return err ? -1 : (int64_t)st.pages;
}

/* True: the VM is as new. */
static bool serve_one(int fd)
{
	int64_t pages = -1;
	struct run_end e;
	enum ended_by by;

	begin(fd);
	run_one(&e);
	request_limit_time(0);
	request_detach(now.s, now.run->service);
	if (!now.active)		/* again() said all */
		return false;
	now.left = clock_ns(CLOCK_MONOTONIC);
	by = how_it_ended(&e, &now.out);
	/* What a VM cannot go on after, it might not go on after. */
	if (now.s->plan.resets && by != BY_VM)
		pages = reset(KEEP_PAGES);
	end(by, clock_ns(CLOCK_MONOTONIC) - now.left, pages < 0 ? 0 : (uint64_t)pages, pages < 0);
	return pages >= 0;
}

void request_loop(const struct supervisor *s, struct run *r)
{
	int fd;

	now.s = s;
	now.run = r;
	if (s->rehearse && (!rehearse(s, r) || reset(KEEP_FIRST) < 0))
		_exit(WORKER_UNREHEARSED);
	/* The next descriptors are a connection's, which gets the numbers that the filter knows. */
	if (!s->rehearse && s->contract == SERVE_INETD)
		close(0), close(1);
	r->service->again = again;
	tell_memory(RECORD_READY);
	do
		fd = next();
	while (fd >= 0 && serve_one(fd) && !now.retire);
}
