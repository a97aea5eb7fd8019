/* SPDX-License-Identifier: MIT */
/*
 * One virtual machine: device, VM, vCPU, guest RAM.  vm.c holds the order of set-up, kvm.c is
 * the only file that makes KVM ioctls.
 */
#ifndef MVM_VM_H
#define MVM_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/kvm.h>
#include <mvm/abi.h>
#include "plan.h"
#include "populate.h"

/* Guest RAM as the host sees it: GPA g is at hva + g while g < present. */
struct guest_ram {
	uint8_t *hva;
	uint64_t present;		/* bytes that the guest has; grows, shrinks in a reset */
	uint64_t slotted;		/* bytes behind memslots that a reset VM may find again */
	uint64_t max;			/* bytes reserved (--mem) */
	uint64_t huge_from;		/* MADV_HUGEPAGE from this GPA on; 0: nowhere */
};

#define VM_SLOTS_MAX	512	/* of /dev/mvm */

/*
 * What may be executed of the guest's memory, and not be written then; nothing else may.  In this
 * order: a later range counts where they overlap.  Part of a snapshot (snapshot/format.h).
 */
#define VM_EXEC_MAX	(MVM_SEGMENTS_MAX + 1)
struct vm_exec {
	struct vm_exec_range {
		uint64_t gpa, len;	/* multiples of 4096 */
		uint32_t mode;		/* MVM_EXEC_* */
		uint32_t pad;
	} range[VM_EXEC_MAX];
	uint32_t n, pad;
	uint64_t free_end;		/* what the guest's page tables alone decide: from
					   MVM_GPA_APP to here (MVM_OP_MEM_EXEC); 0: nothing */
};

struct vm {
	const char *device;		/* path in use */
	int dev_fd, vm_fd, vcpu_fd;
	struct kvm_run *run;		/* mapping of vcpu_fd */
	uint32_t run_size;		/* its bytes */
	struct guest_ram ram;
	uint32_t nslots;
	bool mem_exec;			/* the device has MVM_CAP_MEM_EXEC */
	bool notes_exec;		/* without it what the guest asks is noted: a snapshot */
	bool exec_changed;		/* by the guest, since vm_protect() or vm_protect_as() */
	struct vm_exec exec;		/* as it is now */
	bool cloned;			/* made by MVM_CLONE (snapshot/device.c) */
	uint64_t private_pages;		/* ... that it kept in its last reset */
	uint64_t *slot_end;		/* GPA after each memslot, of the first VM_SLOTS_MAX */
	uint32_t tsc_khz;		/* 0: unknown, measured when first asked for */
	uint32_t msrs[512];		/* those that the device can save, where VMs are reset */
	uint32_t nmsrs;
	int sync_regs;			/* KVM_SYNC_X86_*: what KVM_RUN takes from *run; likewise */
	uint64_t mono_off, boot_off;	/* ns that the guest's clocks are ahead of the host's */
};

/*
 * Reserves plan->mem bytes of address space for guest RAM, none of it touched.
 * 0, or -errno with the message already printed (as all vm_* functions here).
 */
int vm_reserve_ram(struct vm *vm, const struct plan *plan);
/* Opens the device; of *vm, which is zero, VM and vCPU are none yet. */
int vm_open(struct vm *vm, const struct plan *plan);
/* Does the device that vm_open() would open have this capability?  Prints nothing. */
bool vm_offers(const struct plan *plan, int cap);
/* Creates the VM, then its vCPU: what takes the kernel longer than all else of a start. */
int vm_create(struct vm *vm);
int vm_create_vcpu(struct vm *vm);
/* The first memslot.  After loading: a large program makes it larger. */
int vm_add_ram(struct vm *vm);
/* There is a memslot that ends where RAM does now. */
void vm_slot_added(struct vm *vm);
/*
 * After vm_add_ram(): no guest memory may be executed but the runtime's text and the program's
 * executable segments, and those not written (wx.c), where the device has MVM_CAP_MEM_EXEC.  Adds
 * MVM_BOOT_EXEC there, and where a snapshot is made.
 */
int vm_protect(struct vm *vm, const struct mvm_rt_header *rt, struct mvm_boot *boot);
/* The same for a VM that goes on from a snapshot, which has *exec. */
int vm_protect_as(struct vm *vm, const struct vm_exec *exec);
/* And again, when the guest may have changed it.  0 or -errno, nothing printed. */
int vm_protect_again(struct vm *vm, const struct vm_exec *exec);
/*
 * MVM_OP_MEM_EXEC: mode is MVM_EXEC_*, the range present RAM.  0, -ENOSYS without the capability
 * (but for a snapshot), or the ioctl's error.  vCPU thread only.
 */
int vm_set_exec(struct vm *vm, uint64_t gpa, uint64_t len, uint32_t mode);
/* CPUID, segment and control registers, RIP and RSP.  After loading. */
struct cpu_model;
int vm_setup(struct vm *vm, struct cpu_model *m, const struct mvm_rt_header *rt,
	     struct mvm_boot *boot);
/* CPUID, then s as it is, then XCR0: of m.  0 or -errno, nothing printed; so the next one too. */
int vm_set_cpu(struct vm *vm, const struct cpu_model *m, const struct kvm_sregs *s);
/* General registers, and the MSRs of `syscall`, which leads to lstar. */
int vm_set_registers(struct vm *vm, const struct kvm_regs *regs, uint64_t lstar);
/* MVM_OP_MEM_GROW: bytes is 2 MiB aligned.  0, -ENOMEM, or the ioctl's error.  vCPU thread only. */
int vm_grow(struct vm *vm, uint64_t bytes);
/* MVM_OP_TIME.  vCPU thread only. */
int vm_time(struct vm *vm, struct mvm_time *t);

#endif
