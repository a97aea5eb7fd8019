/* SPDX-License-Identifier: MIT */
// trap: yes
/* Two thousand threads at once, and their memory comes back. */
#include <pthread.h>
#include "t.h"

#define N 2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int here, go;

static void *wait_for_all(void *arg)
{
	pthread_mutex_lock(&mutex);
	if (++here == N)
		pthread_cond_broadcast(&cond);
	while (!go)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	return arg;
}

int main(void)
{
	static pthread_t t[N];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int round = 0; round < 3; round++) {
		here = go = 0;
		for (int i = 0; i < N; i++)
			CHECK(pthread_create(&t[i], &attr, wait_for_all, NULL) == 0);
		pthread_mutex_lock(&mutex);
		while (here < N)
			pthread_cond_wait(&cond, &mutex);
		printf("here %d\n", here);
		go = 1;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
		for (int i = 0; i < N; i++)
			CHECK(pthread_join(t[i], NULL) == 0);
	}
	return 0;
}
