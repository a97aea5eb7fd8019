/* SPDX-License-Identifier: MIT */
/*
 * SENDFILE: bytes of a file into a connection, which the guest never sees.
 *
 * Needs (system calls), with files and connections: sendfile
 */
#include <errno.h>
#include <sys/sendfile.h>

#include "svc.h"

/* The file, and in *at and *len the part of it that is meant; NULL and *err. */
static struct handle *source(struct service *s, const struct mvm_sqe *e, off_t *at, uint64_t *len,
			     int *err)
{
	uint64_t n = e->arg & ~MVM_SENDFILE_BEHIND;
	struct handle *h = n <= INT32_MAX ? handle_get(&s->handles, (int32_t)n) : NULL;

	*err = -EBADF;
	if (!h || h->kind != MVM_KIND_FILE || !(h->rights & MVM_RIGHT_READ))
		return NULL;
	*err = -ESPIPE;
	if (!(h->rights & MVM_RIGHT_SEEK))
		return NULL;
	*err = -EINVAL;
	if (e->off > INT64_MAX)
		return NULL;
	*len = e->len < MVM_IO_MAX ? e->len : MVM_IO_MAX;
	*at = (off_t)e->off;
	if (IS_ENABLED(CONFIG_ARCHIVE) && h->size) {	/* a part of a file */
		if (e->off >= h->size)
			*len = 0;
		else if (*len > h->size - e->off)
			*len = h->size - e->off;
		*at = (off_t)(h->base + (*len ? e->off : 0));
	}
	return h;
}

int64_t svc_sendfile(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *from, *to;
	uint64_t len;
	int64_t r;
	off_t at;
	int err;

	(void)out;
	to = socket_get(s, e->handle, 1U << MVM_KIND_SOCKET, &err);
	if (!to)
		return err;
	from = source(s, e, &at, &len, &err);
	if (!from)
		return err;
	if (e->arg & MVM_SENDFILE_BEHIND && to->came_short)
		return -EAGAIN;
	if (!len)
		return 0;
	/* The socket is never waited for. */
	r = UNINTERRUPTED(sendfile(to->fd, from->fd, &at, len));
	if (r > 0)
		s->moved[1] += (uint64_t)r;
	return r;
}
