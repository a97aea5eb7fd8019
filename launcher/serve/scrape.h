/* SPDX-License-Identifier: MIT */
/* --metrics: who asks over HTTP gets the counters. */
#ifndef MVM_SERVE_SCRAPE_H
#define MVM_SERVE_SCRAPE_H

#include "supervisor.h"

/* Listens where --metrics says, if it does.  0, or EXIT_MVM with the message printed. */
int scrape_open(struct supervisor *s);
/* Somebody connects. */
void scrape_accept(struct supervisor *s);
/* Something happens at client i. */
void scrape_event(struct supervisor *s, uint32_t i);
/* Who takes too long is dropped.  Returns the ms until to ask again, -1: there is nobody. */
int scrape_expire(void);

#endif
