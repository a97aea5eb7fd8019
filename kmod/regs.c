/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vCPU's GET and SET ioctls that exchange one structure: registers, FPU, events; and what of
 * them KVM_RUN exchanges through kvm_run.  What is accepted is what KVM accepts; what VM entry then
 * refuses comes back as KVM_EXIT_FAIL_ENTRY.
 */
#include "vmx.h"

/* ---- general registers ---- */

static_assert(sizeof(struct kvm_regs) == sizeof_field(struct mvm_regs, general));
static_assert(offsetof(struct kvm_regs, rsp) == MVM_RSP * sizeof(u64));

static void get_regs(struct mvm_vcpu *vcpu, void *arg)
{
	memcpy(arg, &vcpu->regs.general, sizeof(vcpu->regs.general));
}

static int set_regs(struct mvm_vcpu *vcpu, const void *arg)
{
	memcpy(&vcpu->regs.general, arg, sizeof(vcpu->regs.general));
	vcpu->regs.rflags |= X86_EFLAGS_FIXED;
	mvm_state_put(vcpu, MVM_ST_RIP | MVM_ST_RSP | MVM_ST_RFLAGS);
	/* As KVM: what was to be raised belonged to the old state. */
	vcpu->exception.pending = false;
	return 0;
}

/* ---- segments, descriptor tables, control registers, EFER, the APIC's base ---- */

static_assert(offsetof(struct kvm_sregs, interrupt_bitmap) ==
	      sizeof_field(struct mvm_regs, sregs));

static void get_sregs(struct mvm_vcpu *vcpu, void *arg)
{
	struct kvm_sregs *sregs = arg;

	memcpy(sregs, &vcpu->regs.sregs, sizeof(vcpu->regs.sregs));
	memset(sregs->interrupt_bitmap, 0, sizeof(sregs->interrupt_bitmap));
	if (vcpu->interrupt.injected && !vcpu->interrupt.length)
		__set_bit(vcpu->interrupt.vector, (unsigned long *)sregs->interrupt_bitmap);
}

bool mvm_valid_cr0(u64 cr0)
{
	return !(cr0 >> 32) && ((cr0 & X86_CR0_CD) || !(cr0 & X86_CR0_NW)) &&
	       ((cr0 & X86_CR0_PE) || !(cr0 & X86_CR0_PG));
}

static bool valid_sregs(struct mvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	if ((sregs->efer & EFER_LME) && (sregs->cr0 & X86_CR0_PG)) {
		if (!(sregs->cr4 & X86_CR4_PAE) || !(sregs->efer & EFER_LMA) ||
		    (sregs->cr3 & mvm_gpa_reserved(vcpu)))
			return false;
	} else if ((sregs->efer & EFER_LMA) || sregs->cs.l) {
		return false;
	}
	return !(sregs->cr4 & ~mvm_cr4_guest_allowed(vcpu)) && mvm_valid_cr0(sregs->cr0);
}

static int set_sregs(struct mvm_vcpu *vcpu, const void *arg)
{
	const struct kvm_sregs *sregs = arg;
	struct mvm_regs *r = &vcpu->regs;
	unsigned long old_cr4 = r->cr4, old_cr8 = r->cr8;
	unsigned int i, vector;

	if (!valid_sregs(vcpu, sregs) ||
	    mvm_msr_set(vcpu, MSR_IA32_APICBASE, sregs->apic_base, true))
		return -EINVAL;

	memcpy(&r->sregs, sregs, sizeof(r->sregs));
	/* It has four bits; others leave it as it was. */
	if (r->cr8 & ~0xfUL)
		r->cr8 = old_cr8;
	/* Attributes as they would be read back from the VMCS. */
	for (i = 0; i < MVM_NSEG; i++)
		vmx_set_access_rights(&r->seg[i], vmx_access_rights(&r->seg[i], i == MVM_LDT));
	mvm_state_put(vcpu, MVM_ST_SEG | MVM_ST_DT | MVM_ST_CR0 | MVM_ST_CR3 | MVM_ST_CR4 |
			    MVM_ST_EFER);
	if (old_cr4 != r->cr4)
		mvm_cpuid_refresh(vcpu);
	mvm_cr_changed(vcpu, MVM_SREGS);

	vector = find_first_bit((const unsigned long *)sregs->interrupt_bitmap, 256);
	if (vector < 256)
		vcpu->interrupt = (struct mvm_event){ .injected = true, .vector = vector };
	return 0;
}

/* ---- FPU: the old structure, the XSAVE area, XCR0 ---- */

/* FXSAVE's area begins with what the old structure has from fcw to last_dp. */
#define FX_CONTROL	offsetof(struct fxregs_state, mxcsr)
static_assert(offsetof(struct kvm_fpu, fcw) + FX_CONTROL == offsetof(struct kvm_fpu, xmm));

static void get_fpu(struct mvm_vcpu *vcpu, void *arg)
{
	const struct fxregs_state *fx = &vcpu->fpu.fpstate->regs.fxsave;
	struct kvm_fpu *fpu = arg;

	memcpy(arg + offsetof(struct kvm_fpu, fcw), fx, FX_CONTROL);
	fpu->pad1 = 0;
	memcpy(fpu->fpr, fx->st_space, sizeof(fpu->fpr));
	memcpy(fpu->xmm, fx->xmm_space, sizeof(fpu->xmm));
}

static int set_fpu(struct mvm_vcpu *vcpu, const void *arg)
{
	struct fxregs_state *fx = &vcpu->fpu.fpstate->regs.fxsave;
	const struct kvm_fpu *fpu = arg;

	memcpy(fx, arg + offsetof(struct kvm_fpu, fcw), FX_CONTROL);
	fx->twd = fpu->ftwx;
	memcpy(fx->st_space, fpu->fpr, sizeof(fpu->fpr));
	memcpy(fx->xmm_space, fpu->xmm, sizeof(fpu->xmm));
	/* Without these XRSTOR would give the guest the initial state instead. */
	vcpu->fpu.fpstate->regs.xsave.header.xfeatures |= XFEATURE_MASK_FPSSE;
	return 0;
}

/* The kernel copies the host's XSAVE layout; PKRU, which no guest has, is 0. */
static void get_xsave(struct mvm_vcpu *vcpu, void *arg)
{
	fpu_copy_guest_fpstate_to_uabi(&vcpu->fpu, arg, sizeof(struct kvm_xsave),
				       mvm_guest_xcr0(vcpu) | XFEATURE_MASK_FPSSE, 0);
}

static int set_xsave(struct mvm_vcpu *vcpu, const void *arg)
{
	u32 pkru = 0;

	return fpu_copy_uabi_to_guest_fpstate(&vcpu->fpu, arg, mvm_host_xcr0(), &pkru);
}

static void get_xcrs(struct mvm_vcpu *vcpu, void *arg)
{
	struct kvm_xcrs *xcrs = arg;

	if (!boot_cpu_has(X86_FEATURE_XSAVE))
		return;
	xcrs->nr_xcrs = 1;
	xcrs->xcrs[0].xcr = XCR_XFEATURE_ENABLED_MASK;
	xcrs->xcrs[0].value = vcpu->regs.xcr0;
}

static int set_xcrs(struct mvm_vcpu *vcpu, const void *arg)
{
	const struct kvm_xcrs *xcrs = arg;
	unsigned int i;

	if (!boot_cpu_has(X86_FEATURE_XSAVE) || xcrs->nr_xcrs > KVM_MAX_XCRS || xcrs->flags)
		return -EINVAL;
	for (i = 0; i < xcrs->nr_xcrs; i++) {
		if (xcrs->xcrs[i].xcr == XCR_XFEATURE_ENABLED_MASK)
			return mvm_set_xcr0(vcpu, xcrs->xcrs[i].value) ? -EINVAL : 0;
	}
	return 0;
}

/* ---- debug registers, multiprocessor state ---- */

static_assert(offsetof(struct kvm_debugregs, flags) == sizeof_field(struct mvm_regs, debugregs));

static void get_debugregs(struct mvm_vcpu *vcpu, void *arg)
{
	memcpy(arg, &vcpu->regs.debugregs, sizeof(vcpu->regs.debugregs));
}

static int set_debugregs(struct mvm_vcpu *vcpu, const void *arg)
{
	const struct kvm_debugregs *dbg = arg;

	if (dbg->flags || dbg->dr6 >> 32 || dbg->dr7 >> 32)
		return -EINVAL;
	memcpy(&vcpu->regs.debugregs, dbg, sizeof(vcpu->regs.debugregs));
	mvm_state_put(vcpu, MVM_ST_MISC);
	return 0;
}

/* Without an in-kernel APIC no other state than running exists. */
static void get_mp_state(struct mvm_vcpu *vcpu, void *arg)
{
	((struct kvm_mp_state *)arg)->mp_state = KVM_MP_STATE_RUNNABLE;
}

static int set_mp_state(struct mvm_vcpu *vcpu, const void *arg)
{
	return ((const struct kvm_mp_state *)arg)->mp_state == KVM_MP_STATE_RUNNABLE ? 0 : -EINVAL;
}

/* ---- events: what is about to happen to the guest; event.c gives it to the guest ---- */

static bool is_soft(u8 vector)
{
	return vector == X86_TRAP_BP || vector == X86_TRAP_OF;
}

static void get_events(struct mvm_vcpu *vcpu, void *arg)
{
	const struct mvm_event *ex = &vcpu->exception, *irq = &vcpu->interrupt;
	u32 intr = vcpu->regs.interruptibility;

	*(struct kvm_vcpu_events *)arg = (struct kvm_vcpu_events){
		/*
		 * A soft exception is not told: its instruction's length could not be, and it is
		 * met again.  Without exception payloads KVM tells a pending one as injected.
		 */
		.exception.injected = !is_soft(ex->vector) && (ex->injected || ex->pending),
		.exception.pending = !is_soft(ex->vector) && ex->pending,
		.exception.nr = ex->vector,
		.exception.has_error_code = ex->has_error,
		.exception.error_code = ex->error,
		.interrupt.injected = irq->injected && irq->type != INTR_TYPE_SOFT_INTR >> 8,
		.interrupt.nr = irq->vector,
		.interrupt.shadow = (intr & GUEST_INTR_STATE_STI ? KVM_X86_SHADOW_INT_STI : 0) |
			(intr & GUEST_INTR_STATE_MOV_SS ? KVM_X86_SHADOW_INT_MOV_SS : 0),
		.nmi.injected = vcpu->nmi_injected,
		.nmi.pending = vcpu->nmi_pending,
		.nmi.masked = !!(intr & GUEST_INTR_STATE_NMI),
		.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW |
			 KVM_VCPUEVENT_VALID_SMM,
	};
}

static bool valid_events(const struct kvm_vcpu_events *events)
{
	u8 nr = events->exception.nr;

	if (events->flags & ~(KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SIPI_VECTOR |
			      KVM_VCPUEVENT_VALID_SHADOW | KVM_VCPUEVENT_VALID_SMM))
		return false;
	/* There is no system-management mode here. */
	if ((events->flags & KVM_VCPUEVENT_VALID_SMM) && (events->smi.smm || events->smi.pending))
		return false;
	/* pending counts only with a payload, which is not there. */
	return !events->exception.injected || (nr <= 31 && nr != X86_TRAP_NMI);
}

static int set_events(struct mvm_vcpu *vcpu, const void *arg)
{
	const struct kvm_vcpu_events *events = arg;
	u32 intr = vcpu->regs.interruptibility & ~GUEST_INTR_STATE_NMI;
	bool soft = is_soft(events->exception.nr);
	u8 shadow = events->interrupt.shadow;

	if (!valid_events(events))
		return -EINVAL;
	vcpu->exception = (struct mvm_event){
		.injected = events->exception.injected,
		.vector = events->exception.nr,
		.type = (soft ? INTR_TYPE_SOFT_EXCEPTION : INTR_TYPE_HARD_EXCEPTION) >> 8,
		.length = soft,
		.has_error = events->exception.has_error_code,
		.error = events->exception.error_code,
	};
	vcpu->interrupt = (struct mvm_event){
		.injected = events->interrupt.injected,
		.vector = events->interrupt.nr,
		.type = (events->interrupt.soft ? INTR_TYPE_SOFT_INTR : INTR_TYPE_EXT_INTR) >> 8,
		.length = events->interrupt.soft ? 2 : 0,
	};
	vcpu->nmi_injected = events->nmi.injected;
	if (events->flags & KVM_VCPUEVENT_VALID_NMI_PENDING)
		vcpu->nmi_pending = events->nmi.pending;
	if (events->flags & KVM_VCPUEVENT_VALID_SHADOW) {
		intr &= ~(GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS);
		if (shadow & KVM_X86_SHADOW_INT_MOV_SS)
			intr |= GUEST_INTR_STATE_MOV_SS;
		else if (shadow & KVM_X86_SHADOW_INT_STI)
			intr |= GUEST_INTR_STATE_STI;
	}
	vcpu->regs.interruptibility = intr | (events->nmi.masked ? GUEST_INTR_STATE_NMI : 0);
	mvm_state_put(vcpu, MVM_ST_MISC);
	return 0;
}

static int set_interrupt(struct mvm_vcpu *vcpu, const void *arg)
{
	const struct kvm_interrupt *irq = arg;

	if (irq->irq >= 256)
		return -EINVAL;
	vcpu->interrupt = (struct mvm_event){ .injected = true, .vector = irq->irq };
	return 0;
}

static int set_guest_debug(struct mvm_vcpu *vcpu, const void *arg)
{
	const struct kvm_guest_debug *dbg = arg;
	bool db = dbg->control & KVM_GUESTDBG_INJECT_DB;

	if (db || (dbg->control & KVM_GUESTDBG_INJECT_BP)) {
		if (vcpu->exception.pending)
			return -EBUSY;
		mvm_queue_exception(vcpu, db ? X86_TRAP_DB : X86_TRAP_BP, false, 0);
	}
	vcpu->guest_debug = dbg->control & KVM_GUESTDBG_ENABLE ? dbg->control : 0;
	memcpy(vcpu->guest_dr, dbg->arch.debugreg, sizeof(vcpu->guest_dr));
	vcpu->guest_dr7 = dbg->arch.debugreg[7];
	/* TF, DR7 and the exception bitmap follow at the next entry. */
	vcpu->vmx.config_stale = true;
	return 0;
}

/* ---- the ioctls, and kvm_run ---- */

/*
 * A structure, of the size that the ioctl's number tells: who reads and writes it, and which groups
 * of the state have to be in vcpu->regs for that.  get finds zeros where it writes, but in kvm_run.
 */
static const struct exchange {
	unsigned int get_cmd, set_cmd;
	u32 groups;
	void (*get)(struct mvm_vcpu *vcpu, void *arg);
	int (*set)(struct mvm_vcpu *vcpu, const void *arg);
} exchanges[] = {
	/* The first are those of kvm_run, in the order of KVM_SYNC_X86_*. */
	{ KVM_GET_REGS, KVM_SET_REGS, MVM_ST_RIP | MVM_ST_RSP | MVM_ST_RFLAGS, get_regs, set_regs },
	{ KVM_GET_SREGS, KVM_SET_SREGS, MVM_ST_ALL, get_sregs, set_sregs },
	{ KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, MVM_ST_MISC, get_events, set_events },
	{ KVM_GET_FPU, KVM_SET_FPU, 0, get_fpu, set_fpu },
	{ KVM_GET_XSAVE, KVM_SET_XSAVE, 0, get_xsave, set_xsave },
	{ KVM_GET_XCRS, KVM_SET_XCRS, 0, get_xcrs, set_xcrs },
	{ KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, MVM_ST_MISC, get_debugregs, set_debugregs },
	{ KVM_GET_MP_STATE, KVM_SET_MP_STATE, 0, get_mp_state, set_mp_state },
	/* Of these nothing is got. */
	{ KVM_INTERRUPT, KVM_INTERRUPT, 0, NULL, set_interrupt },
	{ KVM_SET_GUEST_DEBUG, KVM_SET_GUEST_DEBUG, MVM_ST_ALL, NULL, set_guest_debug },
};

long mvm_regs_ioctl(struct mvm_vcpu *vcpu, unsigned int cmd, void __user *uarg)
{
	const struct exchange *x = exchanges;
	size_t size = _IOC_SIZE(cmd);
	void *arg;
	long ret;

	while (cmd != x->get_cmd && cmd != x->set_cmd) {
		if (++x == exchanges + ARRAY_SIZE(exchanges))
			return -EINVAL;
	}
	arg = cmd == x->set_cmd ? memdup_user(uarg, size) : kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (IS_ERR_OR_NULL(arg))
		return arg ? PTR_ERR(arg) : -ENOMEM;
	mvm_need_state(vcpu, x->groups);
	if (cmd == x->set_cmd) {
		ret = x->set(vcpu, arg);
	} else {
		x->get(vcpu, arg);
		ret = copy_to_user(uarg, arg, size) ? -EFAULT : 0;
	}
	kfree(arg);
	return ret;
}

static const u16 sync_offsets[] = {
	offsetof(struct kvm_sync_regs, regs), offsetof(struct kvm_sync_regs, sregs),
	offsetof(struct kvm_sync_regs, events),
};
static_assert(KVM_SYNC_X86_VALID_FIELDS == BIT(ARRAY_SIZE(sync_offsets)) - 1);

void mvm_sync_regs_out(struct mvm_vcpu *vcpu)
{
	unsigned long valid = READ_ONCE(vcpu->run->kvm_valid_regs);
	unsigned int i;

	for_each_set_bit(i, &valid, ARRAY_SIZE(sync_offsets)) {
		mvm_state_get(vcpu, exchanges[i].groups);
		exchanges[i].get(vcpu, (void *)&vcpu->run->s.regs + sync_offsets[i]);
	}
}

int mvm_sync_regs_in(struct mvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	unsigned long dirty = READ_ONCE(run->kvm_dirty_regs);
	/* User space may write to it meanwhile: copied before it is looked at. */
	struct kvm_sync_regs s = run->s.regs;
	unsigned int i;

	for_each_set_bit(i, &dirty, ARRAY_SIZE(sync_offsets)) {
		mvm_state_get(vcpu, exchanges[i].groups);
		if (exchanges[i].set(vcpu, (void *)&s + sync_offsets[i]))
			return -EINVAL;
		run->kvm_dirty_regs &= ~BIT(i);
	}
	return 0;
}

/* SDM volume 3, table 10-1, and what KVM makes of it (kvm_vcpu_reset, vmx_vcpu_reset): of zeros. */
void mvm_regs_reset(struct mvm_vcpu *vcpu)
{
	static const u8 types[MVM_NSEG] = {
		[MVM_CS] = 0xb, [MVM_DS ... MVM_SS] = 3, [MVM_TR] = 0xb, [MVM_LDT] = 2,
	};
	struct mvm_regs *r = &vcpu->regs;
	unsigned int i;

	r->gpr[MVM_RDX] = 0x600;
	r->rip = 0xfff0;
	r->rflags = X86_EFLAGS_FIXED;
	r->cr0 = X86_CR0_ET | X86_CR0_NW | X86_CR0_CD;
	r->apic_base = APIC_DEFAULT_PHYS_BASE | MSR_IA32_APICBASE_ENABLE |
		       (vcpu->id == 0 ? MSR_IA32_APICBASE_BSP : 0);
	for (i = 0; i < MVM_NSEG; i++)
		r->seg[i] = (struct kvm_segment){
			.limit = 0xffff, .type = types[i], .present = 1, .s = i < MVM_TR,
		};
	r->seg[MVM_CS].selector = 0xf000;
	r->seg[MVM_CS].base = 0xffff0000;
	r->gdt.limit = 0xffff;
	r->idt.limit = 0xffff;
	r->pat = 0x0007040600070406ULL;
	r->dr6 = DR6_RESERVED;
	r->dr7 = 0x400;
	r->xcr0 = XFEATURE_MASK_FP;
	mvm_state_put(vcpu, MVM_ST_ALL);
}
