/* SPDX-License-Identifier: MIT */
/*
 * Sockets that have a side outside of the VM: listeners and UDP sockets of --listen, and what
 * --connect lets out.  A listener keeps its place in the VM besides, so that the guest reaches
 * itself; a connection to the outside is a handle and nothing else.
 */
#ifndef MVM_RT_NET_HOSTED_H
#define MVM_RT_NET_HOSTED_H

#include "net/hostbuf.h"
#include "net/net.h"
#include "sched/hostfd.h"

struct hosted {
	struct hostfd fd;
	struct waiter relay;		/* wakes the socket's own queue, if it has two sides */
	struct hostbuf bytes;		/* a TCP connection's */
	struct sock *sock;
	const struct mvm_net *grant;	/* of --listen; NULL: the handle is to be closed */
	const struct sock_ops *inside;	/* a listener's, for what comes from the VM */
	u16 port;			/* the port that is shown for its own; 0: the host's */
	u32 sleepers;			/* in hosted_wait() */
	bool gone;			/* detached: the last sleeper frees it */
	bool connected;			/* UDP: the handle is */
	bool named;			/* the socket's local address is the host's */
	struct addr *to;		/* AF_UNIX: what it was connected to, or NULL; kmalloc'ed */
};

/* ---- grants (hosted.c) ---- */

/* The --listen that bind() to *e of this protocol means and no socket has, or NULL. */
const struct mvm_net *hosted_grant(u16 proto, const struct sock *s, const struct ep *e);
const struct mvm_net *hosted_unix_grant(const struct sock *s);
static inline bool hosted_may_connect(void) { return boot->flags & MVM_BOOT_CONNECT; }

/* Gives the socket a handle of the host.  relay: its own queue is woken, too.  -ENOMEM. */
int hosted_attach(struct sock *s, s32 handle, const struct mvm_net *grant, bool relay);
/* Takes it away again: closed, unless it is a grant, which can be bound anew. */
void hosted_detach(struct sock *s);
/*
 * After the host said EAGAIN: sleeps until it reports one of events.  As sock_sleep(); afterwards
 * another thread may have detached it.
 */
int hosted_wait(struct sock *s, u32 events, u64 deadline, bool nonblock);

/* ---- requests (hosted.c) ---- */

void hosted_to_ep(const struct mvm_inet *in, struct ep *e);
/* CONNECT; port 0: UDP, not connected.  A handle or -errno; *pending: not yet connected. */
long hosted_open(u16 proto, const struct ep *dest, bool *pending);
void hosted_close(s32 handle);
/* Own or peer's address as the host knows it.  0 or -errno. */
int hosted_name(struct sock *s, bool peer, struct ep *e);
long hosted_getopt(struct sock *s, enum mvm_so name);	/* the value, or -errno */
void hosted_setopt(struct sock *s, enum mvm_so name, s32 value);
/* sock_ops.option of all that have a handle. */
void hosted_option(struct sock *s, u32 level, u32 name, s32 value);
/* After an accept: the options that the program has set on the listener. */
void hosted_apply(struct sock *s);

/* ---- TCP (hosttcp.c, hostlisten.c) ---- */

extern const struct sock_ops hosttcp_ops;
/* The socket begins a connection through a --connect.  0: under way or done; -errno. */
int hosttcp_connect(struct sock *s, const struct ep *dest);
/* A stream of AF_UNIX to the host's socket behind this handle, which a names.  0 or -errno. */
int hosttcp_connect_unix(struct sock *s, s32 handle, const struct addr *a, bool nonblock);
/* A socket that listens in the VM does so outside as well, if a --listen means it.  0, -ENOMEM. */
int hostlisten_begin(struct sock *s);

/* ---- UDP (hostudp.c) ---- */

/* A socket that was bound: the --listen that means it, if there is one.  0 or -ENOMEM. */
int hostudp_bind(struct sock *s);
/* To an address outside.  0 or -errno. */
int hostudp_connect(struct sock *s, const struct ep *dest);
long hostudp_send(struct sock *s, struct message *m, const struct ep *dest);
/* recv of a socket that has a side outside. */
long hostudp_recv(struct sock *s, struct message *m);
u32 hostudp_poll(struct sock *s);
int hostudp_error(struct sock *s);

#endif
