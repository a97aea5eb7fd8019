/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VT-x instructions of the host's side, a function each.  Every one looks at CF and ZF
 * (VMfailInvalid, VMfailValid: SDM 3, 31.2) and survives a fault, which is #UD or #GP where
 * another has turned VMX off, by the exception table.
 *
 * VMLAUNCH and VMRESUME are in vmenter.S, because what follows them runs with the guest's
 * registers; the checks are the same.  VMCALL and VMFUNC belong to the guest: uapi/mvm_guest.h
 * has them, exit_misc.c has what their exits mean.
 */
#ifndef MVM_VMX_OPS_H
#define MVM_VMX_OPS_H

#include <linux/types.h>
#include <asm/asm.h>
#include <asm/vmx.h>

/* One line in the log, rate limited; the instruction's effect did not take place. */
void vmx_op_failed(const char *op, u64 operand, bool fault);

/* 0, or -EIO when it failed, -EFAULT when it faulted. */
static __always_inline int vmx_vmxon(u64 pa)
{
	asm goto("1: vmxon %[pa]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : [pa] "m" (pa) : "cc", "memory" : fail, fault);
	return 0;
fail:
	return -EIO;
fault:
	return -EFAULT;
}

static __always_inline int vmx_vmxoff(void)
{
	asm goto("1: vmxoff\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : : "cc", "memory" : fail, fault);
	return 0;
fail:
	return -EIO;
fault:
	return -EFAULT;
}

static __always_inline void vmx_vmclear(u64 pa)
{
	asm goto("1: vmclear %[pa]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : [pa] "m" (pa) : "cc", "memory" : fail, fault);
	return;
fail:
	vmx_op_failed("vmclear", pa, false);
	return;
fault:
	vmx_op_failed("vmclear", pa, true);
}

/* True: the VMCS at pa is current on this CPU. */
static __always_inline bool vmx_vmptrld(u64 pa)
{
	asm goto("1: vmptrld %[pa]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : [pa] "m" (pa) : "cc", "memory" : fail, fault);
	return true;
fail:
	vmx_op_failed("vmptrld", pa, false);
	return false;
fault:
	vmx_op_failed("vmptrld", pa, true);
	return false;
}

/* The current VMCS as the processor has it, all ones when there is none or it faulted. */
static __always_inline u64 vmx_vmptrst(void)
{
	u64 pa = ~0ULL;

	asm goto("1: vmptrst %[pa]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fail])
		 : : [pa] "m" (pa) : "cc", "memory" : fail);
	return pa;
fail:
	return ~0ULL;
}

/* A field of the current VMCS; 0 when it failed. */
static __always_inline unsigned long vmcs_read(unsigned long field)
{
	unsigned long val;

	asm goto("1: vmread %[field], %[val]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : [val] "=r" (val) : [field] "r" (field) : "cc" : fail, fault);
	return val;
fail:
	vmx_op_failed("vmread", field, false);
	return 0;
fault:
	vmx_op_failed("vmread", field, true);
	return 0;
}

static __always_inline void vmcs_write(unsigned long field, unsigned long val)
{
	asm goto("1: vmwrite %[val], %[field]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : [field] "r" (field), [val] "rm" (val) : "cc" : fail, fault);
	return;
fail:
	vmx_op_failed("vmwrite", field, false);
	return;
fault:
	vmx_op_failed("vmwrite", field, true);
}

/* INVEPT and INVVPID types (SDM 3, 31.3). */
#define VMX_INVEPT_CONTEXT	1
#define VMX_INVEPT_GLOBAL	2
#define VMX_INVVPID_ADDRESS	0
#define VMX_INVVPID_CONTEXT	1
#define VMX_INVVPID_ALL		2

static __always_inline void vmx_invept(unsigned long type, u64 eptp)
{
	struct { u64 eptp, zero; } desc = { eptp, 0 };

	asm goto("1: invept %[desc], %[type]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : [desc] "m" (desc), [type] "r" (type) : "cc", "memory" : fail, fault);
	return;
fail:
	vmx_op_failed("invept", eptp, false);
	return;
fault:
	vmx_op_failed("invept", eptp, true);
}

static __always_inline void vmx_invvpid(unsigned long type, u16 vpid, u64 gva)
{
	struct { u64 vpid, gva; } desc = { vpid, gva };

	asm goto("1: invvpid %[desc], %[type]\n\t"
		 "jna %l[fail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : [desc] "m" (desc), [type] "r" (type) : "cc", "memory" : fail, fault);
	return;
fail:
	vmx_op_failed("invvpid", vpid, false);
	return;
fault:
	vmx_op_failed("invvpid", vpid, true);
}

#endif
