/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the processor offers of VMX: two flat tables, what the module needs and what it uses where
 * it is there, each line with its reason.  The capability MSRs are those of SDM 3, appendix A.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/kernel.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

#include "host.h"
#include "vmx_int.h"

struct vmx_caps vmx_caps;
u64 vmx_host_efer;

/* The control words; IA32_VMX_TRUE_* where IA32_VMX_BASIC bit 55 says so. */
enum word { PIN, CPU, CPU2, EXIT, ENTRY, NWORDS };
static const struct { u32 msr, true_msr; } words[NWORDS] = {
	[PIN] = { MSR_IA32_VMX_PINBASED_CTLS, MSR_IA32_VMX_TRUE_PINBASED_CTLS },
	[CPU] = { MSR_IA32_VMX_PROCBASED_CTLS, MSR_IA32_VMX_TRUE_PROCBASED_CTLS },
	[CPU2] = { MSR_IA32_VMX_PROCBASED_CTLS2, MSR_IA32_VMX_PROCBASED_CTLS2 },
	[EXIT] = { MSR_IA32_VMX_EXIT_CTLS, MSR_IA32_VMX_TRUE_EXIT_CTLS },
	[ENTRY] = { MSR_IA32_VMX_ENTRY_CTLS, MSR_IA32_VMX_TRUE_ENTRY_CTLS },
};

struct control {
	enum word word;
	u32 bit;
	const char *why;
};

static const struct control required[] = {
	{ PIN, PIN_BASED_EXT_INTR_MASK, "the host takes its interrupts" },
	{ PIN, PIN_BASED_NMI_EXITING, "and its NMIs" },
	{ PIN, PIN_BASED_VIRTUAL_NMIS, "the guest's NMIs have blocking of their own" },
	{ CPU, CPU_BASED_HLT_EXITING, "HLT is KVM_EXIT_HLT" },
	{ CPU, CPU_BASED_MWAIT_EXITING, "a guest does not stop the processor" },
	{ CPU, CPU_BASED_MONITOR_EXITING, "nor watches host memory" },
	{ CPU, CPU_BASED_RDPMC_EXITING, "the host's counters are not the guest's" },
	{ CPU, CPU_BASED_CR8_LOAD_EXITING, "CR8 is in software: no APIC" },
	{ CPU, CPU_BASED_CR8_STORE_EXITING, "the same" },
	{ CPU, CPU_BASED_MOV_DR_EXITING, "debug registers are the host's" },
	{ CPU, CPU_BASED_UNCOND_IO_EXITING, "every port belongs to user space" },
	{ CPU, CPU_BASED_USE_TSC_OFFSETTING, "KVM_SET_MSRS of the TSC" },
	{ CPU, CPU_BASED_USE_MSR_BITMAPS, "FS and GS base without an exit" },
	{ CPU, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS, "RDTSCP, EPT, VPID" },
	{ EXIT, VM_EXIT_SAVE_DEBUG_CONTROLS, "DEBUGCTL and DR7 are switched" },
	{ ENTRY, VM_ENTRY_LOAD_DEBUG_CONTROLS, "the same" },
	{ EXIT, VM_EXIT_HOST_ADDR_SPACE_SIZE, "the host is a 64-bit kernel" },
	{ EXIT, VM_EXIT_LOAD_IA32_EFER, "EFER without a list of MSRs" },
	{ ENTRY, VM_ENTRY_LOAD_IA32_EFER, "the same" },
	{ ENTRY, VM_ENTRY_IA32E_MODE, "guests in long mode" },
};

static const struct control optional[] = {
	{ CPU2, SECONDARY_EXEC_ENABLE_EPT, "the EPT engine; kept by ept=1 alone" },
	{ CPU2, SECONDARY_EXEC_UNRESTRICTED_GUEST, "real mode and unpaged guests; needs EPT" },
	{ CPU2, SECONDARY_EXEC_ENABLE_VPID, "entries and exits keep the TLB; vpid=1 alone" },
	{ CPU2, SECONDARY_EXEC_ENABLE_RDTSCP, "RDTSCP and RDPID instead of #UD" },
	{ CPU2, SECONDARY_EXEC_ENABLE_INVPCID, "INVPCID instead of #UD" },
	{ CPU2, SECONDARY_EXEC_WBINVD_EXITING, "a guest does not write back the host's caches" },
	{ CPU2, SECONDARY_EXEC_XSAVES, "XSAVES instead of #UD" },
	{ CPU2, SECONDARY_EXEC_ENABLE_VMFUNC, "EPTP switching, where Kconfig has it" },
	{ EXIT, VM_EXIT_LOAD_IA32_PAT, "PAT is switched" },
	{ ENTRY, VM_ENTRY_LOAD_IA32_PAT, "the same" },
	{ EXIT, VM_EXIT_CLEAR_BNDCFGS, "MPX bounds are not carried over" },
	{ ENTRY, VM_ENTRY_LOAD_BNDCFGS, "the same" },
};

/* An entry control and its exit control: both or neither. */
static const struct { u32 entry, exit; } pairs[] = {
	{ VM_ENTRY_LOAD_IA32_PAT, VM_EXIT_LOAD_IA32_PAT },
	{ VM_ENTRY_LOAD_BNDCFGS, VM_EXIT_CLEAR_BNDCFGS },
};

/* Bits that work without the secondary controls that they rest on, in order. */
static void drop_dependents(u32 *ctl)
{
	size_t i;

	if (!(ctl[CPU2] & SECONDARY_EXEC_ENABLE_EPT))
		ctl[CPU2] &= ~(SECONDARY_EXEC_UNRESTRICTED_GUEST | SECONDARY_EXEC_ENABLE_VMFUNC);
	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		if ((ctl[ENTRY] & pairs[i].entry) && (ctl[EXIT] & pairs[i].exit))
			continue;
		ctl[ENTRY] &= ~pairs[i].entry;
		ctl[EXIT] &= ~pairs[i].exit;
	}
}

/* Low half of a capability MSR: bits that must be 1; high half: bits that may be (A.3.1). */
static int read_controls(u32 *ctl, bool has_true)
{
	u32 may[NWORDS];
	size_t i;

	for (i = 0; i < NWORDS; i++) {
		u64 val = 0;

		rdmsrl_safe(has_true ? words[i].true_msr : words[i].msr, &val);
		ctl[i] = val;
		may[i] = val >> 32;
	}
	for (i = 0; i < ARRAY_SIZE(required); i++) {
		if (!(may[required[i].word] & required[i].bit)) {
			pr_err("this processor lacks a VMX control: %s\n", required[i].why);
			return -EOPNOTSUPP;
		}
		ctl[required[i].word] |= required[i].bit;
	}
	for (i = 0; i < ARRAY_SIZE(optional); i++)
		ctl[optional[i].word] |= may[optional[i].word] & optional[i].bit;
	return 0;
}

static void read_ept_vpid(struct vmx_caps *caps, bool want_ept, bool want_vpid, u32 *ctl)
{
	u64 cap = 0;
	u32 vpid_cap;

	rdmsrl_safe(MSR_IA32_VMX_EPT_VPID_CAP, &cap);
	vpid_cap = cap >> 32;		/* the kernel counts VPID's bits from there */
	caps->invvpid_all = vpid_cap & VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT;
	if (!want_ept || !(cap & VMX_EPT_PAGE_WALK_4_BIT) || !(cap & VMX_EPTP_WB_BIT) ||
	    !(cap & VMX_EPT_INVEPT_BIT) || !(cap & VMX_EPT_EXTENT_GLOBAL_BIT))
		ctl[CPU2] &= ~SECONDARY_EXEC_ENABLE_EPT;
	caps->invept_context = cap & VMX_EPT_EXTENT_CONTEXT_BIT;
	caps->ept_ad = cap & VMX_EPT_AD_BIT;
	caps->ept_2m = cap & VMX_EPT_2MB_PAGE_BIT;

	caps->invvpid_single = vpid_cap & VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT;
	if (!want_vpid || !(vpid_cap & VMX_VPID_INVVPID_BIT) ||
	    !(caps->invvpid_single || caps->invvpid_all))
		ctl[CPU2] &= ~SECONDARY_EXEC_ENABLE_VPID;
}

static void read_vmfunc(struct vmx_caps *caps, u32 *ctl)
{
	u64 functions = 0;

	if (!IS_ENABLED(CONFIG_KMOD_VMFUNC))
		ctl[CPU2] &= ~SECONDARY_EXEC_ENABLE_VMFUNC;
	caps->vmfunc = ctl[CPU2] & SECONDARY_EXEC_ENABLE_VMFUNC;
	if (caps->vmfunc)
		rdmsrl_safe(MSR_IA32_VMX_VMFUNC, &functions);
	caps->eptp_switching = functions & VMX_VMFUNC_EPTP_SWITCHING;
}

/* Without FEATURE_CONTROL's leave VMXON faults; the firmware locks it (SDM 3, 24.7). */
static int check_enabled(void)
{
	u64 ctl;

	if (!boot_cpu_has(X86_FEATURE_VMX)) {
		pr_err("this processor has no VMX, or the firmware switched it off\n");
		return -ENODEV;
	}
	if (rdmsrl_safe(MSR_IA32_FEAT_CTL, &ctl) || !(ctl & FEAT_CTL_LOCKED) ||
	    !(ctl & FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX)) {
		pr_err("VMX is locked off by the firmware (IA32_FEATURE_CONTROL)\n");
		return -ENODEV;
	}
	if (host_vmx_in_use()) {
		pr_err("VMX belongs to another hypervisor here: unload kvm_intel first\n");
		return -EBUSY;
	}
	return 0;
}

int vmx_setup(bool want_ept, bool want_vpid)
{
	struct vmx_caps *caps = &vmx_caps;
	u32 ctl[NWORDS];
	int err;

	err = check_enabled();
	if (err)
		return err;
	rdmsrl(MSR_IA32_VMX_BASIC, caps->basic);
	/* Bit 48: addresses of 32 bits only; bits 53:50: 6 is write-back; a page at most. */
	if ((caps->basic & BIT_ULL(48)) || ((caps->basic >> 50) & 15) != 6 ||
	    vmx_basic_vmcs_size(caps->basic) > PAGE_SIZE) {
		pr_err("this processor's VMCS is not of a kind that is known\n");
		return -EOPNOTSUPP;
	}
	err = read_controls(ctl, caps->basic & BIT_ULL(55));
	if (err)
		return err;
	read_ept_vpid(caps, want_ept, want_vpid, ctl);
	drop_dependents(ctl);
	read_vmfunc(caps, ctl);

	rdmsrl(MSR_IA32_VMX_CR0_FIXED0, caps->cr0_fixed0);
	rdmsrl(MSR_IA32_VMX_CR0_FIXED1, caps->cr0_fixed1);
	rdmsrl(MSR_IA32_VMX_CR4_FIXED0, caps->cr4_fixed0);
	rdmsrl(MSR_IA32_VMX_CR4_FIXED1, caps->cr4_fixed1);
	rdmsrl(MSR_EFER, vmx_host_efer);

	caps->pin = ctl[PIN];
	caps->cpu = ctl[CPU];
	caps->cpu2 = ctl[CPU2];
	caps->exit = ctl[EXIT];
	caps->entry = ctl[ENTRY] & ~VM_ENTRY_IA32E_MODE;
	caps->ept = ctl[CPU2] & SECONDARY_EXEC_ENABLE_EPT;
	caps->unrestricted = ctl[CPU2] & SECONDARY_EXEC_UNRESTRICTED_GUEST;
	caps->vpid = ctl[CPU2] & SECONDARY_EXEC_ENABLE_VPID;
	caps->rdtscp = ctl[CPU2] & SECONDARY_EXEC_ENABLE_RDTSCP;
	caps->xsaves = ctl[CPU2] & SECONDARY_EXEC_XSAVES;
	host_report_mitigations(caps->ept);
	return 0;
}
