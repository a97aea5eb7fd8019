/* SPDX-License-Identifier: MIT */
/* Between the files of this directory. */
#ifndef MVM_SNAP_INT_H
#define MVM_SNAP_INT_H

#include "run.h"
#include "snap.h"

/* vm.c: the vCPU as the image has it.  first: a new vCPU.  0 or -errno, nothing printed. */
int snap_set_vcpu(const struct snap_image *img, struct vm *vm, bool first);

/*
 * tables.c, for a reset that copies.  Before the filter: what kind of KVM is it, which are the
 * image's tables?  Then for each piece of memory before it is put back; and when all of it is.  0
 * or -errno.
 */
void snap_tables_arm(const struct vm *vm);
int snap_tables_ready(const struct snap_image *img, const struct vm *vm);
void snap_tables_look(const struct snap_image *img, const struct vm *vm, uint64_t gpa,
		      uint64_t len);
int snap_tables_drop(const struct snap_image *img, const struct vm *vm);

/* device.c: snap_reset() of the memory and the vCPU of a VM that snap_clone() has made. */
int snap_device_reset(const struct snap_image *img, struct vm *vm, uint64_t keep,
		      struct snap_reset_stats *stats);

/*
 * fit.c: what the guest knows grant n by: its path, or its port.  "" of a standard stream.
 * The text holds until the next call.
 */
const char *snap_place(const struct grants *g, uint32_t n);
/*
 * fit.c: new handles of t get the numbers that the image leaves free, the lowest first,
 * whatever was open before.
 */
void snap_link_free(const struct snap_image *img, struct handles *t);

/* order.c: the order of pages that a trial has found. */
struct snap_order {
	struct snap_extent *extents;
	uint32_t nextents;
	uint64_t first;			/* pages that it touched: those come first */
};
/* Reads what the trial writes to the other end of in, until it is over.  0, -ENOMEM, -ENODATA. */
int snap_order_read(const struct snap_image *img, int in, struct snap_order *out);

/* state.c: reads what a fresh vCPU holds. */
void snap_state_read(const struct vm *vm);
/*
 * And puts it back, with these registers; at the next KVM_RUN it holds all of it.  Nothing may be
 * left for that to complete.  0 or -errno.
 */
int snap_state_write(const struct vm *vm, uint64_t xcr0, const struct kvm_regs *regs,
		     const struct kvm_sregs *sregs);

#endif
