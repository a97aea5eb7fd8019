/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM in a recording.  It is written when the run begins, and again where a tick interrupts a
 * computation: nobody could tell a replay which instruction that was, so it gets the state instead.
 * Only pages that differ from what was written of them last are written then.
 */
#ifndef MVM_RECORD_RAM_H
#define MVM_RECORD_RAM_H

#include <stdbool.h>
#include <stdint.h>
#include "format.h"
#include "stream.h"
#include "vm.h"

/* ---- ram.c ---- */

/* Room to remember what was written, of RAM that may become as large as max.  0 or -errno. */
int record_ram_init(uint64_t max);
/* PAGES for all that differs in [from, end).  A file may show through there. */
void record_ram_put_all(struct record_writer *w, const struct guest_ram *ram, uint64_t from,
			uint64_t end);
/*
 * PAGES for all that differs in [0, end), where files have been written before.  With
 * CONFINE_FD_PAGEMAP open only what this process has touched is looked at: the rest is zero.
 */
void record_ram_put(struct record_writer *w, const struct guest_ram *ram, uint64_t end);
/* The vCPU, which must be out of KVM_RUN with nothing pending.  0 or -errno. */
int record_vcpu_get(const struct vm *vm, struct record_vcpu *v);

/* ---- replay_ram.c ---- */

/* As record_ram_init(). */
int replay_ram_init(uint64_t max);
/* The PAGES at hand, into RAM below end.  False: the recording is damaged. */
bool replay_ram_take(const struct guest_ram *ram, uint64_t end);
/* Makes all of [0, end) what was recorded of it last.  False: the recording is damaged. */
bool replay_ram_restore(const struct guest_ram *ram, uint64_t end);
/* After RAM was changed behind the guest's back: the vCPU follows.  0 or -errno. */
int replay_vcpu_set(struct vm *vm, const struct record_vcpu *v);

#endif
