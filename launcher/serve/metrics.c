/* SPDX-License-Identifier: MIT */
/*
 * What an operator sees, as text: https://prometheus.io/docs/instrumenting/exposition_formats/
 * Owns names and form; the counters are incremented where the things happen.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "metrics.h"

struct text {
	char *buf;
	size_t used;
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *fmt, ...)
{
	size_t room = METRICS_MAX - t->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->used, room, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < room)
		t->used += (size_t)n;
}

static void head(struct text *t, const char *name, const char *type, const char *help)
{
	put(t, "# HELP mvm_serve_%s %s\n# TYPE mvm_serve_%s %s\n", name, help, name, type);
}

static void single(struct text *t, const char *name, const char *type, const char *help,
		   uint64_t value)
{
	head(t, name, type, help);
	put(t, "mvm_serve_%s %llu\n", name, (unsigned long long)value);
}

static void counter(struct text *t, const char *name, const char *help, uint64_t value)
{
	single(t, name, "counter", help, value);
}

static void gauge(struct text *t, const char *name, const char *help, uint64_t value)
{
	single(t, name, "gauge", help, value);
}

/* Nanoseconds as seconds, exactly. */
static void put_seconds(struct text *t, uint64_t ns)
{
	put(t, "%llu.%09llu", (unsigned long long)(ns / 1000000000),
	    (unsigned long long)(ns % 1000000000));
}

static void histogram(struct text *t, const char *name, const char *help, const struct hist *h)
{
	uint64_t below = 0;

	head(t, name, "histogram", help);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		below += h->count[i];
		put(t, "mvm_serve_%s_bucket{le=\"", name);
		put_seconds(t, hist_bounds[i]);
		put(t, "\"} %llu\n", (unsigned long long)below);
	}
	put(t, "mvm_serve_%s_bucket{le=\"+Inf\"} %llu\nmvm_serve_%s_sum ", name,
	    (unsigned long long)h->all, name);
	put_seconds(t, h->sum_ns);
	put(t, "\nmvm_serve_%s_count %llu\n", name, (unsigned long long)h->all);
}

static void requests(struct text *t, const struct counters *c)
{
	head(t, "requests_total", "counter", "Requests that are over, by what ended them.");
	for (unsigned int i = 0; i < BY_TYPES; i++)
		put(t, "mvm_serve_requests_total{ended_by=\"%s\"} %llu\n", ended_name(i),
		    (unsigned long long)c->requests[i]);
	counter(t, "received_bytes_total", "Bytes that guests read of connections.", c->in);
	counter(t, "sent_bytes_total", "Bytes that guests wrote to connections.", c->out);
	counter(t, "reset_pages_total", "Pages that were copied back.", c->pages);
}

static void pool(struct text *t, const struct supervisor *s, uint64_t private_bytes)
{
	head(t, "workers", "gauge", "Workers, by what they do.");
	put(t, "mvm_serve_workers{state=\"starting\"} %u\nmvm_serve_workers{state=\"idle\"} %u\n"
	    "mvm_serve_workers{state=\"busy\"} %u\nmvm_serve_workers{state=\"leaving\"} %u\n",
	    s->starting, s->idle, s->busy, s->leaving);
	gauge(t, "workers_limit", "As of --concurrency.", s->plan.serve.concurrency);
	gauge(t, "private_memory_bytes", "Memory that is a worker's alone, of all of them.",
	      private_bytes);
	gauge(t, "generation", "How often a program was loaded, once at start.", s->generation);
}

static void troubles(struct text *t, const struct counters *c)
{
	counter(t, "forks_total", "Workers that were made.", c->forks);
	counter(t, "retired_total", "Workers that were told to end.", c->retired);
	counter(t, "worker_deaths_total", "Workers that died by themselves.", c->deaths);
	counter(t, "worker_violations_total", "Of these, by the system call filter.",
		c->violations);
	counter(t, "worker_overdue_total", "Workers that were killed for their time.", c->overdue);
	counter(t, "bad_records_total", "Workers that were ended for what they said.",
		c->bad_records);
	counter(t, "saturated_total", "Times that no clone was left, and none could be made.",
		c->saturated);
	counter(t, "reloads_total", "Reloads.", c->reloads);
	counter(t, "reloads_failed_total", "Reloads that left the old program in place.",
		c->reloads_failed);
	counter(t, "access_log_lost_total", "Lines that the access log did not take.",
		c->log_lost);
	counter(t, "scrapes_total", "Answers given here.", c->scrapes);
	counter(t, "scrapes_refused_total", "Questions here that got none.", c->scrapes_refused);
}

size_t metrics_text(const struct supervisor *s, unsigned int waiting, uint64_t private_bytes,
		    char *buf)
{
	const struct counters *c = &s->counters;
	struct text t = { .buf = buf };

	requests(&t, c);
	pool(&t, s, private_bytes);
	gauge(&t, "queue", "Connections that wait to be accepted, where TCP tells.", waiting);
	troubles(&t, c);
	histogram(&t, "start_seconds", "From accept to the guest's first instruction.", &c->start);
	histogram(&t, "run_seconds", "From there until its connection was closed.", &c->run);
	histogram(&t, "reset_seconds", "From there until the clone was as new.", &c->reset);
	return t.used;
}
