/* SPDX-License-Identifier: MIT */
/*
 * What is measured inside a guest, or natively, by the same program: guest NAME COUNT prints
 * nanoseconds a call.  getpid: the system call.  clock: clock_gettime.  nop: a hypercall that
 * does nothing, over the runtime's own ring, which a program sees because both share an address
 * space; the protocol is that of runtime/hyper.c.
 */
#include <mvm/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void nop(void)
{
	struct mvm_ring *ring = (struct mvm_ring *)(MVM_VA_RT_LOW + MVM_GPA_RING);
	struct mvm_sqe e = { .op = MVM_OP_NOP };
	uint32_t tail = ring->sq_tail, head = ring->cq_head;

	ring->sq[tail % MVM_RING_ENTRIES] = e;
	__atomic_store_n(&ring->sq_tail, tail + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ring->host_flags, __ATOMIC_SEQ_CST) & MVM_RING_POLLED)
		for (int i = 0; i < 4000; i++) {
			if (__atomic_load_n(&ring->cq_tail, __ATOMIC_ACQUIRE) != head)
				goto out;
			__builtin_ia32_pause();
		}
	do {
		__asm__ volatile ("outl %%eax, %%dx" : : "a" (0), "d" (MVM_PORT_DOORBELL) :
				  "memory");
	} while (__atomic_load_n(&ring->cq_tail, __ATOMIC_ACQUIRE) == head);
out:
	__atomic_store_n(&ring->cq_head, head + 1, __ATOMIC_RELEASE);
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 100000;
	const char *what = argc > 1 ? argv[1] : "getpid";
	struct timespec t;
	double start = 0;

	for (long i = -n / 50; i < n; i++) {
		if (i == 0)
			start = now();
		switch (what[0]) {
		case 'g':
			syscall(SYS_getpid);
			break;
		case 'c':
			clock_gettime(CLOCK_MONOTONIC, &t);
			break;
		case 'n':
			nop();
			break;
		default:
			return 2;
		}
	}
	printf("%.2f\n", (now() - start) / n);
	return 0;
}
