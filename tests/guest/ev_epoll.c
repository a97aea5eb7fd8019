/* SPDX-License-Identifier: MIT */
// trap: yes
/* epoll: what is an error, level and edge, one shot, sets in sets, what closing does. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <time.h>
#include "t.h"

static int ep;

static int ctl(int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	return epoll_ctl(ep, op, fd, &e);
}

/* One wait of at most max events, in the order in which they come. */
static void show(const char *what, int set, int max, int timeout)
{
	struct epoll_event e[16];
	int n = epoll_wait(set, e, max, timeout);

	printf("%s: %d", what, n);
	for (int i = 0; i < n; i++)
		printf(" %x/%d", e[i].events, (int)e[i].data.u64);
	if (n < 0)
		printf(" errno %d", errno);
	putchar('\n');
}

static void errors(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int file, dir, null, p[2], other = epoll_create1(EPOLL_CLOEXEC);

	make_file("plain", "x");
	file = open("plain", O_RDONLY);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	null = open("/dev/null", O_RDONLY);
	pipe(p);
	SHOW(syscall(SYS_epoll_create, 0));
	SHOW(epoll_create1(1));
	SHOW(fcntl(other, F_GETFD));
	SHOW(fcntl(ep, F_GETFD));
	SHOW(fcntl(ep, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	SHOW(ctl(EPOLL_CTL_ADD, file, EPOLLIN, 0));
	SHOW(ctl(EPOLL_CTL_ADD, dir, EPOLLIN, 0));
	SHOW(ctl(EPOLL_CTL_ADD, null, EPOLLIN, 0));
	SHOW(ctl(EPOLL_CTL_ADD, 99, EPOLLIN, 0));
	SHOW(ctl(EPOLL_CTL_ADD, ep, EPOLLIN, 0));
	SHOW(epoll_ctl(file, EPOLL_CTL_ADD, p[0], &e));
	SHOW(epoll_ctl(99, EPOLL_CTL_ADD, p[0], &e));
	SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], (void *)8));
	SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
	SHOW(epoll_ctl(ep, 7, p[0], &e));
	SHOW(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 0));
	SHOW(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
	SHOW(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 0));
	SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL));
	SHOW(epoll_wait(ep, &e, 0, 0));
	SHOW(syscall(SYS_epoll_wait, ep, &e, -1, 0));
	SHOW(syscall(SYS_epoll_wait, ep, &e, 1 << 28, 0));
	SHOW(epoll_wait(p[0], &e, 1, 0));
	SHOW(epoll_wait(99, &e, 1, 0));
	SHOW(syscall(SYS_epoll_wait, ep, -4096L, 1, 0));
	/* A bad address is noticed when something is to be stored, and nothing is lost by it. */
	SHOW(ctl(EPOLL_CTL_ADD, p[1], EPOLLOUT, 5));
	SHOW(syscall(SYS_epoll_wait, ep, 8, 1, 0));
	show("still there", ep, 4, 0);
	SHOW(read(ep, &e, sizeof(e)));
	SHOW(write(ep, &e, sizeof(e)));
	SHOW(lseek(ep, 0, SEEK_SET));
	/* EPOLLEXCLUSIVE: with little else, and only when added. */
	SHOW(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 0));
	SHOW(ctl(EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE, 0));
	SHOW(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, 0));
	SHOW(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 0));
	SHOW(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLEXCLUSIVE, 0));
	close(file);
	close(dir);
	close(null);
	close(p[0]);
	close(p[1]);
	close(other);
}

static void level_and_edge(void)
{
	int p[2], q[2];
	char c[8];

	pipe(p);
	pipe(q);
	SHOW(ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 1));
	SHOW(ctl(EPOLL_CTL_ADD, q[0], EPOLLIN | EPOLLET, 2));
	show("nothing", ep, 4, 0);
	write(p[1], "abc", 3);
	write(q[1], "abc", 3);
	show("both", ep, 4, -1);
	show("level again", ep, 4, -1);
	read(p[0], c, 1);
	read(q[0], c, 1);
	show("still some", ep, 4, -1);
	write(q[1], "d", 1);
	show("edge again", ep, 4, -1);
	show("only once", ep, 4, 0);
	SHOW(ctl(EPOLL_CTL_MOD, q[0], EPOLLIN | EPOLLET, 3));
	show("armed anew", ep, 4, 0);
	read(p[0], c, 8);
	read(q[0], c, 8);
	show("drained", ep, 4, 0);
	SHOW(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 4));
	write(p[1], "e", 1);
	show("one shot", ep, 4, 0);
	write(p[1], "f", 1);
	show("no second", ep, 4, 0);
	SHOW(ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 5));
	show("after MOD", ep, 4, 0);
	close(p[1]);
	show("hung up, asleep", ep, 4, 0);
	SHOW(ctl(EPOLL_CTL_MOD, p[0], 0, 6));
	show("hung up", ep, 4, 0);
	close(p[0]);
	show("closed", ep, 4, 0);
	close(q[0]);
	close(q[1]);
}

/* An item is one of the open file: a copy of the descriptor keeps it, by its old number. */
static void closing(void)
{
	int e = eventfd(1, 0), copy = dup(e);

	SHOW(ctl(EPOLL_CTL_ADD, e, EPOLLIN, 1));
	SHOW(ctl(EPOLL_CTL_ADD, copy, EPOLLIN, 2));
	show("two of one", ep, 4, 0);
	close(copy);
	show("one is closed", ep, 4, 0);
	SHOW(ctl(EPOLL_CTL_DEL, copy, 0, 0));
	close(e);
	show("none is open", ep, 4, 0);
	e = eventfd(1, 0);
	SHOW(ctl(EPOLL_CTL_ADD, e, EPOLLIN, 3));
	show("the number again", ep, 4, 0);
	SHOW(ctl(EPOLL_CTL_DEL, e, 0, 0));
	show("taken out", ep, 4, 0);
	close(e);
}

/* Nobody starves: what is ready takes turns. */
static void turns(void)
{
	int e[5];

	for (int i = 0; i < 5; i++) {
		e[i] = eventfd(1, 0);
		ctl(EPOLL_CTL_ADD, e[i], EPOLLIN, i);
	}
	for (int i = 0; i < 5; i++)
		show("turn", ep, 2, 0);
	for (int i = 0; i < 5; i++)
		close(e[i]);
	show("all closed", ep, 4, 0);
}

static void nested(void)
{
	int sets[5], inner = epoll_create1(0), e = eventfd(0, 0);
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 7 };

	SHOW(epoll_ctl(inner, EPOLL_CTL_ADD, e, &ev));
	SHOW(ctl(EPOLL_CTL_ADD, inner, EPOLLIN, 8));
	show("inner is empty", ep, 4, 0);
	eventfd_write(e, 1);
	show("outer", ep, 4, -1);
	show("inner", inner, 4, -1);
	eventfd_read(e, &(eventfd_t){ 0 });
	show("outer drained", ep, 4, 0);
	ev.data.u64 = 9;
	SHOW(epoll_ctl(inner, EPOLL_CTL_ADD, ep, &ev));
	close(e);
	SHOW(ctl(EPOLL_CTL_DEL, inner, 0, 0));
	close(inner);
	/* A chain of five is allowed, of six it is not. */
	for (int i = 0; i < 5; i++)
		sets[i] = epoll_create1(0);
	for (int i = 0; i < 4; i++)
		SHOW(epoll_ctl(sets[i], EPOLL_CTL_ADD, sets[i + 1], &ev));
	SHOW(epoll_ctl(sets[4], EPOLL_CTL_ADD, sets[0], &ev));
	e = eventfd(1, 0);
	SHOW(epoll_ctl(sets[4], EPOLL_CTL_ADD, e, &ev));
	show("through five", sets[0], 4, -1);
	close(e);
	for (int i = 0; i < 5; i++)
		close(sets[i]);
}

static volatile int caught;

static void handler(int sig)
{
	(void)sig;
	caught++;
}

static void waiting(void)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct timespec t, bad = { 0, 1000000000 }, before, after;
	struct epoll_event e;
	int fd = eventfd(1, 0);
	struct pollfd p = { fd, POLLIN, 0 };
	sigset_t none, usr1;
	fd_set in;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &before);
	show("timed out", ep, 4, 30);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	FACT(ms >= 29);
	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	raise(SIGUSR1);
	show("blocked", ep, 4, 1);
	printf("%d\n", caught);
	/* Never restarted, whatever the handler says. */
	SHOW(epoll_pwait(ep, &e, 1, -1, &none));
	printf("%d\n", caught);
	/* What is ready comes before a signal, which is then still blocked. */
	raise(SIGUSR1);
	SHOW(ctl(EPOLL_CTL_ADD, fd, EPOLLIN, 1));
	SHOW(epoll_pwait(ep, &e, 1, -1, &none));
	SHOW(ppoll(&p, 1, NULL, &none));
	FD_ZERO(&in);
	FD_SET(fd, &in);
	SHOW(pselect(fd + 1, &in, NULL, NULL, NULL, &none));
	printf("%d\n", caught);
	SHOW(ctl(EPOLL_CTL_DEL, fd, 0, 0));
	SHOW(sigsuspend(&none));
	printf("%d\n", caught);
	SHOW(syscall(SYS_epoll_pwait, ep, &e, 1, 0, &none, 4));
	SHOW(syscall(SYS_epoll_pwait, ep, &e, 1, 0, 8, 8));
	t = (struct timespec){ 0, 1000000 };
	SHOW(syscall(SYS_epoll_pwait2, ep, &e, 1, &t, NULL, 8));
	SHOW(syscall(SYS_epoll_pwait2, ep, &e, 1, &bad, NULL, 8));
	SHOW(syscall(SYS_epoll_pwait2, ep, &e, 1, 8, NULL, 8));
	SHOW(syscall(SYS_epoll_wait, ep, &e, 1, 0));
}

int main(void)
{
	enter_data();
	ep = epoll_create1(0);
	errors();
	level_and_edge();
	closing();
	turns();
	nested();
	waiting();
	return 0;
}
