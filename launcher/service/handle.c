/* SPDX-License-Identifier: MIT */
/*
 * The handle table.  Owns the descriptors in it; knows nothing of requests or guest memory.
 */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "handle.h"

#define NONE_FREE	UINT32_MAX

void handles_init(struct handles *t)
{
	t->used = 0;
	t->free = NONE_FREE;
}

bool handles_full(const struct handles *t)
{
	return t->free == NONE_FREE && t->used == MVM_HANDLES_MAX;
}

int32_t handle_add(struct handles *t, int fd, uint32_t kind, uint32_t rights)
{
	uint32_t n;

	if (t->free != NONE_FREE) {
		n = t->free;
		t->free = t->h[n].next_free;
	} else if (t->used < MVM_HANDLES_MAX) {
		n = t->used++;
	} else {
		return -EMFILE;
	}
	t->h[n] = (struct handle){ .fd = fd, .kind = kind, .rights = rights };
	return (int32_t)n;
}

struct handle *handle_get(struct handles *t, int32_t n)
{
	/* A negative number is beyond any high-water mark once it is unsigned. */
	if ((uint32_t)n >= t->used || t->h[n].fd < 0)
		return NULL;
	return &t->h[n];
}

int handle_close(struct handles *t, int32_t n)
{
	struct handle *h = handle_get(t, n);

	if (!h)
		return -EBADF;
	if (h->grant)
		return -EPERM;
	if (h->kept)
		return 0;
	/* Linux frees the descriptor whatever close(2) says: there is no second try. */
	close(h->fd);
	h->fd = -1;
	h->next_free = t->free;
	t->free = (uint32_t)n;
	return 0;
}
