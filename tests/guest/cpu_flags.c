/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * Flags that a program may set before a system call: single-stepping and alignment checks are no
 * business of the kernel's.
 */
#include "t.h"
#include <signal.h>
#include <time.h>

#define TF	"0x100"
#define AC	"0x40000"

#define SET_FLAG(f)	__asm__ volatile ("pushfq; orq $" f ", (%%rsp); popfq" : : : "memory", "cc")
#define CLEAR_FLAG(f)	\
	__asm__ volatile ("pushfq; andq $~" f ", (%%rsp); popfq" : : : "memory", "cc")

static volatile sig_atomic_t steps;

static void on_step(int sig)
{
	(void)sig;
	steps++;
}

int main(void)
{
	static union {
		char bytes[64];
		struct timespec aligned;
	} t;
	struct timespec *odd = (void *)(uintptr_t)((uintptr_t)t.bytes + 1);
	pid_t pid = getpid(), stepped;
	int slept;

	signal(SIGTRAP, on_step);
	SET_FLAG(TF);
	stepped = getpid();
	CLEAR_FLAG(TF);
	printf("single-stepped: %s\n", stepped == pid && steps ? "yes" : "no");

	SET_FLAG(AC);
	slept = nanosleep(odd, NULL);
	CLEAR_FLAG(AC);
	printf("with alignment checks: %d\n", slept);
	return 0;
}
