/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: opens what is granted and where is listened, keeps the pool, does what signals
 * ask for.  It is not in the path of a connection, reads nothing of any, and runs no guest.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "accesslog.h"
#include "bench.h"
#include "clock.h"
#include "descriptor.h"
#include "net/grant.h"
#include "image.h"
#include "msg.h"
#include "notify.h"
#include "pool.h"
#include "procfs.h"
#include "scrape.h"
#include "serve.h"
#include "usage.h"

#define EVENTS_ONCE	64

static struct service service;
static struct supervisor super;

/* ---- Before the first worker ---------------------------------------------------------------- */

/* A descriptor for each worker. */
static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

/* Of a worker: connection or null device, and this process's standard error. */
static void grant_streams(struct handles *t)
{
	static const uint32_t rights[] = { MVM_RIGHT_READ, MVM_RIGHT_WRITE, MVM_RIGHT_WRITE };

	handles_init(t);
	for (int fd = 0; fd < 3; fd++) {
		handle_add(t, fd, MVM_KIND_STREAM, rights[fd] | MVM_RIGHT_WAIT);
		t->h[fd].grant = true;
	}
}

static int open_all(struct supervisor *s)
{
	const struct plan *p = s->options;
	int status;

	raise_limit();
	status = grants_check(&s->grants);
	if (!status)
		status = sockets_adopt(&s->sockets, p);
	if (!status)
		status = notify_init(p->serve.ready_fd);
	if (!status)
		status = accesslog_open(p->serve.access_log);
	sockets_close_others(&s->sockets);
	return status ? status : sockets_open(&s->sockets, p);
}

static int grant_all(struct supervisor *s)
{
	struct handles *t = &s->service->handles;
	uint32_t files;
	int status;

	grant_streams(t);
	status = grants_files(s->options, t, &s->grants);
	files = t->used;
	for (unsigned int i = 0; i < s->sockets.n && !status; i++)
		status = grant_listener(&s->sockets.at[i], CONFINE_FD_LISTEN + (int)i, t,
					&s->grants);
	if (!status && !s->sockets.n)
		status = fail(EXIT_MVM, "serve: no socket was passed and none is named; use "
			      "--listen, as in --listen tcp:127.0.0.1:8080");
	if (status)
		return status;
	s->service->verbose = s->options->verbose;
	s->service->connects = s->options->connects;
	s->service->nconnects = s->options->nconnects;
	image_granted(s, files);
	status = image_load(s);
	/* A server has written this once; of the others each connection gets it. */
	if (!status && s->contract == SERVE_SERVER)
		snap_replay_output(&s->image, STDOUT_FILENO);
	return status;
}

/* ---- The loop ------------------------------------------------------------------------------- */

int loop_add(int fd, uint32_t events, enum event_of of, uint32_t index)
{
	struct epoll_event ev = { .events = events, .data.u64 = (uint64_t)of << 32 | index };

	return epoll_ctl(SERVE_FD_EPOLL, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int loop_init(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (fd_move(epoll_create1(EPOLL_CLOEXEC), SERVE_FD_EPOLL) < 0 ||
	    fd_move(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), SERVE_FD_SIGNALS) < 0 ||
	    loop_add(SERVE_FD_SIGNALS, EPOLLIN, OF_SIGNAL, 0))
		return fail(EXIT_MVM, "serve: cannot wait for events: %s; raise the limit of open "
			    "files (ulimit -n)", strerror(errno));
	return 0;
}

static void drain(struct supervisor *s)
{
	if (s->draining) {
		pool_kill(s);
		return;
	}
	s->draining = true;
	s->drain_until_ns = clock_ns(CLOCK_MONOTONIC) + s->plan.serve.drain_ns;
	notify_stopping();
	verbose("draining: %u requests go on", s->busy);
}

/* Workers that are made from then on are of the new one; the old ones go when these are ready. */
static void reload(struct supervisor *s)
{
	if (s->draining || s->maker)
		return;
	notify_reloading();
	s->maker = image_begin(s);
	if (s->maker > 0)
		return;
	s->maker = 0;
	s->counters.reloads_failed++;
	notify_ready();
}

static void reloaded(struct supervisor *s, int status)
{
	s->maker = 0;
	if (image_end(s, status)) {
		warn("serve: the old program stays");
		s->counters.reloads_failed++;
		notify_ready();
		return;
	}
	s->counters.reloads++;
	s->reloading = true;
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = pool_reap(s, &status))) {
		if (pid == s->maker)
			reloaded(s, status);
		else
			bench_client_ended(s, pid, status);
	}
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(SERVE_FD_SIGNALS, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap(s);
			break;
		case SIGHUP:
			reload(s);
			break;
		case SIGUSR1:
			accesslog_reopen();
			break;
		default:
			drain(s);
		}
	}
}

static void on_event(struct supervisor *s, uint64_t data)
{
	uint32_t index = (uint32_t)data;

	switch ((enum event_of)(data >> 32)) {
	case OF_SIGNAL:
		on_signal(s);
		break;
	case OF_WORKER:
		pool_event(s, index);
		break;
	case OF_METRICS:
		scrape_accept(s);
		break;
	case OF_CLIENT:
		scrape_event(s, index);
		break;
	}
}

static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int loop(struct supervisor *s)
{
	struct epoll_event ev[EVENTS_ONCE];

	while (!s->over) {
		int ms, n;

		/* Before the pool is looked at: of what is decided after it, it would hear late. */
		if (bench_over(s))
			drain(s);
		ms = sooner(pool_adjust(s), scrape_expire());
		if (s->draining && pool_empty(s))
			break;
		if (s->ready)
			bench_start();
		n = epoll_wait(SERVE_FD_EPOLL, ev, EVENTS_ONCE, ms);
		for (int i = 0; i < n; i++)
			on_event(s, ev[i].data.u64);
	}
	pool_kill(s);
	if (s->maker)
		kill(s->maker, SIGKILL);
	return s->status;
}

int serve(const struct plan *options)
{
	struct supervisor *s = &super;
	int status;

	s->service = &service;
	s->image.fd = s->image.file = -1;
	s->options = options;
	s->plan = *options;
	status = procfs_needed("serve");
	if (!status)
		status = open_all(s);
	if (!status)
		status = grant_all(s);
	if (!status && options->show_confinement) {
		confine_print(s->confinement, stdout);
		return usage_end();
	}
	if (!status && (loop_init() || scrape_open(s) || pool_init(s) || bench_init(s)))
		status = EXIT_MVM;
	return status ? status : loop(s);
}
