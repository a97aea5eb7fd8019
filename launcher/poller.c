/* SPDX-License-Identifier: MIT */
/*
 * The polling thread.  A polled request costs no VM exit (0.3 us against 60 us on a software
 * KVM, against 1-2 us on hardware), but a processor; so it polls only while the guest keeps
 * asking, and on a machine with one processor not at all.
 *
 * The hand-over that loses no request: the poller clears MVM_RING_POLLED, then looks at the ring
 * once more, then sleeps; the guest publishes its entry, then reads the flag.  Both sides are
 * sequentially consistent, so one of them sees the other.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "clock.h"
#include "descriptor.h"
#include "finish.h"
#include "msg.h"
#include "poller.h"

#define IDLE_NS		300000UL	/* polls this long after the last request */
#define BUSY_GAP_NS	1000000UL	/* two kicks closer than this wake the poller */
#define LOOK_AT_CLOCK	256		/* polls, or times served, between two looks at the clock */
#define AWAKE_NS	20000000UL	/* then it sleeps, to see whether the guest needs it */
#define GATHERS		8		/* a guest that kicks with so many requests does not */
#define STACK_BYTES	(128 * 1024)	/* libseccomp runs on it, too */

static struct {
	struct service *service;
	enum plan_poll mode;
	bool started;
	poller_job job;
	void *job_arg;
	int job_result;			/* for the other thread when begun */
	uint32_t begun;			/* futex: the thread has come to its loop */
	uint32_t awake;			/* futex: 0 while the thread sleeps */
	uint64_t last_kick_ns;		/* vCPU's thread only */
	uint32_t lock;			/* futex: 0 free, 1 taken, 2 taken and waited for */
} p;

static void futex_wait(uint32_t *addr, uint32_t value)
{
	syscall(SYS_futex, addr, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(uint32_t *addr)
{
	syscall(SYS_futex, addr, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* The lock of U. Drepper, "Futexes Are Tricky", section 6 (mutex2). */
static bool try_lock(void)
{
	uint32_t free = 0;

	return __atomic_compare_exchange_n(&p.lock, &free, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static void lock(void)
{
	if (try_lock())
		return;
	while (__atomic_exchange_n(&p.lock, 2, __ATOMIC_ACQUIRE))
		futex_wait(&p.lock, 2);
}

static void unlock(void)
{
	if (__atomic_exchange_n(&p.lock, 0, __ATOMIC_RELEASE) == 2)
		futex_wake(&p.lock);
}

static void set_polled(struct service *s, uint32_t flag)
{
	__atomic_store_n(&s->ring->host_flags, flag, __ATOMIC_SEQ_CST);
}

/* Does the guest want something?  A hint: the ring's index is the guest's to write. */
static bool wanted(const struct service *s)
{
	return __atomic_load_n(&s->ring->sq_tail, __ATOMIC_SEQ_CST) !=
	       __atomic_load_n(&s->sq_head, __ATOMIC_RELAXED);
}

/* Serves what there is.  True when something was done; *left: the next one is not ours. */
static bool serve(struct service *s, bool *left)
{
	unsigned int n;

	*left = false;
	if (!try_lock())
		return false;
	n = ring_drain(s, DRAIN_POLLER, left);
	if (s->ending.ended)
		finish_guest();
	unlock();
	return n > 0;
}

/* Polls until the guest has asked for nothing during IDLE_NS, AWAKE_NS at most. */
static void poll_while_busy(struct service *s)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC), last = began;
	unsigned int looks = 0, served = 0;
	bool left = false;

	for (;;) {
		if (wanted(s) && serve(s, &left)) {
			looks = 0;
			last = 0;
			if (++served % LOOK_AT_CLOCK == 0 && p.mode != POLL_ALWAYS &&
			    clock_ns(CLOCK_MONOTONIC) - began > AWAKE_NS)
				return;
			continue;
		}
		__builtin_ia32_pause();
		if (++looks % LOOK_AT_CLOCK)
			continue;
		/* Who has work goes first, the guest before all others; it kicks meanwhile. */
		sched_yield();
		if (!last)
			last = clock_ns(CLOCK_MONOTONIC);
		else if (clock_ns(CLOCK_MONOTONIC) - last > IDLE_NS && p.mode != POLL_ALWAYS)
			return;
	}
}

static void *poller(void *arg)
{
	struct service *s = arg;
	bool left;

	p.job_result = p.job(p.job_arg);
	__atomic_store_n(&p.begun, 1, __ATOMIC_RELEASE);
	futex_wake(&p.begun);
	for (;;) {
		while (!__atomic_load_n(&p.awake, __ATOMIC_SEQ_CST))
			futex_wait(&p.awake, 0);
		set_polled(s, MVM_RING_POLLED);
		poll_while_busy(s);
		__atomic_store_n(&p.awake, 0, __ATOMIC_SEQ_CST);
		set_polled(s, 0);
		if (wanted(s))
			serve(s, &left);
	}
	return NULL;			/* never */
}

static bool one_processor(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) < 2;
}

/*
 * All signals are for the vCPU's thread (finish.c), but those that the poller itself causes: their
 * handlers say what went wrong (confine/trap.c); blocked, they would kill without a word.
 */
static int create_thread(struct service *s)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	fd_make_room(STDERR_FILENO);
	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, poller, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void wake(void)
{
	__atomic_store_n(&p.awake, 1, __ATOMIC_SEQ_CST);
	futex_wake(&p.awake);
}

int poller_start(const struct plan *plan, struct service *s, poller_job job, void *arg)
{
	int r;

	p.service = s;
	p.mode = plan->poll;
	p.job = job;
	p.job_arg = arg;
	if (plan->poll == POLL_NEVER || (plan->poll == POLL_AUTO && one_processor())) {
		p.job_result = job(arg);
		return 0;
	}
	r = create_thread(s);
	if (r && plan->poll == POLL_AUTO) {
		verbose("--poll=auto: cannot start the polling thread: %s; going on without",
			strerror(r));
		p.job_result = job(arg);
		return 0;
	}
	if (r) {
		fail(EXIT_MVM, "--poll=always: cannot start the polling thread: %s; use "
		     "--poll=never", strerror(r));
		return -r;
	}
	p.started = true;
	return 0;
}

int poller_wait(void)
{
	while (p.started && !__atomic_load_n(&p.begun, __ATOMIC_ACQUIRE))
		futex_wait(&p.begun, 0);
	return p.job_result;
}

void poller_go(void)
{
	/* Else it sleeps until the guest asks often: a short program ends before polling pays. */
	if (p.started && p.mode == POLL_ALWAYS)
		wake();
}

/*
 * The guest kicks although it may be polled: it found the poller asleep, or a kick-only request.
 * With n requests at once: to poll would spare it one exit in many, and cost a processor that
 * somebody else needs.
 */
static void consider_waking(unsigned int n)
{
	uint64_t now;

	if (!p.started || __atomic_load_n(&p.awake, __ATOMIC_RELAXED))
		return;
	if (n >= GATHERS && p.mode != POLL_ALWAYS) {
		p.last_kick_ns = 0;
		return;
	}
	now = clock_ns(CLOCK_MONOTONIC);
	if (p.mode == POLL_ALWAYS || now - p.last_kick_ns < BUSY_GAP_NS)
		wake();
	p.last_kick_ns = now;
}

bool poller_kick(struct service *s)
{
	bool left, ended;
	unsigned int n;

	lock();
	n = ring_drain(s, DRAIN_VCPU, &left);
	ended = s->ending.ended;
	unlock();
	if (!ended)
		consider_waking(n);
	return ended;
}
