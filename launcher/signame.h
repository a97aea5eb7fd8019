/* SPDX-License-Identifier: MIT */
/* Names of signals, for messages and --stats. */
#ifndef MVM_SIGNAME_H
#define MVM_SIGNAME_H

/* "SIGSEGV"; "SIGRT5" and the like for 32..64; "signal" for what is none.  Allocates nothing. */
const char *signal_name(int signo);
/*
 * Why the kernel (or somebody) sent it: si_code in words, as "address not mapped", or NULL when
 * there is nothing to say.
 */
const char *signal_reason(int signo, int code);

#endif
