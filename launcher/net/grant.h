/* SPDX-License-Identifier: MIT */
/* Opens what --listen and --connect unix: name.  A part of grants_open(). */
#ifndef MVM_GRANT_NET_H
#define MVM_GRANT_NET_H

#include "grants.h"

/*
 * Handles for the listeners, which are bound, exactly where the command line says, and listening
 * when this returns.  Fills g->net.  0, or EXIT_MVM with the message printed.
 */
int grant_net(const struct plan *plan, struct handles *t, struct grants *g);
/* Its two halves: a listening socket, or -1 with the message of --option; and the grant of one. */
int net_listen(const struct plan_listen *l, const char *option);
int grant_listener(const struct plan_listen *l, int fd, struct handles *t, struct grants *g);

/* Handles for the sockets of --connect unix:, as grant_net(). */
int grant_unix(const struct plan *plan, struct handles *t, struct grants *g);

#endif
