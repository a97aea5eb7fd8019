/* SPDX-License-Identifier: MIT */
/*
 * inotify(7): instances, their watches, their queues of events.  What happens is notify.c's.  A
 * watch belongs to an object, found by its number, however many names that has; in a grant only
 * what this VM does is reported.
 */
#include "fs/notify.h"
#include "fs/syscalls.h"
#include "sched/waitq.h"
#include <asm/ioctls.h>
#include <asm/poll.h>

#define BUCKETS		1024U
#define QUEUE_MAX	16384U		/* /proc/sys/fs/inotify/max_queued_events */
/* How a watch behaves, beside what it is for. */
#define HOW		((u32)(IN_EXCL_UNLINK | IN_ONESHOT))
#define ONLY_ADDING	((u32)(IN_ONLYDIR | IN_DONT_FOLLOW | IN_MASK_CREATE | IN_MASK_ADD))
#define ALL_BITS	((u32)IN_ALL_EVENTS | HOW | ONLY_ADDING | IN_ISDIR | IN_UNMOUNT | \
			 IN_Q_OVERFLOW | IN_IGNORED)
#define NO_WATCH	-1		/* wd of IN_Q_OVERFLOW */

struct watch {
	struct notify_id id;
	struct inotify *in;
	s32 wd;
	u32 mask;
	struct watch *same_bucket;
	struct watch *next;		/* of the instance */
};

struct event {
	struct event *next;
	u32 name_len;			/* without the NULs that .len counts */
	struct inotify_event e;		/* the name follows */
};

struct inotify {
	struct waitq q;
	struct event *first, *last;
	u32 nevents, bytes;
	s32 last_wd;
	struct watch *watches;
};

static struct watch **table;		/* made for the first watch */

static struct watch **bucket(const struct notify_id *id)
{
	return &table[(id->ino ^ id->ino >> 10 ^ id->dev) % BUCKETS];
}

static bool is_of(const struct watch *w, const struct notify_id *id)
{
	return w->id.ino == id->ino && w->id.dev == id->dev;
}

/* ---- the queue ---- */

static bool same_as_last(const struct inotify *in, s32 wd, u32 mask, const char *name, u32 len)
{
	const struct event *l = in->last;

	return l && l->e.wd == wd && l->e.mask == mask && !(mask & IN_IGNORED) &&
	       l->name_len == len && (!len || !memcmp(l->e.name, name, len));
}

/* A full queue ends with one event that says so. */
static void enqueue(struct inotify *in, s32 wd, u32 mask, u32 cookie, const char *name, u32 len)
{
	u32 padded = name ? ALIGN_UP(len + 1, (u32)sizeof(struct inotify_event)) : 0;
	struct event *ev;

	if (in->nevents >= QUEUE_MAX) {
		wd = NO_WATCH;
		mask = IN_Q_OVERFLOW;
		padded = len = cookie = 0;
	}
	if (same_as_last(in, wd, mask, name, len))
		return;
	ev = kzalloc(sizeof(*ev) + padded);
	if (!ev)
		return;
	ev->name_len = len;
	ev->e = (struct inotify_event){ .wd = wd, .mask = mask, .cookie = cookie, .len = padded };
	if (len)
		memcpy(ev->e.name, name, len);
	*(in->last ? &in->last->next : &in->first) = ev;
	in->last = ev;
	in->nevents++;
	in->bytes += sizeof(ev->e) + padded;
	waitq_wake(&in->q, POLLIN | POLLRDNORM);
}

static void drop_first(struct inotify *in)
{
	struct event *ev = in->first;

	in->first = ev->next;
	if (!in->first)
		in->last = NULL;
	in->nevents--;
	in->bytes -= sizeof(ev->e) + ev->e.len;
	kfree(ev);
}

/* ---- watches ---- */

static void remove_watch(struct watch *w)
{
	struct watch **at = bucket(&w->id);

	while (*at != w)
		at = &(*at)->same_bucket;
	*at = w->same_bucket;
	for (at = &w->in->watches; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	notify_watches--;
	kfree(w);
}

static void end_watch(struct watch *w)
{
	enqueue(w->in, w->wd, IN_IGNORED, 0, NULL, 0);
	remove_watch(w);
}

void inotify_event(const struct notify_id *id, u32 mask, u32 cookie, const char *name, u32 len)
{
	struct watch *w, *next;

	/* Of itself an object does not say what it is. */
	if (mask & (IN_DELETE_SELF | IN_MOVE_SELF))
		mask &= ~(u32)IN_ISDIR;
	for (w = *bucket(id); w; w = next) {
		next = w->same_bucket;
		if (!is_of(w, id) || !(w->mask & mask & IN_ALL_EVENTS))
			continue;
		enqueue(w->in, w->wd, mask, cookie, name, len);
		if (w->mask & IN_ONESHOT)
			end_watch(w);
	}
}

void inotify_gone(const struct notify_id *id)
{
	struct watch *w, *next;

	for (w = *bucket(id); w; w = next) {
		next = w->same_bucket;
		if (is_of(w, id))
			end_watch(w);
	}
}

static struct watch *find_watch(struct inotify *in, const struct notify_id *id)
{
	for (struct watch *w = *bucket(id); w; w = w->same_bucket)
		if (w->in == in && is_of(w, id))
			return w;
	return NULL;
}

/* Its number, or -ENOMEM, -EEXIST. */
static long add_watch(struct inotify *in, const struct notify_id *id, u32 mask)
{
	u32 kept = mask & ((u32)IN_ALL_EVENTS | HOW);
	struct watch *w;

	if (!table)
		table = kzalloc(BUCKETS * sizeof(struct watch *));
	if (!table)
		return -ENOMEM;
	w = find_watch(in, id);
	if (w) {
		if (mask & IN_MASK_CREATE)
			return -EEXIST;
		w->mask = mask & IN_MASK_ADD ? w->mask | kept : kept;
		return w->wd;
	}
	w = kmalloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct watch){ .id = *id, .in = in, .wd = ++in->last_wd, .mask = kept,
			     .same_bucket = *bucket(id), .next = in->watches };
	*bucket(id) = w;
	in->watches = w;
	notify_watches++;
	return w->wd;
}

/* ---- the file ---- */

/* As many whole events as fit; waits only for the first. */
static long inotify_read(struct file *f, struct io *io, u64 *pos)
{
	struct inotify *in = f->priv;
	u64 done = 0;

	(void)pos;
	while (!in->first) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (waitq_wait(&in->q, UINT64_MAX))
			return -ERESTARTSYS;
	}
	while (in->first) {
		const struct inotify_event *e = &in->first->e;
		u64 size = sizeof(*e) + e->len;

		if (size > io->left)
			return done ? (long)done : -EINVAL;
		if (io_put(io, e, size) < (long)size)
			return done ? (long)done : -EFAULT;
		done += size;
		drop_first(in);
	}
	return done;
}

static u32 inotify_poll(struct file *f, struct waitq **q)
{
	struct inotify *in = f->priv;

	*q = &in->q;
	return in->first ? POLLIN | POLLRDNORM : 0;
}

static long inotify_ioctl(struct file *f, u32 cmd, u64 arg)
{
	const struct inotify *in = f->priv;

	return cmd == FIONREAD ? put_user((int)in->bytes, arg) : -ENOTTY;
}

static void inotify_release(struct file *f)
{
	struct inotify *in = f->priv;

	while (in->watches)
		remove_watch(in->watches);
	while (in->first)
		drop_first(in);
	waitq_destroy(&in->q, POLLHUP);
	kfree(in);
}

static const struct file_ops inotify_ops = {
	.flags = FO_STREAM, .read = inotify_read, .seek = seek_nowhere, .poll = inotify_poll,
	.ioctl = inotify_ioctl, .stat = node_file_stat, .setattr = node_file_setattr,
	.statfs = node_file_statfs, .release = inotify_release, .anon = "inotify",
};

/* ---- the calls ---- */

long sys_inotify_init1(u64 flags)
{
	if ((u32)flags & ~(u32)(IN_CLOEXEC | IN_NONBLOCK))
		return -EINVAL;
	return anon_fd(&inotify_ops, kzalloc(sizeof(struct inotify)), O_RDONLY | (u32)flags);
}

long sys_inotify_init(void)
{
	return sys_inotify_init1(0);
}

struct add_arg { struct inotify *in; u32 mask; };

static long do_add(struct name *r, void *arg)
{
	const struct add_arg *a = arg;
	struct notify_id id;
	struct mvm_stat st;
	long err = 0;

	if (r->file && r->file->ops->stat)
		err = r->file->ops->stat(r->file, &st);
	else if (r->mnt)
		err = host_stat(r->handle, r->rel, r->rel_len, a->mask & IN_DONT_FOLLOW, &st);
	else if (r->node)
		node_stat(r->node, &st);
	else
		err = -ENOENT;
	if (err)
		return err;
	if (a->mask & IN_ONLYDIR && !S_ISDIR(st.mode))
		return -ENOTDIR;
	id = (struct notify_id){ r->mnt || (r->file && r->file->mnt) ? st.dev : NOTIFY_DEV_TREE,
				 st.ino };
	return add_watch(a->in, &id, a->mask);
}

long sys_inotify_add_watch(u64 fd, u64 path, u64 mask64)
{
	struct add_arg a = { .mask = (u32)mask64 };
	struct file *f;
	u32 follow;

	if (a.mask & ~ALL_BITS || !a.mask)
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	if ((a.mask & IN_MASK_ADD && a.mask & IN_MASK_CREATE) || f->ops != &inotify_ops)
		return -EINVAL;
	a.in = f->priv;
	follow = a.mask & IN_DONT_FOLLOW ? 0 : W_FOLLOW | W_MAGIC;
	return at_path(AT_FDCWD, path, follow, do_add, &a);
}

long sys_inotify_rm_watch(u64 fd, u64 wd)
{
	struct file *f = fd_file(fd);
	struct inotify *in;

	if (!f)
		return -EBADF;
	if (f->ops != &inotify_ops)
		return -EINVAL;
	in = f->priv;
	for (struct watch *w = in->watches; w; w = w->next)
		if (w->wd == (s32)wd) {
			end_watch(w);
			return 0;
		}
	return -EINVAL;
}
