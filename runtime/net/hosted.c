/* SPDX-License-Identifier: MIT */
/* What TCP and UDP sockets with a side outside of the VM have in common: grants and requests. */
#include "net/hosted.h"
#include "net/unix.h"
#include <asm/socket.h>
#include <linux/tcp.h>

/* ---- grants ---- */

static const struct mvm_net *grants(void)
{
	return (const void *)((const char *)boot + boot->net_off);
}

/* Is a socket bound there meant by the address that was granted? */
static bool same_place(const struct sock *s, const struct ep *e, const struct ep *granted,
		       bool dual)
{
	if (!ep_is_any(e))
		return ep_same_ip(e, granted);
	if (dual)
		return true;
	if (ep_is_v4(granted))
		return ep_is_v4(e) || !s->o.v6only;
	return !ep_is_v4(e);
}

static bool taken[64];			/* by handle: a socket has it */

const struct mvm_net *hosted_grant(u16 proto, const struct sock *s, const struct ep *e)
{
	for (u32 i = 0; i < boot->nnet; i++) {
		const struct mvm_net *g = &grants()[i];
		struct ep at;

		if (g->kind != MVM_NET_LISTEN || g->addr.proto != proto || g->path_off ||
		    taken[g->handle % ARRAY_SIZE(taken)])
			continue;
		hosted_to_ep(&g->addr, &at);
		if (!same_place(s, e, &at, g->flags & MVM_NET_DUAL))
			continue;
		if (e->port == g->guest_port || (!e->port && g->flags & MVM_NET_ANY_PORT))
			return g;
	}
	return NULL;
}

/* By the path of the node that it was bound to. */
const struct mvm_net *hosted_unix_grant(const struct sock *s)
{
	struct file at = { .node = s->name ? s->name->node : NULL };
	char path[256];

	if (!at.node || !boot->nnet || path_of(&at, path, sizeof(path)) < 0)
		return NULL;
	for (u32 i = 0; i < boot->nnet; i++) {
		const struct mvm_net *g = &grants()[i];

		if (g->kind == MVM_NET_LISTEN && g->path_off &&
		    !taken[g->handle % ARRAY_SIZE(taken)] &&
		    !strcmp((const char *)boot + g->path_off, path))
			return g;
	}
	return NULL;
}

static bool relay(struct waiter *w, u32 events)
{
	sock_wake(container_of(w, struct hosted, relay)->sock, events);
	return true;
}

int hosted_attach(struct sock *s, s32 handle, const struct mvm_net *grant, bool with_relay)
{
	struct hosted *h = kzalloc(sizeof(*h));
	struct waitq *q;

	if (!h)
		return -ENOMEM;
	hostfd_init(&h->fd, handle);
	h->sock = s;
	h->grant = grant;
	s->hosted = h;
	if (grant)
		taken[handle % ARRAY_SIZE(taken)] = true;
	if (with_relay) {
		h->relay.fn = relay;
		waitq_add(&h->fd.q, &h->relay);
		hostfd_poll(&h->fd, &q);	/* from now on the host reports */
	}
	return 0;
}

static void free_hosted(struct hosted *h)
{
	kfree(h->to);
	kfree(h);
}

void hosted_detach(struct sock *s)
{
	struct hosted *h = s->hosted;

	if (!h)
		return;
	waitq_remove(&h->relay);
	h->fd.ready |= POLLHUP;		/* who sleeps there has nothing to wait for */
	hostfd_done(&h->fd, !h->grant);
	if (h->grant)
		taken[h->fd.handle % ARRAY_SIZE(taken)] = false;
	else
		hosted_close(h->fd.handle);
	s->hosted = NULL;
	h->gone = true;
	if (!h->sleepers)
		free_hosted(h);
}

int hosted_wait(struct sock *s, u32 events, u64 deadline, bool nonblock)
{
	struct hosted *h = s->hosted;
	int res;

	hostfd_again(&h->fd, events);
	if (nonblock)
		return -EAGAIN;
	h->sleepers++;
	res = sock_slept(hostfd_wait(&h->fd, events, deadline), deadline);
	if (!--h->sleepers && h->gone)
		free_hosted(h);
	return res;
}

/* ---- requests ---- */

void hosted_to_ep(const struct mvm_inet *in, struct ep *e)
{
	memcpy(e->ip, in->ip, sizeof(e->ip));
	e->port = in->port;
}

void hosted_close(s32 handle)
{
	struct mvm_sqe e = { .op = MVM_OP_CLOSE, .handle = handle };

	hyper_tell(&e);
}

long hosted_open(u16 proto, const struct ep *dest, bool *pending)
{
	struct mvm_inet in = { .port = dest->port, .proto = proto };
	struct mvm_sqe e = { .op = MVM_OP_CONNECT, .addr.v = va_to_gpa(&in), .len = sizeof(in) };
	u64 out[2] = { 0, 0 };
	long res;

	memcpy(in.ip, dest->ip, sizeof(in.ip));
	res = hyper(&e, out);
	*pending = out[0];
	return res;
}

int hosted_name(struct sock *s, bool peer, struct ep *ep)
{
	struct mvm_inet in;
	struct mvm_sqe e = { .op = MVM_OP_GETNAME, .handle = s->hosted->fd.handle, .arg = peer,
			     .addr2.v = va_to_gpa(&in), .len2 = sizeof(in) };
	long err = hyper(&e, NULL);

	if (!err)
		hosted_to_ep(&in, ep);
	return (int)err;
}

long hosted_getopt(struct sock *s, enum mvm_so name)
{
	struct mvm_sqe e = { .op = MVM_OP_GETSOCKOPT, .handle = s->hosted->fd.handle,
			     .arg = name };
	u64 out[2] = { 0, 0 };
	long err = hyper(&e, out);

	return err ? err : (long)(s32)out[0];
}

void hosted_setopt(struct sock *s, enum mvm_so name, s32 value)
{
	struct mvm_sqe e = { .op = MVM_OP_SETSOCKOPT, .handle = s->hosted->fd.handle,
			     .arg = name, .off = (u32)value };

	hyper_tell(&e);
}

/* ---- options that matter outside ---- */

static const struct { u16 level, name, offset; u8 so; } passed[] = {
	{ SOL_SOCKET, SO_KEEPALIVE, offsetof(struct sock_opts, keepalive), MVM_SO_KEEPALIVE },
	{ IPPROTO_TCP, TCP_NODELAY, offsetof(struct sock_opts, nodelay), MVM_SO_NODELAY },
	{ IPPROTO_TCP, TCP_CORK, offsetof(struct sock_opts, cork), MVM_SO_CORK },
	{ IPPROTO_TCP, TCP_KEEPIDLE, offsetof(struct sock_opts, keepidle), MVM_SO_KEEPIDLE },
	{ IPPROTO_TCP, TCP_KEEPINTVL, offsetof(struct sock_opts, keepintvl), MVM_SO_KEEPINTVL },
	{ IPPROTO_TCP, TCP_KEEPCNT, offsetof(struct sock_opts, keepcnt), MVM_SO_KEEPCNT },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, offsetof(struct sock_opts, user_timeout),
	  MVM_SO_USER_TIMEOUT },
};

void hosted_option(struct sock *s, u32 level, u32 name, s32 value)
{
	if (!s->hosted || s->hosted->grant)
		return;
	if (level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF)) {
		hosted_setopt(s, name == SO_SNDBUF ? MVM_SO_SNDBUF : MVM_SO_RCVBUF,
			      MAX(value, 0));
		return;
	}
	for (u32 i = 0; i < ARRAY_SIZE(passed); i++)
		if (passed[i].level == level && passed[i].name == name)
			hosted_setopt(s, passed[i].so, *(s32 *)((char *)&s->o + passed[i].offset));
}

void hosted_apply(struct sock *s)
{
	struct sock_opts o = s->o, usual;

	sock_opts_init(s);
	usual = s->o;
	s->o = o;
	for (u32 i = 0; i < ARRAY_SIZE(passed); i++) {
		s32 value = *(s32 *)((char *)&o + passed[i].offset);

		if (value != *(s32 *)((char *)&usual + passed[i].offset))
			hosted_setopt(s, passed[i].so, value);
	}
}
