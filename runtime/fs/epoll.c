/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): the system calls, and waiting.  The items and the ready list are epitem.c's; Linux's
 * fs/eventpoll.c is the model of what is an error, and in which order.
 */
#include "fs/epoll.h"
#include "fs/poll.h"
#include "fs/syscalls.h"
#include "sched/hostfd.h"
#include "sys/clock.h"
#include "sys/sys.h"

#define EVENTS_MAX	(INT32_MAX / sizeof(struct epoll_event))
#define NS_PER_MS	1000000UL
/* With EPOLLEXCLUSIVE nothing else goes. */
#define EXCLUSIVE_OK	((u32)(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | \
			       EPOLLEXCLUSIVE))

/* ---- the file ---- */

/* Readable when an item is; what is on the ready list in vain goes off it. */
static u32 epoll_poll(struct file *f, struct waitq **q)
{
	struct epoll *ep = f->priv;
	struct epitem *it;

	*q = &ep->q;
	while ((it = epitem_take(ep)))
		if (epitem_poll(it)) {
			epitem_give(it, true);
			return POLLIN | POLLRDNORM;
		}
	return 0;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->priv;

	epitems_free(ep);
	waitq_destroy(&ep->q, POLLHUP);
	kfree(ep);
}

const struct file_ops epoll_ops = {
	.flags = FO_STREAM, .seek = seek_nowhere, .poll = epoll_poll, .ioctl = ioctl_enotty,
	.stat = node_file_stat, .setattr = node_file_setattr, .statfs = node_file_statfs,
	.release = epoll_release, .anon = "[eventpoll]",
};

long sys_epoll_create1(u64 flags)
{
	struct epoll *ep;
	long fd;

	if ((u32)flags & ~(u32)EPOLL_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep));
	fd = anon_fd(&epoll_ops, ep, O_RDWR | (u32)flags);
	if (fd >= 0)
		ep->self = fd_peek(fd);
	return fd;
}

long sys_epoll_create(u64 size)
{
	return (s32)size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

/* ---- epoll_ctl ---- */

static long add(struct epoll *ep, struct file *f, u32 fd, const struct epoll_event *e)
{
	struct epoll *inner = epoll_of(f);
	int err = inner ? epoll_check_nesting(ep, inner) : 0;

	if (err)
		return err;
	if (epitem_find(ep, f, fd))
		return -EEXIST;
	return epitem_new(ep, f, fd, e->events | EPOLLERR | EPOLLHUP, e->data) ? 0 : -ENOMEM;
}

static long modify(struct epitem *it, const struct epoll_event *e)
{
	if (it->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	it->events = e->events | EPOLLERR | EPOLLHUP;
	it->data = e->data;
	epitem_look(it);
	return 0;
}

static long control(struct epoll *ep, u32 op, struct file *f, u32 fd, const struct epoll_event *e)
{
	struct epitem *it;

	if (op == EPOLL_CTL_ADD)
		return add(ep, f, fd, e);
	if (op != EPOLL_CTL_DEL && op != EPOLL_CTL_MOD)
		return -EINVAL;
	it = epitem_find(ep, f, fd);
	if (!it)
		return -ENOENT;
	if (op == EPOLL_CTL_MOD)
		return modify(it, e);
	epitem_free(it);
	return 0;
}

long sys_epoll_ctl(u64 epfd, u64 op, u64 fd, u64 uevent)
{
	struct epoll_event e = { 0 };
	struct file *epf, *f;

	if ((u32)op != EPOLL_CTL_DEL && get_user(e, uevent))
		return -EFAULT;
	epf = fd_file(epfd);
	f = fd_file(fd);
	if (!epf || !f)
		return -EBADF;
	if (!f->ops->poll || f->ops->poll == poll_always)
		return -EPERM;
	if (f == epf || !epoll_of(epf))
		return -EINVAL;
	if ((u32)op != EPOLL_CTL_DEL && e.events & EPOLLEXCLUSIVE &&
	    ((u32)op == EPOLL_CTL_MOD ||
	     ((u32)op == EPOLL_CTL_ADD && (epoll_of(f) || e.events & ~EXCLUSIVE_OK))))
		return -EINVAL;
	return control(epf->priv, (u32)op, f, (u32)fd, &e);
}

/* ---- epoll_wait ---- */

/*
 * Reports what is ready: events written, -EFAULT for none.  A level-triggered item stays on the
 * list, behind the others, until a later look finds it not ready.
 */
static long collect(struct epoll *ep, u64 uevents, u32 max)
{
	u32 done = 0;

	/* So many: an item that is put back is not met again. */
	for (u32 n = ep->nready; n && done < max; n--) {
		struct epitem *it = epitem_take(ep);
		struct epoll_event e;

		if (!it)
			break;
		e = (struct epoll_event){ .events = epitem_poll(it), .data = it->data };
		if (!e.events)
			continue;
		if (put_user(e, uevents + done * sizeof(e))) {
			epitem_give(it, true);
			return done ? (long)done : -EFAULT;
		}
		done++;
		if (it->events & EPOLLONESHOT)
			it->events &= EP_HOW;
		else if (!(it->events & EPOLLET))
			epitem_give(it, false);
	}
	/* There may be work for another thread. */
	if (ep->first)
		waitq_wake_one(&ep->q, POLLIN | POLLRDNORM);
	return done;
}

static long wait_until(struct epoll *ep, u64 uevents, u32 max, u64 deadline)
{
	long n;
	int err = 0;

	hostfd_look_sometimes();
	for (;;) {
		n = collect(ep, uevents, max);
		/* What came together with a signal or at the deadline still counts. */
		if (n || err)
			break;
		/* What the host has to tell is told when it is asked. */
		if (!deadline)
			hostfd_look();
		err = waitq_wait_exclusive(&ep->q, deadline);
	}
	if (n)
		return n;
	return err == -ETIMEDOUT || !deadline ? 0 : err;
}

static long do_wait(u64 epfd, u64 uevents, u64 max, u64 deadline)
{
	struct file *f;
	long res;

	if ((s32)max <= 0 || (u32)max > EVENTS_MAX)
		return -EINVAL;
	if (uevents >= MVM_VA_STACK_TOP)
		return -EFAULT;
	f = fd_file(epfd);
	if (!f)
		return -EBADF;
	if (!epoll_of(f))
		return -EINVAL;
	file_ref(f);
	res = wait_until(f->priv, uevents, (u32)max, deadline);
	file_put(f);
	return res;
}

static u64 ms_deadline(u64 timeout)
{
	s32 ms = (s32)timeout;

	if (ms < 0)
		return CLOCK_NEVER;
	return ms ? clock_deadline((u64)ms * NS_PER_MS) : 0;
}

long sys_epoll_wait(u64 epfd, u64 events, u64 max, u64 timeout)
{
	return do_wait(epfd, events, max, ms_deadline(timeout));
}

long sys_epoll_pwait(u64 epfd, u64 events, u64 max, u64 timeout, u64 sigmask, u64 size)
{
	long err = signal_mask_temp(sigmask, size);

	if (err)
		return err;
	return signal_mask_over(do_wait(epfd, events, max, ms_deadline(timeout)));
}

long sys_epoll_pwait2(u64 epfd, u64 events, u64 max, u64 uts, u64 sigmask, u64 size)
{
	u64 deadline;
	long err = deadline_in(uts, false, &deadline);

	if (!err)
		err = signal_mask_temp(sigmask, size);
	return err ? err : signal_mask_over(do_wait(epfd, events, max, deadline));
}
