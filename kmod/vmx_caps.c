/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the processor offers of VMX: for each control word what the module needs and what it uses
 * where it is there, with the reasons.  The capability MSRs are those of SDM 3, appendix A.
 */
#include "host.h"

struct vmx_caps vmx_caps;

/*
 * The control words.  IA32_VMX_TRUE_* would tell which controls of old meaning may be 0 as well:
 * nothing here wants that but EPT, which brings the permission along (vmx_setup()).
 */
static const struct {
	u32 *ctl;
	u32 msr, required, optional;
} words[] = {
	{ &vmx_caps.pin, MSR_IA32_VMX_PINBASED_CTLS,
	  /* The host takes its interrupts and NMIs; the guest's NMIs block by themselves. */
	  .required = PIN_BASED_EXT_INTR_MASK | PIN_BASED_NMI_EXITING | PIN_BASED_VIRTUAL_NMIS },
	{ &vmx_caps.cpu, MSR_IA32_VMX_PROCBASED_CTLS,
	  /*
	   * HLT is KVM_EXIT_HLT, and every port belongs to user space.  A guest does not stop the
	   * processor, nor watches host memory; counters and debug registers are the host's; CR8 is
	   * in software: no APIC.  KVM_SET_MSRS of the TSC; FS and GS base without an exit; RDTSCP,
	   * EPT, VPID.
	   */
	  .required = CPU_BASED_HLT_EXITING | CPU_BASED_UNCOND_IO_EXITING |
		      CPU_BASED_MWAIT_EXITING | CPU_BASED_MONITOR_EXITING |
		      CPU_BASED_RDPMC_EXITING | CPU_BASED_MOV_DR_EXITING |
		      CPU_BASED_CR8_LOAD_EXITING | CPU_BASED_CR8_STORE_EXITING |
		      CPU_BASED_USE_TSC_OFFSETTING | CPU_BASED_USE_MSR_BITMAPS |
		      CPU_BASED_ACTIVATE_SECONDARY_CONTROLS },
	{ &vmx_caps.cpu2, MSR_IA32_VMX_PROCBASED_CTLS2,
	  /*
	   * The EPT engine, and what needs it: real mode and unpaged guests, EPTP switching.
	   * Entries and exits keep the TLB; no guest writes back the host's caches; RDTSCP and
	   * RDPID, and INVPCID instead of #UD.
	   */
	  .optional = SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_UNRESTRICTED_GUEST |
		      SECONDARY_EXEC_ENABLE_VMFUNC | SECONDARY_EXEC_ENABLE_VPID |
		      SECONDARY_EXEC_WBINVD_EXITING | SECONDARY_EXEC_ENABLE_RDTSCP |
		      SECONDARY_EXEC_ENABLE_INVPCID },
	{ &vmx_caps.exit, MSR_IA32_VMX_EXIT_CTLS,
	  /* DEBUGCTL, DR7, EFER and PAT are switched; neither host nor guest has MPX. */
	  .required = VM_EXIT_SAVE_DEBUG_CONTROLS | VM_EXIT_HOST_ADDR_SPACE_SIZE |
		      VM_EXIT_LOAD_IA32_EFER,
	  .optional = VM_EXIT_LOAD_IA32_PAT },
	{ &vmx_caps.entry, MSR_IA32_VMX_ENTRY_CTLS,
	  .required = VM_ENTRY_LOAD_DEBUG_CONTROLS | VM_ENTRY_LOAD_IA32_EFER | VM_ENTRY_IA32E_MODE,
	  .optional = VM_ENTRY_LOAD_IA32_PAT },
};

/* Low half of a capability MSR: bits that must be 1; high half: bits that may be (A.3.1). */
static int read_controls(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		u32 must, may = 0, lacks;

		rdmsr_safe(words[i].msr, &must, &may);
		lacks = words[i].required & ~may;
		if (lacks) {
			pr_err("this processor lacks VMX controls %x of MSR %x\n", lacks,
			       words[i].msr);
			return -EOPNOTSUPP;
		}
		*words[i].ctl = must | words[i].required | (words[i].optional & may);
	}
	return 0;
}

/* What works without the secondary controls that it rests on, or is not wanted. */
static void drop_unusable(bool want_ept, bool want_vpid)
{
	const u64 ept_needs = VMX_EPT_PAGE_WALK_4_BIT | VMX_EPTP_WB_BIT | VMX_EPT_INVEPT_BIT |
			      VMX_EPT_EXTENT_GLOBAL_BIT;
	const u32 vpid_needs = VMX_VPID_INVVPID_BIT | VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT;
	struct vmx_caps *caps = &vmx_caps;
	u64 ept, functions;
	u32 vpid;

	rdmsrl_safe(MSR_IA32_VMX_EPT_VPID_CAP, &ept);
	vpid = ept >> 32;		/* the kernel counts VPID's bits from there */
	rdmsrl_safe(MSR_IA32_VMX_VMFUNC, &functions);
	if (!want_ept || (ept & ept_needs) != ept_needs)
		caps->cpu2 &= ~SECONDARY_EXEC_ENABLE_EPT;
	if (!(caps->cpu2 & SECONDARY_EXEC_ENABLE_EPT))
		caps->cpu2 &= ~(SECONDARY_EXEC_UNRESTRICTED_GUEST | SECONDARY_EXEC_ENABLE_VMFUNC);
	if (!IS_ENABLED(CONFIG_KMOD_VMFUNC) || !(functions & VMX_VMFUNC_EPTP_SWITCHING))
		caps->cpu2 &= ~SECONDARY_EXEC_ENABLE_VMFUNC;
	if (!want_vpid || (vpid & vpid_needs) != vpid_needs)
		caps->cpu2 &= ~SECONDARY_EXEC_ENABLE_VPID;
	/* An entry control and its exit control: both or neither. */
	if (!(caps->entry & VM_ENTRY_LOAD_IA32_PAT))
		caps->exit &= ~VM_EXIT_LOAD_IA32_PAT;
	if (!(caps->exit & VM_EXIT_LOAD_IA32_PAT))
		caps->entry &= ~VM_ENTRY_LOAD_IA32_PAT;

	caps->vmfunc = caps->cpu2 & SECONDARY_EXEC_ENABLE_VMFUNC;
	caps->ept_ad = ept & VMX_EPT_AD_BIT;
	caps->ept_2m = ept & VMX_EPT_2MB_PAGE_BIT;
	/* A guest with views has several roots. */
	caps->invept = (ept & VMX_EPT_EXTENT_CONTEXT_BIT) && !caps->vmfunc ?
		       VMX_EPT_EXTENT_CONTEXT : VMX_EPT_EXTENT_GLOBAL;
	caps->invvpid = vpid & VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT ?
			VMX_VPID_EXTENT_SINGLE_CONTEXT : VMX_VPID_EXTENT_ALL_CONTEXT;
}

/*
 * With unrestricted guests PE and PG are free (SDM 3, A.7).  The vMMU walks tables of its own:
 * paging and write protection are always on, and shadow CR3s carry no PCID; the engine tells the
 * guest's apart by itself.  The host's memory is cached, whatever the guest thinks of its caches.
 */
static void read_cr_bits(struct vmx_caps *caps)
{
	rdmsrl(MSR_IA32_VMX_CR0_FIXED0, caps->cr0_must);
	rdmsrl(MSR_IA32_VMX_CR0_FIXED1, caps->cr0_may);
	rdmsrl(MSR_IA32_VMX_CR4_FIXED0, caps->cr4_must);
	rdmsrl(MSR_IA32_VMX_CR4_FIXED1, caps->cr4_may);
	caps->cr0_may &= ~(u64)(X86_CR0_NW | X86_CR0_CD);
	if (caps->unrestricted)
		caps->cr0_must &= ~(u64)(X86_CR0_PE | X86_CR0_PG);
	if (caps->ept)
		return;
	caps->cr0_must |= X86_CR0_WP;
	caps->cr4_must |= X86_CR4_PAE;
	caps->cr4_may &= ~(u64)X86_CR4_PCIDE;
}

/* Without FEATURE_CONTROL's leave VMXON faults; the firmware locks it (SDM 3, 24.7). */
static int check_processor(u64 *basic)
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
	rdmsrl(MSR_IA32_VMX_BASIC, *basic);
	/* Bit 48: addresses of 32 bits only; bits 53:50: 6 is write-back; a page at most. */
	if ((*basic & BIT_ULL(48)) || (*basic >> 50 & 15) != 6 ||
	    vmx_basic_vmcs_size(*basic) > PAGE_SIZE) {
		pr_err("this processor's VMCS is not of a kind that is known\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

int vmx_setup(bool want_ept, bool want_vpid)
{
	/* The vMMU wants them; with EPT they may be 0, whatever the MSR says, as in KVM. */
	const u32 paging = CPU_BASED_CR3_LOAD_EXITING | CPU_BASED_CR3_STORE_EXITING |
			   CPU_BASED_INVLPG_EXITING;
	struct vmx_caps *caps = &vmx_caps;
	int err;

	err = check_processor(&caps->basic) ?: read_controls();
	if (err)
		return err;
	drop_unusable(want_ept, want_vpid);
	caps->ept = caps->cpu2 & SECONDARY_EXEC_ENABLE_EPT;
	caps->unrestricted = caps->cpu2 & SECONDARY_EXEC_UNRESTRICTED_GUEST;
	caps->vpid = caps->cpu2 & SECONDARY_EXEC_ENABLE_VPID;
	caps->rdtscp = caps->cpu2 & SECONDARY_EXEC_ENABLE_RDTSCP;
	caps->cpu = caps->ept ? caps->cpu & ~paging : caps->cpu | paging;
	caps->entry &= ~VM_ENTRY_IA32E_MODE;	/* by the guest's EFER */
	read_cr_bits(caps);
	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		caps->xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	if (caps->ept && boot_cpu_has_bug(X86_BUG_L1TF) && !boot_cpu_has(X86_FEATURE_FLUSH_L1D))
		pr_warn("L1TF: no microcode to flush the L1 cache; guests may read host memory\n");
	return 0;
}
