/* SPDX-License-Identifier: MIT */
// trap: yes
/* Robust mutexes: who waits is told that the owner died; time-outs of locks and conditions. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include "t.h"

static pthread_mutex_t robust, plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t locked;

static void *die_with_it(void *arg)
{
	CHECK(pthread_mutex_lock(&robust) == 0);
	sem_post(&locked);
	usleep(10000);
	return arg;
}

static struct timespec in_ms(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void *lock_for_a_while(void *arg)
{
	struct timespec t = in_ms(10);

	printf("timed lock: %d\n", pthread_mutex_timedlock(&plain, &t) == ETIMEDOUT);
	return arg;
}

int main(void)
{
	pthread_mutexattr_t attr;
	struct timespec limit;
	pthread_t t;

	sem_init(&locked, 0, 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	pthread_create(&t, NULL, die_with_it, NULL);
	sem_wait(&locked);
	printf("owner died: %d\n", pthread_mutex_lock(&robust) == EOWNERDEAD);
	printf("consistent: %d\n", pthread_mutex_consistent(&robust));
	printf("unlock: %d\n", pthread_mutex_unlock(&robust));
	printf("lock: %d\n", pthread_mutex_lock(&robust));
	pthread_join(t, NULL);

	pthread_mutex_lock(&plain);
	limit = in_ms(10);
	printf("timed wait: %d\n", pthread_cond_timedwait(&cond, &plain, &limit) == ETIMEDOUT);
	pthread_create(&t, NULL, lock_for_a_while, NULL);
	pthread_join(t, NULL);
	return 0;
}
