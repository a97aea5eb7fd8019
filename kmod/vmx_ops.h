/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VT-x instructions of the host's side, a function each.  Every one looks at CF and ZF
 * (VMfailInvalid, VMfailValid: SDM 3, 31.2) and survives a fault, which is #UD or #GP where
 * another has turned VMX off, by the exception table.  Either is one line in the log, rate limited,
 * and the instruction's effect did not take place.
 *
 * VMLAUNCH and VMRESUME are in vmenter.S, because what follows them runs with the guest's
 * registers; the checks are the same.  VMCALL and VMFUNC belong to the guest: uapi/mvm_guest.h
 * has them, doorbell.c and ept.c what they do here.
 */
#ifndef MVM_VMX_OPS_H
#define MVM_VMX_OPS_H

void vmx_op_failed(const char *op, u64 operand);	/* vmx_cpu.c */

/* vmx_NAME(): whether it took place. */
#define VMX_OP(name, text, operand, args, ...)					\
static __always_inline bool vmx_##name args					\
{										\
	asm goto("1: " text "\n\tjna %l[fail]\n\t" _ASM_EXTABLE(1b, %l[fail])	\
		 : : __VA_ARGS__ : "cc", "memory" : fail);			\
	return true;								\
fail:										\
	vmx_op_failed(#name, operand);						\
	return false;								\
}

struct vmx_inv { u64 id, gva; };	/* the descriptor of INVEPT (EPTP) and INVVPID (VPID) */

VMX_OP(vmxon, "vmxon %0", pa, (u64 pa), "m" (pa))
VMX_OP(vmxoff, "vmxoff", 0, (void))
VMX_OP(vmclear, "vmclear %0", pa, (u64 pa), "m" (pa))
VMX_OP(vmptrld, "vmptrld %0", pa, (u64 pa), "m" (pa))
VMX_OP(invept, "invept %0, %1", inv.id, (struct vmx_inv inv, unsigned long type),
       "m" (inv), "r" (type))
VMX_OP(invvpid, "invvpid %0, %1", inv.id, (struct vmx_inv inv, unsigned long type),
       "m" (inv), "r" (type))

/* The current VMCS as the processor has it, all ones when there is none, it failed or faulted. */
static __always_inline u64 vmx_vmptrst(void)
{
	u64 pa = ~0ULL;

	asm goto("1: vmptrst %0\n\tjna %l[fail]\n\t" _ASM_EXTABLE(1b, %l[fail])
		 : : "m" (pa) : "cc", "memory" : fail);
fail:
	return pa;
}

/* A field of the current VMCS; 0 when it failed. */
static __always_inline unsigned long vmcs_read(unsigned long field)
{
	unsigned long val;

	asm goto("1: vmread %[field], %[val]\n\tjna %l[fail]\n\t" _ASM_EXTABLE(1b, %l[fail])
		 : [val] "=r" (val) : [field] "r" (field) : "cc" : fail);
	return val;
fail:
	vmx_op_failed("vmread", field);
	return 0;
}

static __always_inline void vmcs_write(unsigned long field, unsigned long val)
{
	asm goto("1: vmwrite %[val], %[field]\n\tjna %l[fail]\n\t" _ASM_EXTABLE(1b, %l[fail])
		 : : [field] "r" (field), [val] "rm" (val) : "cc" : fail);
	return;
fail:
	vmx_op_failed("vmwrite", field);
}

#endif
