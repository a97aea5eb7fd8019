/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of the two memory engines, EPT (ept.c) and vMMU (vmmu*.c).  Neither knows the
 * other; what is common to both (slots, frames, dirty log, notifier) is in vm.h.
 */
#ifndef MVM_MMU_H
#define MVM_MMU_H

#include "vm.h"

/* What a fault asked for: the bits of a #PF error code, made from an EPT violation as well. */
#define MVM_FAULT_P	0x01		/* a translation was there */
#define MVM_FAULT_W	0x02
#define MVM_FAULT_U	0x04
#define MVM_FAULT_RSVD	0x08
#define MVM_FAULT_I	0x10		/* instruction fetch */

/* What happens to leaves. */
enum mvm_op { MVM_ZAP, MVM_PROTECT, MVM_AGE, MVM_TEST };

enum mvm_cr { MVM_CR0, MVM_CR3, MVM_CR4, MVM_EFER, MVM_SREGS };

struct mvm_mmu_ops {
	const char *name;
	int engine;			/* MVM_CAP_ENGINE */
	unsigned int around;		/* frames, so aligned, of which one fault may map several */
	int (*vm_init)(struct mvm_vm *vm);
	void (*vm_destroy)(struct mvm_vm *vm);		/* no vCPU is left */
	/* vMMU only, NULL with EPT. */
	int (*vcpu_init)(struct mvm_vcpu *vcpu);
	void (*vcpu_destroy)(struct mvm_vcpu *vcpu);

	/*
	 * An access that the tables did not allow; process context, no lock held, may sleep.
	 * addr is a GPA (EPT) or a GVA (vMMU); code is MVM_FAULT_*.  0: resume the guest, for which
	 * the vMMU may have queued a #PF; -EFAULT: no such memory; another -errno is KVM_RUN's.
	 */
	int (*fault)(struct mvm_vcpu *vcpu, u64 addr, u32 code);

	/*
	 * mmu_lock held.  Removes (ZAP) or makes read-only (PROTECT) every leaf of gfns [gfn, end);
	 * whether a processor may hold such a translation.  AGE makes the young ones old, TEST only
	 * looks for them; whether there was one.  But for TEST, the caller then owes a
	 * mvm_flush_vm().
	 */
	bool (*change)(struct mvm_vm *vm, u64 gfn, u64 end, enum mvm_op op);

	/*
	 * Before an entry, preemption off, interrupts still on or off; writes EPTP or the shadow
	 * CR3 by vmx_set_root().  -EAGAIN: call it again after prepare().
	 */
	int (*load)(struct mvm_vcpu *vcpu);
	/*
	 * vMMU only, NULL with EPT: the work load() asked for by -EAGAIN, because user space
	 * changed the control registers or it is the first entry.  Process context, no lock held,
	 * may sleep.  -errno ends KVM_RUN.
	 */
	int (*prepare)(struct mvm_vcpu *vcpu);
	/*
	 * vMMU only, NULL with EPT: the guest changed a control register (vcpu->regs has the new
	 * value), or did what flushes as much as a load of CR3; or executed INVLPG.  MVM_SREGS:
	 * user space set them, perhaps to what they were, and may have written the tables as well.
	 */
	void (*cr_changed)(struct mvm_vcpu *vcpu, enum mvm_cr cr);
	void (*invlpg)(struct mvm_vcpu *vcpu, u64 gva);
};

extern const struct mvm_mmu_ops mvm_ept_ops;
extern const struct mvm_mmu_ops mvm_vmmu_ops;

/*
 * Every vCPU of the VM executes INVEPT or INVVPID before its next guest instruction, and none is
 * in the guest with the old translations on return.  mmu_lock may be held; interrupts are on.
 */
void mvm_flush_vm(struct mvm_vm *vm);
/* This vCPU alone, from its own thread: before its next entry. */
void mvm_flush_vcpu(struct mvm_vcpu *vcpu);

#endif
