/* SPDX-License-Identifier: MIT */
/*
 * Record locks (fcntl) and flock.  Inside the VM there is one process, so its own POSIX locks
 * never conflict; what can conflict are the locks of open files (OFD, flock) with each other,
 * and all of them, on a grant's files, with other processes of the host.
 *
 * Towards the host all POSIX locks of one file are held through one handle, because the host's
 * locks belong to handles and the program's to the process.  Source: fcntl(2), flock(2).
 */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "sched/waitq.h"
#include "sys/sys.h"
#include <linux/fs.h>
#include <linux/time.h>

#define LOCK_END	INT64_MAX	/* "to the end of the file", as the last byte */
#define RETRY_NS	10000000UL	/* how often a lock held elsewhere is tried again */

/* One lock.  file: its open file for OFD locks and flock, NULL for POSIX locks. */
struct lock {
	struct lock *next;
	u64 dev, ino;
	u64 first, last;		/* bytes */
	struct file *file;
	struct file *via;		/* whose handle the host knows it by, or NULL */
	bool write, flock;
};

static struct lock *locks;
static struct waitq freed;		/* woken when a lock in the VM may have been let go */

struct range { u64 first, last; };

static bool same_owner(const struct lock *l, const struct file *owner, bool flock)
{
	return l->file == owner && l->flock == flock;
}

static bool on_file(const struct lock *l, u64 dev, u64 ino)
{
	return l->ino == ino && l->dev == dev;
}

/* Who stands in the way of such a lock, or NULL.  POSIX, OFD and flock: flock apart. */
static struct lock *conflict(u64 dev, u64 ino, const struct file *owner, bool flock, bool write,
			     struct range r)
{
	for (struct lock *l = locks; l; l = l->next)
		if (on_file(l, dev, ino) && l->flock == flock && l->file != owner &&
		    (write || l->write) && l->first <= r.last && l->last >= r.first)
			return l;
	return NULL;
}

/* Takes range r away from the owner's locks, splitting what reaches beyond it.  -ENOLCK. */
static int carve(u64 dev, u64 ino, const struct file *owner, bool flock, struct range r)
{
	struct lock **p = &locks, *l, *right;

	while ((l = *p)) {
		if (!on_file(l, dev, ino) || !same_owner(l, owner, flock) ||
		    l->first > r.last || l->last < r.first) {
			p = &l->next;
			continue;
		}
		waitq_wake(&freed, ~0U);	/* they run when this call is over */
		if (l->first < r.first && l->last > r.last) {
			right = kmalloc(sizeof(*right));
			if (!right)
				return -ENOLCK;
			*right = *l;
			right->first = r.last + 1;
			l->next = right;
			l->last = r.first - 1;
			return 0;
		}
		if (l->first < r.first) {
			l->last = r.first - 1;
			p = &l->next;
		} else if (l->last > r.last) {
			l->first = r.last + 1;
			p = &l->next;
		} else {
			*p = l->next;
			kfree(l);
		}
	}
	return 0;
}

/* The file whose handle stands for the process's POSIX locks on this file. */
static struct file *posix_via(u64 dev, u64 ino, struct file *f)
{
	for (struct lock *l = locks; l; l = l->next)
		if (on_file(l, dev, ino) && !l->file && l->via)
			return l->via;
	return f;
}

/* Moves the POSIX locks of this file to a handle that may write, for a first write lock. */
static void move_via(u64 dev, u64 ino, struct file *from, struct file *to)
{
	host_lock(from->handle, F_UNLCK, 0, 0, false, NULL);
	for (struct lock *l = locks; l; l = l->next) {
		if (!on_file(l, dev, ino) || l->via != from || l->file)
			continue;
		host_lock(to->handle, l->write ? F_WRLCK : F_RDLCK, l->first,
			  l->last == LOCK_END ? 0 : l->last - l->first + 1, false, NULL);
		l->via = to;
	}
}

static bool host_locks(const struct file *f)
{
	return f->ops == &host_file_ops;
}

/* 0, -EAGAIN, -ENOLCK.  owner NULL: POSIX. */
static long set_lock(struct file *f, struct file *owner, bool flock, int type, struct range r)
{
	u64 dev, ino, len = r.last == LOCK_END ? 0 : r.last - r.first + 1;
	struct file *via = NULL;
	struct lock *l;
	long err;

	file_dev_ino(f, &dev, &ino);
	if (type != F_UNLCK && conflict(dev, ino, owner, flock, type == F_WRLCK, r))
		return -EAGAIN;
	if (host_locks(f)) {
		via = owner ? f : posix_via(dev, ino, f);
		if (type == F_WRLCK && !flock && !can_write(via)) {
			move_via(dev, ino, via, f);
			via = f;
		}
		err = host_lock(via->handle, type, r.first, len, false, NULL);
		if (err)
			return err;
	}
	err = carve(dev, ino, owner, flock, r);
	if (err || type == F_UNLCK)
		return err;
	l = kmalloc(sizeof(*l));
	if (!l)
		return -ENOLCK;
	*l = (struct lock){ .next = locks, .dev = dev, .ino = ino, .first = r.first,
			    .last = r.last, .file = owner, .via = via,
			    .write = type == F_WRLCK, .flock = flock };
	locks = l;
	f->locked = true;
	return 0;
}

/* Is such a lock held in the VM by somebody else? */
static bool held_here(struct file *f, struct file *owner, bool flock, int type, struct range r)
{
	u64 dev, ino;

	file_dev_ino(f, &dev, &ino);
	return conflict(dev, ino, owner, flock, type == F_WRLCK, r);
}

/* Tries until it is held; that a process of the host has let go is only found by trying. */
static long set_lock_wait(struct file *f, struct file *owner, bool flock, int type, struct range r)
{
	long err;

	file_ref(f);
	while ((err = set_lock(f, owner, flock, type, r)) == -EAGAIN) {
		u64 deadline = held_here(f, owner, flock, type, r) ? UINT64_MAX :
			       time_now(CLOCK_MONOTONIC) + RETRY_NS;

		if (waitq_wait(&freed, deadline) == -EINTR) {
			err = -ERESTARTSYS;
			break;
		}
	}
	file_put(f);
	return err;
}

/* struct flock's range as bytes. */
static long range_of(struct file *f, const struct flock *fl, struct range *r)
{
	struct mvm_stat st;
	s64 start = fl->l_start;
	long err;

	if (fl->l_whence == SEEK_CUR) {
		start += f->off;
	} else if (fl->l_whence == SEEK_END) {
		err = f->ops->stat(f, &st);
		if (err)
			return err;
		start += st.size;
	} else if (fl->l_whence != SEEK_SET) {
		return -EINVAL;
	}
	if (start < 0)
		return -EINVAL;
	r->first = start;
	r->last = LOCK_END;
	if (fl->l_len > 0) {
		if (fl->l_len - 1 > LOCK_END - start)
			return -EOVERFLOW;
		r->last = start + fl->l_len - 1;
	} else if (fl->l_len < 0) {
		if (start + fl->l_len < 0)
			return -EINVAL;
		r->first = start + fl->l_len;
		r->last = start - 1;
	}
	return 0;
}

/* F_GETLK: tells who would stand in the way, or F_UNLCK. */
static long get_lock(struct file *f, struct file *owner, struct flock *fl, struct range r)
{
	struct file *via = f;
	struct lock *l;
	u64 dev, ino;
	int found = F_UNLCK;
	long err;

	file_dev_ino(f, &dev, &ino);
	l = conflict(dev, ino, owner, false, fl->l_type == F_WRLCK, r);
	if (l) {
		fl->l_type = l->write ? F_WRLCK : F_RDLCK;
		fl->l_whence = SEEK_SET;
		fl->l_start = l->first;
		fl->l_len = l->last == LOCK_END ? 0 : l->last - l->first + 1;
		fl->l_pid = l->file ? -1 : current->tid;
		return 0;
	}
	if (host_locks(f)) {
		if (!owner)
			via = posix_via(dev, ino, f);
		err = host_lock(via->handle, fl->l_type, r.first,
				r.last == LOCK_END ? 0 : r.last - r.first + 1, true, &found);
		if (err)
			return err;
	}
	fl->l_type = found;
	if (found != F_UNLCK)
		fl->l_pid = -1;		/* a process of the host: nobody here */
	return 0;
}

long lock_fcntl(struct file *f, u32 cmd, u64 uflock)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	struct file *owner = ofd ? f : NULL;
	struct flock fl;
	struct range r;
	long err;

	if (copy_from_user(&fl, uflock, sizeof(fl)))
		return -EFAULT;
	if (ofd && fl.l_pid)
		return -EINVAL;
	err = range_of(f, &fl, &r);
	if (err)
		return err;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
		if (fl.l_type != F_RDLCK && fl.l_type != F_WRLCK)
			return -EINVAL;
		err = get_lock(f, owner, &fl, r);
		return err ? err : copy_to_user(uflock, &fl, sizeof(fl));
	}
	if (fl.l_type != F_RDLCK && fl.l_type != F_WRLCK && fl.l_type != F_UNLCK)
		return -EINVAL;
	if ((fl.l_type == F_RDLCK && !can_read(f)) || (fl.l_type == F_WRLCK && !can_write(f)))
		return -EBADF;
	if (cmd == F_SETLKW || cmd == F_OFD_SETLKW)
		return set_lock_wait(f, owner, false, fl.l_type, r);
	return set_lock(f, owner, false, fl.l_type, r);
}

/*
 * Between open files of the VM as flock(2) says.  On a grant's files the host holds it as a
 * record lock on the whole file, which keeps other VMs out.
 */
long sys_flock(u64 fd, u64 op64)
{
	struct file *f = fd_file(fd);
	struct range all = { 0, LOCK_END };
	u32 op = op64;
	int type;

	if (op & LOCK_MAND)
		return 0;		/* no longer does anything in Linux, whatever the file */
	if (!f)
		return -EBADF;
	switch (op & ~(u32)LOCK_NB) {
	case LOCK_SH:
		type = F_RDLCK;
		break;
	case LOCK_EX:
		type = F_WRLCK;
		break;
	case LOCK_UN:
		type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	if (op & LOCK_NB || type == F_UNLCK)
		return set_lock(f, f, true, type, all);
	return set_lock_wait(f, f, true, type, all);
}

/* POSIX: closing any descriptor of a file lets go of all the process's locks on it. */
void lock_fd_closed(struct file *f)
{
	struct range all = { 0, LOCK_END };
	struct file *via;
	u64 dev, ino;

	if (!locks || f->flags & O_PATH || !f->ops)
		return;
	file_dev_ino(f, &dev, &ino);
	if (host_locks(f)) {
		via = posix_via(dev, ino, NULL);
		if (via)
			host_lock(via->handle, F_UNLCK, 0, 0, false, NULL);
	}
	carve(dev, ino, NULL, false, all);
}

/* The locks of the open file itself end with it; on the host its handle's end does that. */
void lock_file_released(struct file *f)
{
	struct lock **p = &locks, *l;

	if (!f->locked)
		return;
	waitq_wake(&freed, ~0U);
	while ((l = *p)) {
		if (l->file == f || l->via == f) {
			*p = l->next;
			kfree(l);
		} else {
			p = &l->next;
		}
	}
}
