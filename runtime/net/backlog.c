/* SPDX-License-Identifier: MIT */
/* Listeners: connections that wait to be accepted, in order. */
#include "net/net.h"

void sock_list_push(struct sock_list *l, struct sock *s)
{
	s->next = NULL;
	if (l->first)
		l->last->next = s;
	else
		l->first = s;
	l->last = s;
}

struct sock *sock_list_pop(struct sock_list *l)
{
	struct sock *s = l->first;

	if (!s)
		return NULL;
	l->first = s->next;
	if (!l->first)
		l->last = NULL;
	s->next = NULL;
	return s;
}

void sock_list_remove(struct sock_list *l, struct sock *s)
{
	struct sock *before = NULL;

	for (struct sock *at = l->first; at && at != s; at = at->next)
		before = at;
	if (before)
		before->next = s->next;
	else
		l->first = s->next;
	if (l->last == s)
		l->last = before;
	s->next = NULL;
}

bool backlog_full(const struct sock *l)
{
	return l->backlog_len > l->backlog_max;
}

void backlog_add(struct sock *l, struct sock *conn)
{
	conn->unborn = true;
	sock_list_push(&l->backlog, conn);
	l->backlog_len++;
	sock_wake(l, POLLIN | POLLRDNORM);
}

int backlog_accept(struct sock *l, struct sock **out, bool nonblock)
{
	u64 deadline = sock_deadline(l->rcvtimeo);
	int err;

	for (;;) {
		if (l->state != SS_LISTEN || l->shut & SHUT_RCV)
			return -EINVAL;
		*out = sock_list_pop(&l->backlog);
		if (*out)
			break;
		err = sock_sleep(&l->q, deadline, nonblock);
		if (err)
			return err;
	}
	(*out)->unborn = false;
	l->backlog_len--;
	return 0;
}

void backlog_unaccept(struct sock *l, struct sock *conn)
{
	conn->unborn = true;
	conn->next = l->backlog.first;
	l->backlog.first = conn;
	if (!l->backlog.last)
		l->backlog.last = conn;
	l->backlog_len++;
}

void backlog_drop(struct sock *l)
{
	struct sock *conn;

	while ((conn = sock_list_pop(&l->backlog))) {
		conn->dead = true;
		conn->ops->release(conn);
		sock_put(conn);
	}
	l->backlog_len = 0;
}

u32 backlog_poll(struct sock *l)
{
	return l->backlog.first ? POLLIN | POLLRDNORM : 0;
}
