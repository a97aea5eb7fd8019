/* SPDX-License-Identifier: MIT */
/* What other parts of sys/ need of futexes. */
#ifndef MVM_RT_SYS_FUTEX_H
#define MVM_RT_SYS_FUTEX_H

#include "rt.h"

/* Wakes at most n threads that wait for the word at uaddr, shared or private.  How many. */
long futex_wake_at(u64 uaddr, u32 n);

/*
 * The current thread ends (robust.c): robust mutexes that it holds are marked and passed on, and
 * who waits for its end (set_tid_address) is woken.
 */
void futex_thread_ends(void);

#endif
