/* SPDX-License-Identifier: MIT */
// trap: yes
// poll: never always
/* A thread that spins starves nobody, and what it computes with stays its own. */
#include <math.h>
#include <pthread.h>
#include <time.h>
#include "t.h"

static volatile int stop, bad;

/* Vector, x87 and general registers are live all the time. */
static void *spin(void *arg)
{
	double x = (double)(long)arg, y = x;
	long double z = x;
	unsigned long n = (unsigned long)arg;

	while (!stop) {
		for (int i = 0; i < 1000; i++) {
			y = y + x - x;
			z = z * 1.0L;
			n = n * 3 / 3;
		}
		if (y != x || z != x || n != (unsigned long)arg)
			bad = 1;
	}
	return NULL;
}

int main(void)
{
	struct timespec ms = { 0, 20000000 };
	pthread_t t[4];

	for (long i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, spin, (void *)(i + 1)) == 0);
	for (int i = 0; i < 5; i++) {
		nanosleep(&ms, NULL);
		printf("main %d\n", i);
	}
	stop = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("bad %d\n", bad);
	return 0;
}
