/* SPDX-License-Identifier: MIT */
/*
 * A client that measures: load [-f] [-c CLIENTS] [-n COUNT | -s SECONDS] REQUEST TARGET...
 *
 * Each client asks the targets in turn, one connection a request: connects, sends the file REQUEST,
 * shuts its side down, reads to the end.  A target is a port of 127.0.0.1, or a path.  For each it
 * prints
 *	TARGET requests errors min p50 p90 p99 max rate
 * with times in us from before connect(2) to the last byte, and the rate in requests a second.  An
 * error is an answer unlike the first one, too, which is asked for beforehand or, with -f, not at
 * all.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAX	4
#define CLIENTS_MAX	256
#define ANSWER_MAX	65536
#define VALUES_MAX	(1U << 20)	/* of each target; what is more is only counted */

struct target {
	union { struct sockaddr a; struct sockaddr_in v4; struct sockaddr_un un; } addr;
	socklen_t len;
	const char *name;
	char want[ANSWER_MAX];
	size_t want_len;
};

struct shared {
	uint64_t n[TARGETS_MAX], errors[TARGETS_MAX];
	uint32_t us[TARGETS_MAX][VALUES_MAX];
};

static struct target targets[TARGETS_MAX];
static int ntargets;
static struct shared *shared;
static char request[ANSWER_MAX];
static size_t request_len;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void add_target(const char *name)
{
	struct target *t = &targets[ntargets++];

	t->name = name;
	if (*name == '/') {
		t->addr.un.sun_family = AF_UNIX;
		snprintf(t->addr.un.sun_path, sizeof(t->addr.un.sun_path), "%s", name);
		t->len = sizeof(t->addr.un);
		return;
	}
	t->addr.v4 = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(name)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	t->len = sizeof(t->addr.v4);
}

/* The answer's length, or -1. */
static ssize_t ask(const struct target *t, char *answer)
{
	int fd = socket(t->addr.a.sa_family, SOCK_STREAM, 0);
	size_t got = 0;
	ssize_t n = -1;

	if (fd >= 0 && !connect(fd, &t->addr.a, t->len) &&
	    send(fd, request, request_len, MSG_NOSIGNAL) == (ssize_t)request_len &&
	    !shutdown(fd, SHUT_WR))
		while ((n = read(fd, answer + got, ANSWER_MAX - got)) > 0)
			got += (size_t)n;
	if (fd >= 0)
		close(fd);
	return n == 0 ? (ssize_t)got : -1;
}

static void measure(int i)
{
	static char answer[ANSWER_MAX];
	const struct target *t = &targets[i];
	uint64_t from = now_ns(), took, n;
	ssize_t len = ask(t, answer);

	took = now_ns() - from;
	if (len <= 0 || (t->want_len && len != (ssize_t)t->want_len) ||
	    memcmp(answer, t->want, t->want_len))
		__atomic_fetch_add(&shared->errors[i], 1, __ATOMIC_RELAXED);
	n = __atomic_fetch_add(&shared->n[i], 1, __ATOMIC_RELAXED);
	if (n < VALUES_MAX)
		shared->us[i][n] = (uint32_t)(took / 100);	/* tenths */
}

static void client(uint64_t count, uint64_t until)
{
	for (uint64_t n = 0; count ? n < count : now_ns() < until; n++)
		for (int i = 0; i < ntargets; i++)
			measure(i);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double rank(int i, uint64_t n, unsigned int permille)
{
	uint64_t r = (n * permille + 999) / 1000;

	return shared->us[i][r ? r - 1 : 0] / 10.0;
}

static void report(int i, double seconds)
{
	uint64_t n = shared->n[i] < VALUES_MAX ? shared->n[i] : VALUES_MAX;

	qsort(shared->us[i], n, sizeof(uint32_t), compare);
	printf("%s %llu %llu %.1f %.1f %.1f %.1f %.1f %.1f\n", targets[i].name,
	       (unsigned long long)shared->n[i], (unsigned long long)shared->errors[i],
	       rank(i, n, 0), rank(i, n, 500), rank(i, n, 900), rank(i, n, 990), rank(i, n, 1000),
	       (double)shared->n[i] / seconds);
}

int main(int argc, char **argv)
{
	uint64_t count = 0, seconds = 10, clients = 1, from;
	int opt, first = 0, failed = 0, status;
	FILE *f;

	while ((opt = getopt(argc, argv, "fc:n:s:")) != -1) {
		if (opt == 'f')
			first = 1;
		else if (opt == 'c')
			clients = strtoull(optarg, NULL, 10);
		else if (opt == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (opt == 's')
			seconds = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	f = optind + 1 < argc && argc - optind - 1 <= TARGETS_MAX ? fopen(argv[optind], "r") : NULL;
	if (!f || clients > CLIENTS_MAX) {
		fprintf(stderr,
			"load [-f] [-c CLIENTS] [-n COUNT | -s SECONDS] REQUEST TARGET...\n");
		return 2;
	}
	request_len = fread(request, 1, sizeof(request), f);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 2;
	for (int i = optind + 1; i < argc; i++)
		add_target(argv[i]);
	for (int i = 0; i < ntargets && !first; i++) {
		ssize_t n = ask(&targets[i], targets[i].want);

		if (n <= 0) {
			fprintf(stderr, "load: %s gives no answer: %s\n", targets[i].name,
				strerror(errno));
			return 1;
		}
		targets[i].want_len = (size_t)n;
	}
	from = now_ns();
	for (uint64_t c = 0; c < clients; c++)
		if (!fork()) {
			client(count, from + seconds * 1000000000);
			_exit(0);
		}
	while (wait(&status) > 0)
		failed |= status;
	for (int i = 0; i < ntargets; i++)
		report(i, (double)(now_ns() - from) / 1e9);
	return failed ? 1 : 0;
}
