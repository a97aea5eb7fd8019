/* SPDX-License-Identifier: MIT */
/* A set of pending signals with what is known of each; signal(7), "Queueing". */
#include "sys/sigqueue.h"

#include <linux/resource.h>

#include "mm/mm.h"
#include "sys/system.h"

static u32 queued;		/* real-time signals in all queues */

void sigqueue_add_own(struct sigpending *p, struct sigqueue *q)
{
	struct sigqueue **tail;

	q->next = NULL;
	for (tail = &p->first; *tail; tail = &(*tail)->next)
		;
	*tail = q;
	p->set |= SIG_BIT(q->info.signo);
}

/* Off the queue; its number stays pending while another of it is queued. */
void sigqueue_drop_own(struct sigpending *p, struct sigqueue *q)
{
	struct sigqueue **link;
	int signo = q->info.signo;

	for (link = &p->first; *link != q; link = &(*link)->next)
		;
	*link = q->next;
	p->set &= ~SIG_BIT(signo);
	for (struct sigqueue *rest = p->first; rest; rest = rest->next)
		if (rest->info.signo == signo)
			p->set |= SIG_BIT(signo);
}

int sigqueue_add(struct sigpending *p, const struct ksiginfo *info)
{
	int signo = info->signo;
	struct sigqueue *q;

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
	q->taken = NULL;
	sigqueue_add_own(p, q);
	return 0;
}

bool sigqueue_take(struct sigpending *p, u64 set, struct ksiginfo *info)
{
	u64 ready = p->set & set;
	struct sigqueue *q;
	int signo;

	if (!ready)
		return false;
	/* Signals of one's own fault come first, as in Linux. */
	if (ready & SIG_OF_FAULTS)
		ready &= SIG_OF_FAULTS;
	signo = __builtin_ctzl(ready) + 1;
	for (q = p->first; q->info.signo != signo; q = q->next)
		;
	sigqueue_drop_own(p, q);
	*info = q->info;
	if (q->taken) {
		q->taken(q, info);
	} else if (signo >= SIG_RT_MIN) {
		kfree(q);
		queued--;
	}
	return true;
}
