/* SPDX-License-Identifier: MIT */
/*
 * The signal frame on the application's stack, byte for byte as Linux makes it on x86-64
 * (arch/x86/kernel/signal_64.c, System V ABI for x86-64): libcs, debuggers and Go read it, and
 * longjmp out of a handler must leave nothing behind.  From low to high addresses: return
 * address (the restorer), ucontext, siginfo, and 64-byte aligned the FXSAVE or XSAVE area.
 */
#include "sys/sigframe.h"

#include "mm/mm.h"
#include "sched/fpu.h"
#include "sys/signal.h"
#include "sys/syscalls.h"

#define RED_ZONE		128
#define STACK_ALIGN		16
#define XSAVE_BV		512	/* offset of XSTATE_BV in the area */
#define XSAVE_HEADER_ZERO	520	/* XCOMP_BV and what is reserved: zero in this format */
#define MXCSR_OFFSET		24
#define MXCSR_MASK_OFFSET	28
#define MXCSR_MASK_DEFAULT	0xffbfU	/* when FXSAVE writes 0 (SDM vol. 1, 11.6.6) */
#define FP_XSTATE_MAGIC1	0x46505853U
#define FP_XSTATE_MAGIC2	0x46505845U
#define MAGIC2_SIZE		4
#define FX_SW_OFFSET		464	/* software bytes of the FXSAVE area */

/* The flags an application may set for itself; the rest are the machine's. */
#define FLAGS_USER	0x50dd5UL	/* AC RF OF DF TF SF ZF AF PF CF */
#define FLAG_TF		0x100UL
#define FLAG_DF		0x400UL
#define FLAG_RF		0x10000UL

/* struct _fpx_sw_bytes */
struct fx_sw {
	u32 magic1, extended_size;
	u64 xfeatures;
	u32 xstate_size, padding[7];
};

/* Saved here first, then copied: the application's stack may be bad. */
static u8 *fp_area;

u64 signal_frame_max(void)
{
	return sizeof(struct rt_sigframe) + fpu_size() + MAGIC2_SIZE + FPU_ALIGN + STACK_ALIGN;
}

/* Writes the FP state to the stack at addr.  Linux: copy_fpstate_to_sigframe. */
static int fp_to_user(u64 addr)
{
	const u32 magic2 = FP_XSTATE_MAGIC2;
	struct fx_sw sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = fpu_size() + MAGIC2_SIZE,
		.xfeatures = boot->xcr0,
		.xstate_size = fpu_size(),
	};

	fpu_save(fp_area);
	if (fpu_has_xsave()) {
		memcpy(fp_area + FX_SW_OFFSET, &sw, sizeof(sw));
		if (copy_to_user(addr + fpu_size(), &magic2, sizeof(magic2)))
			return -EFAULT;
	}
	return copy_to_user(addr, fp_area, fpu_size());
}

/* Is there an extended area behind the FXSAVE image?  If not, only that is restored. */
static bool has_extended(u64 addr)
{
	struct fx_sw sw;
	u32 magic2;

	memcpy(&sw, fp_area + FX_SW_OFFSET, sizeof(sw));
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size != fpu_size() ||
	    sw.extended_size < sw.xstate_size + MAGIC2_SIZE)
		return false;
	return !get_user(magic2, addr + sw.xstate_size) && magic2 == FP_XSTATE_MAGIC2;
}

/*
 * Takes the FP state back from the stack.  Whatever would make XRSTOR fault is refused: the
 * fault would be the runtime's.
 */
static int fp_from_user(u64 addr)
{
	u64 features = 3, zero[7];		/* x87 and SSE: what FXSAVE holds */
	u32 mxcsr, mask;

	fpu_save(fp_area);
	memcpy(&mask, fp_area + MXCSR_MASK_OFFSET, sizeof(mask));
	mask = mask ? mask : MXCSR_MASK_DEFAULT;
	if (copy_from_user(fp_area, addr, FXSAVE_SIZE))
		return -EFAULT;
	memcpy(&mxcsr, fp_area + MXCSR_OFFSET, sizeof(mxcsr));
	if (mxcsr & ~mask)
		return -EINVAL;
	if (fpu_has_xsave() && has_extended(addr)) {
		if (copy_from_user(fp_area + FXSAVE_SIZE, addr + FXSAVE_SIZE,
				   fpu_size() - FXSAVE_SIZE))
			return -EFAULT;
		memcpy(&features, fp_area + XSAVE_BV, sizeof(features));
		memcpy(zero, fp_area + XSAVE_HEADER_ZERO, sizeof(zero));
		if (features & ~boot->xcr0)
			return -EINVAL;
		for (size_t i = 0; i < ARRAY_SIZE(zero); i++)
			if (zero[i])
				return -EINVAL;
	} else if (fpu_has_xsave()) {
		memset(fp_area + FXSAVE_SIZE, 0, fpu_size() - FXSAVE_SIZE);
		memcpy(fp_area + XSAVE_BV, &features, sizeof(features));
	}
	fpu_restore(fp_area, boot->xcr0);
	return 0;
}

/* The first frame needs the buffer.  Memory that runs out here ends as a stack that does. */
static bool fp_ready(void)
{
	if (!fp_area)
		fp_area = pages_alloc(ALIGN_UP(fpu_size(), MVM_PAGE_SIZE) / MVM_PAGE_SIZE, true);
	return fp_area;
}

static bool within_alt_stack(const struct sigstate *s, u64 sp)
{
	return sp > s->alt_sp && sp - s->alt_sp <= s->alt_size;
}

u32 signal_alt_flags(u64 sp)
{
	const struct sigstate *s = current->sig;

	if (!s->alt_size)
		return SS_DISABLE;
	return within_alt_stack(s, sp) && !(s->alt_flags & SS_AUTODISARM) ? SS_ONSTACK : 0;
}

long signal_set_alt_stack(const struct sig_stack *new, u64 sp)
{
	struct sigstate *s = current->sig;
	u32 mode = (u32)new->flags & ~SS_AUTODISARM;

	if (signal_alt_flags(sp) == SS_ONSTACK)
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		s->alt_sp = s->alt_size = 0;
	} else {
		if (new->size < MINSIGSTKSZ)
			return -ENOMEM;
		s->alt_sp = new->sp;
		s->alt_size = new->size;
	}
	s->alt_flags = (u32)new->flags;
	return 0;
}

static void fill_context(struct sig_context *c, const struct regs *r, u64 mask, u64 fp)
{
	const struct sigstate *s = current->sig;

	*c = (struct sig_context) {
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.rdi = r->rdi, .rsi = r->rsi, .rbp = r->rbp, .rbx = r->rbx,
		.rdx = r->rdx, .rax = r->rax, .rcx = r->rcx, .rsp = r->rsp,
		.rip = r->rip, .rflags = r->rflags,
		.cs = MVM_SEL_USER_CS, .ss = MVM_SEL_USER_DS,
		.err = s->trap_error, .trapno = s->trap_nr,
		.oldmask = mask, .cr2 = s->trap_addr, .fpstate = fp,
	};
}

/* Where the frame goes: below the red zone, or on the alternate stack.  0: it does not fit. */
static u64 place_frame(const struct regs *r, const struct ksigaction *sa, u64 *fp)
{
	const struct sigstate *s = current->sig;
	u32 alt = signal_alt_flags(r->rsp);
	bool on_alt = alt == SS_ONSTACK;
	u64 sp = r->rsp - RED_ZONE;

	if ((sa->flags & SA_ONSTACK) && !alt) {
		sp = s->alt_sp + s->alt_size;
		on_alt = true;
	}
	*fp = ALIGN_DOWN(sp - fpu_size() - (fpu_has_xsave() ? MAGIC2_SIZE : 0), FPU_ALIGN);
	/* At the handler's entry rsp + 8 is aligned, as after a call. */
	sp = ALIGN_DOWN(*fp - sizeof(struct rt_sigframe) + 8, STACK_ALIGN) - 8;
	if (on_alt && !within_alt_stack(s, sp))
		return 0;
	return sp;
}

int sigframe_build(struct regs *r, const struct ksigaction *sa, const struct ksiginfo *info,
		   u64 mask)
{
	struct sigstate *s = current->sig;
	struct rt_sigframe f;
	u64 sp, fp;

	/* Without a restorer there is no way back: Linux refuses on x86-64, too. */
	if (!(sa->flags & SA_RESTORER) || !fp_ready())
		return -EFAULT;
	sp = place_frame(r, sa, &fp);
	if (!sp || fp_to_user(fp))
		return -EFAULT;
	f.restorer = sa->restorer;
	f.uc.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (fpu_has_xsave() ? UC_FP_XSTATE : 0);
	f.uc.link = 0;
	f.uc.stack = (struct sig_stack){ s->alt_sp, (s32)s->alt_flags, 0, s->alt_size };
	fill_context(&f.uc.context, r, mask, fp);
	f.uc.mask = mask;
	f.info = *info;
	if (copy_to_user(sp, &f, sizeof(f)))
		return -EFAULT;
	if (s->alt_flags & SS_AUTODISARM) {
		s->alt_sp = s->alt_size = 0;
		s->alt_flags = SS_DISABLE;
	}

	r->rdi = (u64)info->signo;
	r->rsi = sp + offsetof(struct rt_sigframe, info);
	r->rdx = sp + offsetof(struct rt_sigframe, uc);
	r->rax = 0;			/* for a variadic handler: no vector arguments */
	r->rip = sa->handler;
	r->rsp = sp;
	r->rflags &= ~(FLAG_DF | FLAG_RF | FLAG_TF);
	r->cs = MVM_SEL_USER_CS;
	r->ss = MVM_SEL_USER_DS;
	return 0;
}

static void restore_context(struct regs *r, const struct sig_context *c)
{
	*r = (struct regs) {
		.r8 = c->r8, .r9 = c->r9, .r10 = c->r10, .r11 = c->r11,
		.r12 = c->r12, .r13 = c->r13, .r14 = c->r14, .r15 = c->r15,
		.rdi = c->rdi, .rsi = c->rsi, .rbp = c->rbp, .rbx = c->rbx,
		.rdx = c->rdx, .rax = c->rax, .rcx = c->rcx, .rsp = c->rsp,
		.rip = c->rip, .orig_rax = UINT64_MAX,
		.rflags = (c->rflags & FLAGS_USER) | MVM_RFLAGS_INIT,
		.cs = MVM_SEL_USER_CS, .ss = MVM_SEL_USER_DS,
	};
}

/*
 * rt_sigreturn(2): RSP points behind the return address that the restorer popped.  A frame that
 * does not hold ends the program with SIGSEGV, as in Linux.
 */
long sys_rt_sigreturn(void)
{
	struct regs *r = current->regs;
	struct rt_sigframe f;

	if (!fp_ready() ||
	    copy_from_user(&f, r->rsp - sizeof(f.restorer), offsetof(struct rt_sigframe, info)))
		goto bad;
	if (!f.uc.context.fpstate)
		fpu_reset(fp_area);
	else if (fp_from_user(f.uc.context.fpstate))
		goto bad;
	restore_context(r, &f.uc.context);
	signal_set_mask(f.uc.mask);
	/* Whatever it says: the frame of a program without an alternate stack is no error. */
	signal_set_alt_stack(&f.uc.stack, r->rsp);
	current->work |= WORK_RESTORE;
	current->entry = ENTRY_UPCALL;	/* all registers count, however we came here */
	return (long)r->rax;
bad:
	signal_die(r, SIGSEGV, SI_KERNEL, 0, NO_VECTOR, 0);
}
