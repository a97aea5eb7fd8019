/* SPDX-License-Identifier: MIT */
/* The runtime's view of a signal frame for test_rt_signal.c, away from the C library's headers. */
#include "sys/sigframe.h"

#include "sig_layout.h"

const struct sig_layout sig_layout = {
	.frame_size = sizeof(struct rt_sigframe),
	.uc = offsetof(struct rt_sigframe, uc),
	.info = offsetof(struct rt_sigframe, info),
	.uc_stack = offsetof(struct sig_ucontext, stack),
	.uc_mcontext = offsetof(struct sig_ucontext, context),
	.uc_sigmask = offsetof(struct sig_ucontext, mask),
	.stack_size = sizeof(struct sig_stack),
	.info_size = sizeof(struct ksiginfo),
	.pid = offsetof(struct ksiginfo, sent.pid),
	.uid = offsetof(struct ksiginfo, sent.uid),
	.value = offsetof(struct ksiginfo, sent.value),
	.addr = offsetof(struct ksiginfo, fault.addr),
	.gregs = {
		offsetof(struct sig_context, r8), offsetof(struct sig_context, r15),
		offsetof(struct sig_context, rdi), offsetof(struct sig_context, rsp),
		offsetof(struct sig_context, rip), offsetof(struct sig_context, rflags),
		offsetof(struct sig_context, cs), offsetof(struct sig_context, err),
		offsetof(struct sig_context, trapno), offsetof(struct sig_context, oldmask),
		offsetof(struct sig_context, cr2),
	},
	.fpstate = offsetof(struct sig_context, fpstate),
};

struct mvm_boot test_boot;
const struct mvm_boot *const boot = &test_boot;
static struct thread thread;
struct rt_cpu rt_cpu = { .running = &thread };
struct ksigaction sig_actions[NSIG_MAX];
static struct sigstate state;
static struct regs regs;

void test_start(void)
{
	thread.sig = &state;
	thread.regs = &regs;
	thread.work = 0;
}

unsigned int test_work(void)
{
	return thread.work;
}

void test_alt_stack(uint64_t sp, uint64_t size)
{
	state.alt_sp = sp;
	state.alt_size = size;
	state.alt_flags = 0;
}

int test_build(uint64_t rsp, uint64_t flags, uint64_t mask, uint64_t *new_rsp, uint64_t args[3])
{
	struct ksigaction sa = { .handler = 0x1234, .flags = flags, .restorer = 0x5678 };
	struct ksiginfo info = { .signo = 11, .code = 1, .fault.addr = 0xdead0 };
	int err;

	regs = (struct regs){
		.r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11, .r12 = 12, .r13 = 13, .r14 = 14, .r15 = 15,
		.rdi = 21, .rsi = 22, .rbp = 23, .rbx = 24, .rdx = 25, .rax = 26, .rcx = 27,
		.rsp = rsp, .rip = 29, .rflags = 0x10602, .cs = 0x33, .ss = 0x2b,
	};
	state.trap_nr = 14;
	state.trap_error = 6;
	state.trap_addr = 0xdead0;
	err = sigframe_build(&regs, &sa, &info, mask);
	*new_rsp = regs.rsp;
	args[0] = regs.rdi;
	args[1] = regs.rsi;
	args[2] = regs.rdx;
	return err ? err : regs.rip == 0x1234 && !(regs.rflags & 0x10400) ? 0 : 1;
}

int test_return(uint64_t rsp)
{
	regs = (struct regs){ .rsp = rsp };
	sys_rt_sigreturn();
	return regs.r8 == 8 && regs.r9 == 9 && regs.r10 == 10 && regs.r11 == 11 &&
	       regs.r12 == 12 && regs.r13 == 13 && regs.r14 == 14 && regs.r15 == 15 &&
	       regs.rdi == 21 && regs.rsi == 22 && regs.rbp == 23 && regs.rbx == 24 &&
	       regs.rdx == 25 && regs.rax == 26 && regs.rcx == 27 && regs.rip == 29 &&
	       regs.cs == 0x33 && regs.ss == 0x2b;
}

uint64_t test_rsp(void)
{
	return regs.rsp;
}

uint64_t test_rflags(void)
{
	return regs.rflags;
}
