/* SPDX-License-Identifier: MIT */
/*
 * Signals that mvm is sent.  The guest says which of some it takes (MVM_OP_SIGNALS): those become
 * its own, as a bit in the ring and, however the vCPU's thread is occupied, an interrupt of that.
 * Every other does to mvm what it does by default, after the terminal was put back and the
 * statistics were written.  SIGQUIT and SIGKILL are never the guest's, so that one that hangs can
 * be ended.
 *
 * The polling thread blocks all of them: handlers run on the vCPU's thread.
 *
 * Needs (system calls): what finish_signal() needs.
 */
#include <errno.h>
#include <signal.h>

#include "finish.h"
#include "signals.h"
#include "service/svc.h"
#include "tick.h"

#define DEADLY	(MVM_SIGNAL(SIGHUP) | MVM_SIGNAL(SIGINT) | MVM_SIGNAL(SIGQUIT) | \
		 MVM_SIGNAL(SIGUSR1) | MVM_SIGNAL(SIGUSR2) | MVM_SIGNAL(SIGTERM))

_Static_assert(MVM_SIGNALS == ((DEADLY & ~MVM_SIGNAL(SIGQUIT)) | MVM_SIGNAL(SIGCONT) |
			       MVM_SIGNAL(SIGWINCH)), "the ABI's numbers are Linux's");

const unsigned long signals_default[4];

static struct {
	uint32_t *word;			/* where they go */
	uint32_t taken;			/* by the guest */
	uint32_t passed;		/* have come since the start, and gone to the guest */
	uint32_t ignored;		/* by whoever started mvm */
} s;

static void on_signal(int sig)
{
	uint32_t bit = MVM_SIGNAL(sig);

	if (s.word && __atomic_load_n(&s.taken, __ATOMIC_RELAXED) & bit) {
		__atomic_or_fetch(&s.passed, bit, __ATOMIC_RELAXED);
		__atomic_or_fetch(s.word, bit, __ATOMIC_RELEASE);
		tick_break();
		svc_wait_end();
	} else if (DEADLY & bit & ~s.ignored) {
		finish_signal(sig);
	}
}

void signals_init(uint32_t *word)
{
	/* NODEFER: what it dies of, it is sent by the handler itself. */
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER };
	struct sigaction old;

	s.word = word;
	for (int sig = 1; sig < 32; sig++)
		if ((DEADLY | MVM_SIGNALS) & MVM_SIGNAL(sig) && !sigaction(sig, &sa, &old) &&
		    old.sa_handler == SIG_IGN)
			s.ignored |= MVM_SIGNAL(sig);
}

bool signals_waiting(void)
{
	return s.word && __atomic_load_n(s.word, __ATOMIC_RELAXED);
}

bool signals_passed(int sig)
{
	return sig > 0 && sig < 32 && s.passed & DEADLY & MVM_SIGNAL(sig);
}

uint32_t signals_taken(void)
{
	return __atomic_load_n(&s.taken, __ATOMIC_RELAXED);
}

void signals_take(uint32_t set)
{
	__atomic_store_n(&s.taken, set, __ATOMIC_RELAXED);
}

int64_t svc_signals(struct service *service, const struct mvm_sqe *e, uint64_t out[2])
{
	(void)service;
	(void)out;
	if (e->arg & ~(uint64_t)MVM_SIGNALS)
		return -EINVAL;
	signals_take((uint32_t)e->arg);
	return 0;
}
