/* SPDX-License-Identifier: MIT */
// trap: yes
/* Threads: results, thread-local storage, mutexes, condition variables, barriers, once, keys. */
#include <pthread.h>
#include "t.h"

#define N 8

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static __thread int own = 7;
static int turn, made, destroyed, serial;

static void make(void) { made++; }
static void destroy(void *p) { destroyed += *(int *)p; }

/* Each waits for its turn, so that the output has an order. */
static void *worker(void *arg)
{
	static int one = 1;
	long id = (long)arg;

	pthread_once(&once, make);
	pthread_setspecific(key, &one);
	own += (int)id;
	pthread_mutex_lock(&mutex);
	while (turn != id)
		pthread_cond_wait(&cond, &mutex);
	printf("worker %ld own %d\n", id, own);
	turn++;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
		__sync_fetch_and_add(&serial, 1);
	return (void *)(id * id);
}

int main(void)
{
	pthread_t t[N];
	long sum = 0;
	void *r;

	pthread_key_create(&key, destroy);
	pthread_barrier_init(&barrier, NULL, N);
	for (long i = 0; i < N; i++)
		CHECK(pthread_create(&t[i], NULL, worker, (void *)i) == 0);
	for (int i = 0; i < N; i++) {
		CHECK(pthread_join(t[i], &r) == 0);
		sum += (long)r;
	}
	printf("sum %ld made %d destroyed %d serial %d own %d\n",
	       sum, made, destroyed, serial, own);
	printf("self %d\n", pthread_equal(pthread_self(), pthread_self()) != 0);
	return 0;
}
