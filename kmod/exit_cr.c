/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control registers: MOV and LMSW, and the TLB instructions that exit with the vMMU.  Which
 * values a processor refuses is in SDM 3, 2.5 and 4.1; what a refusal is, #GP(0).
 */
#include "vmx_int.h"

#define CR0_KNOWN	(CR0_STATE | X86_CR0_EM | X86_CR0_TS | X86_CR0_NW | X86_CR0_CD)
/* Bits whose change makes cached translations wrong: SDM 3, 4.10.4.1. */
#define CR4_PAGING	(X86_CR4_PSE | X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PCIDE | X86_CR4_SMEP | \
			 X86_CR4_SMAP)

static int set_cr0(struct mvm_vcpu *vcpu, unsigned long cr0)
{
	struct mvm_regs *r = &vcpu->regs;
	/* Long mode begins and ends with paging (SDM 3, 10.8.5). */
	bool long_mode = (cr0 & X86_CR0_PG) && (r->efer & EFER_LME);
	unsigned long changed;

	mvm_state_get(vcpu, MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 | MVM_ST_SEG);
	if (!mvm_valid_cr0(cr0))
		return 1;
	cr0 = (cr0 & CR0_KNOWN) | X86_CR0_ET;
	changed = cr0 ^ r->cr0;
	if ((changed & X86_CR0_PG) && long_mode && (!(r->cr4 & X86_CR4_PAE) || r->seg[MVM_CS].l))
		return 1;
	if ((changed & ~cr0 & X86_CR0_PG) &&
	    ((r->cr4 & X86_CR4_PCIDE) || ((r->efer & EFER_LMA) && r->seg[MVM_CS].l)))
		return 1;
	if (!vmx_mode_there(cr0, r->cr4, r->efer & EFER_LME))
		return 1;
	if (long_mode != !!(r->efer & EFER_LMA)) {
		r->efer ^= EFER_LMA;
		/* A VMCS takes a busy 64-bit TSS only; software may have loaded a 16-bit one. */
		if (long_mode)
			r->seg[MVM_TR].type = 11;
		mvm_state_put(vcpu, long_mode ? MVM_ST_EFER | MVM_ST_SEG : MVM_ST_EFER);
	}
	r->cr0 = cr0;
	mvm_state_put(vcpu, MVM_ST_CR0);
	if (changed & (X86_CR0_PG | X86_CR0_WP))
		mvm_cr_changed(vcpu, MVM_CR0);
	return 0;
}

static int set_cr3(struct mvm_vcpu *vcpu, unsigned long cr3)
{
	struct mvm_regs *r = &vcpu->regs;

	mvm_state_get(vcpu, MVM_ST_CR3 | MVM_ST_CR4);
	/* Bit 63 is leave to keep translations, which nobody here makes use of. */
	if (r->cr4 & X86_CR4_PCIDE)
		cr3 &= ~BIT(63);
	if ((r->efer & EFER_LMA) && (cr3 & mvm_gpa_reserved(vcpu)))
		return 1;
	r->cr3 = cr3;
	mvm_state_put(vcpu, MVM_ST_CR3);
	mvm_cr_changed(vcpu, MVM_CR3);
	return 0;
}

static int set_cr4(struct mvm_vcpu *vcpu, unsigned long cr4)
{
	struct mvm_regs *r = &vcpu->regs;
	unsigned long changed;

	mvm_state_get(vcpu, MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4);
	changed = r->cr4 ^ cr4;
	if (cr4 & ~mvm_cr4_guest_allowed(vcpu))
		return 1;
	if ((r->efer & EFER_LMA) && (!(cr4 & X86_CR4_PAE) || (changed & X86_CR4_LA57)))
		return 1;
	if ((changed & cr4 & X86_CR4_PCIDE) && (!(r->efer & EFER_LMA) || (r->cr3 & 0xfff)))
		return 1;
	if (!vmx_mode_there(r->cr0, cr4, r->efer & EFER_LMA))
		return 1;
	r->cr4 = cr4;
	mvm_state_put(vcpu, MVM_ST_CR4);
	if (changed & X86_CR4_OSXSAVE)
		mvm_cpuid_refresh(vcpu);
	if (changed & CR4_PAGING)
		mvm_cr_changed(vcpu, MVM_CR4);
	return 0;
}

/*
 * The task priority: nothing here looks at it but user space, which is told when it falls.  As KVM,
 * of the reserved bits only those of the low byte are refused.
 */
static int set_cr8(struct mvm_vcpu *vcpu, u8 cr8)
{
	u8 old = vcpu->regs.cr8;
	int ret;

	if (cr8 & ~15)
		return vmx_inject_gp(vcpu);
	vcpu->regs.cr8 = cr8;
	ret = vmx_skip_exit(vcpu);
	if (ret != 1 || cr8 >= old)
		return ret;
	vcpu->run->exit_reason = KVM_EXIT_SET_TPR;
	return 0;
}

/* Of the exit qualification (SDM 3, table 28-3): registers as instructions encode them. */
static const u8 encoded[MVM_NGPR] = {
	MVM_RAX, MVM_RCX, MVM_RDX, MVM_RBX, MVM_RSP, MVM_RBP, MVM_RSI, MVM_RDI,
	MVM_R8, MVM_R9, MVM_R10, MVM_R11, MVM_R12, MVM_R13, MVM_R14, MVM_R15,
};

static unsigned long read_gpr(struct mvm_vcpu *vcpu, unsigned int number)
{
	u8 reg = encoded[number];

	if (reg == MVM_RSP)
		mvm_state_get(vcpu, MVM_ST_RSP);
	return vcpu->regs.efer & EFER_LMA ? vcpu->regs.gpr[reg] : (u32)vcpu->regs.gpr[reg];
}

static void write_gpr(struct mvm_vcpu *vcpu, unsigned int number, unsigned long val)
{
	u8 reg = encoded[number];

	vcpu->regs.gpr[reg] = val;
	if (reg == MVM_RSP)
		mvm_state_put(vcpu, MVM_ST_RSP);
}

static int mov_to(struct mvm_vcpu *vcpu, unsigned int cr, unsigned long val)
{
	if (cr == 0)
		return vmx_done(vcpu, set_cr0(vcpu, val));
	if (cr == 3)
		return vmx_done(vcpu, set_cr3(vcpu, val));
	return cr == 4 ? vmx_done(vcpu, set_cr4(vcpu, val)) : set_cr8(vcpu, val);
}

int exit_cr(struct mvm_vcpu *vcpu)
{
	u64 qual = vmcs_read(EXIT_QUALIFICATION);
	unsigned int cr = qual & 15, reg = qual >> 8 & 15;

	switch (qual >> 4 & 3) {
	case 0:
		return mov_to(vcpu, cr, read_gpr(vcpu, reg));
	case 1:
		mvm_state_get(vcpu, MVM_ST_CR3);
		write_gpr(vcpu, reg, cr == 3 ? vcpu->regs.cr3 : vcpu->regs.cr8);
		return vmx_skip_exit(vcpu);
	default:
		/* LMSW, which cannot clear PE.  CLTS does not exit: TS is the guest's (vmcs.c). */
		mvm_state_get(vcpu, MVM_ST_CR0);
		return mov_to(vcpu, 0, (vcpu->regs.cr0 & ~0xeUL) | (qual >> 16 & 0xf));
	}
}

int exit_invlpg(struct mvm_vcpu *vcpu)
{
	vcpu->vm->mmu->invlpg(vcpu, vmcs_read(EXIT_QUALIFICATION));
	return vmx_skip_exit(vcpu);
}

/*
 * INVPCID of any type drops everything, which the architecture permits (SDM 3, 4.10.4.1); so its
 * descriptor in guest memory is not read, nor are its reserved bits looked at.
 */
int exit_invpcid(struct mvm_vcpu *vcpu)
{
	unsigned long type = read_gpr(vcpu, vmcs_read(VMX_INSTRUCTION_INFO) >> 28 & 15);

	if (type > 3)
		return vmx_inject_gp(vcpu);
	mvm_cr_changed(vcpu, MVM_CR3);
	return vmx_skip_exit(vcpu);
}

/*
 * MOV DR always exits: the guest's debug registers are in vcpu->regs, and DR7 in the VMCS as well.
 * DR4 is DR6, DR5 is DR7 (SDM 3, 18.2).
 */
int exit_dr(struct mvm_vcpu *vcpu)
{
	u64 qual = vmcs_read(EXIT_QUALIFICATION);
	unsigned int dr = qual & 7, gpr = qual >> 8 & 15;
	struct mvm_regs *r = &vcpu->regs;
	unsigned long *reg = dr < 4 ? &r->dr[dr] : dr & 1 ? &r->dr7 : &r->dr6;
	unsigned long val;

	mvm_state_get(vcpu, MVM_ST_CR4 | MVM_ST_SEG);
	if ((dr == 4 || dr == 5) && (r->cr4 & X86_CR4_DE))
		return vmx_inject_ud(vcpu);
	/* SS.DPL is the CPL in every mode (SDM 3, 25.4.1). */
	if (r->seg[MVM_SS].dpl)
		return vmx_inject_gp(vcpu);
	if (r->dr7 & DR7_GD) {
		mvm_queue_db(vcpu, BIT(13));
		return 1;
	}
	if (qual & BIT(4)) {
		write_gpr(vcpu, gpr, *reg);
		return vmx_skip_exit(vcpu);
	}
	val = read_gpr(vcpu, gpr);
	if (dr >= 4) {
		if (val >> 32)
			return vmx_inject_gp(vcpu);
		val = dr & 1 ? (val & ~DR_CONTROL_RESERVED) | DR7_ONE :
			       (val & ~(DR6_RESERVED | BIT(12))) | DR6_RESERVED;
	}
	*reg = val;
	mvm_state_get(vcpu, MVM_ST_MISC);
	mvm_state_put(vcpu, MVM_ST_MISC);
	return vmx_skip_exit(vcpu);
}
