/* SPDX-License-Identifier: MIT */
/*
 * The options of mvm serve alone.  In every build: with CONFIG_SERVE off they say so.
 */
#include <stdlib.h>
#include <string.h>
#include <mvm/abi.h>
#include "command.h"
#include "msg.h"
#include "net.h"
#include "serve.h"
#include "value.h"

#define WORKERS_MAX	4096
#define FD_MAX		99
#define POOL_DEFAULT	4
#define CONCURRENCY_DEFAULT 64
#define TIME_DEFAULT	(30ULL * 1000000000)
#define TIME_MAX	(1000ULL * 3600 * 1000000000)

static int number(const struct option_desc *o, char *value, uint64_t max, uint64_t *n)
{
	const char *why = value_number(value, n);

	if (!why && !*n)
		why = "is none at all";
	if (!why && *n > max)
		why = max == WORKERS_MAX ? "is more than 4096" : "is too large a number";
	return why ? option_bad(o, value, why) : 0;
}

static int workers(const struct option_desc *o, char *value, uint32_t *out)
{
	uint64_t n;
	int status = number(o, value, WORKERS_MAX, &n);

	if (!status)
		*out = (uint32_t)n;
	return status;
}

static int parse_pool(struct plan *p, const struct option_desc *o, char *value)
{
	return workers(o, value, &p->serve.pool);
}

static int parse_concurrency(struct plan *p, const struct option_desc *o, char *value)
{
	return workers(o, value, &p->serve.concurrency);
}

static int duration(const struct option_desc *o, char *value, uint64_t *ns)
{
	const char *why = value_duration(value, ns);

	if (!why && !*ns)
		why = "is no time at all";
	if (!why && *ns > TIME_MAX)
		why = "is more than 1000h";
	return why ? option_bad(o, value, why) : 0;
}

static int parse_request_timeout(struct plan *p, const struct option_desc *o, char *value)
{
	return duration(o, value, &p->serve.request_ns);
}

static int parse_drain_timeout(struct plan *p, const struct option_desc *o, char *value)
{
	return duration(o, value, &p->serve.drain_ns);
}

static int parse_requests_per_vm(struct plan *p, const struct option_desc *o, char *value)
{
	return number(o, value, UINT32_MAX, &p->serve.requests_per_vm);
}

static int parse_reset(struct plan *p, const struct option_desc *o, char *value)
{
	static const char *const words[] = {
		[RESET_AUTO] = "auto", [RESET_COPY] = "copy", [RESET_DEVICE] = "device",
		[RESET_PROCESS] = "process",
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]))
			continue;
		p->serve.reset = (enum serve_reset)i;
		return 0;
	}
	return option_bad(o, value, "is none of auto, copy, device and process");
}

static int parse_contract(struct plan *p, const struct option_desc *o, char *value)
{
	static const char *const words[] = {
		[SERVE_AUTO] = "auto", [SERVE_INETD] = "inetd", [SERVE_SERVER] = "server",
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]))
			continue;
		p->serve.contract = (enum serve_contract)i;
		return 0;
	}
	return option_bad(o, value, "is none of auto, inetd and server");
}

static int parse_metrics(struct plan *p, const struct option_desc *o, char *value)
{
	struct plan_listen l = { .text = strdup(value) };
	const char *why = l.text ? listen_value(value, &l) : "cannot be noted: out of memory";

	if (!why && l.proto == MVM_PROTO_UDP)
		why = "is no address of TCP or of a UNIX socket";
	if (why) {
		option_bad(o, l.text ? l.text : "", why);
		free(l.text);
		return EXIT_MVM;
	}
	p->serve.metrics = l;
	return 0;
}

static int parse_access_log(struct plan *p, const struct option_desc *o, char *value)
{
	uint64_t n;

	if (!*value)
		return option_bad(o, "", "names no file");
	if (!strncmp(value, "fd:", 3) && (value_number(value + 3, &n) || n > FD_MAX))
		return option_bad(o, value, "is not the number of a descriptor below 100");
	p->serve.access_log = value;
	return 0;
}

static int parse_ready_fd(struct plan *p, const struct option_desc *o, char *value)
{
	uint64_t n;

	if (value_number(value, &n) || n < 3 || n > FD_MAX)
		return option_bad(o, value,
				  "is not the number of a descriptor from 3 to 99");
	p->serve.ready_fd = (int)n;
	return 0;
}

static int parse_bench(struct plan *p, const struct option_desc *o, char *value)
{
	return number(o, value, 10000000, &p->serve.bench);
}

const struct option_desc serve_options[] = {
	{ "pool", 0, "N", "8",
	  "keep at least N clones waiting for a connection (default: 4)",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_pool) },
	{ "concurrency", 0, "N", "200",
	  "at most N clones at once (default: 64); more connections wait in the\n"
	  "listening socket's queue",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_concurrency) },
	{ "request-timeout", 0, "DURATION", "500ms",
	  "end a clone that serves one connection for longer (default: 30s)",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_request_timeout) },
	{ "requests-per-vm", 0, "N", "100",
	  "a server that goes on accepting is reset after N connections instead\n"
	  "of after each",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_requests_per_vm) },
	{ "reset", 0, "auto|copy|device|process", "process",
	  "after a request, copy the clone's memory back, let /dev/mvm do that\n"
	  "(default where it can), or end its process and make another",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_reset) },
	{ "contract", 0, "auto|inetd|server", "inetd",
	  "insist on what the program does: read its standard input, which is the\n"
	  "connection, or accept connections by itself (default: what it does)",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_contract) },
	{ "drain-timeout", 0, "DURATION", "5s",
	  "how long requests may go on after SIGTERM (default: 30s)",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_drain_timeout) },
	{ "metrics", 0, "tcp:ADDR:PORT|unix:PATH", "tcp:127.0.0.1:9090",
	  "answer there with counters and histograms, as Prometheus reads them",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_metrics) },
	{ "access-log", 0, "FILE|fd:N", "access.log",
	  "a line of JSON for each request; opened again at SIGUSR1",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_access_log) },
	{ "ready-fd", 0, "N", "3",
	  "write a newline to this descriptor, and close it, when the pool is full",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_ready_fd) },
	{ "bench", 0, "N", "1000",
	  "ask itself N times, print a table of latencies, and end",
	  FOR_SERVE, IF(CONFIG_SERVE, parse_bench) },
	{ .name = NULL },
};

static int check_listens(const struct plan *p)
{
	for (size_t i = 0; i < p->nlistens; i++)
		if (p->listens[i].proto == MVM_PROTO_UDP)
			return fail(EXIT_MVM, "--listen %s: mvm serve serves connections, and UDP "
				    "has none; use tcp: or unix:", p->listens[i].text);
	if (p->nlistens > SERVE_LISTENERS_MAX)
		return fail(EXIT_MVM, "--listen: more than %d of them; mvm serve listens at %d "
			    "addresses at most", SERVE_LISTENERS_MAX, SERVE_LISTENERS_MAX);
	if (!p->nlistens && !getenv("LISTEN_FDS"))
		return fail(EXIT_MVM, "serve: it is not said where to listen; use --listen, as in "
			    "mvm serve --listen tcp:127.0.0.1:8080 app.elf");
	return 0;
}

int operands_serve(struct plan *p, int argc, char **argv)
{
	struct plan_serve *s = &p->serve;
	int status = operands_program(p, argc, argv);

	if (!s->concurrency)
		s->concurrency = s->pool > CONCURRENCY_DEFAULT ? s->pool : CONCURRENCY_DEFAULT;
	if (!s->pool)
		s->pool = s->concurrency < POOL_DEFAULT ? s->concurrency : POOL_DEFAULT;
	if (!s->request_ns)
		s->request_ns = TIME_DEFAULT;
	if (!s->drain_ns)
		s->drain_ns = TIME_DEFAULT;
	if (!s->requests_per_vm)
		s->requests_per_vm = 1;
	if (!status && s->pool > s->concurrency)
		status = fail(EXIT_MVM, "--pool %u: more clones than --concurrency allows, which "
			      "is %u; raise that or keep fewer waiting", s->pool, s->concurrency);
	for (size_t i = 0; i < p->ndisks && !status; i++)
		if (!p->disks[i].read_only)
			status = fail(EXIT_MVM, "--disk %s: all clones have the same disk, and two "
				      "writers would destroy it; grant it with :ro",
				      p->disks[i].host);
	return status ? status : check_listens(p);
}
