/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's VMCS: allocation, what stays constant in it, its controls; where it is loaded.  The
 * guest's registers in it are state.c's.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <asm/msr-index.h>

#include "core.h"
#include "host.h"
#include "ledger.h"
#include "vmx_int.h"

/*
 * The MSR bitmap is one page for all vCPUs: every MSR exits but those that the VMCS or
 * host_load_guest() switches and that no policy is tied to.
 */
static u8 *msr_bitmap;
static const u32 direct_msrs[] = { MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE };

/* VPIDs.  A vCPU that gets none runs without: its entries and exits flush the TLB. */
#define NVPIDS	1024
static DECLARE_BITMAP(vpids, NVPIDS);
static DEFINE_SPINLOCK(vpid_lock);

static u16 vpid_get(void)
{
	unsigned int vpid;

	if (!vmx_caps.vpid)
		return 0;
	spin_lock(&vpid_lock);
	vpid = find_next_zero_bit(vpids, NVPIDS, 1);
	if (vpid < NVPIDS)
		__set_bit(vpid, vpids);
	else
		vpid = 0;
	spin_unlock(&vpid_lock);
	return vpid;
}

static void vpid_put(u16 vpid)
{
	if (!vpid)
		return;
	spin_lock(&vpid_lock);
	__clear_bit(vpid, vpids);
	spin_unlock(&vpid_lock);
}

/* Reads of MSRs from C0000000h on: byte 1024; their writes: byte 3072 (SDM 3, 25.6.9). */
static void allow_msr(u32 msr)
{
	unsigned int bit = msr & 0x1fff;

	__clear_bit(bit, (unsigned long *)(msr_bitmap + 1024));
	__clear_bit(bit, (unsigned long *)(msr_bitmap + 3072));
}

int vmcs_setup(void)
{
	size_t i;

	msr_bitmap = (u8 *)__get_free_page(GFP_KERNEL);
	if (!msr_bitmap)
		return -ENOMEM;
	memset(msr_bitmap, 0xff, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(direct_msrs); i++)
		allow_msr(direct_msrs[i]);
	return 0;
}

void vmcs_teardown(void)
{
	free_page((unsigned long)msr_bitmap);
}

void vmx_set_cpu_ctl(struct vmx_vcpu *vmx, u32 bit, bool on)
{
	u32 ctl = on ? vmx->cpu_ctl | bit : vmx->cpu_ctl & ~bit;

	if (ctl == vmx->cpu_ctl)
		return;
	vmx->cpu_ctl = ctl;
	vmcs_write(CPU_BASED_VM_EXEC_CONTROL, ctl);
}

/*
 * #DB and #AC: a guest whose stack makes their delivery fault again would keep the processor in
 * microcode for ever (CVE-2015-8104, CVE-2015-5307).
 */
void vmx_update_exceptions(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u32 bits = BIT(DB_VECTOR) | BIT(AC_VECTOR) | BIT(MC_VECTOR);

	if (!vmx_caps.ept)
		bits |= BIT(PF_VECTOR);
	if (vcpu->guest_debug & KVM_GUESTDBG_USE_SW_BP)
		bits |= BIT(BP_VECTOR);
	if (bits == vmx->exceptions)
		return;
	vmx->exceptions = bits;
	vmcs_write(EXCEPTION_BITMAP, bits);
}

/* Secondary controls without instructions that the guest's CPUID does not have: they are #UD. */
static u32 cpu2_of(struct mvm_vcpu *vcpu)
{
	u32 ctl = vmx_caps.cpu2;

	if (!to_vmx(vcpu)->vpid)
		ctl &= ~SECONDARY_EXEC_ENABLE_VPID;
	if (!mvm_cpuid_has(vcpu, X86_FEATURE_RDTSCP) && !mvm_cpuid_has(vcpu, X86_FEATURE_RDPID))
		ctl &= ~SECONDARY_EXEC_ENABLE_RDTSCP;
	if (!mvm_cpuid_has(vcpu, X86_FEATURE_INVPCID))
		ctl &= ~SECONDARY_EXEC_ENABLE_INVPCID;
	if (!mvm_cpuid_has(vcpu, X86_FEATURE_XSAVES))
		ctl &= ~SECONDARY_EXEC_XSAVES;
	return ctl;
}

void vmx_config_changed(struct mvm_vcpu *vcpu)
{
	to_vmx(vcpu)->config_stale = true;
}

/* CR4 bits that mean nothing to an engine are the guest's to change (SDM 3, 25.6.6). */
static unsigned long cr4_owned(struct mvm_vcpu *vcpu)
{
	unsigned long bits = X86_CR4_PVI | X86_CR4_DE | X86_CR4_TSD | X86_CR4_PCE |
			     X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_FSGSBASE;

	if (vmx_caps.ept)
		bits |= X86_CR4_PGE;
	return bits & mvm_cr4_guest_allowed(vcpu);
}

void vmx_configure(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);
	u32 cpu2 = cpu2_of(vcpu);

	/* Under the old setting: the VMCS's TF may be the debugger's. */
	mvm_state_get(vcpu, MVM_ST_RFLAGS | MVM_ST_CR4 | MVM_ST_MISC);
	mvm_state_put(vcpu, MVM_ST_RFLAGS | MVM_ST_CR4 | MVM_ST_MISC);
	vmx->debug = vcpu->guest_debug;
	/* A debugger's TF is given again at each run. */
	vmx->config_stale = vcpu->guest_debug;

	vmx->cr4_owned = cr4_owned(vcpu);
	vmcs_write(CR4_GUEST_HOST_MASK, ~vmx->cr4_owned);
	if (cpu2 != vmx->cpu2) {
		vmx->cpu2 = cpu2;
		vmcs_write(SECONDARY_VM_EXEC_CONTROL, cpu2);
	}
	vmx_update_exceptions(vcpu);
}

static void write_controls(struct vmx_vcpu *vmx)
{
	/* The vMMU wants them; with EPT they may be 0, whatever the fixed bits (SDM 3, A.3.2). */
	u32 paging = CPU_BASED_CR3_LOAD_EXITING | CPU_BASED_CR3_STORE_EXITING |
		     CPU_BASED_INVLPG_EXITING;

	vmx->cpu_ctl = vmx_caps.ept ? vmx_caps.cpu & ~paging : vmx_caps.cpu | paging;
	vmx->cpu2 = vmx_caps.cpu2 & ~(vmx->vpid ? 0 : SECONDARY_EXEC_ENABLE_VPID);
	vmx->entry = vmx_caps.entry;
	vmcs_write(PIN_BASED_VM_EXEC_CONTROL, vmx_caps.pin);
	vmcs_write(CPU_BASED_VM_EXEC_CONTROL, vmx->cpu_ctl);
	vmcs_write(SECONDARY_VM_EXEC_CONTROL, vmx->cpu2);
	vmcs_write(VM_EXIT_CONTROLS, vmx_caps.exit);
	vmcs_write(VM_ENTRY_CONTROLS, vmx->entry);
}

static void write_constant(struct vmx_vcpu *vmx)
{
	write_controls(vmx);
	vmcs_write(VMCS_LINK_POINTER, ~0UL);
	vmcs_write(MSR_BITMAP, __pa(msr_bitmap));
	/* All #PF go by their bit in the exception bitmap. */
	vmcs_write(PAGE_FAULT_ERROR_CODE_MASK, 0);
	vmcs_write(PAGE_FAULT_ERROR_CODE_MATCH, 0);
	vmcs_write(CR3_TARGET_COUNT, 0);
	vmcs_write(VM_EXIT_MSR_STORE_COUNT, 0);
	vmcs_write(VM_EXIT_MSR_LOAD_COUNT, 0);
	vmcs_write(VM_ENTRY_MSR_LOAD_COUNT, 0);
	vmcs_write(VM_ENTRY_INTR_INFO_FIELD, 0);
	vmcs_write(GUEST_PENDING_DBG_EXCEPTIONS, 0);
	vmcs_write(TSC_OFFSET, 0);
	if (vmx->vpid)
		vmcs_write(VIRTUAL_PROCESSOR_ID, vmx->vpid);
	if (vmx_caps.xsaves)
		vmcs_write(XSS_EXIT_BITMAP, 0);
	if (vmx_caps.vmfunc)
		vmcs_write(VM_FUNCTION_CONTROL, 0);
	if (vmx_caps.entry & VM_ENTRY_LOAD_BNDCFGS)
		vmcs_write(GUEST_BNDCFGS, 0);
	vmx->cr0_owned = X86_CR0_TS | (vmx_caps.ept ? X86_CR0_WP : 0);
	vmcs_write(CR0_GUEST_HOST_MASK, ~vmx->cr0_owned);
	host_write_constant();
	vmcs_write(HOST_FS_BASE, 0);
}

int vmx_vcpu_init(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx;
	bool current_here;

	vmx = kzalloc(sizeof(*vmx), GFP_KERNEL_ACCOUNT);
	if (!vmx)
		return -ENOMEM;
	vmx->vmcs = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!vmx->vmcs) {
		kfree(vmx);
		return -ENOMEM;
	}
	memset(vmx->vmcs, 0, vmx_basic_vmcs_size(vmx_caps.basic));
	vmx->vmcs->revision = vmx_basic_vmcs_revision_id(vmx_caps.basic);
	vmx->cpu = -1;
	vmx->config_stale = true;
	vmx->keeps = MVM_ST_EFER | MVM_ST_SYSENTER | (vmx_caps.ept ? 0 : MVM_ST_CR3);
	vmx->vpid = vpid_get();
	vcpu->vmx = vmx;

	preempt_disable();
	/* "Clear" is a state of the region that VMPTRLD expects (SDM 3, 25.11.3). */
	vmx_vmclear(__pa(vmx->vmcs));
	vmx_make_current(vcpu, smp_processor_id());
	current_here = vmx->cpu >= 0;
	if (current_here)
		write_constant(vmx);
	preempt_enable();
	if (!current_here) {
		vmx_vcpu_destroy(vcpu);
		return -EAGAIN;
	}
	mvm_state_put(vcpu, MVM_ST_ALL);
	return 0;
}

void vmx_vcpu_destroy(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (!vmx)
		return;
	vmx_clear_everywhere(vcpu);
	vpid_put(vmx->vpid);
	free_page((unsigned long)vmx->vmcs);
	kfree(vmx);
	vcpu->vmx = NULL;
}

void vmx_set_eptp(struct mvm_vcpu *vcpu, u64 eptp)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (vmx->eptp == eptp)
		return;
	vmx->eptp = eptp;
	vmcs_write(EPT_POINTER, eptp);
}

void vmx_set_shadow_cr3(struct mvm_vcpu *vcpu, u64 cr3)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	if (vmx->cr3 == cr3)
		return;
	vmx->cr3 = cr3;
	vmcs_write(GUEST_CR3, cr3);
}

/* Linear and combined translations of the vCPU; without a VPID the next entry drops them. */
void vmx_flush_vpid(struct mvm_vcpu *vcpu)
{
	u16 vpid = to_vmx(vcpu)->vpid;

	if (!vpid)
		return;
	if (vmx_caps.invvpid_single)
		vmx_invvpid(VMX_INVVPID_CONTEXT, vpid, 0);
	else
		vmx_invvpid(VMX_INVVPID_ALL, 0, 0);
}

void vmx_flush(struct mvm_vcpu *vcpu)
{
	struct vmx_vcpu *vmx = to_vmx(vcpu);

	mvm_count(vcpu, flushes);
	mvm_ledger_pay(vcpu);
	if (!vmx_caps.ept)
		vmx_flush_vpid(vcpu);
	else if (vmx_caps.invept_context && !vmx_caps.vmfunc)
		vmx_invept(VMX_INVEPT_CONTEXT, vmx->eptp);
	else
		vmx_invept(VMX_INVEPT_GLOBAL, 0);
}
