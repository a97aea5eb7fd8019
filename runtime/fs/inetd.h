/* SPDX-License-Identifier: MIT */
/* Standard input and output that are one connection: see inetd.c. */
#ifndef MVM_RT_FS_INETD_H
#define MVM_RT_FS_INETD_H

#include "fs/vfs.h"
#include "sched/hostfd.h"

/* The streams, NULL: closed.  In a clone whose boot information says so, once. */
void inetd_begin(struct hostfd *in, struct hostfd *out);
extern struct hostfd *inetd_in, *inetd_out;

/* Is f's stream read or written here? */
static inline bool inetd_reads(const struct file *f)
{
	return IS_ENABLED(CONFIG_SERVE) && unlikely(inetd_in) && f->priv == inetd_in;
}

static inline bool inetd_writes(const struct file *f)
{
	return IS_ENABLED(CONFIG_SERVE) && unlikely(inetd_out) && f->priv == inetd_out;
}

/*
 * What was read ahead.  True: *res is the answer, bytes, 0 at the end, or -errno; false: there is
 * nothing, and the host is to be asked.
 */
bool inetd_read(struct io *io, long *res);
/*
 * Bytes that were taken, to go with the next request; or -errno, of what was written before, too.
 * 0: all before is with the host, to which these go at once, as they are many.  f: to know whether
 * it may wait.
 */
long inetd_write(struct file *f, struct io *io);
/* The VM is about to idle: what was written must not wait for a request. */
void inetd_idle(void);
/* The program has closed its standard output. */
void inetd_close(void);

#endif
