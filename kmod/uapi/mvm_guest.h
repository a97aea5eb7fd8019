/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The two VT-x instructions that a guest executes, at any privilege level.  A fault of theirs
 * (#UD) is the guest's own to take.
 */
#ifndef UAPI_MVM_GUEST_H
#define UAPI_MVM_GUEST_H

#include <linux/types.h>

/*
 * VMCALL: the hypercall that MVM_SET_VMCALL describes; #UD where it is not switched on.  The
 * processor has no CF/ZF result in a guest (SDM 3, 31.3 VMCALL): the answer is in RAX.
 */
static inline __u64 mvm_vmcall(__u64 nr, __u64 a0, __u64 a1, __u64 a2)
{
	__asm__ __volatile__("vmcall"
			     : "+a" (nr) : "D" (a0), "S" (a1), "d" (a2) : "memory", "cc");
	return nr;
}

/*
 * VMFUNC leaf 0: goes on in view number `view` of the EPTP list, without an exit.  A view that is
 * not there, or no MVM_CAP_VMFUNC, is #UD for the guest.
 */
static inline void mvm_vmfunc_view(__u32 view)
{
	__asm__ __volatile__("vmfunc" : : "a" (0), "c" (view) : "memory");
}

#endif
