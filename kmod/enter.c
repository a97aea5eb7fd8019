/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One entry and one exit: what of the host and of the guest is switched around vmenter.S, and what
 * of an exit cannot wait (NMI, machine check).
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/types.h>
#include <asm/fpu/xcr.h>
#include <asm/special_insns.h>

#include "core.h"
#include "host.h"
#include "ledger.h"
#include "vmx_int.h"

/* XCR0 and XSS as the host has them on every CPU; enter.c alone changes them, and back. */
static u64 host_xcr0, host_xss;

void vmx_enter_setup(void)
{
	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		host_xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	if (vmx_caps.xsaves)
		rdmsrl(MSR_IA32_XSS, host_xss);
}

static __always_inline void load_host_fields(struct vmx_vcpu *vmx)
{
	unsigned long cr3 = host_cr3(), cr4 = host_cr4();

	if (cr3 != vmx->host_cr3) {
		vmx->host_cr3 = cr3;
		vmcs_write(HOST_CR3, cr3);
	}
	if (cr4 != vmx->host_cr4) {
		vmx->host_cr4 = cr4;
		vmcs_write(HOST_CR4, cr4);
	}
}

/*
 * XCR0 is the guest's while it runs, if it uses XSAVE.  PKRU needs nothing: guests get neither
 * CR4.PKE nor XCR0.PKRU, so that they cannot write the host's.
 */
static inline bool own_xcr0(struct mvm_vcpu *vcpu)
{
	return (vcpu->regs.cr4 & X86_CR4_OSXSAVE) && vcpu->regs.xcr0 != host_xcr0;
}

static inline bool own_xss(struct mvm_vcpu *vcpu)
{
	/* 0 in both where there is none. */
	return unlikely(vcpu->regs.xss != host_xss);
}

static inline bool own_dr(struct mvm_vcpu *vcpu)
{
	return unlikely((vcpu->guest_debug & KVM_GUESTDBG_USE_HW_BP) ||
			(vcpu->regs.dr7 & (DR_GLOBAL_ENABLE_MASK | DR_LOCAL_ENABLE_MASK)));
}

/* The VMCS has DR7; DR0-DR3 are loaded where it enables any. */
static void load_debug(struct mvm_vcpu *vcpu)
{
	const unsigned long *dr = vcpu->guest_debug & KVM_GUESTDBG_USE_HW_BP ? vcpu->guest_dr :
									       vcpu->regs.dr;

	set_debugreg(0, 7);
	set_debugreg(dr[0], 0);
	set_debugreg(dr[1], 1);
	set_debugreg(dr[2], 2);
	set_debugreg(dr[3], 3);
}

/* What most guests and hosts have nothing of. */
static noinline void load_rare(struct mvm_vcpu *vcpu)
{
	if (own_xcr0(vcpu))
		xsetbv(XCR_XFEATURE_ENABLED_MASK, vcpu->regs.xcr0);
	if (own_xss(vcpu))
		wrmsrl(MSR_IA32_XSS, vcpu->regs.xss);
	if (own_dr(vcpu))
		load_debug(vcpu);
	else if (hw_breakpoint_active())
		set_debugreg(0, 7);
}

static noinline void put_rare(struct mvm_vcpu *vcpu)
{
	if (own_xss(vcpu))
		wrmsrl(MSR_IA32_XSS, host_xss);
	if (own_xcr0(vcpu))
		xsetbv(XCR_XFEATURE_ENABLED_MASK, host_xcr0);
	/* An exit clears DR7. */
	if (hw_breakpoint_active())
		hw_breakpoint_restore();
}

/* RCU may not watch in here, so nothing in here may be traced. */
static noinstr int enter_exit(struct mvm_vcpu *vcpu)
{
	int failed;

	host_guest_enter();
	if (vcpu->regs.cr2 != native_read_cr2())
		native_write_cr2(vcpu->regs.cr2);
	failed = vmx_guest(vcpu->regs.gpr, to_vmx(vcpu));
	vcpu->regs.cr2 = native_read_cr2();
	host_guest_exit();
	return failed;
}

static bool entry_failed(struct mvm_vcpu *vcpu, u64 reason)
{
	vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	vcpu->run->fail_entry.hardware_entry_failure_reason = reason;
	vcpu->run->fail_entry.cpu = vcpu->cpu;
	vmx_complain(vcpu);
	/* The event is still queued, and user space may take it back. */
	vmcs_write(VM_ENTRY_INTR_INFO_FIELD, 0);
	return false;
}

/* Interrupts are still off: these belong to this CPU and to this moment. */
static void host_events(struct mvm_vcpu *vcpu)
{
	u32 info = vmcs_read(VM_EXIT_INTR_INFO);

	if ((info & (INTR_INFO_INTR_TYPE_MASK | INTR_INFO_VALID_MASK)) ==
	    (INTR_TYPE_NMI_INTR | INTR_INFO_VALID_MASK))
		vmx_nmi();
	else if ((info & (INTR_INFO_VECTOR_MASK | INTR_INFO_VALID_MASK)) ==
		 (MC_VECTOR | INTR_INFO_VALID_MASK))
		host_machine_check();
}

static __always_inline int write_and_enter(struct mvm_vcpu *vcpu)
{
	int failed;

	if (vcpu->dirty == MVM_ST_RIP) {
		vmcs_write(GUEST_RIP, vcpu->regs.rip);
		vcpu->dirty = 0;
	} else if (vcpu->dirty) {
		vmx_write_state(vcpu);
	}
	mvm_count(vcpu, entries);
	failed = enter_exit(vcpu);
	mvm_count(vcpu, exits);
	return failed;
}

static __always_inline bool after_exit(struct mvm_vcpu *vcpu, int failed)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (unlikely(failed))
		return entry_failed(vcpu, vmcs_read(VM_INSTRUCTION_ERROR));
	vmx->exit_reason = vmcs_read(VM_EXIT_REASON);
	if (unlikely((u16)vmx->exit_reason == EXIT_REASON_MCE_DURING_VMENTRY))
		host_machine_check();
	if (unlikely(vmx->exit_reason & VMX_EXIT_FAILED))
		return entry_failed(vcpu, vmx->exit_reason);
	vmx->launched = true;
	vmx_reset_have(vcpu);
	vmx->idt_info = vmcs_read(IDT_VECTORING_INFO_FIELD);
	if (unlikely(vmx->event_in_vmcs || (vmx->idt_info & VECTORING_INFO_VALID_MASK)))
		vmx_complete_events(vcpu);
	if ((u16)vmx->exit_reason == EXIT_REASON_EXCEPTION_NMI)
		host_events(vcpu);
	return true;
}

bool vmx_enter(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	unsigned long debugctl;
	bool rare;
	int failed;

	BUILD_BUG_ON(offsetof(struct vmx_vcpu, host_rsp) != 0);
	BUILD_BUG_ON(offsetof(struct vmx_vcpu, launched) != 8);

	mvm_ledger_check(vcpu);
	if (!vmx->state_loaded)
		host_load_guest(vcpu);
	if (unlikely(vmx->tsc_offset != vcpu->tsc_offset)) {
		vmx->tsc_offset = vcpu->tsc_offset;
		vmcs_write(TSC_OFFSET, vcpu->tsc_offset);
	}
	load_host_fields(vmx);
	rare = own_xcr0(vcpu) || own_xss(vcpu) || own_dr(vcpu) || hw_breakpoint_active();
	if (unlikely(rare))
		load_rare(vcpu);
	debugctl = __rdmsr(MSR_IA32_DEBUGCTLMSR);
	vmx->plain = !rare && !debugctl;
	failed = write_and_enter(vcpu);
	if (unlikely(rare))
		put_rare(vcpu);
	/* An exit clears DEBUGCTL (SDM 3, 28.5.1). */
	if (unlikely(debugctl))
		native_wrmsrl(MSR_IA32_DEBUGCTLMSR, debugctl);
	return after_exit(vcpu, failed);
}

bool vmx_reenter(struct mvm_vcpu *vcpu)
{
	if (unlikely(!to_vmx(vcpu)->plain))
		return vmx_enter(vcpu);
	return after_exit(vcpu, write_and_enter(vcpu));
}
