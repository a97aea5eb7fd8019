/* SPDX-License-Identifier: MIT */
/* What sig_layout.c tells test_rt_signal.c, which sees the C library's signal headers instead. */
#ifndef SIG_LAYOUT_H
#define SIG_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <mvm/abi.h>

struct sig_layout {
	size_t frame_size, uc, info, uc_stack, uc_mcontext, uc_sigmask, stack_size;
	size_t info_size, pid, uid, value, addr;
	size_t gregs[11];	/* r8 r15 rdi rsp rip eflags cs err trapno oldmask cr2 */
	size_t fpstate;
};

extern const struct sig_layout sig_layout;
extern struct mvm_boot test_boot;

void test_start(void);
unsigned int test_work(void);
void test_alt_stack(uint64_t sp, uint64_t size);
/* Builds a frame for known registers.  0, -errno, or 1 when *r is not as it must be. */
int test_build(uint64_t rsp, uint64_t flags, uint64_t mask, uint64_t *new_rsp, uint64_t args[3]);
/* rt_sigreturn with this RSP.  Nonzero: the known registers came back. */
int test_return(uint64_t rsp);
uint64_t test_rsp(void);
uint64_t test_rflags(void);

/* Of the runtime: declared here, because its own headers cannot be included. */
long sys_rt_sigreturn(void);

#endif
