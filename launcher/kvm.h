/* SPDX-License-Identifier: MIT */
/*
 * The KVM ioctls, and no other file makes any (Documentation/virt/kvm/api.rst).  Each returns
 * 0 or a descriptor, or -errno; nothing is printed here.
 */
#ifndef MVM_KVM_H
#define MVM_KVM_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/kvm.h>
#include "../kmod/uapi/mvm.h"

/* Opens the device and checks that it speaks API 12.  -ENODEV: another version. */
int kvm_open(const char *path);
int kvm_check_extension(int fd, int cap);
/* KVM_CREATE_VM, repeated while a signal interrupts it. */
int kvm_create_vm(int dev);
int kvm_create_vcpu(int vm);
/* Bytes of a vCPU's mapping. */
int kvm_vcpu_mmap_size(int dev);
/* A new memslot: RAM only, page aligned. */
int kvm_add_memslot(int vm, uint32_t slot, uint64_t gpa, uint64_t size, void *hva);
/* MVM_SET_EXEC of /dev/mvm (MVM_CAP_MEM_EXEC), inside one memslot; mode: MVM_EXEC_*. */
int kvm_set_exec(int vm, uint64_t gpa, uint64_t size, uint32_t mode);
/*
 * MVM_CAP_CLONE of /dev/mvm: a VM becomes a template, one is made from it (a descriptor), is as the
 * template again (keep: private pages that it may keep; the number that it had), has zeros there.
 */
int kvm_freeze(int vm);
int kvm_clone(int template);
int kvm_reset(int vm, uint64_t keep);
int kvm_zero(int vm, uint64_t gpa, uint64_t size);
int kvm_set_cpuid(int vcpu, const struct kvm_cpuid_entry2 *entries, uint32_t n);
int kvm_get_regs(int vcpu, struct kvm_regs *r);
int kvm_set_regs(int vcpu, const struct kvm_regs *r);
int kvm_get_sregs(int vcpu, struct kvm_sregs *s);
int kvm_set_sregs(int vcpu, const struct kvm_sregs *s);
int kvm_set_xcr0(int vcpu, uint64_t xcr0);
#define MSR_TSC		0x10U
#define MSR_STAR	0xc0000081U
#define MSR_LSTAR	0xc0000082U
#define MSR_FMASK	0xc0000084U
struct kvm_msr_value { uint32_t index; uint64_t value; };
int kvm_set_msrs(int vcpu, const struct kvm_msr_value *m, uint32_t n);
/* Reads, or sets, up to the first that the device refuses.  How many before that, or -errno. */
int kvm_msrs(int vcpu, bool set, struct kvm_msr_value *m, uint32_t n);
int kvm_get_msr(int vcpu, uint32_t index, uint64_t *value);
/* kHz, or -errno where the device cannot tell. */
int kvm_tsc_khz(int vcpu);
/* Queues an external interrupt; only where the mapping's ready_for_interrupt_injection says so. */
int kvm_interrupt(int vcpu, uint32_t vector);
/* Indices of the MSRs that the device can save.  How many; 0 when it does not tell. */
#define KVM_MSRS_MAX	512
uint32_t kvm_msr_list(int dev, uint32_t index[KVM_MSRS_MAX]);
/* KVM_GET_* and KVM_SET_* of the vCPU's state that need nothing but their structure. */
int kvm_get(int vcpu, unsigned long request, void *state);
int kvm_set(int vcpu, unsigned long request, const void *state);
/* What the guest's TSC is ahead of the host's, read or (set) written.  -errno: not told. */
int kvm_tsc_offset(int vcpu, bool set, uint64_t *offset);
/* The guest has the registers of one bank of machine checks, not of all that KVM has. */
int kvm_one_mce_bank(int vcpu);
/* 0: look at the exit reason; -EINTR: a signal.  By lseek(2) where the device opened last can. */
int kvm_run(int vcpu);
/* kvm_run() calls lseek(vcpu, 0, MVM_RUN_SEEK), and not the ioctl. */
bool kvm_run_seeks(void);

#endif
