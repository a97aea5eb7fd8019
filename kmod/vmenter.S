/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way into the guest and out of it: general registers, VMLAUNCH or VMRESUME, and what has to be
 * done against speculation before the first RET.  Everything else about an entry is in run.c.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

#define HOST_RSP_FIELD	0x6c14

/* struct vmx_vcpu; run.c checks them. */
#define VMX_HOST_RSP	0
#define VMX_LAUNCHED	8

/* gpr[], in the order of struct kvm_regs; RSP the VMCS has. */
.set at, 0
.irp r, rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15
.set gpr_\r, at
.set at, at + 8
.endr

.section .noinstr.text, "ax"

/*
 * int vmx_guest(unsigned long *gpr, struct vmx_vcpu *vmx): interrupts off.  0 after an exit; 1 when
 * the entry failed before the guest's state was looked at, or faulted.
 *
 * SPEC_CTRL: guests cannot write it and run with the host's value.  Where the kernel uses IBRS
 * itself, only a write after the exit makes it hold again.
 */
SYM_FUNC_START(vmx_guest)
	push	%rbp
	mov	%rsp, %rbp
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbx
	push	%rdi

	/* The stack is at the same place in nearly every call of a KVM_RUN. */
	cmp	%rsp, VMX_HOST_RSP(%rsi)
	je	1f
	mov	%rsp, VMX_HOST_RSP(%rsi)
	mov	$HOST_RSP_FIELD, %eax
.Lhost_rsp:
	vmwrite	%rsp, %rax
	jna	.Lfailed
1:
	mov	VMX_LAUNCHED(%rsi), %ecx
	mov	%rdi, %rax
	test	%ecx, %ecx
.irp r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	mov	gpr_\r(%rax), %\r
.endr
	mov	gpr_rax(%rax), %rax
	jz	.Lfirst

	/* MDS and its relatives: VERW as the last thing before the entry (it changes ZF). */
	CLEAR_CPU_BUFFERS
	UNWIND_HINT_SAVE
.Lvmresume:
	vmresume
	jmp	.Lfailed
.Lfirst:
	CLEAR_CPU_BUFFERS
.Lvmlaunch:
	vmlaunch
	jmp	.Lfailed

	_ASM_EXTABLE(.Lhost_rsp, .Lfailed)
	_ASM_EXTABLE(.Lvmresume, .Lfailed)
	_ASM_EXTABLE(.Lvmlaunch, .Lfailed)

/* HOST_RIP: RSP is as above, every other register the guest's. */
SYM_INNER_LABEL(vmx_exit_entry, SYM_L_GLOBAL)
	UNWIND_HINT_RESTORE
	ENDBR
	push	%rax
	mov	8(%rsp), %rax
	pop	gpr_rax(%rax)
.irp r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	mov	%\r, gpr_\r(%rax)
.endr
	xor	%ebx, %ebx

	/*
	 * The guest's values are not left for a mispredicted path to use as addresses.  RBX is the
	 * answer; RBP and the rest come back from the stack, which is later than a prediction.
	 */
.Lclear:
.irp r, eax, ecx, edx, ebp, esi, edi, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
	xor	%\r, %\r
.endr

	/* No RET and no indirect branch before the return buffer is ours. */
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
		X86_FEATURE_RSB_VMEXIT_LITE
	ALTERNATIVE "jmp .Lspec_done", "", X86_FEATURE_KERNEL_IBRS
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	mov	PER_CPU_VAR(x86_spec_ctrl_current), %rax
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr
.Lspec_done:
	CLEAR_BRANCH_HISTORY_VMEXIT

	mov	%ebx, %eax
	pop	%rdi
	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET

.Lfailed:
	mov	$1, %ebx
	jmp	.Lclear
SYM_FUNC_END(vmx_guest)

/*
 * void vmx_nmi(void): the host's NMI handler on a frame as the processor would have pushed it.  An
 * exit by NMI leaves NMIs blocked (SDM 3, 28.5.5); the handler's IRET ends that.
 */
SYM_FUNC_START(vmx_nmi)
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	push	$__KERNEL_DS
	push	%rbp
	pushf
	push	$__KERNEL_CS
	call	asm_exc_nmi_noist
	mov	%rbp, %rsp
	pop	%rbp
	RET
SYM_FUNC_END(vmx_nmi)
