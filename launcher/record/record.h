/* SPDX-License-Identifier: MIT */
/*
 * mvm run --record and --replay.  record.c keeps what comes into a guest, replay.c gives it the
 * same again; docs/record.md says how the guest helps, and what is not covered.  norecord.c:
 * without CONFIG_RECORD.
 *
 * Both take the place of functions that a run calls in any case (struct run_hooks,
 * service.dispatch): a run that is neither pays nothing.
 */
#ifndef MVM_RECORD_H
#define MVM_RECORD_H

#include "cpu.h"
#include "grants.h"
#include "load.h"
#include "run.h"

/*
 * Opens the file of --record, made anew, or of --replay; *fd stays -1 with neither.  While there
 * are names.  0, or EXIT_MVM with the message printed.
 */
int record_open_file(const struct plan *plan, int *fd);
/*
 * The processor of the guest: cpu_model_init(); with --record without what would tell a guest
 * something that is not recorded, and with --replay the one that replay_load() found.
 */
void record_model(const struct plan *plan, struct cpu_model *m);
/* In place of load(): reserves RAM and fills it from the recording. */
int replay_load(struct plan *plan, int fd, struct vm *vm, struct cpu_model *m, struct loaded *out);
/*
 * When RAM and vCPU are as the guest will find them: has the run recorded, beginning with its
 * initial state, or replayed, or neither.  0, or EXIT_MVM with the message printed.
 */
int record_start(struct run *r, int fd, const struct cpu_model *m, const struct loaded *loaded);
/* Where a signal for the guest is noted: in the ring, or, recorded, for the next kick. */
uint32_t *record_signals(struct mvm_ring *ring);
/* The run is over, and so is the process: the recording is completed. */
void record_stop(int status, bool by_time);

#endif
