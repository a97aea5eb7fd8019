/* SPDX-License-Identifier: MIT */
/*
 * The reference for the polled hypercall: two threads of this process over the same ring of
 * include/mvm/abi.h, one asks, one answers, both spin.  Prints nanoseconds a round trip:
 * ring_threads COUNT.
 */
#include <mvm/abi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct mvm_ring ring __attribute__((aligned(4096)));

static void *answer(void *arg)
{
	uint32_t head = 0;

	(void)arg;
	for (;;) {
		struct mvm_sqe e;

		while (__atomic_load_n(&ring.sq_tail, __ATOMIC_SEQ_CST) == head)
			__builtin_ia32_pause();
		e = ring.sq[head % MVM_RING_ENTRIES];
		ring.cq[head % MVM_RING_ENTRIES] = (struct mvm_cqe){ .user = e.user };
		head++;
		__atomic_store_n(&ring.sq_head, head, __ATOMIC_RELEASE);
		__atomic_store_n(&ring.cq_tail, head, __ATOMIC_RELEASE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? atoi(argv[1]) : 1000000;
	struct timespec a, b;
	pthread_t t;

	pthread_create(&t, NULL, answer, NULL);
	for (uint32_t i = 0; i < n + 1000; i++) {
		struct mvm_sqe e = { .op = MVM_OP_NOP, .user = i };

		if (i == 1000)
			clock_gettime(CLOCK_MONOTONIC, &a);
		ring.sq[i % MVM_RING_ENTRIES] = e;
		__atomic_store_n(&ring.sq_tail, i + 1, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&ring.cq_tail, __ATOMIC_ACQUIRE) == i)
			__builtin_ia32_pause();
		__atomic_store_n(&ring.cq_head, i + 1, __ATOMIC_RELEASE);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / n);
	return 0;
}
