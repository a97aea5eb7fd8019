/* SPDX-License-Identifier: MIT */
// trap: yes
// fs: yes
/* Locks between open files: who has to wait, and what wakes him. */
#include <pthread.h>
#include <sys/file.h>
#include "t.h"

enum kind { OFD, FLOCK };

static volatile int started, released;
static enum kind kind;

static int lock(int fd, int type, bool wait)
{
	struct flock fl = { .l_type = (short)type, .l_whence = SEEK_SET };

	if (kind == OFD)
		return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl);
	return flock(fd, (type == F_UNLCK ? LOCK_UN : type == F_WRLCK ? LOCK_EX : LOCK_SH) |
		     (wait ? 0 : LOCK_NB));
}

static void *waiter(void *arg)
{
	int fd = open("file", O_RDWR);
	long res;

	(void)arg;
	started = 1;
	res = lock(fd, F_WRLCK, true);
	if (res == -1)
		res = -errno;
	else if (!released)
		res = 1;		/* got what another had */
	close(fd);
	return (void *)res;
}

/* Long enough for a waiter to wait; whether it does is not measured. */
static void let_it_wait(void)
{
	while (!started)
		usleep(1000);
	usleep(30000);
}

static long wait_for(int fd, void (*release)(int fd))
{
	pthread_t t;
	void *res;

	started = released = 0;
	pthread_create(&t, NULL, waiter, NULL);
	let_it_wait();
	released = 1;
	release(fd);
	pthread_join(t, &res);
	return (long)res;
}

static void unlock(int fd)
{
	lock(fd, F_UNLCK, false);
}

static void close_it(int fd)
{
	close(fd);
}

static void on_signal(int signo)
{
	(void)signo;
}

static long interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pthread_t t;
	void *res;

	sigaction(SIGUSR1, &sa, NULL);
	started = released = 0;
	pthread_create(&t, NULL, waiter, NULL);
	let_it_wait();
	pthread_kill(t, SIGUSR1);
	pthread_join(t, &res);
	return (long)res;
}

static void both(enum kind k, const char *name)
{
	int fd = open("file", O_RDWR), other = open("file", O_RDWR);

	kind = k;
	puts(name);
	SHOW(lock(fd, F_RDLCK, false));
	SHOW(lock(other, F_RDLCK, false));
	SHOW(lock(fd, F_WRLCK, false));
	SHOW(lock(other, F_UNLCK, false));
	SHOW(lock(fd, F_WRLCK, false));
	SHOW(lock(other, F_RDLCK, false));
	printf("woken by unlocking: %ld\n", wait_for(fd, unlock));
	SHOW(lock(fd, F_WRLCK, false));
	printf("interrupted: %ld\n", interrupted());
	printf("woken by the end of the open file: %ld\n", wait_for(fd, close_it));
	SHOW(lock(other, F_WRLCK, false));
	close(other);
}

/* What belongs to the process never conflicts in it, whichever descriptor. */
static void posix(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };
	int a = open("file", O_RDWR), b = open("file", O_RDWR);

	SHOW(fcntl(a, F_SETLKW, &fl));
	SHOW(fcntl(b, F_SETLKW, &fl));
	SHOW(fcntl(b, F_OFD_SETLK, &(struct flock){ .l_type = F_RDLCK, .l_whence = SEEK_SET }));
	close(a);			/* and with it the lock */
	SHOW(fcntl(b, F_OFD_SETLK, &(struct flock){ .l_type = F_RDLCK, .l_whence = SEEK_SET }));
	close(b);
}

int main(void)
{
	enter_data();
	make_file("file", "text");
	both(OFD, "OFD");
	both(FLOCK, "flock");
	posix();
	return 0;
}
