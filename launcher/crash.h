/* SPDX-License-Identifier: MIT */
/*
 * Reports of what died: the application of a signal, or the VM as a whole.  One line that says
 * it, then the registers as Linux prints them.  They work confined and in a signal handler:
 * write(2) to standard error, and nothing else.
 */
#ifndef MVM_CRASH_H
#define MVM_CRASH_H

#include <stdint.h>
#include <linux/kvm.h>
#include "service/service.h"

/*
 * The application died of e->signo.  The registers follow when it was a fault, or with -v.
 * Nothing is said of SIGINT and SIGPIPE without -v, as a shell does not.  The contents of e come
 * from the guest: they are shown, never believed.
 */
void crash_print(const char *program, const struct ending *e);

/*
 * The VM cannot go on.  what: what it did, as "triple-faulted"; detail: a number that goes with
 * it, 0: none.  regs, sregs: NULL when the device did not give them.
 */
void crash_print_vm(const char *program, const char *what, uint64_t detail,
		    const struct kvm_regs *regs, const struct kvm_sregs *sregs);

#endif
