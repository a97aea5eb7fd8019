/* SPDX-License-Identifier: MIT */
/*
 * The bench.  A child asks for one thing after another over the first listening socket: connects,
 * sends a request of HTTP, which programs that know nothing of it read as some lines, and reads to
 * the end.  What of the time was start, run and reset the workers say.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"
#include "clock.h"
#include "msg.h"
#include "pool.h"
#include "usage.h"

enum { START, RUN, RESET, TOTAL, ROWS };

static uint64_t *values[ROWS];		/* of TOTAL: the child writes it */
static uint64_t wanted, noted;
static pid_t client;
static uint64_t begun_ns, took_ns;
static bool ended;			/* the client, and the table is due */

int bench_init(const struct supervisor *s)
{
	wanted = s->plan.serve.bench;
	for (int i = 0; i < ROWS && wanted; i++) {
		values[i] = mmap(NULL, wanted * sizeof(uint64_t), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (values[i] == MAP_FAILED)
			return fail(EXIT_MVM, "--bench %llu: no memory for so many values; ask for "
				    "fewer", (unsigned long long)wanted);
	}
	return 0;
}

/* ---- The client ----------------------------------------------------------------------------- */

/* Where the first socket is.  One that is bound to all addresses is reached at the host's. */
static socklen_t address(struct sockaddr_storage *a)
{
	socklen_t len = sizeof(*a);

	return getsockname(CONFINE_FD_LISTEN, (struct sockaddr *)a, &len) ? 0 : len;
}

static int ask(const struct sockaddr_storage *a, socklen_t len)
{
	static const char request[] = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";
	int fd = socket(a->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char buf[16384];
	ssize_t n;

	if (fd < 0 || connect(fd, (const struct sockaddr *)a, len))
		return fail(1, "--bench: cannot connect: %s", strerror(errno));
	/* Who does not read it has answered all the same. */
	n = send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	return 0;
}

static _Noreturn void run_client(void)
{
	struct sockaddr_storage a;
	socklen_t len = address(&a);

	for (uint64_t i = 0; i < wanted; i++) {
		uint64_t from = clock_ns(CLOCK_MONOTONIC);

		if (!len || ask(&a, len))
			_exit(1);
		values[TOTAL][i] = clock_ns(CLOCK_MONOTONIC) - from;
	}
	_exit(0);
}

void bench_start(void)
{
	if (!wanted || client)
		return;
	begun_ns = clock_ns(CLOCK_MONOTONIC);
	client = fork();
	if (!client)
		run_client();
	if (client < 0)
		warn("--bench: cannot make a process: %s", strerror(errno));
}

/* ---- The table ------------------------------------------------------------------------------ */

void bench_note(const struct record *r)
{
	if (noted >= wanted)
		return;
	values[START][noted] = r->start_ns;
	values[RUN][noted] = r->run_ns;
	values[RESET][noted] = r->reset_ns;
	noted++;
}

static void row(const char *name, uint64_t *v, uint64_t n)
{
	static const unsigned int permilles[] = { 500, 900, 990 };

	sort_values(v, n);
	printf("%-6s %10.1f", name, (double)v[0] / 1e3);
	for (size_t i = 0; i < sizeof(permilles) / sizeof(permilles[0]); i++)
		printf(" %10.1f", (double)percentile(v, n, permilles[i]) / 1e3);
	printf(" %10.1f\n", (double)v[n - 1] / 1e3);
}

static void table(const struct supervisor *s, double seconds)
{
	static const char *const names[ROWS] = {
		[START] = "start", [RUN] = "run", [RESET] = "reset", [TOTAL] = "total",
	};
	const struct counters *c = &s->counters;

	printf("%llu requests, one after another, in %.2f s: %.0f a second\n\n",
	       (unsigned long long)wanted, seconds, (double)wanted / seconds);
	printf("us     %10s %10s %10s %10s %10s\n", "min", "p50", "p90", "p99", "max");
	for (int i = 0; i < ROWS; i++)
		row(names[i], values[i], i == TOTAL ? wanted : noted);
	printf("\nended by:");
	for (unsigned int i = 0; i < BY_TYPES; i++)
		if (c->requests[i])
			printf(" %s %llu", ended_name(i), (unsigned long long)c->requests[i]);
	printf("; workers made: %llu; private memory of a worker: %llu KiB\n",
	       (unsigned long long)c->forks,
	       (unsigned long long)(pool_private_bytes(s) / 1024 /
				    (s->idle + s->busy ? s->idle + s->busy : 1)));
}

void bench_client_ended(struct supervisor *s, pid_t pid, int status)
{
	if (!client || pid != client)
		return;
	ended = true;
	took_ns = clock_ns(CLOCK_MONOTONIC) - begun_ns;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		s->status = fail(EXIT_MVM, "--bench: the client ended before it was through");
}

bool bench_over(struct supervisor *s)
{
	if (!ended || (noted < wanted && s->busy))
		return false;
	if (!s->status && noted) {
		table(s, (double)took_ns / 1e9);
		s->status = usage_end();
	}
	ended = false;
	return true;
}
