/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a connection to the outside on their way: see hostbuf.c.  Of hosttcp.c, which keeps the
 * semantics; all functions are for connections that hostbuf_init() was called for.
 */
#ifndef MVM_RT_NET_HOSTBUF_H
#define MVM_RT_NET_HOSTBUF_H

#include "net/net.h"
#include "sched/hostfd.h"

struct hostsend;

struct hostbuf {
	struct hostfd *fd;
	struct hyper_async read, write, send, end;
	char *in;			/* read ahead: a page, or NULL */
	u32 in_at, in_len;
	bool reading, ended;		/* a READ is under way; it met the end */
	s32 err;			/* what either has met, as Linux's sk_err: told once */
	bool direct;			/* it has met one: writes ask the host from now on */
	char *out;			/* written and not yet with the host */
	u32 out_len, flying;		/* of these, what the WRITE under way takes */
	struct hostsend *file;		/* what follows these: file_left bytes of it from there */
	u64 file_off, file_left;
	bool sending;			/* a SENDFILE is under way */
	bool stuck;			/* the host's buffer is full */
	bool last, ending;		/* SHUTDOWN follows the last byte; it is under way */
	bool listed;
	struct hostbuf *next;		/* those with memory for writing */
};

/* How long the end of a connection, or of the VM, waits for a peer that does not read. */
#define HOSTBUF_LINGER_NS	5000000000UL

void hostbuf_init(struct hostbuf *b, struct hostfd *fd);
/* From now on bytes are read ahead and written behind. */
void hostbuf_connected(struct hostbuf *b);
/*
 * Before the handle is closed: what was written is with the host afterwards, unless it takes no
 * more, which is waited for at most linger ns.
 */
void hostbuf_done(struct hostbuf *b, u64 linger);

/*
 * What was read ahead, as much as fits; peek: it stays.  Bytes; 0: the end of the stream; the error
 * that was met; -EAGAIN: nothing is here, ask the host.
 */
long hostbuf_recv(struct hostbuf *b, struct io *io, bool peek);
/* Bytes that were read ahead; that were written and are not yet with the host. */
static inline u32 hostbuf_held(const struct hostbuf *b) { return b->in_len; }
static inline u64 hostbuf_unsent(const struct hostbuf *b) { return b->out_len + b->file_left; }

/*
 * Takes all of io, to be written soon.  Bytes; 0: too much for that, write it directly after
 * hostbuf_flush(); -EFAULT, or the error that was met.
 */
long hostbuf_send(struct hostbuf *b, struct io *io);
/*
 * n bytes of in from off on, to be sent soon.  False: it is not known that they are there, or too
 * much is on its way already.
 */
bool hostbuf_send_file(struct hostbuf *b, struct file *in, u64 off, u64 n);
/* 0: nothing is left to be written; -EAGAIN: the host takes no more now; or what it said. */
long hostbuf_flush(struct hostbuf *b);
/*
 * shutdown(2) of the sending side, which never waits.  True: the host has not taken all bytes yet,
 * and is asked to say the end to the peer when it has.  False: nothing is left, ask it now.
 */
bool hostbuf_end(struct hostbuf *b);
/*
 * All that was written is in one request under way, with nothing behind it that that does not take.
 */
static inline bool hostbuf_is_flying(const struct hostbuf *b)
{
	return b->flying && b->flying == b->out_len && !b->file_left;
}
/* Takes the error that was met: negative; 0: none. */
long hostbuf_error(struct hostbuf *b);

#endif
