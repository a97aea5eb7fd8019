/* SPDX-License-Identifier: MIT */
// trap: yes
/* futex(2) with one thread: values that differ, time-outs, signals, bad arguments. */
#include <linux/futex.h>
#include <sys/time.h>
#include <time.h>
#include "t.h"

static void on_alarm(int sig)
{
	(void)sig;
}

static long futex(void *addr, int op, unsigned int val, void *timeout, void *addr2,
		  unsigned int val3)
{
	return syscall(SYS_futex, addr, op, val, timeout, addr2, val3);
}

int main(void)
{
	unsigned int word[4] = { 5, 7, 0, 0 };
	struct timespec ts = { 0, 10000000 }, bad = { 0, 1000000000 }, now;
	struct itimerval it = { { 0, 0 }, { 0, 20000 } };
	struct sigaction sa = { .sa_handler = on_alarm };

	SHOW(futex(word, FUTEX_WAIT, 6, NULL, NULL, 0));
	SHOW(futex(word, FUTEX_WAIT_PRIVATE, 5, &ts, NULL, 0));
	SHOW(futex(word, FUTEX_WAIT, 5, &bad, NULL, 0));
	clock_gettime(CLOCK_MONOTONIC, &now);
	SHOW(futex(word, FUTEX_WAIT_BITSET, 5, &now, NULL, 1));
	clock_gettime(CLOCK_REALTIME, &now);
	SHOW(futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &now, NULL, 1));
	SHOW(futex(word, FUTEX_WAIT_BITSET, 5, &now, NULL, 0));
	SHOW(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	SHOW(futex((char *)word + 1, FUTEX_WAIT, 5, NULL, NULL, 0));
	SHOW(futex((void *)8, FUTEX_WAIT, 5, NULL, NULL, 0));
	SHOW(futex(word, FUTEX_CMP_REQUEUE, 1, NULL, word + 1, 4));
	SHOW(futex(word, FUTEX_CMP_REQUEUE, 1, NULL, word + 1, 5));
	SHOW(futex(word, FUTEX_WAKE_OP, 1, NULL, word + 1, FUTEX_OP(FUTEX_OP_ADD, 3,
	     FUTEX_OP_CMP_EQ, 7)));
	printf("%u\n", word[1]);
	SHOW(futex(word, 77, 1, NULL, NULL, 0));
	SHOW(sigaction(SIGALRM, &sa, NULL));
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(futex(word, FUTEX_WAIT, 5, NULL, NULL, 0));
	ts.tv_sec = 10;
	setitimer(ITIMER_REAL, &it, NULL);
	SHOW(futex(word, FUTEX_WAIT, 5, &ts, NULL, 0));
	return 0;
}
