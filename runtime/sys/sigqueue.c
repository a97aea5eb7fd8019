/* SPDX-License-Identifier: MIT */
/* A set of pending signals with what is known of each; signal(7), "Queueing". */
#include "sys/sigqueue.h"

#include <linux/resource.h>

#include "mm/mm.h"
#include "sys/system.h"

/* Signals of one's own fault come first, as in Linux. */
#define SIG_SYNCHRONOUS	(SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | \
			 SIG_BIT(SIGTRAP) | SIG_BIT(SIGFPE) | SIG_BIT(SIGSYS))

static u32 queued;		/* real-time signals in all queues */

int sigqueue_add(struct sigpending *p, const struct ksiginfo *info)
{
	int signo = info->signo;
	struct sigqueue **tail, *q;

	if (signo < SIG_RT_MIN) {
		if (p->set & SIG_BIT(signo))
			return 0;
		q = &p->standard[signo];
	} else {
		if (queued >= limit_soft(RLIMIT_SIGPENDING))
			return -EAGAIN;
		q = kmalloc(sizeof(*q));
		if (!q)
			return -EAGAIN;
		queued++;
	}
	q->info = *info;
	q->next = NULL;
	for (tail = &p->first; *tail; tail = &(*tail)->next)
		;
	*tail = q;
	p->set |= SIG_BIT(signo);
	return 0;
}

bool sigqueue_take(struct sigpending *p, u64 set, struct ksiginfo *info)
{
	u64 ready = p->set & set;
	struct sigqueue **link, *q;
	int signo;

	if (!ready)
		return false;
	if (ready & SIG_SYNCHRONOUS)
		ready &= SIG_SYNCHRONOUS;
	signo = __builtin_ctzl(ready) + 1;
	for (link = &p->first; (*link)->info.signo != signo; link = &(*link)->next)
		;
	q = *link;
	*link = q->next;
	*info = q->info;
	/* It stays pending while another of its number is queued behind. */
	p->set &= ~SIG_BIT(signo);
	for (struct sigqueue *rest = *link; rest; rest = rest->next)
		if (rest->info.signo == signo)
			p->set |= SIG_BIT(signo);
	if (signo >= SIG_RT_MIN) {
		kfree(q);
		queued--;
	}
	return true;
}
