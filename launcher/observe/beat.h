/* SPDX-License-Identifier: MIT */
/*
 * A beat: a timer whose signal brings the vCPU's thread out of KVM_RUN again and again, so that
 * somebody can look at the guest.  Not while the guest waits (MVM_OP_WAIT): a signal would end
 * that, so beat_pause() and beat_go_on() stand around it.
 *
 * Needs (system calls, confined): timer_settime, which every VM has.
 */
#ifndef MVM_OBSERVE_BEAT_H
#define MVM_OBSERVE_BEAT_H

#include <stdbool.h>
#include <stdint.h>

struct beat {
	int timer;
	uint64_t period_ns;
	bool due;
};

/* For the calling thread, the vCPU's; not yet going.  0, or EXIT_MVM with the message printed. */
int beat_make(struct beat *b, const char *option, uint64_t period_ns);
void beat_go_on(struct beat *b);
void beat_pause(struct beat *b);
/* Was there one since it was last asked? */
bool beat_taken(struct beat *b);

#endif
