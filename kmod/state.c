/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's registers between vcpu->regs and the VMCS: the groups of vcpu.h, read when asked for
 * and written before an entry.
 */
#include <asm/msr-index.h>

#include "core.h"
#include "vmx_int.h"

/* Position of each of our segments in the VMCS's order ES CS SS DS FS GS LDTR TR. */
static const u8 seg_pos[MVM_NSEG] = {
	[MVM_CS] = 1, [MVM_DS] = 3, [MVM_ES] = 0, [MVM_FS] = 4, [MVM_GS] = 5, [MVM_SS] = 2,
	[MVM_TR] = 7, [MVM_LDT] = 6,
};

#define AR_UNUSABLE	BIT(16)

u32 vmx_access_rights(const struct kvm_segment *s, bool is_ldt)
{
	u32 ar;

	if (s->unusable || !s->present)
		return AR_UNUSABLE;
	ar = (s->type & 15) | (s->s & 1) << 4 | (s->dpl & 3) << 5 | 1 << 7 | (s->avl & 1) << 12 |
	     (s->l & 1) << 13 | (s->db & 1) << 14 | (s->g & 1) << 15;
	/* As KVM: user space that leaves "accessed" clear means what a processor would have set. */
	if (vmx_caps.unrestricted && !is_ldt)
		ar |= 1;
	return ar;
}

void vmx_set_access_rights(struct kvm_segment *s, u32 ar)
{
	s->type = ar & 15;
	s->s = ar >> 4 & 1;
	s->dpl = ar >> 5 & 3;
	s->unusable = ar >> 16 & 1;
	/* A segment that cannot be used may have lost its P bit; one that can has it. */
	s->present = !s->unusable;
	s->avl = ar >> 12 & 1;
	s->l = ar >> 13 & 1;
	s->db = ar >> 14 & 1;
	s->g = ar >> 15 & 1;
	s->padding = 0;
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

static void read_tables(struct mvm_regs *r)
{
	r->gdt.base = vmcs_read(GUEST_GDTR_BASE);
	r->gdt.limit = vmcs_read(GUEST_GDTR_LIMIT);
	r->idt.base = vmcs_read(GUEST_IDTR_BASE);
	r->idt.limit = vmcs_read(GUEST_IDTR_LIMIT);
}

static void write_tables(const struct mvm_regs *r)
{
	vmcs_write(GUEST_GDTR_BASE, r->gdt.base);
	vmcs_write(GUEST_GDTR_LIMIT, r->gdt.limit);
	vmcs_write(GUEST_IDTR_BASE, r->idt.base);
	vmcs_write(GUEST_IDTR_LIMIT, r->idt.limit);
}

/* Bits that the guest owns come from the VMCS; the others regs has, as has the read shadow. */
static void get_cr0(struct mvm_vcpu *vcpu)
{
	unsigned long owned = to_vmx(vcpu)->cr0_owned;

	vcpu->regs.cr0 = (vcpu->regs.cr0 & ~owned) | (vmcs_read(GUEST_CR0) & owned);
}

static void get_cr4(struct mvm_vcpu *vcpu)
{
	unsigned long owned = to_vmx(vcpu)->cr4_owned;

	vcpu->regs.cr4 = (vcpu->regs.cr4 & ~owned) | (vmcs_read(GUEST_CR4) & owned);
}

static void read_rest(struct mvm_vcpu *vcpu, u32 groups)
{
	struct mvm_regs *r = &vcpu->regs;

	if (groups & MVM_ST_SEG)
		read_segments(vcpu);
	if (groups & MVM_ST_DT)
		read_tables(r);
	if (groups & MVM_ST_CR0)
		get_cr0(vcpu);
	if (groups & MVM_ST_CR3)
		r->cr3 = vmcs_read(GUEST_CR3);
	if (groups & MVM_ST_CR4)
		get_cr4(vcpu);
	if (groups & MVM_ST_MISC) {
		r->debugctl = vmcs_read(GUEST_IA32_DEBUGCTL);
		r->interruptibility = vmcs_read(GUEST_INTERRUPTIBILITY_INFO);
	}
}

void mvm_state_read(struct mvm_vcpu *vcpu, u32 groups)
{
	if (groups & MVM_ST_RIP)
		vmx_rip(vcpu);
	if (groups & MVM_ST_RFLAGS)
		vmx_rflags(vcpu);
	if (groups & MVM_ST_RSP)
		vcpu->regs.gpr[MVM_RSP] = vmcs_read(GUEST_RSP);
	if (groups & ~(MVM_ST_RIP | MVM_ST_RFLAGS | MVM_ST_RSP))
		read_rest(vcpu, groups);
	vcpu->have |= groups;
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

/* SS.DPL is the CPL in every mode (SDM 3, 25.4.1). */
int vmx_cpl(struct mvm_vcpu *vcpu)
{
	if (vcpu->have & MVM_ST_SEG)
		return vcpu->regs.seg[MVM_SS].dpl;
	return vmcs_read(GUEST_SS_AR_BYTES) >> 5 & 3;
}

/* The vMMU walks tables of its own: paging and write protection are always on (SDM 3, 25.6.6). */
static void put_cr0(struct mvm_vcpu *vcpu)
{
	unsigned long cr0 = vcpu->regs.cr0;
	unsigned long hw = cr0 | vmx_caps.cr0_fixed0;

	if (vmx_caps.unrestricted)
		hw = cr0 | (vmx_caps.cr0_fixed0 & ~(X86_CR0_PE | X86_CR0_PG));
	if (!vmx_caps.ept)
		hw |= X86_CR0_WP;
	/* The host's memory is cached, whatever the guest thinks of its caches. */
	hw &= ~(X86_CR0_NW | X86_CR0_CD);
	vmcs_write(GUEST_CR0, hw & vmx_caps.cr0_fixed1);
	vmcs_write(CR0_READ_SHADOW, cr0);
}

/*
 * PCIDE without EPT: shadow CR3s carry no PCID, and the engine tells the guest's apart by itself.
 * Without paging SMEP and SMAP do not apply (SDM 3, 4.1.3), but with unrestricted guests the
 * processor knows that.
 */
static void put_cr4(struct mvm_vcpu *vcpu)
{
	unsigned long cr4 = vcpu->regs.cr4;
	unsigned long hw = cr4 | vmx_caps.cr4_fixed0 | X86_CR4_VMXE;

	if (!vmx_caps.ept) {
		hw |= X86_CR4_PAE;
		hw &= ~X86_CR4_PCIDE;
	}
	vmcs_write(GUEST_CR4, hw & vmx_caps.cr4_fixed1);
	vmcs_write(CR4_READ_SHADOW, cr4);
}

static void write_efer(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u64 efer = vcpu->regs.efer;
	u32 entry = vmx_caps.entry | (efer & EFER_LMA ? VM_ENTRY_IA32E_MODE : 0);

	/* Shadow tables use XD for more than the guest's own. */
	vmcs_write(GUEST_IA32_EFER, vmx_caps.ept ? efer : efer | EFER_NX);
	if (entry != vmx->entry) {
		vmx->entry = entry;
		vmcs_write(VM_ENTRY_CONTROLS, entry);
	}
}

static void write_misc(struct mvm_vcpu *vcpu)
{
	const struct mvm_regs *r = &vcpu->regs;
	u32 interruptibility = r->interruptibility;
	unsigned long dr7 = r->dr7;

	/* BS would be wanted in the pending debug exceptions: not for a debugger's step. */
	if (vcpu->guest_debug & KVM_GUESTDBG_SINGLESTEP)
		interruptibility &= ~(GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS);
	if (vcpu->guest_debug & KVM_GUESTDBG_USE_HW_BP)
		dr7 = vcpu->guest_dr7;
	vmcs_write(GUEST_IA32_DEBUGCTL, r->debugctl);
	vmcs_write(GUEST_DR7, (u32)dr7 | DR7_ONE);
	vmcs_write(GUEST_INTERRUPTIBILITY_INFO, interruptibility);
	vmcs_write(GUEST_ACTIVITY_STATE, GUEST_ACTIVITY_ACTIVE);
	if (vmx_caps.entry & VM_ENTRY_LOAD_IA32_PAT)
		vmcs_write(GUEST_IA32_PAT, r->pat);
}

static void write_rflags(struct mvm_vcpu *vcpu)
{
	unsigned long rflags = vcpu->regs.rflags | X86_EFLAGS_FIXED;
	u32 state = vmx_interruptibility(vcpu);

	if (vcpu->guest_debug & KVM_GUESTDBG_SINGLESTEP)
		rflags |= X86_EFLAGS_TF;
	vmcs_write(GUEST_RFLAGS, rflags);
	/* The guest's own TF in the shadow of STI or MOV SS wants BS pending (SDM 3, 27.3.1.5). */
	vmcs_write(GUEST_PENDING_DBG_EXCEPTIONS,
		   (rflags & X86_EFLAGS_TF) && !(vcpu->guest_debug & KVM_GUESTDBG_SINGLESTEP) &&
		   (state & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)) ? DR_STEP : 0);
}

static void write_control(struct mvm_vcpu *vcpu, u32 dirty)
{
	if (dirty & MVM_ST_CR0)
		put_cr0(vcpu);
	if ((dirty & MVM_ST_CR3) && vmx_caps.ept)
		vmcs_write(GUEST_CR3, vcpu->regs.cr3);
	if (dirty & MVM_ST_CR4)
		put_cr4(vcpu);
	if (dirty & MVM_ST_EFER)
		write_efer(vcpu);
	/* What exit_cr.c owes; and user space may have put others under the same CR3. */
	if (vmx_caps.ept)
		vmx_flush_vpid(vcpu);
}

static void write_rest(struct mvm_vcpu *vcpu, u32 dirty)
{
	const struct mvm_regs *r = &vcpu->regs;

	if (dirty & (MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 | MVM_ST_EFER))
		write_control(vcpu, dirty);
	if (dirty & MVM_ST_SEG)
		write_segments(vcpu);
	if (dirty & MVM_ST_DT)
		write_tables(r);
	if (dirty & MVM_ST_SYSENTER) {
		vmcs_write(GUEST_SYSENTER_CS, r->sysenter_cs);
		vmcs_write(GUEST_SYSENTER_ESP, r->sysenter_esp);
		vmcs_write(GUEST_SYSENTER_EIP, r->sysenter_eip);
	}
	if (dirty & MVM_ST_MISC)
		write_misc(vcpu);
	if (dirty & (MVM_ST_RFLAGS | MVM_ST_MISC)) {
		mvm_state_get(vcpu, MVM_ST_RFLAGS);
		write_rflags(vcpu);
	}
}

void vmx_write_state(struct mvm_vcpu *vcpu)
{
	u32 dirty = vcpu->dirty;

	if (dirty & MVM_ST_RIP)
		vmcs_write(GUEST_RIP, vcpu->regs.rip);
	if (dirty & MVM_ST_RSP)
		vmcs_write(GUEST_RSP, vcpu->regs.gpr[MVM_RSP]);
	if (dirty & ~(MVM_ST_RIP | MVM_ST_RSP))
		write_rest(vcpu, dirty);
	vcpu->dirty = 0;
}

/* Bits of a PAE PDPTE that must be 0: 2:1, 8:5 and above the address width (SDM 3, 4.4.1). */
int vmx_load_pdptes(struct mvm_vcpu *vcpu)
{
	u64 reserved = 0x1e6 | mvm_gpa_reserved(vcpu);
	u64 pdpte[4];
	int i;

	if (!vmx_caps.ept)
		return 0;
	for (i = 0; i < 4; i++) {
		if (mvm_gpa_read64(vcpu->vm, (vcpu->regs.cr3 & ~0x1fUL) + 8 * i, &pdpte[i]))
			return 1;
		if ((pdpte[i] & 1) && (pdpte[i] & reserved))
			return 1;
	}
	for (i = 0; i < 4; i++)
		vmcs_write(GUEST_PDPTR0 + 2 * i, pdpte[i]);
	return 0;
}
