/* SPDX-License-Identifier: MIT */
/*
 * The pool.  At least --pool clones wait for a connection as long as there are not --concurrency in
 * all.  A worker that is busy for longer than its own timer allows, says what it may not, or dies
 * costs its request and is replaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "accesslog.h"
#include "bench.h"
#include "clock.h"
#include "msg.h"
#include "notify.h"
#include "pool.h"
#include "worker.h"

#define PATIENCE_NS	3000000ULL	/* before another clone takes the place of a busy one */
#define GRACE_NS	2000000000ULL	/* a worker ends a request by itself, or is ended */
#define START_NS	30000000000ULL	/* and so long may it take to become ready */
#define SURPLUS_NS	10000000000ULL	/* more than the pool are kept for so long */
#define SURPLUS_STEP	100000000ULL	/* ... and then go one by one */
#define LOOK_NS		200000000ULL	/* between two looks for them */
#define FAILED_MAX	8		/* starts that fail in a row: something is wrong */
#define RETRY_NS	1000000000ULL	/* ... and then one a second is tried */
#define FORKS_ONCE	8		/* between two looks at what happens */
#define ASK_ONCE	16
#define HEAR_ONCE	16		/* records of one worker, and then the others have a turn */
/* No connection comes and goes in 10 us, and there are two records of each. */
#define HEAR_SECOND	200000U

int pool_init(struct supervisor *s)
{
	/* A reload needs room beside those that finish their requests. */
	size_t n = s->plan.serve.concurrency + s->plan.serve.pool;
	void *p = mmap(NULL, n * sizeof(*s->workers), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return fail(EXIT_MVM, "--concurrency: no memory for the table of %zu workers", n);
	s->workers = p;
	s->nslots = (uint32_t)n;
	return 0;
}

/* ---- States --------------------------------------------------------------------------------- */

static uint32_t *counter_of(struct supervisor *s, const struct worker *w)
{
	if (w->leaving && w->state != WORKER_BUSY)
		return &s->leaving;
	return w->state == WORKER_STARTING ? &s->starting : w->state == WORKER_IDLE ? &s->idle :
	       &s->busy;
}

/* The only place where a worker changes what it is counted as. */
static void become(struct supervisor *s, struct worker *w, enum worker_state state, bool leaving)
{
	if (w->state != WORKER_NONE)
		--*counter_of(s, w);
	w->state = state;
	w->leaving = leaving;
	w->since_ns = clock_ns(CLOCK_MONOTONIC);
	if (state != WORKER_NONE)
		++*counter_of(s, w);
}

static void order(struct worker *w, char what)
{
	/* What does not fit was said often enough; who has gone is met by pool_reap(). */
	ssize_t n = send(w->fd, &what, 1, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)n;
}

static void retire(struct supervisor *s, struct worker *w)
{
	order(w, ORDER_RETIRE);
	s->counters.retired++;
	become(s, w, w->state, true);
}

/* ---- What workers say ----------------------------------------------------------------------- */

static void request_over(struct supervisor *s, const struct worker *w, const struct record *r)
{
	struct counters *c = &s->counters;

	c->requests[r->by]++;
	c->in += r->in;
	c->out += r->out;
	c->pages += r->pages;
	hist_add(&c->start, r->start_ns);
	hist_add(&c->run, r->run_ns);
	if (r->reset_ns)
		hist_add(&c->reset, r->reset_ns);
	bench_note(r);
	if (!accesslog_line(r, w->pid, w->generation))
		c->log_lost++;
}

static void ended(struct supervisor *s, struct worker *w, struct record *r)
{
	memcpy(r->peer_ip, w->begun.peer_ip, sizeof(r->peer_ip));
	r->peer_port = w->begun.peer_port;
	request_over(s, w, r);
	become(s, w, WORKER_IDLE, w->leaving || r->last);
}

static void believe(struct supervisor *s, struct worker *w, struct record *r)
{
	switch (r->type) {
	case RECORD_READY:
		s->failed_starts = 0;
		s->proved = true;
		w->private_bytes = r->private_bytes;
		become(s, w, WORKER_IDLE, w->leaving);
		break;
	case RECORD_BEGIN:
		w->begun = *r;
		become(s, w, WORKER_BUSY, w->leaving);
		if (!s->idle && s->busy >= s->plan.serve.concurrency)
			s->counters.saturated++;
		break;
	case RECORD_END:
		ended(s, w, r);
		break;
	default:
		w->private_bytes = r->private_bytes;
	}
}

/* Within what may be said in a second? */
static bool count_heard(struct worker *w)
{
	uint64_t t = clock_ns(CLOCK_MONOTONIC);

	if (t - w->heard_ns >= 1000000000) {
		w->heard_ns = t;
		w->heard = 0;
	}
	return ++w->heard <= HEAR_SECOND;
}

/*
 * At most max records: who writes without end has no more of our time than others, and what is left
 * is an event again.  False: it will not be heard any more.
 */
static bool hear(struct supervisor *s, struct worker *w, uint32_t max)
{
	const char *why = "says what it may not";
	struct record r;

	while (max--) {
		ssize_t n = recv(w->fd, &r, sizeof(r), MSG_DONTWAIT | MSG_TRUNC);

		if (n <= 0)
			return n != 0;
		if (!count_heard(w))
			why = "talks without end";
		else if (record_check(&r, n, w->state)) {
			believe(s, w, &r);
			continue;
		}
		s->counters.bad_records++;
		warn("serve: worker %d %s, and was ended", (int)w->pid, why);
		return false;
	}
	return true;
}

void pool_event(struct supervisor *s, uint32_t i)
{
	struct worker *w = &s->workers[i];

	if (w->state != WORKER_NONE && !hear(s, w, HEAR_ONCE)) {
		epoll_ctl(SERVE_FD_EPOLL, EPOLL_CTL_DEL, w->fd, NULL);
		w->refused = true;
		kill(w->pid, SIGKILL);
	}
}

/* ---- Their end ------------------------------------------------------------------------------ */

/* What became of the request that a worker died with. */
static void request_died(struct supervisor *s, struct worker *w)
{
	struct record r = w->begun;

	r.by = w->killed ? BY_TIME : BY_CRASH;
	r.run_ns = clock_ns(CLOCK_MONOTONIC) - w->since_ns;
	request_over(s, w, &r);
}

static void start_failed(struct supervisor *s, int status)
{
	if (s->rehearse && (WIFSIGNALED(status) || WEXITSTATUS(status) == WORKER_UNREHEARSED)) {
		verbose("serve: the program did not bear a rehearsal; clones start without");
		s->rehearse = false;
		return;
	}
	if (s->proved) {
		s->no_fork_ns = ++s->failed_starts >= FAILED_MAX ?
				clock_ns(CLOCK_MONOTONIC) + RETRY_NS : 0;
		return;
	}
	/* It was the first, and has said why. */
	s->status = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_MVM;
	s->over = true;
}

static void bury(struct supervisor *s, struct worker *w, int status)
{
	/* All of it: nobody writes any more. */
	if (!w->refused)
		hear(s, w, UINT32_MAX);
	if (w->state == WORKER_BUSY)
		request_died(s, w);
	else if (w->state == WORKER_STARTING && !w->leaving)
		start_failed(s, status);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		s->counters.violations++;
	if (w->killed)
		s->counters.overdue++;
	else if (w->state == WORKER_BUSY || !w->leaving)
		s->counters.deaths++;
	close(w->fd);
	become(s, w, WORKER_NONE, false);
}

pid_t pool_reap(struct supervisor *s, int *status)
{
	pid_t pid;

	while ((pid = waitpid(-1, status, WNOHANG)) > 0) {
		uint32_t i = 0;

		while (i < s->used && (s->workers[i].state == WORKER_NONE ||
				       s->workers[i].pid != pid))
			i++;
		if (i == s->used)
			return pid;
		bury(s, &s->workers[i], *status);
	}
	return 0;
}

/* ---- Making them ---------------------------------------------------------------------------- */

static struct worker *free_slot(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->used; i++)
		if (s->workers[i].state == WORKER_NONE)
			return &s->workers[i];
	return s->used < s->nslots ? &s->workers[s->used++] : NULL;
}

/* Beyond the numbers that have a meaning, so that a worker can close them at once. */
static int make_pair(int pair[2])
{
	int p[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p))
		return -1;
	for (int i = 0; i < 2; i++) {
		pair[i] = fcntl(p[i], F_DUPFD_CLOEXEC, SERVE_FD_WORKERS);
		close(p[i]);
	}
	if (pair[0] >= 0 && pair[1] >= 0)
		return 0;
	close(pair[0] < 0 ? pair[1] : pair[0]);
	errno = EMFILE;
	return -1;
}

static bool make_worker(struct supervisor *s)
{
	struct worker *w = free_slot(s);
	int pair[2];
	pid_t pid;

	if (!w || make_pair(pair)) {
		warn("serve: cannot make a worker: %s; raise the limit of open files (ulimit -n) "
		     "or lower --concurrency", strerror(w ? errno : EMFILE));
		return false;
	}
	pid = fork();
	if (!pid)
		worker(s, pair[1]);
	close(pair[1]);
	if (pid < 0 || loop_add(pair[0], EPOLLIN, OF_WORKER, (uint32_t)(w - s->workers)))  {
		warn("serve: cannot make a worker: %s; raise the limit of processes (ulimit -u) or "
		     "lower --concurrency", strerror(errno));
		close(pair[0]);
		return false;
	}
	s->counters.forks++;
	*w = (struct worker){ .pid = pid, .fd = pair[0], .generation = s->generation };
	become(s, w, WORKER_STARTING, false);
	return true;
}

/* ---- What there should be ------------------------------------------------------------------- */

static bool is_old(const struct supervisor *s, const struct worker *w)
{
	return w->generation != s->generation;
}

/* After a reload: those of the old program go as soon as new ones wait in their place. */
static void replace_old(struct supervisor *s)
{
	uint32_t fresh = 0, old = 0;

	for (uint32_t i = 0; i < s->used; i++) {
		const struct worker *w = &s->workers[i];

		if (w->state == WORKER_IDLE && !w->leaving && !is_old(s, w))
			fresh++;
		else if (w->state != WORKER_NONE && is_old(s, w))
			old++;
	}
	if (fresh < s->plan.serve.pool && fresh + s->busy < s->plan.serve.concurrency)
		return;
	for (uint32_t i = 0; i < s->used && old; i++) {
		struct worker *w = &s->workers[i];

		if (w->state != WORKER_NONE && !w->leaving && is_old(s, w))
			retire(s, w);
	}
	if (s->ready)
		notify_ready();
	s->reloading = false;
}

/* Idle ones that nobody needed for a while go, one at a time. */
static int drop_surplus(struct supervisor *s, uint64_t now)
{
	if (s->idle <= s->plan.serve.pool) {
		s->surplus_ns = 0;
		return -1;
	}
	if (!s->surplus_ns)
		s->surplus_ns = now + SURPLUS_NS;
	if (now < s->surplus_ns)
		return (int)((s->surplus_ns - now) / 1000000) + 1;
	for (uint32_t i = s->used; i-- > 0; ) {
		struct worker *w = &s->workers[i];

		if (w->state != WORKER_IDLE || w->leaving)
			continue;
		retire(s, w);
		break;
	}
	s->surplus_ns = now + SURPLUS_STEP;
	return (int)(SURPLUS_STEP / 1000000);
}

static bool overdue(const struct supervisor *s, const struct worker *w, uint64_t now)
{
	uint64_t may = w->state == WORKER_BUSY ? s->plan.serve.request_ns + GRACE_NS :
		       w->state == WORKER_STARTING ? START_NS : w->leaving ? START_NS : UINT64_MAX;

	return w->state != WORKER_NONE && now - w->since_ns > may;
}

static void end_overdue(struct supervisor *s, uint64_t now)
{
	if (now < s->look_ns)
		return;
	s->look_ns = now + LOOK_NS;
	for (uint32_t i = 0; i < s->used; i++) {
		struct worker *w = &s->workers[i];

		if (w->killed || !overdue(s, w, now))
			continue;
		warn("serve: worker %d does not come to an end, and was ended", (int)w->pid);
		w->killed = true;
		kill(w->pid, SIGKILL);
	}
}

/* Those that wait for a connection, or soon will: of the new program alone during a reload. */
static uint32_t warm(const struct supervisor *s)
{
	uint32_t n = 0;

	if (!s->reloading)
		return s->idle + s->starting;
	for (uint32_t i = 0; i < s->used; i++) {
		const struct worker *w = &s->workers[i];

		n += (w->state == WORKER_IDLE || w->state == WORKER_STARTING) && !w->leaving &&
		     !is_old(s, w);
	}
	return n;
}

static bool has_room(const struct supervisor *s)
{
	uint32_t all = s->starting + s->idle + s->busy;

	return all + s->leaving < s->nslots &&
	       (s->reloading || all < s->plan.serve.concurrency);
}

/*
 * One is missing, but not the last: a short request ends before another clone is made, which would
 * take a processor from it, and its own waits again.  ms to look again, 0: it has been long enough.
 */
static int give_time(struct supervisor *s, uint64_t now)
{
	if (!s->ready || s->reloading || !s->idle || warm(s) >= s->plan.serve.pool) {
		s->missing_ns = 0;
		return 0;
	}
	if (!s->missing_ns)
		s->missing_ns = now;
	return now - s->missing_ns < PATIENCE_NS ? (int)(PATIENCE_NS / 1000000) : 0;
}

/* True: more are to be made as soon as what happened meanwhile was looked at. */
static bool fill(struct supervisor *s, uint64_t now)
{
	/* What is wrong with all of them is said by one. */
	if (!s->proved && s->starting)
		return false;
	for (int n = 0; warm(s) < s->plan.serve.pool && has_room(s) && now >= s->no_fork_ns; n++) {
		if (n == FORKS_ONCE)
			return true;
		if (n && !s->proved)
			return false;
		if (!make_worker(s)) {
			s->no_fork_ns = now + RETRY_NS;
			return false;
		}
	}
	return false;
}

static void retire_all(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->used; i++)
		if (s->workers[i].state != WORKER_NONE && !s->workers[i].leaving)
			retire(s, &s->workers[i]);
}

static void become_ready(struct supervisor *s)
{
	if (s->ready || s->idle + s->busy < s->plan.serve.pool)
		return;
	s->ready = true;
	verbose("ready: %u clones wait", s->idle);
	notify_ready();
}

int pool_adjust(struct supervisor *s)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int ms, more = s->busy || s->starting || s->leaving || now < s->no_fork_ns ? 500 : -1;
	int later;

	end_overdue(s, now);
	if (s->draining) {
		retire_all(s);
		if (now >= s->drain_until_ns)
			pool_kill(s);
		return 200;
	}
	later = give_time(s, now);
	if (later)
		return later;
	if (fill(s, now))
		return 0;
	become_ready(s);
	if (s->reloading)
		replace_old(s);
	ms = drop_surplus(s, now);
	return ms >= 0 && (more < 0 || ms < more) ? ms : more;
}

void pool_kill(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->used; i++) {
		struct worker *w = &s->workers[i];

		if (w->state == WORKER_NONE || w->killed)
			continue;
		w->killed = true;
		kill(w->pid, SIGKILL);
	}
}

bool pool_empty(const struct supervisor *s)
{
	return !(s->starting + s->idle + s->busy + s->leaving);
}

/* ---- Their memory --------------------------------------------------------------------------- */

void pool_ask_memory(struct supervisor *s)
{
	static uint32_t next;
	uint32_t asked = 0;

	for (uint32_t n = 0; n < s->used && asked < ASK_ONCE; n++) {
		struct worker *w = &s->workers[next++ % s->used];

		if (w->state != WORKER_IDLE || w->leaving)
			continue;
		order(w, ORDER_MEMORY);
		asked++;
	}
}

uint64_t pool_private_bytes(const struct supervisor *s)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->used; i++)
		if (s->workers[i].state != WORKER_NONE)
			sum += s->workers[i].private_bytes;
	return sum;
}
