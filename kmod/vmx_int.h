/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of VMX share with each other and with nobody else: the fields of an exit, the
 * event queue's link to the VMCS.
 */
#ifndef MVM_VMX_INT_H
#define MVM_VMX_INT_H

#include "vmx.h"
#include "ledger.h"
#include "vmx_ops.h"
#include <linux/hw_breakpoint.h>

static inline struct vmx_vcpu *to_vmx(struct mvm_vcpu *vcpu)
{
	return &vcpu->vmx;
}

/* Of the interruptibility state: what the next instruction ends. */
#define VMX_INTR_SHADOW	(GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)
#define DR7_ONE		BIT(10)		/* reads as 1 */
#define DR7_GD		BIT(13)		/* MOV DR is a #DB */

#define VMX_EXIT_FAILED		BIT(31)	/* of the exit reason: in the checks on the guest's state */

/*
 * vmx_cpu.c: the current VMCS of this CPU and the active ones; preemption off.  False: this CPU
 * goes offline, and what is read and written of the VMCS is nothing.
 */
bool vmx_make_current(struct mvm_vcpu *vcpu, int cpu);
DECLARE_PER_CPU(u32 *, vmx_current);		/* VMPTRLD's last, or NULL */
void vmx_clear_everywhere(struct vmx_vcpu *vmx);	/* VMCLEAR where it is active; may wait */

/* A field of which *now tells what it has. */
static __always_inline void vmcs_change(unsigned long field, u64 *now, u64 val)
{
	if (unlikely(*now != val)) {
		*now = val;
		vmcs_write(field, val);
	}
}

static __always_inline bool vmx_load(struct mvm_vcpu *vcpu, int cpu)
{
	const struct vmx_vcpu *vmx = to_vmx(vcpu);

	vcpu->cpu = cpu;
	return likely(vmx->cpu == cpu && __this_cpu_read(vmx_current) == vmx->vmcs) ||
	       vmx_make_current(vcpu, cpu);
}

/* vmcs.c */
void vmx_set_cpu_ctl(struct vmx_vcpu *vmx, u32 bit, bool on);
void vmx_configure(struct mvm_vcpu *vcpu);		/* by CPUID and guest_debug, before a run */
void vmx_flush_vpid(struct mvm_vcpu *vcpu);
void vmcs_setup(void);
void vmcs_write_constant(struct vmx_vcpu *vmx);		/* when it is current for the first time */

/* state.c: the dirty groups of vcpu.h to the VMCS, which is current. */
void vmx_write_state(struct mvm_vcpu *vcpu);

/* As mvm_state_get() and then regs, for the paths where each instruction counts. */
static __always_inline unsigned long vmx_rip(struct mvm_vcpu *vcpu)
{
	if (!(vcpu->have & MVM_ST_RIP)) {
		vcpu->regs.rip = vmcs_read(GUEST_RIP);
		vcpu->have |= MVM_ST_RIP;
	}
	return vcpu->regs.rip;
}

static __always_inline unsigned long vmx_rflags(struct mvm_vcpu *vcpu)
{
	if (!(vcpu->have & MVM_ST_RFLAGS)) {
		vcpu->regs.rflags = vmcs_read(GUEST_RFLAGS);
		/* The debugger's TF, not the guest's. */
		if (unlikely(to_vmx(vcpu)->debug & KVM_GUESTDBG_SINGLESTEP))
			vcpu->regs.rflags &= ~X86_EFLAGS_TF;
		vcpu->have |= MVM_ST_RFLAGS;
	}
	return vcpu->regs.rflags;
}

static __always_inline u32 vmx_interruptibility(struct mvm_vcpu *vcpu)
{
	if (!(vcpu->have & (MVM_ST_MISC | MVM_ST_SHADOW))) {
		vcpu->regs.interruptibility = vmcs_read(GUEST_INTERRUPTIBILITY_INFO);
		vcpu->have |= MVM_ST_SHADOW;
	}
	return vcpu->regs.interruptibility;
}
void vmx_set_interruptibility(struct mvm_vcpu *vcpu, u32 val);

/*
 * Right after an exit that interrupted nothing: what moving RIP on needs, read at once.  True: to
 * move RIP is all that skipping the instruction takes, but for a debugger (vmx_skip_step()).
 */
static __always_inline bool vmx_read_step(struct mvm_vcpu *vcpu)
{
	unsigned long rflags = vmcs_read(GUEST_RFLAGS);
	u32 shadow = vmcs_read(GUEST_INTERRUPTIBILITY_INFO);

	vcpu->regs.rip = vmcs_read(GUEST_RIP);
	vcpu->regs.interruptibility = shadow;
	vcpu->regs.rflags = rflags;
	vcpu->have |= MVM_ST_RIP | MVM_ST_RFLAGS | MVM_ST_SHADOW;
	if (likely(!(shadow & VMX_INTR_SHADOW) && !(rflags & X86_EFLAGS_TF)))
		return likely(vcpu->regs.efer & EFER_LMA);
	if (to_vmx(vcpu)->debug & KVM_GUESTDBG_SINGLESTEP)
		vcpu->regs.rflags &= ~X86_EFLAGS_TF;
	return false;
}
/*
 * Modes that guests may have: without paging or protection only where the processor can; PAE paging
 * in long mode only.  PG without PE is no value of CR0 (mvm_valid_cr0()).
 */
static inline bool vmx_mode_there(unsigned long cr0, unsigned long cr4, bool long_mode)
{
	return cr0 & X86_CR0_PG ? long_mode || !(cr4 & X86_CR4_PAE) : vmx_caps.unrestricted;
}

/* vmenter.S: 0 after an exit, 1 when VMLAUNCH or VMRESUME failed. */
int vmx_guest(unsigned long *gpr, struct vmx_vcpu *vmx);
extern const char vmx_exit_entry[];			/* HOST_RIP */
void vmx_nmi(void);			/* the host's NMI handler, as the NMI would call it */

/* event.c */
void vmx_inject_events(struct mvm_vcpu *vcpu);		/* before an entry */
void vmx_complete_events(struct mvm_vcpu *vcpu);	/* after an exit that idt_info belongs to */
void mvm_queue_db(struct mvm_vcpu *vcpu, unsigned long payload);
static __always_inline bool mvm_interrupt_allowed(struct mvm_vcpu *vcpu)
{
	return (vmx_rflags(vcpu) & X86_EFLAGS_IF) &&
	       !(vmx_interruptibility(vcpu) & VMX_INTR_SHADOW);
}
static __always_inline bool mvm_injects(struct mvm_vcpu *vcpu)
{
	return vcpu->exception.pending || vcpu->exception.injected || vcpu->interrupt.pending ||
	       vcpu->interrupt.injected || vcpu->nmi_injected;
}
static inline bool mvm_events_wait(struct mvm_vcpu *vcpu)
{
	return mvm_injects(vcpu) || vcpu->nmi_pending;
}
static __always_inline bool mvm_ready_for_interrupt(struct mvm_vcpu *vcpu)
{
	return mvm_interrupt_allowed(vcpu) && !mvm_injects(vcpu);
}

/*
 * exit.c: RIP to the next instruction, a pending single step is queued, and 1; 0 when a debugger
 * steps: to user space with KVM_EXIT_DEBUG.
 */
int vmx_skip_step(struct mvm_vcpu *vcpu, unsigned int length);
int vmx_skip_exit(struct mvm_vcpu *vcpu);		/* by the exit's instruction length */
int vmx_done(struct mvm_vcpu *vcpu, int gp);	/* gp: #GP(0), otherwise as vmx_skip_exit() */
int vmx_emulation_error(struct mvm_vcpu *vcpu);	/* KVM_INTERNAL_ERROR_EMULATION: 0 */
int vmx_inject_ud(struct mvm_vcpu *vcpu);		/* #UD, #GP(0): 1 */
int vmx_inject_gp(struct mvm_vcpu *vcpu);

/* The handlers: 1 enter again, 0 to user space, -errno. */
int exit_cr(struct mvm_vcpu *vcpu);
int exit_dr(struct mvm_vcpu *vcpu);
int exit_invlpg(struct mvm_vcpu *vcpu);
int exit_invpcid(struct mvm_vcpu *vcpu);
int exit_vmcall(struct mvm_vcpu *vcpu);		/* interrupts off */
/* What the last KVM_RUN left over: 1, or 0 when that was a debugger's step (run is filled). */
int mvm_complete_io(struct mvm_vcpu *vcpu);

#endif
