/* SPDX-License-Identifier: MIT */
/* The counters as text. */
#ifndef MVM_SERVE_METRICS_H
#define MVM_SERVE_METRICS_H

#include <stddef.h>
#include "supervisor.h"

#define METRICS_MAX	24576		/* bytes that it never is longer than */

/*
 * Prometheus' text format, version 0.0.4.  buf: METRICS_MAX bytes.  waiting: connections in the
 * queues of the listening sockets; private_bytes: of all workers.  Returns the length.
 */
size_t metrics_text(const struct supervisor *s, unsigned int waiting, uint64_t private_bytes,
		    char *buf);

#endif
