/* SPDX-License-Identifier: MIT */
/* AF_UNIX: between its names (unix_name.c) and its sockets (unix.c, unix_dgram.c). */
#ifndef MVM_RT_NET_UNIX_H
#define MVM_RT_NET_UNIX_H

#include "net/net.h"

struct unix_name {
	struct unix_name *next;		/* abstract names with the same hash */
	struct sock *sock;		/* who has it; NULL: closed, the name is remembered */
	struct node *node;		/* of a path: a reference */
	struct addr addr;
};

/* Checks an address that is to be found or bound, and cuts a path behind its NUL.  -EINVAL. */
int unix_check_addr(struct addr *a);
int unix_bind(struct sock *s, const struct addr *a);
int unix_autobind(struct sock *s);	/* a free abstract name, if it has none */
/* The socket with this name, no reference.  -ECONNREFUSED, -EPROTOTYPE, errors of the path. */
int unix_find(const struct addr *a, u8 type, struct sock **found);
/* The handle of the host's socket that this path names by a --connect; negative: none does. */
s32 unix_outside(const struct addr *a);
/* Who is outside of the VM: what Linux tells of a user that a namespace does not have. */
#define UNIX_NOBODY	65534U
/* The socket is closed: it cannot be found any more. */
void unix_unname(struct sock *s);

int unix_get_name(struct sock *s, bool peer, struct addr *a);
int unix_connect_autobind(struct sock *s);
extern const struct sock_ops unix_dgram_ops;

/* SOCK_SEQPACKET and SOCK_DGRAM (unix_dgram.c). */
void unix_set_peer(struct sock *s, struct sock *p);	/* NULL: none */
u32 unix_dgram_poll(struct sock *s, struct waitq **q);
long unix_dgram_send(struct sock *s, struct message *m);
long unix_dgram_recv(struct sock *s, struct message *m);
long unix_dgram_ioctl(struct sock *s, u32 cmd, u64 arg);

#endif
