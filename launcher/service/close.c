/* SPDX-License-Identifier: MIT */
/*
 * CLOSE, of what OPEN, ACCEPT and CONNECT gave.
 *
 * Needs (system calls), with a grant that gives such handles: close
 */
#include "svc.h"

int64_t svc_close(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h = handle_get(&s->handles, e->handle);

	(void)out;
	if (h && !h->grant)
		watch_end(h);
	if (e->handle >= 0 && e->handle == s->conn) {
		s->conn = -1;
		s->served = true;
	}
	return handle_close(&s->handles, e->handle);
}
