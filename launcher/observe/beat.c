/* SPDX-License-Identifier: MIT */
/* Timers that interrupt the guest.  See beat.h. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "msg.h"
#include "beat.h"

#define SIGNAL		(SIGRTMIN + 1)	/* the tick has SIGRTMIN */

static struct beat *beats[2];		/* --trace's and --profile's */

/*
 * Any process of the user can send what looks like a timer's (rt_sigqueueinfo(2)), with any value,
 * and mvm keeps its memory from them (PR_SET_DUMPABLE): the value chooses one of ours, or nothing.
 */
static void on_beat(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	for (size_t i = 0; i < sizeof(beats) / sizeof(beats[0]); i++)
		if (beats[i] && beats[i] == info->si_value.sival_ptr)
			__atomic_store_n(&beats[i]->due, true, __ATOMIC_RELAXED);
}

int beat_make(struct beat *b, const char *option, uint64_t period_ns)
{
	struct sigaction sa = { .sa_sigaction = on_beat, .sa_flags = SA_SIGINFO };
	/* The kernel's struct sigevent; C libraries hide the thread's number in it. */
	struct {
		void *value;
		int signo, notify, tid, pad[11];
	} ev = { .value = b, .signo = SIGNAL, .notify = SIGEV_SIGNAL | SIGEV_THREAD_ID };
	sigset_t mask;

	beats[beats[0] ? 1 : 0] = b;
	ev.tid = (int)syscall(SYS_gettid);
	sigaction(SIGNAL, &sa, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
	b->period_ns = period_ns;
	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &b->timer))
		return fail(EXIT_MVM, "--%s: cannot make a timer: %s; raise the limit of pending "
			    "signals (ulimit -i)", option, strerror(errno));
	return 0;
}

static void set(const struct beat *b, uint64_t ns)
{
	const struct timespec t = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	const struct itimerspec its = { t, t };

	syscall(SYS_timer_settime, b->timer, 0, &its, NULL);
}

void beat_go_on(struct beat *b)
{
	set(b, b->period_ns);
}

void beat_pause(struct beat *b)
{
	set(b, 0);
}

bool beat_taken(struct beat *b)
{
	return __atomic_exchange_n(&b->due, false, __ATOMIC_RELAXED);
}
