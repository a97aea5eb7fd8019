/* SPDX-License-Identifier: MIT */
// trap: yes
// native: fails
/* The first thread's end is not the process's; exit() in another one is. */
#include <pthread.h>
#include "t.h"

static pthread_t first;

static void *last(void *arg)
{
	pthread_join(first, NULL);
	printf("the first one is gone\n");
	fflush(stdout);
	exit(7);
	return arg;
}

int main(void)
{
	pthread_t t;

	first = pthread_self();
	pthread_create(&t, NULL, last, NULL);
	pthread_exit(NULL);
}
