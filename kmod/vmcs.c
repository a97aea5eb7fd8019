/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's VMCS: allocation, what stays constant in it, its controls, its root of translation and
 * the flushes.  Where it is loaded is vmx_cpu.c's, the guest's registers in it are state.c's.
 */
#include "host.h"
#include <linux/idr.h>

/*
 * The MSR bitmap is one page for all vCPUs: every MSR exits but those that the VMCS or
 * host_load_guest() switches and that no policy is tied to.
 */
static u8 msr_bitmap[PAGE_SIZE] __aligned(PAGE_SIZE);

/* A vCPU that gets no VPID runs without: its entries and exits flush the TLB. */
static DEFINE_IDA(vpids);

/*
 * Reads of MSRs from C0000000h on: byte 1024; their writes: byte 3072 (SDM 3, 25.6.9).  FS_BASE,
 * GS_BASE and KERNEL_GS_BASE, which are next to each other.
 */
void vmcs_setup(void)
{
	memset(msr_bitmap, 0xff, sizeof(msr_bitmap));
	bitmap_clear((unsigned long *)(msr_bitmap + 1024), MSR_FS_BASE & 0x1fff, 3);
	bitmap_clear((unsigned long *)(msr_bitmap + 3072), MSR_FS_BASE & 0x1fff, 3);
}

void vmx_set_cpu_ctl(struct vmx_vcpu *vmx, u32 bit, bool on)
{
	u32 ctl = on ? vmx->cpu_ctl | bit : vmx->cpu_ctl & ~bit;

	if (ctl == vmx->cpu_ctl)
		return;
	vmx->cpu_ctl = ctl;
	vmcs_write(CPU_BASED_VM_EXEC_CONTROL, ctl);
}

void vmx_configure(struct mvm_vcpu *vcpu)
{
	const u32 groups = MVM_ST_RFLAGS | MVM_ST_CR4 | MVM_ST_MISC;
	/* CR4 bits that mean nothing to an engine are the guest's to change (SDM 3, 25.6.6). */
	const u64 cr4_free = X86_CR4_PVI | X86_CR4_DE | X86_CR4_TSD | X86_CR4_PCE |
			     X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_FSGSBASE |
			     (vmx_caps.ept ? X86_CR4_PGE : 0);
	/*
	 * #DB and #AC: a guest whose stack makes their delivery fault again would keep the
	 * processor in microcode for ever (CVE-2015-8104, CVE-2015-5307).
	 */
	u32 exceptions = BIT(DB_VECTOR) | BIT(AC_VECTOR) | BIT(MC_VECTOR);
	u32 cpu2 = vmx_caps.cpu2;
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (!vmx_caps.ept)
		exceptions |= BIT(PF_VECTOR);
	if (vcpu->guest_debug & KVM_GUESTDBG_USE_SW_BP)
		exceptions |= BIT(BP_VECTOR);
	if (!vmx->vpid)
		cpu2 &= ~SECONDARY_EXEC_ENABLE_VPID;
	/* Instructions that the guest's CPUID does not have are #UD. */
	if (!mvm_cpuid_has(vcpu, X86_FEATURE_RDTSCP) && !mvm_cpuid_has(vcpu, X86_FEATURE_RDPID))
		cpu2 &= ~SECONDARY_EXEC_ENABLE_RDTSCP;
	if (!mvm_cpuid_has(vcpu, X86_FEATURE_INVPCID))
		cpu2 &= ~SECONDARY_EXEC_ENABLE_INVPCID;
	/* Under the old setting: the VMCS's TF may be the debugger's. */
	mvm_state_get(vcpu, groups);
	mvm_state_put(vcpu, groups);
	vmx->debug = vcpu->guest_debug;
	/* A debugger's TF is given again at each run. */
	vmx->config_stale = vcpu->guest_debug;

	vmx->cr4_owned = cr4_free & mvm_cr4_guest_allowed(vcpu);
	vmcs_write(CR4_GUEST_HOST_MASK, ~vmx->cr4_owned);
	vmcs_write(SECONDARY_VM_EXEC_CONTROL, cpu2);
	vmcs_write(EXCEPTION_BITMAP, exceptions);
}

/* What vmx_configure() and the groups of state.c do not write before the first entry. */
void vmcs_write_constant(struct vmx_vcpu *vmx)
{
	/*
	 * All #PF go by their bit in the exception bitmap.  The host's selectors are null, so that
	 * nothing is to be put back where user space has null ones too.
	 */
	static const u16 zeros[] = {
		PAGE_FAULT_ERROR_CODE_MASK, PAGE_FAULT_ERROR_CODE_MATCH, CR3_TARGET_COUNT,
		VM_EXIT_MSR_STORE_COUNT, VM_EXIT_MSR_LOAD_COUNT, VM_ENTRY_MSR_LOAD_COUNT,
		VM_ENTRY_INTR_INFO_FIELD, TSC_OFFSET, GUEST_ACTIVITY_STATE, HOST_FS_BASE,
		HOST_DS_SELECTOR, HOST_ES_SELECTOR, HOST_FS_SELECTOR, HOST_GS_SELECTOR,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(zeros); i++)
		vmcs_write(zeros[i], 0);
	vmx->cpu_ctl = vmx_caps.cpu;
	vmcs_write(PIN_BASED_VM_EXEC_CONTROL, vmx_caps.pin);
	vmcs_write(CPU_BASED_VM_EXEC_CONTROL, vmx->cpu_ctl);
	/* Whatever becomes of vmx_configure() and the root: no entry without a second stage. */
	vmcs_write(SECONDARY_VM_EXEC_CONTROL, vmx_caps.cpu2);
	if (vmx_caps.ept)
		vmcs_write(EPT_POINTER, 0);
	vmcs_write(VM_EXIT_CONTROLS, vmx_caps.exit);
	vmcs_write(VMCS_LINK_POINTER, ~0UL);
	vmcs_write(MSR_BITMAP, PFN_PHYS(vmalloc_to_pfn(msr_bitmap)));
	if (vmx->vpid)
		vmcs_write(VIRTUAL_PROCESSOR_ID, vmx->vpid);
	if (vmx_caps.vmfunc)
		vmcs_write(VM_FUNCTION_CONTROL, 0);
	vmx->cr0_owned = X86_CR0_TS | (vmx_caps.ept ? X86_CR0_WP : 0);
	vmcs_write(CR0_GUEST_HOST_MASK, ~vmx->cr0_owned);
	host_write_constant();
}

int vmx_vcpu_init(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	vmx->cpu = -1;
	vmx->config_stale = true;
	/* EFER and SYSENTER's MSRs are changed by exits alone; CR3 is the vMMU's. */
	vmx->keeps = MVM_ST_EFER | MVM_ST_SYSENTER | (vmx_caps.ept ? 0 : MVM_ST_CR3);
	vmx->vmcs = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!vmx->vmcs)
		return -ENOMEM;
	memset(vmx->vmcs, 0, vmx_basic_vmcs_size(vmx_caps.basic));
	*vmx->vmcs = vmx_basic_vmcs_revision_id(vmx_caps.basic);
	if (vmx_caps.vpid)
		vmx->vpid = max(ida_alloc_range(&vpids, 1, U16_MAX, GFP_KERNEL_ACCOUNT), 0);
	return 0;
}

void vmx_vcpu_destroy(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (!vmx->vmcs)
		return;
	vmx_clear_everywhere(vmx);
	if (vmx->vpid)
		ida_free(&vpids, vmx->vpid);
	free_page((unsigned long)vmx->vmcs);
}

void vmx_set_root(struct mvm_vcpu *vcpu, u64 root)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (vmx->root == root)
		return;
	vmx->root = root;
	vmcs_write(vmx_caps.ept ? EPT_POINTER : GUEST_CR3, root);
}

/* Linear and combined translations of the vCPU; without a VPID the next entry drops them. */
void vmx_flush_vpid(struct mvm_vcpu *vcpu)
{
	if (to_vmx(vcpu)->vpid)
		vmx_invvpid((struct vmx_inv){ to_vmx(vcpu)->vpid }, vmx_caps.invvpid);
}

void vmx_flush(struct mvm_vcpu *vcpu)
{
	mvm_count(vcpu, flushes);
	if (IS_ENABLED(CONFIG_KMOD_LEDGER))
		vcpu->ledger_paid = READ_ONCE(vcpu->vm->ledger_owed) + 1;
	if (vmx_caps.ept)
		vmx_invept((struct vmx_inv){ to_vmx(vcpu)->root }, vmx_caps.invept);
	else
		vmx_flush_vpid(vcpu);
}
