/* SPDX-License-Identifier: MIT */
/*
 * What a person is told of a death: of the application by a signal, or of the whole VM.  Works
 * confined and in a signal handler: write(2) only.
 */
#ifndef MVM_CRASH_H
#define MVM_CRASH_H

#include <linux/kvm.h>
#include "service.h"

/* program: as typed.  One line naming the signal and the fault, then the registers. */
void crash_print_guest(const char *program, const struct ending *e);
/* The registers of a vCPU that cannot go on; either may be NULL when the device refused them. */
void crash_print_vm(const struct kvm_regs *regs, const struct kvm_sregs *sregs);

#endif
