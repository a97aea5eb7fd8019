/* SPDX-License-Identifier: MIT */
// native: no
// expect-status: 0
/* What this version does not have says so: fork and threads fail, and nothing hangs. */
#include <pthread.h>
#include "t.h"

static void *thread(void *arg)
{
	return arg;
}

int main(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, thread, NULL);

	printf("thread refused: %d\n", r != 0);
	printf("fork refused: %d\n", fork() == -1 && errno == ENOSYS);
	printf("socket refused: %d\n", syscall(SYS_socket, 2, 1, 0) == -1);
	return 0;
}
