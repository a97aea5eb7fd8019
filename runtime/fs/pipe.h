/* SPDX-License-Identifier: MIT */
/* A pipe from the inside: what splice.c needs of pipe.c.  None of these but the waits sleeps. */
#ifndef MVM_RT_FS_PIPE_H
#define MVM_RT_FS_PIPE_H

#include "fs/vfs.h"
#include "sched/waitq.h"

struct pipe {
	u32 readers, writers;		/* open files */
	u32 size;			/* a power of two, at least a page */
	u32 opened_w;			/* writers ever: a FIFO's reader waits for the first */
	u32 opened_r;
	u64 head, tail;			/* bytes written and read so far */
	char *buf;			/* made by the first write */
	/* A splice is under way at this end and may sleep: others wait, as if for its lock. */
	bool taking, putting;
	struct waitq q;
};

/* NULL: it is no pipe. */
struct pipe *pipe_of(const struct file *f);

/* Until there is something to read.  1; 0: nothing will come; -EAGAIN (not block); -ERESTARTSYS. */
long pipe_wait_data(struct pipe *p, bool block);
/* Until something fits.  1; -EPIPE (and SIGPIPE); -EAGAIN (not block); -ERESTARTSYS; -ENOMEM. */
long pipe_wait_room(struct pipe *p, bool block);
u64 pipe_room(const struct pipe *p);
/* Moves what is there, or fits, and wakes who waits for it.  Bytes, or -EFAULT for none. */
long pipe_take(struct pipe *p, struct io *io);
long pipe_put(struct pipe *p, struct io *io);
/* Copies what a read would give, at most n bytes; how many. */
u64 pipe_peek(const struct pipe *p, char *buf, u64 n);
/* Drops the first n bytes. */
void pipe_skip(struct pipe *p, u64 n);

#endif
