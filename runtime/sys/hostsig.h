/* SPDX-License-Identifier: MIT */
/* Signals that mvm is sent, outside of the VM, and passes on: see hostsig.c. */
#ifndef MVM_RT_SYS_HOSTSIG_H
#define MVM_RT_SYS_HOSTSIG_H

#include "rt.h"

/*
 * The application handles, ignores, blocks or waits for the signals in set: from now on the host
 * passes them on.  What is asked once is asked no more.
 */
void hostsig_wants(u64 set);
/* What has come since: becomes pending for the process. */
void hostsig_collect(void);

#endif
