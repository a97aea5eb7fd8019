/* SPDX-License-Identifier: MIT */
/* Sockets that listen: of --listen, and of what else waits for connections. */
#ifndef MVM_LISTENER_H
#define MVM_LISTENER_H

#include "plan.h"

/*
 * Bound and, unless it is UDP, listening; non-blocking.  A stale AF_UNIX socket in its place is
 * removed.  The descriptor, or -1 with errno.
 */
int listener_open(const struct plan_listen *l);
/* That this failed, with what to do about it.  EXIT_MVM. */
int listener_failed(const struct plan_listen *l, const char *option, int err);

#endif
