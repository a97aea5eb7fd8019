/* SPDX-License-Identifier: MIT */
/*
 * How long a file of the host's is, known without asking for it each time, so that sendfile(2)
 * can say how much it sends before the host has done it.
 *
 * Others may change the file whenever they like.  A program can only know that they have, by
 * something that it hears from outside: bytes of a connection, another file, the time.  So the size
 * is asked for behind what the host reports, with the same kick, for files that were sent lately,
 * and it counts until the host is asked something else, for some milliseconds at most, which is
 * how coarse the times of files are.  The bytes are those that the file has when the host takes
 * them, as with Linux's own sendfile.
 */
#include "net/hostsend.h"

#include "fs/host.h"
#include "sched/hostfd.h"
#include "sched/record.h"
#include "sys/clock.h"

#define FILES_MAX	16U		/* looked at each time */
#define UNUSED_MAX	64U		/* looks without being sent */

static struct hostsend *files;
static u32 nfiles;
static u64 sendable;			/* st_dev of the file that was sent last */

static void unlist(struct hostsend *h)
{
	for (struct hostsend **at = &files; *at; at = &(*at)->next) {
		if (*at != h)
			continue;
		*at = h->next;
		nfiles--;
		break;
	}
}

static void closed(struct hyper_async *a, s64 res)
{
	(void)res;
	kfree(container_of(a, struct hostsend, close));
}

/* The last use of a file that the program has closed. */
static void perhaps_close(struct hostsend *h)
{
	struct mvm_sqe e = { .op = MVM_OP_CLOSE, .handle = h->handle };

	if (h->orphan && !h->users && !h->asking)
		hyper_begin(&e, &h->close);
}

static void have_stat(struct hyper_async *a, s64 res)
{
	struct hostsend *h = container_of(a, struct hostsend, stat);

	h->asking = false;
	/* What has changed is news: nothing that was known before counts beside it. */
	if (res || h->st.size != h->size)
		hyper_heard++;
	h->size = res ? 0 : h->st.size;
	h->heard = hyper_heard;
	h->at = clock_ticks();
	perhaps_close(h);
}

/* Behind what was just reported, and what is read of it. */
static void look(void)
{
	struct hostsend *h, **at = &files;

	while ((h = *at)) {
		struct mvm_sqe e = { .op = MVM_OP_STAT, .handle = h->handle,
				     .addr2.v = va_to_gpa(&h->st), .len2 = sizeof(h->st) };

		if (h->unused++ >= UNUSED_MAX) {
			*at = h->next;
			h->next = NULL;
			nfiles--;
			continue;
		}
		at = &h->next;
		if (h->asking)
			continue;
		h->asking = true;
		hyper_begin(&e, &h->stat);
	}
}

static bool listed(const struct hostsend *h)
{
	const struct hostsend *i;

	for (i = files; i && i != h; i = i->next)
		;
	return i;
}

static void release(struct file *f)
{
	struct hostsend *h = f->priv;

	unlist(h);
	h->orphan = true;
	perhaps_close(h);
}

static struct hostsend *make(struct file *in)
{
	struct hostsend *h = run_recorded() ? NULL : kzalloc(sizeof(*h));

	if (!h)
		return NULL;
	h->handle = in->handle;
	h->stat.done = have_stat;
	h->close.done = closed;
	in->priv = h;
	host_file_released = release;
	return h;
}

void hostsend_note(struct file *in)
{
	struct hostsend *h = in->priv ? in->priv : make(in);

	sendable = in->dev;
	if (!h)
		return;
	h->unused = 0;
	if (nfiles < FILES_MAX && !listed(h)) {
		h->next = files;
		files = h;
		nfiles++;
		hostfd_reported = look;
	}
}

struct hostsend *hostsend_get(struct file *in, u64 off, u64 n)
{
	struct hostsend *h = in->priv;
	u64 size;

	/* One that has just been opened, on a file system that is known to be able to. */
	if (!h && in->dev == sendable && host_file_size(in, &size)) {
		h = make(in);
		if (h) {
			h->size = size;
			h->heard = hyper_heard;
			h->at = clock_ticks();
		}
	}
	if (!h)
		return NULL;
	h->unused = 0;
	if (h->asking || h->heard != hyper_heard || clock_ticks() - h->at > HOST_FRESH_TICKS ||
	    off > h->size || n > h->size - off)
		return NULL;
	h->users++;
	return h;
}

void hostsend_put(struct hostsend *h)
{
	h->users--;
	perhaps_close(h);
}
