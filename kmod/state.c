/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's registers between vcpu->regs and the VMCS: the groups of vcpu.h, read when asked for
 * and written before an entry.
 */
#include "vmx_int.h"

/* Of ours, CS DS ES FS GS SS TR LDT, the places in the VMCS's order ES CS SS DS FS GS LDTR TR. */
static const u8 seg_pos[MVM_NSEG] = { 1, 3, 0, 4, 5, 2, 7, 6 };

u32 vmx_access_rights(const struct kvm_segment *s, bool is_ldt)
{
	/* As KVM: user space that leaves "accessed" clear means what a processor would have set. */
	u32 accessed = vmx_caps.unrestricted && !is_ldt;

	if (s->unusable || !s->present)
		return VMX_AR_UNUSABLE_MASK;
	return accessed | (s->type & 15) | (s->s & 1) << 4 | (s->dpl & 3) << 5 | 1 << 7 |
	       (s->avl & 1) << 12 | (s->l & 1) << 13 | (s->db & 1) << 14 | (s->g & 1) << 15;
}

void vmx_set_access_rights(struct kvm_segment *s, u32 ar)
{
	*s = (struct kvm_segment){
		.base = s->base, .limit = s->limit, .selector = s->selector,
		.type = ar & 15, .s = ar >> 4 & 1, .dpl = ar >> 5 & 3, .avl = ar >> 12 & 1,
		.l = ar >> 13 & 1, .db = ar >> 14 & 1, .g = ar >> 15 & 1,
		/* One that cannot be used may have lost its P bit; one that can has it. */
		.unusable = ar >> 16 & 1, .present = ~ar >> 16 & 1,
	};
}

static void read_segments(struct mvm_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < MVM_NSEG; i++) {
		struct kvm_segment *s = &vcpu->regs.seg[i];
		unsigned int pos = 2 * seg_pos[i];

		s->base = vmcs_read(GUEST_ES_BASE + pos);
		s->limit = vmcs_read(GUEST_ES_LIMIT + pos);
		s->selector = vmcs_read(GUEST_ES_SELECTOR + pos);
		vmx_set_access_rights(s, vmcs_read(GUEST_ES_AR_BYTES + pos));
	}
}

static void write_segments(struct mvm_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < MVM_NSEG; i++) {
		const struct kvm_segment *s = &vcpu->regs.seg[i];
		unsigned int pos = 2 * seg_pos[i];

		vmcs_write(GUEST_ES_BASE + pos, s->base);
		vmcs_write(GUEST_ES_LIMIT + pos, s->limit);
		vmcs_write(GUEST_ES_SELECTOR + pos, s->selector);
		vmcs_write(GUEST_ES_AR_BYTES + pos, vmx_access_rights(s, i == MVM_LDT));
	}
}

void mvm_state_read(struct mvm_vcpu *vcpu, u32 groups)
{
	const struct vmx_vcpu *vmx = to_vmx(vcpu);
	struct mvm_regs *r = &vcpu->regs;

	if (groups & MVM_ST_RIP)
		vmx_rip(vcpu);
	if (groups & MVM_ST_RFLAGS)
		vmx_rflags(vcpu);
	if (groups & MVM_ST_RSP)
		r->gpr[MVM_RSP] = vmcs_read(GUEST_RSP);
	vcpu->have |= groups;
	if (!(groups & ~(MVM_ST_RIP | MVM_ST_RFLAGS | MVM_ST_RSP)))
		return;
	if (groups & MVM_ST_SEG)
		read_segments(vcpu);
	if (groups & MVM_ST_DT) {
		r->gdt.base = vmcs_read(GUEST_GDTR_BASE);
		r->gdt.limit = vmcs_read(GUEST_GDTR_LIMIT);
		r->idt.base = vmcs_read(GUEST_IDTR_BASE);
		r->idt.limit = vmcs_read(GUEST_IDTR_LIMIT);
	}
	/* Bits that the guest owns come from the VMCS; the others regs has, as the read shadow. */
	if (groups & MVM_ST_CR0)
		r->cr0 = (r->cr0 & ~vmx->cr0_owned) | (vmcs_read(GUEST_CR0) & vmx->cr0_owned);
	if (groups & MVM_ST_CR3)
		r->cr3 = vmcs_read(GUEST_CR3);
	if (groups & MVM_ST_CR4)
		r->cr4 = (r->cr4 & ~vmx->cr4_owned) | (vmcs_read(GUEST_CR4) & vmx->cr4_owned);
	if (groups & MVM_ST_MISC) {
		r->debugctl = vmcs_read(GUEST_IA32_DEBUGCTL);
		r->interruptibility = vmcs_read(GUEST_INTERRUPTIBILITY_INFO);
	}
}

void vmx_set_interruptibility(struct mvm_vcpu *vcpu, u32 val)
{
	vcpu->regs.interruptibility = val;
	if (vcpu->have & MVM_ST_MISC) {
		mvm_state_put(vcpu, MVM_ST_MISC);
	} else {
		vmcs_write(GUEST_INTERRUPTIBILITY_INFO, val);
		vcpu->have |= MVM_ST_SHADOW;
	}
}

static void write_misc(struct mvm_vcpu *vcpu)
{
	const struct mvm_regs *r = &vcpu->regs;
	u32 interruptibility = r->interruptibility;
	bool breakpoints = vcpu->guest_debug & KVM_GUESTDBG_USE_HW_BP;

	/* BS would be wanted in the pending debug exceptions: not for a debugger's step. */
	if (vcpu->guest_debug & KVM_GUESTDBG_SINGLESTEP)
		interruptibility &= ~VMX_INTR_SHADOW;
	vmcs_write(GUEST_IA32_DEBUGCTL, r->debugctl);
	vmcs_write(GUEST_DR7, (u32)(breakpoints ? vcpu->guest_dr7 : r->dr7) | DR7_ONE);
	vmcs_write(GUEST_INTERRUPTIBILITY_INFO, interruptibility);
	if (vmx_caps.entry & VM_ENTRY_LOAD_IA32_PAT)
		vmcs_write(GUEST_IA32_PAT, r->pat);
}

static void write_rflags(struct mvm_vcpu *vcpu)
{
	unsigned long rflags = vmx_rflags(vcpu) | X86_EFLAGS_FIXED;
	u32 shadow = vmx_interruptibility(vcpu) & VMX_INTR_SHADOW;
	bool step = vcpu->guest_debug & KVM_GUESTDBG_SINGLESTEP;

	vmcs_write(GUEST_RFLAGS, step ? rflags | X86_EFLAGS_TF : rflags);
	/* The guest's own TF in the shadow of STI or MOV SS wants BS pending (SDM 3, 27.3.1.5). */
	vmcs_write(GUEST_PENDING_DBG_EXCEPTIONS,
		   (rflags & X86_EFLAGS_TF) && shadow && !step ? DR_STEP : 0);
}

static void write_control(struct mvm_vcpu *vcpu, u32 dirty)
{
	const struct mvm_regs *r = &vcpu->regs;

	if (dirty & MVM_ST_CR0) {
		vmcs_write(GUEST_CR0, (r->cr0 | vmx_caps.cr0_must) & vmx_caps.cr0_may);
		vmcs_write(CR0_READ_SHADOW, r->cr0);
	}
	if ((dirty & MVM_ST_CR3) && vmx_caps.ept)
		vmcs_write(GUEST_CR3, r->cr3);
	if (dirty & MVM_ST_CR4) {
		vmcs_write(GUEST_CR4, (r->cr4 | vmx_caps.cr4_must) & vmx_caps.cr4_may);
		vmcs_write(CR4_READ_SHADOW, r->cr4);
	}
	if (dirty & MVM_ST_EFER) {
		/* Shadow tables use XD for more than the guest's own. */
		vmcs_write(GUEST_IA32_EFER, vmx_caps.ept ? r->efer : r->efer | EFER_NX);
		vmcs_write(VM_ENTRY_CONTROLS,
			   vmx_caps.entry | (r->efer & EFER_LMA ? VM_ENTRY_IA32E_MODE : 0));
	}
	/* What exit_cr.c owes; and user space may have put others under the same CR3. */
	if (vmx_caps.ept)
		vmx_flush_vpid(vcpu);
}

void vmx_write_state(struct mvm_vcpu *vcpu)
{
	const struct mvm_regs *r = &vcpu->regs;
	u32 dirty = vcpu->dirty;

	if (dirty & MVM_ST_RIP)
		vmcs_write(GUEST_RIP, r->rip);
	if (dirty & MVM_ST_RSP)
		vmcs_write(GUEST_RSP, r->gpr[MVM_RSP]);
	if (dirty & (MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 | MVM_ST_EFER))
		write_control(vcpu, dirty);
	if (dirty & MVM_ST_SEG)
		write_segments(vcpu);
	if (dirty & MVM_ST_DT) {
		vmcs_write(GUEST_GDTR_BASE, r->gdt.base);
		vmcs_write(GUEST_GDTR_LIMIT, r->gdt.limit);
		vmcs_write(GUEST_IDTR_BASE, r->idt.base);
		vmcs_write(GUEST_IDTR_LIMIT, r->idt.limit);
	}
	if (dirty & MVM_ST_SYSENTER) {
		vmcs_write(GUEST_SYSENTER_CS, r->sysenter_cs);
		vmcs_write(GUEST_SYSENTER_ESP, r->sysenter_esp);
		vmcs_write(GUEST_SYSENTER_EIP, r->sysenter_eip);
	}
	if (dirty & MVM_ST_MISC)
		write_misc(vcpu);
	if (dirty & (MVM_ST_RFLAGS | MVM_ST_MISC))
		write_rflags(vcpu);
	vcpu->dirty = 0;
}
