/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VT-x instructions of the host's side, a function each.  Every one looks at CF and ZF
 * (VMfailInvalid, VMfailValid: SDM 3, 31.2) and survives a fault, which is #UD or #GP where
 * another has turned VMX off, by the exception table.
 *
 * VMLAUNCH and VMRESUME are in vmenter.S, because what follows them runs with the guest's
 * registers; the checks are the same.  VMCALL and VMFUNC belong to the guest: uapi/mvm_guest.h
 * has them, exit_io.c and ept.c what they do here.
 */
#ifndef MVM_VMX_OPS_H
#define MVM_VMX_OPS_H

#include <linux/types.h>
#include <asm/asm.h>
#include <asm/vmx.h>

/* One line in the log, rate limited; the instruction's effect did not take place. */
void vmx_op_failed(const char *op, u64 operand, bool fault);

/* vmx_NAME_err(): 0, -EIO when it failed, -EFAULT when it faulted. */
#define VMX_OP(name, text, args, ...)						\
static __always_inline int vmx_##name##_err args				\
{										\
	asm goto("1: " text "\n\tjna %l[fail]\n\t" _ASM_EXTABLE(1b, %l[fault])	\
		 : : __VA_ARGS__ : "cc", "memory" : fail, fault);		\
	return 0;								\
fail:										\
	return -EIO;								\
fault:										\
	return -EFAULT;								\
}

struct vmx_inv { u64 id, gva; };	/* the descriptor of INVEPT and INVVPID */

VMX_OP(vmxon, "vmxon %0", (u64 pa), "m" (pa))
VMX_OP(vmxoff, "vmxoff", (void))
VMX_OP(vmclear, "vmclear %0", (u64 pa), "m" (pa))
VMX_OP(vmptrld, "vmptrld %0", (u64 pa), "m" (pa))
VMX_OP(invept, "invept %0, %1", (struct vmx_inv inv, unsigned long type), "m" (inv), "r" (type))
VMX_OP(invvpid, "invvpid %0, %1", (struct vmx_inv inv, unsigned long type), "m" (inv), "r" (type))

/* True: it took place. */
static __always_inline bool vmx_op(const char *op, u64 operand, int err)
{
	if (unlikely(err))
		vmx_op_failed(op, operand, err == -EFAULT);
	return !err;
}

static __always_inline void vmx_vmclear(u64 pa)
{
	vmx_op("vmclear", pa, vmx_vmclear_err(pa));
}

/* True: the VMCS at pa is current on this CPU. */
static __always_inline bool vmx_vmptrld(u64 pa)
{
	return vmx_op("vmptrld", pa, vmx_vmptrld_err(pa));
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
	vmx_op("invept", eptp, vmx_invept_err((struct vmx_inv){ eptp }, type));
}

static __always_inline void vmx_invvpid(unsigned long type, u16 vpid, u64 gva)
{
	vmx_op("invvpid", vpid, vmx_invvpid_err((struct vmx_inv){ vpid, gva }, type));
}

#endif
