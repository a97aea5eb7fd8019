/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences: registration and its errors, and a signal inside a critical section,
 * which goes on at the abort address.
 */
#include <linux/rseq.h>
#include "t.h"

#define SIGNATURE	0x12345678

static _Alignas(32) struct {
	unsigned int start, id;
	unsigned long cs;
	unsigned int rest[12];
} area;
static _Alignas(32) struct rseq_cs section;
static int count;

static long rseq(void *a, unsigned int len, int flags, unsigned int sig)
{
	return syscall(SYS_rseq, a, len, flags, sig);
}

static void handler(int sig)
{
	(void)sig;
	count++;
}

/* A fault inside the section: the handler runs, and the section is left by its abort address. */
static int faults_inside(void)
{
	int aborted = 0;

	__asm__ volatile(
		"leaq 1f(%%rip), %%rax\n\t"
		"movq %%rax, 8(%[cs])\n\t"
		"movq $2f - 1f, 16(%[cs])\n\t"
		"leaq 4f(%%rip), %%rax\n\t"
		"movq %%rax, 24(%[cs])\n\t"
		"movq %[cs], 8(%[area])\n"
		"1:\tud2\n\t"
		"nop\n"
		"2:\tjmp 3f\n\t"
		".long 0x12345678\n"
		"4:\tmovl $1, %[aborted]\n"
		"3:\n"
		: [aborted] "+r"(aborted)
		: [cs] "r"(&section), [area] "r"(&area) : "rax", "memory");
	return aborted;
}

int main(void)
{
	SHOW(rseq(&area, 31, 0, SIGNATURE));
	SHOW(rseq((char *)&area + 4, 32, 0, SIGNATURE));
	SHOW(rseq(&area, 32, 2, SIGNATURE));
	SHOW(rseq(&area, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	area.id = 77;
	SHOW(rseq(&area, 32, 0, SIGNATURE));
	FACT(area.id < 4096 && area.start == area.id);
	SHOW(rseq(&area, 32, 0, SIGNATURE));
	SHOW(rseq(&area, 32, 0, 1));
	SHOW(rseq(&section, 32, 0, SIGNATURE));
	signal(SIGILL, handler);
	printf("aborted %d, signals %d, left %lx\n", faults_inside(), count, area.cs);
	SHOW(rseq(&area, 32, RSEQ_FLAG_UNREGISTER, 1));
	SHOW(rseq(&area, 64, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	SHOW(rseq(&area, 32, RSEQ_FLAG_UNREGISTER, SIGNATURE));
	FACT(area.id == (unsigned int)RSEQ_CPU_ID_UNINITIALIZED);
	return 0;
}
