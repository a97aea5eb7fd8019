/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_GET_SREGS and KVM_SET_SREGS: segments, descriptor tables, control registers, EFER, the
 * APIC's base.  What is accepted is what KVM accepts; what VM entry then refuses comes back as
 * KVM_EXIT_FAIL_ENTRY.
 */
#include <linux/bitops.h>
#include <asm/apicdef.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "core.h"
#include "vmx.h"

/* struct kvm_sregs begins with the segment registers in the order of regs.seg[]. */
static_assert(offsetof(struct kvm_sregs, gdt) == MVM_NSEG * sizeof(struct kvm_segment));

#define CR8_RESERVED	(~0xfUL)
#define APIC_BASE_RESERVED	0x2ffULL	/* SDM volume 3, 11.4.4 */

int mvm_get_sregs(struct mvm_vcpu *vcpu, void *arg)
{
	const struct mvm_regs *r = &vcpu->regs;
	struct kvm_sregs *sregs = arg;

	memset(sregs, 0, sizeof(*sregs));
	memcpy(sregs, r->seg, sizeof(r->seg));
	sregs->gdt = r->gdt;
	sregs->idt = r->idt;
	sregs->cr0 = r->cr0;
	sregs->cr2 = r->cr2;
	sregs->cr3 = r->cr3;
	sregs->cr4 = r->cr4;
	sregs->cr8 = r->cr8;
	sregs->efer = r->efer;
	sregs->apic_base = r->apic_base;
	if (vcpu->interrupt.injected && !vcpu->interrupt.length)
		sregs->interrupt_bitmap[vcpu->interrupt.vector / 64] |=
			1ULL << (vcpu->interrupt.vector % 64);
	return 0;
}

int mvm_set_apic_base(struct mvm_vcpu *vcpu, u64 val, bool host)
{
	const u64 modes = MSR_IA32_APICBASE_ENABLE | X2APIC_ENABLE;
	u64 old = vcpu->regs.apic_base & modes, new = val & modes;
	u64 reserved = APIC_BASE_RESERVED | mvm_gpa_reserved(vcpu);

	if (!mvm_cpuid_has(vcpu, X86_FEATURE_X2APIC))
		reserved |= X2APIC_ENABLE;
	if ((val & reserved) || new == X2APIC_ENABLE)
		return 1;
	if (!host && ((old == modes && new == MSR_IA32_APICBASE_ENABLE) || (!old && new == modes)))
		return 1;
	vcpu->regs.apic_base = val;
	mvm_cpuid_refresh(vcpu);
	return 0;
}

bool mvm_valid_cr0(u64 cr0)
{
	if (cr0 >> 32)
		return false;
	if ((cr0 & X86_CR0_NW) && !(cr0 & X86_CR0_CD))
		return false;
	return !((cr0 & X86_CR0_PG) && !(cr0 & X86_CR0_PE));
}

static bool valid_sregs(struct mvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	if ((sregs->efer & EFER_LME) && (sregs->cr0 & X86_CR0_PG)) {
		if (!(sregs->cr4 & X86_CR4_PAE) || !(sregs->efer & EFER_LMA))
			return false;
		if (sregs->cr3 & mvm_gpa_reserved(vcpu))
			return false;
	} else if ((sregs->efer & EFER_LMA) || sregs->cs.l) {
		return false;
	}
	return !(sregs->cr4 & ~mvm_cr4_guest_allowed(vcpu)) && mvm_valid_cr0(sregs->cr0);
}

/* As they would be read back from the VMCS. */
static void set_segments(struct mvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	const struct kvm_segment *in = (const void *)sregs;
	unsigned int i;

	for (i = 0; i < MVM_NSEG; i++) {
		struct kvm_segment *seg = &vcpu->regs.seg[i];

		seg->base = in[i].base;
		seg->limit = in[i].limit;
		seg->selector = in[i].selector;
		vmx_set_access_rights(seg, vmx_access_rights(&in[i], i == MVM_LDT));
	}
}

static struct kvm_dtable dtable(const struct kvm_dtable *in)
{
	return (struct kvm_dtable){ .base = in->base, .limit = in->limit };
}

int mvm_set_sregs(struct mvm_vcpu *vcpu, void *arg)
{
	const struct kvm_sregs *sregs = arg;
	struct mvm_regs *r = &vcpu->regs;
	unsigned long old_cr4 = r->cr4;
	unsigned long vector;

	if (!valid_sregs(vcpu, sregs) || mvm_set_apic_base(vcpu, sregs->apic_base, true))
		return -EINVAL;

	r->idt = dtable(&sregs->idt);
	r->gdt = dtable(&sregs->gdt);
	r->cr0 = sregs->cr0;
	r->cr2 = sregs->cr2;
	r->cr3 = sregs->cr3;
	r->cr4 = sregs->cr4;
	if (!(sregs->cr8 & CR8_RESERVED))
		r->cr8 = sregs->cr8;
	r->efer = sregs->efer;
	set_segments(vcpu, sregs);
	mvm_state_put(vcpu, MVM_ST_SEG | MVM_ST_DT | MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 |
			    MVM_ST_EFER);
	if (old_cr4 != r->cr4)
		mvm_cpuid_refresh(vcpu);
	if (vcpu->vm->mmu->cr_changed)
		vcpu->vm->mmu->cr_changed(vcpu, MVM_SREGS);

	vector = find_first_bit((unsigned long *)sregs->interrupt_bitmap, 256);
	if (vector < 256)
		vcpu->interrupt = (struct mvm_event){ .injected = true, .vector = vector };
	return 0;
}
