/* SPDX-License-Identifier: MIT */
/* Between the differential rig (diff.c) and its guests (diff_guests.c). */
#ifndef DIFF_H
#define DIFF_H

#include "../kmod/kt.h"

extern const struct kt_test diff_tests[];
extern const unsigned int diff_ntests;

/* A guest with this code at KT_CODE; runs to a HLT, or limit exits. */
void diff_run(unsigned int ring, const uint8_t *code, const uint8_t *end, unsigned int limit);

/* Its parts. */
void diff_begin(struct kt_vm *v, unsigned int ring, const uint8_t *code, const uint8_t *end);
bool diff_step(struct kt_vm *v);	/* one exit, printed; false: the guest cannot go on */
/*
 * One instruction, by KVM_SET_GUEST_DEBUG, each time anew: kvm_intel steps from the RIP at that
 * ioctl.  Steps that did not move RIP are not shown: how often an instruction is begun again while
 * its memory is mapped is the device's own business.
 */
bool diff_single_step(struct kt_vm *v);
void diff_put(struct kt_vm *v, uint64_t rip, uint64_t rax);	/* by KVM_SYNC_X86_REGS */
void diff_memory(struct kt_vm *v, uint64_t gpa, uint64_t size);	/* prints a hash */
void diff_finish(struct kt_vm *v);

#endif
