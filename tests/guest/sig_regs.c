/* SPDX-License-Identifier: MIT */
// trap: yes
/* Every register, flags, SSE and AVX state survive a signal handler that spoils them all. */
#include "t.h"

static volatile int handled;

static void on_fault(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)si, (void)ctx;
	handled++;
	__asm__ volatile ("pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm7, %%xmm7\n\t"
			  "pcmpeqd %%xmm15, %%xmm15\n\tfldz\n\tfstp %%st(0)" : : :
			  "xmm0", "xmm7", "xmm15");
	mprotect((void *)((uintptr_t)si->si_addr & ~4095UL), 4096, PROT_READ | PROT_WRITE);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	unsigned long in[16], out[16], x[4] = { 11, 22, 33, 44 }, y[4], flags;
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int mxcsr = 0x7f80, mxcsr2;
	bool same = true;
	int bad = 0;

	sigaction(SIGSEGV, &sa, NULL);
	for (int i = 0; i < 16; i++)
		in[i] = 0x1111111111111111UL * i + i;
	__asm__ volatile (
		"movdqu (%[x]), %%xmm0\n\tmovdqu 16(%[x]), %%xmm7\n\tmovdqu (%[x]), %%xmm15\n\t"
		"ldmxcsr %[m]\n\t"
		"push %%rbp\n\t"
		"mov 8(%[in]), %%rax\n\tmov 16(%[in]), %%rdx\n\tmov 24(%[in]), %%rbp\n\t"
		"mov 32(%[in]), %%r8\n\tmov 40(%[in]), %%r9\n\tmov 48(%[in]), %%r10\n\t"
		"mov 56(%[in]), %%r11\n\tmov 64(%[in]), %%r12\n\t"
		"stc\n\t"
		"movb $1, (%[page])\n\t"	/* faults, and is done again */
		"mov %%rax, 8(%[out])\n\tmov %%rdx, 16(%[out])\n\tmov %%rbp, 24(%[out])\n\t"
		"mov %%r8, 32(%[out])\n\tmov %%r9, 40(%[out])\n\tmov %%r10, 48(%[out])\n\t"
		"mov %%r11, 56(%[out])\n\tmov %%r12, 64(%[out])\n\t"
		"pop %%rbp\n\t"
		"pushfq\n\tpop %%rax\n\tmov %%rax, (%[out])\n\t"
		"stmxcsr %[m2]\n\t"
		"movdqu %%xmm0, (%[y])\n\tmovdqu %%xmm7, 16(%[y])"
		: [m2] "=m" (mxcsr2)
		: [in] "S" (in), [out] "D" (out), [page] "c" (page), [x] "b" (x), [y] "r" (y),
		  [m] "m" (mxcsr)
		: "rax", "rdx", "r8", "r9", "r10", "r11", "r12", "xmm0", "xmm7", "xmm15", "memory",
		  "cc");
	for (int i = 1; i <= 8; i++)
		bad += in[i] != out[i];
	flags = out[0] & 1;
	same = !memcmp(x, y, 32);
	printf("handled %d, registers bad %d, carry %lu, xmm kept %d, mxcsr %x\n", handled, bad,
	       flags, same, mxcsr2);
	return 0;
}
