/* SPDX-License-Identifier: MIT */
/* How much the supervisor of mvm serve listens to a worker, which a guest may have taken over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "serve/accesslog.h"
#include "serve/bench.h"
#include "serve/notify.h"
#include "serve/pool.h"
#include "serve/worker.h"

#define BACKLOG	100		/* records, of which a pair holds more */
#define MANY	150000U		/* connections of which nobody may tell in a second */

static struct supervisor s;
static int theirs[2];
static uint64_t now_ns;
static int killed;

/* ---- What pool.c is linked with ------------------------------------------------------------- */

bool accesslog_line(const struct record *r, pid_t worker, uint32_t generation)
{
	(void)r;
	(void)worker;
	(void)generation;
	return true;
}

void bench_note(const struct record *r)
{
	(void)r;
}

void notify_ready(void)
{
}

int loop_add(int fd, uint32_t events, enum event_of of, uint32_t index)
{
	(void)fd;
	(void)events;
	(void)of;
	(void)index;
	return 0;
}

_Noreturn void worker(struct supervisor *super, int control)
{
	(void)super;
	(void)control;
	abort();
}

/* As the C library declares it, whose name the linker has wrapped. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_kill(pid_t pid, int sig);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = (struct timespec){ (time_t)(now_ns / 1000000000), (long)(now_ns % 1000000000) };
	return 0;
}

int __wrap_kill(pid_t pid, int sig)
{
	(void)pid;
	assert_int_equal(sig, SIGKILL);
	killed++;
	return 0;
}

/* ---- Workers -------------------------------------------------------------------------------- */

/* Two that wait for connections. */
static int two_workers(void **state)
{
	static struct worker w[2];

	(void)state;
	now_ns = 1000000000;
	killed = 0;
	s = (struct supervisor){ .workers = w, .nslots = 2, .used = 2, .idle = 2 };
	s.plan.serve.concurrency = 2;
	for (int i = 0; i < 2; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
			return -1;
		w[i] = (struct worker){ .pid = 1000000000 + i, .fd = pair[0],
					.state = WORKER_IDLE };
		theirs[i] = pair[1];
	}
	return 0;
}

static int no_workers(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		close(s.workers[i].fd);
		close(theirs[i]);
	}
	return 0;
}

/* n records of connections that came and went; the first is a BEGIN when n is even. */
static void say(int i, unsigned int n)
{
	while (n--) {
		struct record r = { .type = n % 2 ? RECORD_BEGIN : RECORD_END };

		assert_int_equal(send(theirs[i], &r, sizeof(r), MSG_DONTWAIT), sizeof(r));
	}
}

static uint64_t heard(void)
{
	return s.counters.requests[BY_EXIT];
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void each_has_its_turn(void **state)
{
	(void)state;
	say(0, BACKLOG);
	say(1, 2);
	pool_event(&s, 0);
	assert_true(heard() > 0 && heard() < BACKLOG / 4);
	assert_int_equal(s.workers[1].state, WORKER_IDLE);
	pool_event(&s, 1);
	/* And nothing is lost. */
	for (int i = 0; i < BACKLOG; i++)
		pool_event(&s, 0);
	assert_int_equal(heard(), BACKLOG / 2 + 1);
	assert_int_equal(killed, 0);
}

static void who_talks_without_end_is_ended(void **state)
{
	unsigned int n;

	(void)state;
	for (n = 0; n < MANY && !killed; n++) {
		say(0, 2);
		pool_event(&s, 0);
		now_ns += 100;
	}
	assert_int_equal(killed, 1);
	assert_int_equal(s.counters.bad_records, 1);
	/* The other one goes on. */
	say(1, 2);
	pool_event(&s, 1);
	assert_int_equal(killed, 1);
}

/* As fast as no server is, for seconds. */
static void who_works_is_not(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < MANY; n++) {
		say(0, 2);
		pool_event(&s, 0);
		now_ns += 30000;
	}
	assert_int_equal(killed, 0);
	assert_int_equal(heard(), MANY);
}

static void who_lies_is_ended_once(void **state)
{
	siginfo_t info;
	pid_t pid;
	int status;

	(void)state;
	say(0, 4);
	say(0, 1);
	say(0, 3);
	pool_event(&s, 0);
	assert_int_equal(killed, 1);
	/* What it left unheard is not heard when it has gone either. */
	pid = fork();
	if (!pid)
		_exit(0);
	s.workers[0].pid = pid;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(pool_reap(&s, &status), 0);
	assert_int_equal(s.workers[0].state, WORKER_NONE);
	assert_int_equal(s.counters.bad_records, 1);
	assert_int_equal(heard(), 2);
	s.workers[0].fd = dup(theirs[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_has_its_turn, two_workers, no_workers),
		cmocka_unit_test_setup_teardown(who_talks_without_end_is_ended, two_workers,
						no_workers),
		cmocka_unit_test_setup_teardown(who_works_is_not, two_workers, no_workers),
		cmocka_unit_test_setup_teardown(who_lies_is_ended_once, two_workers, no_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
