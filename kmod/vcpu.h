/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU: its registers as the ioctls see them, what of them lies in the VMCS, and its requests.
 *
 * Where the guest's state is: vcpu->regs always has the general registers (vmenter.S saves
 * them).  The groups of MVM_ST_* lie in the VMCS while the guest runs.  A bit in `have`: regs has
 * the current value; a bit in `dirty` (implies have): the VMCS does not, and the next entry
 * writes it.  Readers call mvm_state_get(vcpu, groups) first; writers change regs and call
 * mvm_state_put(vcpu, groups).  Both need vcpu->lock; get also needs the vCPU loaded
 * (mvm_vcpu_load) and does nothing for groups that are there.
 */
#ifndef MVM_VCPU_H
#define MVM_VCPU_H

#include "mmu.h"

#define MVM_ST_RIP	(1 << 0)
#define MVM_ST_RSP	(1 << 1)
#define MVM_ST_RFLAGS	(1 << 2)
#define MVM_ST_SEG	(1 << 3)	/* all eight segment registers */
#define MVM_ST_DT	(1 << 4)	/* GDTR, IDTR */
#define MVM_ST_CR0	(1 << 5)
#define MVM_ST_CR3	(1 << 6)
#define MVM_ST_CR4	(1 << 7)
#define MVM_ST_EFER	(1 << 8)
#define MVM_ST_SYSENTER	(1 << 9)
#define MVM_ST_MISC	(1 << 10)	/* PAT, DEBUGCTL, DR7, interruptibility */
#define MVM_ST_ALL	((1 << 11) - 1)
#define MVM_ST_SHADOW	(1 << 11)	/* in `have` only: of MISC, interruptibility was read */

/* gpr[] in the order of struct kvm_regs. */
enum { MVM_RAX, MVM_RBX, MVM_RCX, MVM_RDX, MVM_RSI, MVM_RDI, MVM_RSP, MVM_RBP,
       MVM_R8, MVM_R9, MVM_R10, MVM_R11, MVM_R12, MVM_R13, MVM_R14, MVM_R15, MVM_NGPR };
/* seg[] in the order of struct kvm_sregs. */
enum { MVM_CS, MVM_DS, MVM_ES, MVM_FS, MVM_GS, MVM_SS, MVM_TR, MVM_LDT, MVM_NSEG };

/* MSRs that the host needs in user mode only: host.c. */
struct mvm_user_msrs {
	u64 star, lstar, fmask, tsc_aux;
};

struct mvm_regs {
	/* As struct kvm_regs; gpr[MVM_RSP] is of group MVM_ST_RSP. */
	struct_group(general, unsigned long gpr[MVM_NGPR], rip, rflags;);
	/* As struct kvm_sregs begins. */
	struct_group(sregs,
		struct kvm_segment seg[MVM_NSEG];
		struct kvm_dtable gdt, idt;
		unsigned long cr0, cr2, cr3, cr4, cr8;
		u64 efer, apic_base;
	);
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	u64 pat, debugctl;
	/* As struct kvm_debugregs begins. */
	struct_group(debugregs, unsigned long dr[4], dr6, dr7;);
	u64 xcr0;
	struct mvm_user_msrs user_msrs;
	u64 cstar;			/* no Intel processor uses it; the host's stays */
	u64 kernel_gs_base, tsc_adjust;
	u32 interruptibility;
};

/* An event to be injected at the next entry, or one whose delivery an exit interrupted. */
struct mvm_event {
	bool pending;			/* exception: not yet injected */
	bool injected;			/* in (or back from) VM-entry interruption information */
	u8 vector;
	u8 type;			/* INTR_TYPE_* >> 8, for exceptions and soft events */
	bool has_error;
	u32 error;
	u8 length;			/* of the instruction, soft events */
};

#define MVM_REQ_FLUSH	0		/* a bit of vcpu->requests */

#define MVM_IO_NONE	0		/* vcpu->io_pending */
#define MVM_IO_ANY	1
#define MVM_IO_PLAIN	2		/* an OUT; to complete it is to move RIP, and no more */
#define MVM_IO_VMCALL	3

/* What VMX keeps of a vCPU, for the files of vmx_int.h; others set config_stale and no more. */
struct vmx_vcpu {
	/* vmenter.S knows these two by their offsets. */
	unsigned long host_rsp;		/* as HOST_RSP has it */
	unsigned long launched;		/* VMRESUME, not VMLAUNCH */

	u32 *vmcs;			/* a region: the revision, the rest is the processor's */
	int cpu;			/* where the VMCS is active, -1 nowhere */
	struct list_head active;	/* in that CPU's list */
	u16 vpid;			/* 0: none */
	u32 cpu_ctl;			/* as the VMCS has it; 0: vmcs_write_constant() is due */
	u64 tsc_offset, root;		/* as the VMCS has them */
	bool config_stale;		/* CPUID or guest_debug: vmx_configure() is due */
	u64 debug;			/* vcpu->guest_debug, as it is in force */
	unsigned long cr0_owned, cr4_owned;	/* bits that the guest changes without an exit */

	/* Host state as the VMCS has it, and what is put back when the vCPU is. */
	u64 host_cr3, host_cr4, host_fs_base;
	u16 host_fs, host_gs, host_ds, host_es, host_ldt;
	bool host_selectors;		/* any of them is not null: put back by hand */
	u64 host_kernel_gs_base;
	u32 keeps;			/* MVM_ST_* that no guest changes without an exit */
	bool state_loaded;		/* host_load_guest() to vmx_vcpu_put() */

	u32 exit_reason, idt_info;	/* of the last exit */
	bool event_in_vmcs;		/* the entry injects an event, or an exit interrupted one */
	bool triple_fault;		/* an exception on top of #DF: KVM_EXIT_SHUTDOWN */
};

struct mvm_vcpu {
	struct mvm_vm *vm;
	struct mutex lock;		/* held over each vCPU ioctl: EINTR while waiting */
	struct kvm_run *run;		/* page 0 of the mapping; page 1: data of port I/O */
	u32 id;				/* as user space named it */
	int cpu;			/* where it is or was loaded, -1 never */

	/* A guest but for its FPU and its CPUID: what a clone takes from its template. */
	struct_group_tagged(mvm_saved, saved,
		struct mvm_regs regs;
		struct mvm_event exception, interrupt;
		bool nmi_pending, nmi_injected;
		s64 tsc_offset;
		/* An I/O or hypercall exit that the next KVM_RUN completes. */
		u8 io_pending;		/* MVM_IO_* */
		unsigned long io_rip;	/* RIP at the exit: where user space changed it, it stays */
		u8 io_length;		/* of the instruction */
		u32 io_qual;		/* the exit's qualification */
	);
	u32 have, dirty;

	unsigned long requests;		/* MVM_REQ_*, atomic bits */
	bool in_guest;			/* requests set now want an IPI; smp_mb before requests */
	bool in_run;			/* the guest's FPU is loaded: in KVM_RUN */
	bool notified;			/* preempt is registered */
	bool root_fixed;		/* mmu->load() would change nothing any more */

	struct preempt_notifier preempt;
	struct fpu_guest fpu;
	struct kvm_cpuid_entry2 *cpuid;
	unsigned int ncpuid;
	u32 tsc_khz;
	u64 guest_debug;		/* KVM_GUESTDBG_* */
	unsigned long guest_dr[4], guest_dr7;	/* of KVM_SET_GUEST_DEBUG */
	sigset_t sigset;
	bool sigset_active;

	u64 ledger_paid;		/* ledger.h */

	struct vmx_vcpu vmx;
	void *mmu;			/* the engine's own */
	struct mvm_stats stats;		/* summed into the VM's by MVM_GET_STATS */
};

/* vcpu.c */
long mvm_vcpu_create(struct mvm_vm *vm, u32 id);	/* a descriptor, or -errno */
void mvm_vcpu_destroy(struct mvm_vcpu *vcpu);		/* from the VM's last put */
/* vm->lock held, or the VM is frozen; NULL: it has none of that number. */
struct mvm_vcpu *mvm_vcpu_find(struct mvm_vm *vm, u32 id);

/* All groups of state in vcpu->regs; the VMCS is only made current when something is missing. */
void mvm_need_state(struct mvm_vcpu *vcpu, u32 groups);

/* regs.c: the GET and SET ioctls of structures; 0 or -errno. */
long mvm_regs_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, void __user *uarg);
void mvm_sync_regs_out(struct mvm_vcpu *vcpu);		/* run->s.regs as kvm_valid_regs asks */
int mvm_sync_regs_in(struct mvm_vcpu *vcpu);		/* takes what kvm_dirty_regs names */
void mvm_regs_reset(struct mvm_vcpu *vcpu);		/* of zeros, as KVM after power-on */
/* No bits that exclude each other, none above 31 (SDM 3, 2.5). */
bool mvm_valid_cr0(u64 cr0);

/*
 * msr.c: by index; host: from user space, not from the guest.  All groups of state are in
 * vcpu->regs.  0, or 1: #GP or unknown.
 */
int mvm_msr_get(struct mvm_vcpu *vcpu, u32 index, u64 *val, bool host);
int mvm_msr_set(struct mvm_vcpu *vcpu, u32 index, u64 val, bool host);
int mvm_msr_list(struct kvm_msr_list __user *arg);	/* KVM_GET_MSR_INDEX_LIST */
long mvm_msr_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, struct kvm_msrs __user *arg);
int mvm_set_tsc_khz(struct mvm_vcpu *vcpu, u32 khz);

/* cpuid.c */
int mvm_cpuid_supported(struct kvm_cpuid2 __user *arg);
int mvm_cpuid_set(struct mvm_vcpu *vcpu, struct kvm_cpuid2 __user *arg);
/* To user space, which says in nent how many it has room for. */
int mvm_cpuid_put(struct kvm_cpuid2 __user *arg, const struct kvm_cpuid_entry2 *entries, u32 n);
void mvm_cpuid_emulate(struct mvm_vcpu *vcpu);		/* the instruction, RIP not advanced */
void mvm_cpuid_refresh(struct mvm_vcpu *vcpu);		/* after CR4, XCR0 or APIC_BASE changed */
bool mvm_cpuid_has(struct mvm_vcpu *vcpu, unsigned int feature);	/* X86_FEATURE_* */
unsigned int mvm_maxphyaddr(struct mvm_vcpu *vcpu);	/* its width in bits, at most 64 */
u64 mvm_gpa_reserved(struct mvm_vcpu *vcpu);	/* bits above the guest's physical-address width */
u64 mvm_cr4_guest_allowed(struct mvm_vcpu *vcpu);	/* CR4 bits whose features its CPUID has */
/* XCR0 as XSETBV or KVM_SET_XCRS wants it: 0, or 1 where the processor gives #GP (SDM 1, 13.3). */
int mvm_set_xcr0(struct mvm_vcpu *vcpu, u64 xcr0);
/* Its bits that this guest may have. */
u64 mvm_guest_xcr0(struct mvm_vcpu *vcpu);

/*
 * A control register in vcpu->regs is another one: the engine follows.  With EPT the entry that
 * writes the register drops what the TLB has (state.c).
 */
static inline void mvm_cr_changed(struct mvm_vcpu *vcpu, enum mvm_cr cr)
{
	if (vcpu->vm->mmu->cr_changed)
		vcpu->vm->mmu->cr_changed(vcpu, cr);
}

/* event.c */
void mvm_queue_exception(struct mvm_vcpu *vcpu, u8 vector, bool has_error, u32 error);
void mvm_queue_pf(struct mvm_vcpu *vcpu, u64 gva, u32 error);	/* #PF: CR2 and error code */

/* run.c: KVM_RUN whole, vcpu->lock held. */
int mvm_run(struct mvm_vcpu *vcpu);

/* Nothing without CONFIG_KMOD_STATS. */
#define mvm_count(vcpu, name)	\
	do { if (IS_ENABLED(CONFIG_KMOD_STATS)) (vcpu)->stats.name++; } while (0)

#endif
