/* SPDX-License-Identifier: MIT */
/* The sockets that mvm serve listens at: its own, or a service manager's. */
#ifndef MVM_SERVE_SOCKETS_H
#define MVM_SERVE_SOCKETS_H

#include "plan.h"

struct sockets {
	unsigned int n;			/* at CONFINE_FD_LISTEN and the numbers behind it */
	struct plan_listen at[SERVE_LISTENERS_MAX];
};

/*
 * Takes the sockets that were passed by systemd's protocol (sd_listen_fds(3)) or are named by
 * --listen fd:N to where they are
 * safe from sockets_close_others(), and the variables out of the environment.  0, or EXIT_MVM with
 * the message printed.
 */
int sockets_adopt(struct sockets *s, const struct plan *plan);
/* Closes what was inherited besides: all but the standard streams and what was moved. */
void sockets_close_others(const struct sockets *s);
/* Opens those of --listen behind them.  0 or EXIT_MVM. */
int sockets_open(struct sockets *s, const struct plan *plan);
/* Connections that wait to be accepted, where the kernel tells (TCP). */
unsigned int sockets_waiting(const struct sockets *s);

#endif
