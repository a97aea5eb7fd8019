/* SPDX-License-Identifier: MIT */
// trap: yes
/* The futex call itself between threads: wake, bitsets, requeue, wake-op, time-outs, clear_tid. */
#include <linux/futex.h>
#include <pthread.h>
#include <time.h>
#include "t.h"

static int a, b;
static volatile int woken;

static long futex(int *uaddr, int op, int val, void *timeout, int *uaddr2, int val3)
{
	return syscall(SYS_futex, uaddr, op, val, timeout, uaddr2, val3);
}

static void *sleep_on_a(void *arg)
{
	long r = futex(&a, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, (int)(long)arg);

	__sync_fetch_and_add(&woken, 1);
	return (void *)r;
}

static void start(pthread_t *t, int n, long bits)
{
	woken = 0;
	for (int i = 0; i < n; i++)
		CHECK(pthread_create(&t[i], NULL, sleep_on_a, (void *)bits) == 0);
	usleep(30000);
}

static void join(pthread_t *t, int n)
{
	void *r;

	for (int i = 0; i < n; i++) {
		pthread_join(t[i], &r);
		CHECK(r == NULL);
	}
	printf("woken %d\n", woken);
}

int main(void)
{
	struct timespec ms = { 0, 1000000 };
	pthread_t t[4];
	long r;

	start(t, 4, FUTEX_BITSET_MATCH_ANY);
	printf("wake 1: %ld\n", futex(&a, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	printf("wake the rest: %ld\n", futex(&a, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
	join(t, 4);

	start(t, 2, 1);
	start(t + 2, 2, 2);
	printf("bits 2: %ld\n",
	       futex(&a, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 2));
	printf("bits 4: %ld\n",
	       futex(&a, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 4));
	printf("bits 1: %ld\n",
	       futex(&a, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 1));
	join(t, 4);

	start(t, 4, FUTEX_BITSET_MATCH_ANY);
	printf("requeue: %ld\n", futex(&a, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2L, &b, 0));
	printf("at a: %ld\n", futex(&a, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
	printf("at b: %ld\n", futex(&b, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
	join(t, 4);
	printf("requeue of another value: %ld %d\n",
	       futex(&a, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2L, &b, 5), errno);

	start(t, 2, FUTEX_BITSET_MATCH_ANY);
	r = futex(&b, FUTEX_WAKE_OP_PRIVATE, 1, (void *)9L, &a,
		  FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0));
	printf("wake op: %ld a %d\n", r, a);
	join(t, 2);
	a = 0;
	r = futex(&a, FUTEX_WAIT_PRIVATE, 0, &ms, NULL, 0);
	printf("time-out: %ld %d\n", r, errno == ETIMEDOUT);
	r = futex(&a, FUTEX_WAIT_PRIVATE, 1, &ms, NULL, 0);
	printf("other value: %ld %d\n", r, errno == EAGAIN);
	return 0;
}
