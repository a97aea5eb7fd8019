/* SPDX-License-Identifier: MIT */
/* The timer interrupt (MVM_OP_TICK), and what it is for: see tick.c. */
#ifndef MVM_RT_SCHED_TICK_H
#define MVM_RT_SCHED_TICK_H

#include "rt.h"

/* The application is about to go on: makes sure that it is interrupted when it must be. */
void tick_update(void);
/* Requests that were begun (hyper_begin()) are done by then; an idle VM asks for this tick. */
#define TICK_BEGUN_NS	4000000UL
/* The host has been asked for a tick in ns by another request (MVM_OP_WAIT). */
void tick_armed(u64 ns);
/* The host has taken the tick back (MVM_OP_WAIT). */
void tick_forget(void);
/* A tick came while the runtime ran; sys/dispatch.c looks for it. */
void tick_noticed(void);
/* A tick interrupted the application, whose registers are in *r. */
void tick_preempt(struct regs *r);

#endif
