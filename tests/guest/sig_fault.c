/* SPDX-License-Identifier: MIT */
// trap: yes
/* Faults arrive as signals with the right code; the handler sees and changes the registers. */
#include <ucontext.h>
#include "t.h"

static volatile int skip;

static void on_fault(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	printf("signal %d, code %d, trap %d, rbx %llx\n", sig, si->si_code,
	       (int)uc->uc_mcontext.gregs[REG_TRAPNO],
	       (unsigned long long)uc->uc_mcontext.gregs[REG_RBX]);
	uc->uc_mcontext.gregs[REG_RIP] += skip;
	uc->uc_mcontext.gregs[REG_RAX] = 0x1234;
}

#define FAULT(insn, len, in) do { \
	unsigned long rax = (in), rdx = 0; \
	skip = (len); \
	__asm__ volatile (insn : "+a" (rax), "+d" (rdx) \
			  : "b" (0xb00bUL), "c" (0UL) : "memory", "cc"); \
	printf("%s -> rax %lx\n", insn, rax); \
} while (0)

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	for (int sig = 1; sig < 32; sig++)
		if (sig == SIGSEGV || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP ||
		    sig == SIGBUS)
			sigaction(sig, &sa, NULL);
	FAULT("ud2", 2, 0UL);
	FAULT("div %%rcx", 3, 1UL);
	FAULT("int3", 0, 0UL);
	FAULT("movb $1, 16(%%rcx)", 4, 0UL);
	FAULT("movq (%%rax), %%rdx", 3, 0xdead000000000000UL);
	FAULT("hlt", 1, 0UL);
	FAULT("mov %%cr0, %%rdx", 3, 0UL);
	return 0;
}
