/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's FPU as user space sees it: XSAVE area, the old FPU structure, XCR0.  Swapping it
 * with the host's is run.c's.
 */
#include <linux/string.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xcr.h>
#include <asm/fpu/xstate.h>

#include "core.h"

/*
 * What KVM switches, without protection keys (PKRU is not switched here), MPX and AMX.
 */
#define XCR0_SWITCHED	(XFEATURE_MASK_FPSSE | XFEATURE_MASK_YMM | XFEATURE_MASK_AVX512)

static u64 supported_xcr0;

/* CPUID 0xD's subleaves 2 and up: where each component lies in the two layouts (SDM 1, 13.4). */
static struct { u32 size, offset, flags; } xstate[XFEATURE_MAX];

u32 mvm_xsave_size(u64 features, bool compacted)
{
	u32 size = XSAVE_HDR_OFFSET + XSAVE_HDR_SIZE;
	unsigned int i;

	for (i = FIRST_EXTENDED_XFEATURE; i < XFEATURE_MAX; i++) {
		u32 at = xstate[i].offset;

		if (!(features & BIT_ULL(i)))
			continue;
		if (compacted)
			at = xstate[i].flags & 2 ? ALIGN(size, 64) : size;
		size = max(size, at + xstate[i].size);
	}
	return size;
}

u64 mvm_supported_xcr0(void)
{
	return supported_xcr0;
}

void mvm_fpu_setup(void)
{
	unsigned int i;
	u32 unused;

	if (!boot_cpu_has(X86_FEATURE_XSAVE))
		return;
	supported_xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK) & XCR0_SWITCHED;
	for (i = FIRST_EXTENDED_XFEATURE; i < XFEATURE_MAX; i++)
		cpuid_count(0xd, i, &xstate[i].size, &xstate[i].offset, &xstate[i].flags, &unused);
}

int mvm_fpu_init(struct mvm_vcpu *vcpu)
{
	return fpu_alloc_guest_fpstate(&vcpu->fpu) ? 0 : -ENOMEM;
}

void mvm_fpu_destroy(struct mvm_vcpu *vcpu)
{
	fpu_free_guest_fpstate(&vcpu->fpu);
}

static u64 guest_xcr0(struct mvm_vcpu *vcpu)
{
	const struct kvm_cpuid_entry2 *e = mvm_cpuid_find(vcpu, 0xd, 0);

	return e ? (e->eax | (u64)e->edx << 32) & supported_xcr0 : 0;
}

int mvm_set_xcr0(struct mvm_vcpu *vcpu, u64 xcr0)
{
	u64 avx512 = xcr0 & XFEATURE_MASK_AVX512;

	if (!(xcr0 & XFEATURE_MASK_FP) || (xcr0 & ~(guest_xcr0(vcpu) | XFEATURE_MASK_FP)))
		return 1;
	if ((xcr0 & XFEATURE_MASK_YMM) && !(xcr0 & XFEATURE_MASK_SSE))
		return 1;
	if (avx512 && (!(xcr0 & XFEATURE_MASK_YMM) || avx512 != XFEATURE_MASK_AVX512))
		return 1;
	if (vcpu->regs.xcr0 != xcr0) {
		vcpu->regs.xcr0 = xcr0;
		mvm_cpuid_refresh(vcpu);
	}
	return 0;
}

int mvm_get_fpu(struct mvm_vcpu *vcpu, void *arg)
{
	const struct fxregs_state *fx = &vcpu->fpu.fpstate->regs.fxsave;
	struct kvm_fpu *fpu = arg;

	fpu->fcw = fx->cwd;
	fpu->fsw = fx->swd;
	fpu->ftwx = fx->twd;
	fpu->last_opcode = fx->fop;
	fpu->last_ip = fx->rip;
	fpu->last_dp = fx->rdp;
	memcpy(fpu->fpr, fx->st_space, sizeof(fpu->fpr));
	memcpy(fpu->xmm, fx->xmm_space, sizeof(fpu->xmm));
	return 0;
}

int mvm_set_fpu(struct mvm_vcpu *vcpu, void *arg)
{
	struct fxregs_state *fx = &vcpu->fpu.fpstate->regs.fxsave;
	const struct kvm_fpu *fpu = arg;

	memcpy(fx->st_space, fpu->fpr, sizeof(fpu->fpr));
	memcpy(fx->xmm_space, fpu->xmm, sizeof(fpu->xmm));
	fx->cwd = fpu->fcw;
	fx->swd = fpu->fsw;
	fx->twd = fpu->ftwx;
	fx->fop = fpu->last_opcode;
	fx->rip = fpu->last_ip;
	fx->rdp = fpu->last_dp;
	/* Without these XRSTOR would give the guest the initial state instead. */
	vcpu->fpu.fpstate->regs.xsave.header.xfeatures |= XFEATURE_MASK_FPSSE;
	return 0;
}

/* The kernel copies the host's XSAVE layout; PKRU, which no guest has, is 0. */
int mvm_get_xsave(struct mvm_vcpu *vcpu, void *arg)
{
	fpu_copy_guest_fpstate_to_uabi(&vcpu->fpu, arg, sizeof(struct kvm_xsave),
				       guest_xcr0(vcpu) | XFEATURE_MASK_FPSSE, 0);
	return 0;
}

int mvm_set_xsave(struct mvm_vcpu *vcpu, void *arg)
{
	u32 pkru = 0;

	return fpu_copy_uabi_to_guest_fpstate(&vcpu->fpu, arg, supported_xcr0, &pkru);
}

int mvm_get_xcrs(struct mvm_vcpu *vcpu, void *arg)
{
	struct kvm_xcrs *xcrs = arg;

	if (boot_cpu_has(X86_FEATURE_XSAVE)) {
		xcrs->nr_xcrs = 1;
		xcrs->xcrs[0].xcr = XCR_XFEATURE_ENABLED_MASK;
		xcrs->xcrs[0].value = vcpu->regs.xcr0;
	}
	return 0;
}

int mvm_set_xcrs(struct mvm_vcpu *vcpu, void *arg)
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
