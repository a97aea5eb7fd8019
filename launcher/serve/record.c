/* SPDX-License-Identifier: MIT */
/* Records of workers: which are believed, and their words. */
#include "record.h"

#define SIGNALS_MAX	64
#define BYTES_MAX	(1ULL << 56)

static void clip(uint64_t *v, uint64_t max)
{
	if (*v > max)
		*v = max;
}

bool record_check(struct record *r, ssize_t len, enum worker_state state)
{
	static const enum worker_state when[RECORD_TYPES] = {
		[RECORD_READY] = WORKER_STARTING, [RECORD_BEGIN] = WORKER_IDLE,
		[RECORD_END] = WORKER_BUSY,
	};

	if (len != (ssize_t)sizeof(*r) || !r->type || r->type >= RECORD_TYPES)
		return false;
	/* An order may cross a BEGIN on its way. */
	if (r->type != RECORD_MEMORY ? when[r->type] != state :
	    state != WORKER_IDLE && state != WORKER_BUSY)
		return false;
	if (r->type == RECORD_END && (r->by >= BY_CRASH || r->signo > SIGNALS_MAX))
		return false;
	clip(&r->start_ns, RECORD_NS_MAX);
	clip(&r->run_ns, RECORD_NS_MAX);
	clip(&r->reset_ns, RECORD_NS_MAX);
	clip(&r->in, BYTES_MAX);
	clip(&r->out, BYTES_MAX);
	clip(&r->pages, BYTES_MAX);
	clip(&r->private_bytes, BYTES_MAX);
	return true;
}

const char *ended_name(unsigned int by)
{
	static const char *const names[BY_TYPES] = {
		[BY_EXIT] = "exit", [BY_DONE] = "done", [BY_SIGNAL] = "signal",
		[BY_MEMORY] = "memory", [BY_TIME] = "time", [BY_VM] = "vm", [BY_CRASH] = "crash",
	};

	return by < BY_TYPES ? names[by] : "unknown";
}
