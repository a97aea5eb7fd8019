/* SPDX-License-Identifier: MIT */
/* Control data, between msg.c and cmsg.c. */
#ifndef MVM_RT_NET_MSG_H
#define MVM_RT_NET_MSG_H

#include "net/net.h"

/* Takes len bytes of control data for m.  0, or -errno, and then m->rights is NULL. */
int cmsg_in(struct sock *s, struct message *m, u64 uctl, u64 len);
/* Writes what came with m; *len: room, and afterwards what was used of it.  Frees m->rights. */
int cmsg_out(struct sock *s, struct message *m, u64 uctl, u64 *len);

#endif
