/* SPDX-License-Identifier: MIT */
/*
 * The common ground of net/: sockets, addresses, messages, and what each protocol has to offer.
 * No other room includes it (they have net/syscalls.h).
 *
 * A socket is a struct sock behind an open file.  Its protocol is a struct sock_ops, which may
 * change in its life: a TCP socket becomes one of the host's when it is bound to a --listen grant
 * or connected through a --connect grant.  Everything else happens in the VM's memory: there are
 * no packets, a connection is two byte streams or queues of messages.
 *
 * Errors: functions return 0 or a value, or a negative errno.
 * Sources: socket(7), unix(7), ip(7), ipv6(7), tcp(7), udp(7), and what Linux does where they are
 * silent.
 */
#ifndef MVM_RT_NET_H
#define MVM_RT_NET_H

#include "rt.h"
#include "fs/vfs.h"
#include "sched/waitq.h"
#include <asm/poll.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/un.h>

/* What Linux keeps out of its UAPI headers, because C libraries define it. */
#define AF_UNSPEC	0
#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	10
#define AF_NETLINK	16
#define AF_PACKET	17
#define AF_MAX		46

#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_RAW	3
#define SOCK_SEQPACKET	5
#define SOCK_MAX	11
#define SOCK_TYPE_MASK	0xfU
#define SOCK_CLOEXEC	((u32)O_CLOEXEC)
#define SOCK_NONBLOCK	((u32)O_NONBLOCK)

#define MSG_OOB		0x1U
#define MSG_PEEK	0x2U
#define MSG_CTRUNC	0x8U
#define MSG_TRUNC	0x20U
#define MSG_DONTWAIT	0x40U
#define MSG_EOR		0x80U
#define MSG_WAITALL	0x100U
#define MSG_ERRQUEUE	0x2000U
#define MSG_NOSIGNAL	0x4000U
#define MSG_WAITFORONE	0x10000U
#define MSG_CMSG_CLOEXEC 0x40000000U

#define SHUT_RCV	1U		/* the bits of sock.shut */
#define SHUT_SND	2U
#define SHUT_BOTH	3U

#define SOMAXCONN	4096		/* /proc/sys/net/core/somaxconn */

/* ---- addresses (addr.c) ---- */

struct addr {
	u32 len;			/* bytes; 0: none */
	union {
		u16 family;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_nl nl;
		u8 bytes[128];
	};
};

#define UN_PATH		offsetof(struct sockaddr_un, sun_path)

/* From the program.  -EINVAL for an impossible length, -EFAULT. */
int addr_in(struct addr *a, u64 uaddr, s32 len);
/* To the program, as accept(2) and getsockname(2) do: cut to *ulen, which gets the length. */
int addr_out(const struct addr *a, u64 uaddr, u64 ulen);

/* An Internet address and port; IPv4 as ::ffff:a.b.c.d. */
struct ep {
	union {
		u8 ip[16];
		u32 w[4];
		u64 d[2];
	};
	u16 port;			/* in the host's order; 0: none */
};

/* From a sockaddr of the socket's family.  -EINVAL (length), -EAFNOSUPPORT. */
int ep_from_addr(struct ep *e, const struct addr *a, u16 family);
void ep_to_addr(const struct ep *e, struct addr *a, u16 family);
bool ep_is_v4(const struct ep *e);
bool ep_is_any(const struct ep *e);		/* 0.0.0.0 or :: */
bool ep_is_loopback(const struct ep *e);	/* 127.0.0.0/8 or ::1 */
static inline bool ep_same_ip(const struct ep *a, const struct ep *b)
{
	return a->d[0] == b->d[0] && a->d[1] == b->d[1];
}
static inline bool ep_equal(const struct ep *a, const struct ep *b)
{
	return ep_same_ip(a, b) && a->port == b->port;
}
/* Sets the address of a family: any, or loopback. */
void ep_set_any(struct ep *e, u16 family);
void ep_set_loopback(struct ep *e, bool v4);

/* ---- control data (cmsg.c) ---- */

#define SCM_FILES_MAX	253

/* Open files on their way to another socket: a reference on each. */
struct rights {
	struct rights *next;		/* in a stream: */
	u64 from, to;			/* the bytes they travel with, counted by stream.written */
	u32 n;
	struct file *file[];
};

void rights_free(struct rights *r);		/* drops the files; NULL is allowed */
struct rights *rights_copy(const struct rights *r);	/* for MSG_PEEK; NULL: no memory */

struct cred { s32 pid; u32 uid, gid; };		/* struct ucred */
struct cred cred_now(void);

/* ---- messages (msg.c) ---- */

/* What one send or receive is about. */
struct message {
	struct io io;			/* the bytes */
	u32 flags;			/* MSG_*; DONTWAIT for a non-blocking file, too */
	struct addr addr;		/* send: to whom; receive: from whom */
	struct rights *rights;		/* send: the protocol takes them over or leaves them */
	struct ep to;			/* receive, UDP: the address that it was sent to */
	bool has_to;
	u8 tos, ttl;			/* receive, UDP: as it was sent */
	u64 when;			/* receive, datagrams: CLOCK_REALTIME, ns; 0: just now */
	u32 out_flags;			/* receive: MSG_TRUNC, MSG_EOR, MSG_CTRUNC */
};

/* ---- byte streams (stream.c) ---- */

struct chunk;

/* One direction of a connection.  Zeroed: empty. */
struct stream {
	struct chunk *first, *last;
	u64 written, taken;		/* bytes so far */
	struct rights *rights, *rights_end;	/* open files that travel along, in order */
	u64 urgent_at;			/* TCP's urgent byte, counted as written is */
	enum { URGENT_NONE, URGENT_NEW, URGENT_READ } urgent;	/* until reading has passed it */
};

static inline u64 stream_len(const struct stream *s) { return s->written - s->taken; }
/* Appends at most max bytes.  Bytes, -EFAULT, -ENOBUFS: the VM's limit for sockets is reached. */
long stream_put(struct stream *s, struct io *io, u64 max);
/*
 * Copies at most max bytes from skip bytes behind the beginning on, without taking them.  drop:
 * they are counted, not copied.  Bytes or -EFAULT.
 */
long stream_peek(const struct stream *s, struct io *io, u64 skip, u64 max, bool drop);
void stream_take(struct stream *s, u64 n);
/* The last n bytes that were written carry these files, which it takes over. */
void stream_attach(struct stream *s, u64 n, struct rights *r);
/*
 * How many of the next n bytes one receive may take: none behind a piece that carries files,
 * *r, or NULL.
 */
u64 stream_until_rights(const struct stream *s, u64 n, struct rights **r);
/* The first files leave the stream, for the caller. */
struct rights *stream_detach(struct stream *s);
void stream_free(struct stream *s);

/* Memory of all sockets, within CONFIG_NET_MAX_MIB.  False: it is used up. */
bool net_charge(u64 bytes);
void net_uncharge(u64 bytes);

/* ---- queues of messages (dgram.c) ---- */

struct sock;

struct dgram {
	struct dgram *next;
	u64 len;
	struct addr from;
	struct ep to;
	u8 tos, ttl;
	u64 when;			/* 0: nobody wanted to know */
	struct rights *rights;
	u8 data[];
};

struct dgram_queue {
	struct dgram *first, *last;
	u32 count;
	u64 bytes;
};

/* The message as a whole.  NULL and *err: -EFAULT, -ENOBUFS. */
struct dgram *dgram_new(struct message *m, int *err);
void dgram_free(struct dgram *d);
/* It arrives at s, which is not woken yet. */
void dgram_push(struct sock *s, struct dgram *d);
void dgram_drain(struct dgram_queue *q);
/*
 * Receives the first message, which must exist, into *m; with MSG_PEEK it stays.  What does not
 * fit is lost (MSG_TRUNC).  Bytes (of the whole message when m asks with MSG_TRUNC), or -EFAULT.
 */
long dgram_take(struct dgram_queue *q, struct message *m);
/* recv of a socket with a queue of messages: waits for one. */
long dgram_recv(struct sock *s, struct message *m);
/* What of poll depends on errors, the queue and shutdown. */
u32 dgram_poll(const struct sock *s);

/* ---- sockets (socket.c) ---- */

enum sock_state { SS_CLOSED, SS_CONNECTING, SS_CONNECTED, SS_LISTEN };

/* Plain options: stored, given back, and where a protocol cares, looked at (sockopt.c). */
struct sock_opts {
	s32 reuseaddr, reuseport, keepalive, broadcast, dontroute, passcred, oobinline;
	s32 priority, mark, rcvlowat, peek_off, no_check, rxq_ovfl, linger_on, linger_s;
	s32 nodelay, cork, keepidle, keepintvl, keepcnt, user_timeout, syncnt, linger2, defer;
	s32 quickack, maxseg, fastopen, notsent_lowat, window_clamp;
	s32 tos, ttl, pktinfo, recverr, mcast_ttl, mcast_loop, freebind, mtu, bind_no_port;
	s32 v6only, v6_hops, v6_pktinfo, tclass, v6_recverr, v6_mcast_hops, v6_mcast_loop, v6_mtu;
	s32 autoflowlabel, udp_cork;
	s32 timestamp;			/* SO_TIMESTAMP* that was chosen last; 0: none */
	s32 recvtos, recvttl, v6_recvtclass, v6_recvhops;
};

struct sock;
struct sock_list { struct sock *first, *last; };

struct sock_ops;
struct unix_name;
struct port;
struct netlink_dump;
struct hosted;

struct sock {
	const struct sock_ops *ops;
	u32 refs;
	u16 family;			/* AF_* */
	u8 type;			/* SOCK_* */
	u8 state;			/* enum sock_state */
	u8 shut;			/* SHUT_RCV: no more comes; SHUT_SND: no more can be sent */
	bool fin;			/* the peer has ended its stream in order */
	bool attempt;			/* TCP: the outcome of connect() was not yet told */
	bool dead;			/* closed */
	bool unborn;			/* in a listener's backlog */
	bool stalled;			/* somebody found no room for a message */
	bool locked_rcvbuf, locked_sndbuf;	/* set by the program */
	s32 protocol;
	s32 err;			/* SO_ERROR, positive; 0: none */
	struct waitq q;
	u64 rcvtimeo, sndtimeo;		/* ns; UINT64_MAX: never */
	u32 rcvbuf, sndbuf;
	struct sock_opts o;
	struct cred peercred;

	/* A connection: each holds a reference on the other. */
	struct sock *peer;
	struct stream rx;
	struct dgram_queue msgs;
	struct hosted *hosted;		/* its side outside of the VM; NULL: none */
	/* Datagrams: those whose peer is this socket. */
	struct sock *senders, *next_sender, *prev_sender;

	/* A listener: connections nobody has accepted, and TCP connections that wait for room. */
	struct sock_list backlog, pending;
	u32 backlog_len, backlog_max;
	struct sock *next;		/* on one of these lists */
	struct sock *listener;		/* whose pending list this is on */

	union {
		struct {		/* AF_UNIX */
			struct unix_name *name;
		};
		struct {		/* AF_INET, AF_INET6 */
			struct ep local, remote;
			struct port *port;
			struct sock *next_owner, *prev_owner;
			bool user_port, user_ip; /* given to bind(), not chosen here */
			bool listening;		/* counted among the listeners of its port */
		};
		struct netlink_dump *dump;	/* AF_NETLINK */
	};
};

struct sock_ops {
	int (*bind)(struct sock *s, const struct addr *a);
	int (*listen)(struct sock *s);			/* backlog_max is set */
	int (*connect)(struct sock *s, const struct addr *a, bool nonblock);
	/* A connected socket without a file. */
	int (*accept)(struct sock *s, struct sock **out, bool nonblock);
	void (*unaccept)(struct sock *s, struct sock *conn);	/* it found no descriptor */
	int (*name)(struct sock *s, bool peer, struct addr *a);
	int (*shutdown)(struct sock *s, u32 how);	/* SHUT_* */
	long (*send)(struct sock *s, struct message *m);
	/* file_ops.send; may be NULL. */
	long (*sendfile)(struct sock *s, struct file *in, u64 *pos, u64 n, bool nonblock);
	long (*recv)(struct sock *s, struct message *m);
	u32 (*poll)(struct sock *s, struct waitq **q);
	long (*ioctl)(struct sock *s, u32 cmd, u64 arg);	/* NULL: only the common ones */
	/* After an option was stored: the host's socket may have to know.  May be NULL. */
	void (*option)(struct sock *s, u32 level, u32 name, s32 value);
	int (*error)(struct sock *s);	/* SO_ERROR where the host knows it; may be NULL */
	void (*release)(struct sock *s);		/* the file is closed */
};

/* A socket with one reference; NULL when out of memory. */
struct sock *sock_new(const struct sock_ops *ops, u16 family, u8 type, s32 protocol);
static inline struct sock *sock_get(struct sock *s) { s->refs++; return s; }
void sock_put(struct sock *s);
/* The socket behind a descriptor; with a reference on its file, *f.  -EBADF, -ENOTSOCK. */
int sock_fd(u64 fd, struct sock **s, struct file **f);
/* A descriptor for a socket, which takes over the reference; flags: SOCK_*. */
long sock_install(struct sock *s, u32 flags);

/* SO_ERROR: -errno, and it is taken; 0: none. */
int sock_error(struct sock *s);
/* ns from now on as a deadline; UINT64_MAX: never. */
u64 sock_deadline(u64 timeout);
/*
 * Sleeps on q for s: 0, look again; -EAGAIN at the deadline or when it may not block;
 * -ERESTARTSYS, or -EINTR where there is a time limit.
 */
int sock_sleep(struct waitq *q, u64 deadline, bool nonblock);
int sock_slept(int res, u64 deadline);		/* the same, from what another wait returned */
void sock_wake(struct sock *s, u32 events);
/* Is the signal due (not with MSG_NOSIGNAL)?  -EPIPE. */
long sock_epipe(const struct message *m);

/* Usual answers. */
int sock_no_listen(struct sock *s);
int sock_no_accept(struct sock *s, struct sock **out, bool nonblock);

/* Protocols: a new socket of this type, or -errno. */
int unix_create(u8 type, s32 protocol, struct sock **s);
void unix_pair(struct sock *a, struct sock *b);		/* socketpair */
int inet_create(u16 family, u8 type, s32 protocol, struct sock **s);
int netlink_create(u8 type, s32 protocol, struct sock **s);

/* ---- connections in the VM (conn.c) ---- */

void conn_join(struct sock *a, struct sock *b);
/* Bytes that s may send without waiting; it has a peer. */
u64 conn_room(const struct sock *s);
long conn_send(struct sock *s, struct message *m);
long conn_recv(struct sock *s, struct message *m);
void conn_shutdown(struct sock *s, u32 how);
/* The socket goes: its peer learns it, by an error when reset. */
void conn_close(struct sock *s, bool reset);
u32 conn_poll(struct sock *s, struct waitq **q);
long conn_ioctl(struct sock *s, u32 cmd, u64 arg);

/* ---- urgent data of TCP (urgent.c) ---- */

/* The last byte that was written to peer's stream is urgent. */
void urgent_mark(struct sock *peer);
bool urgent_at_mark(const struct sock *s);	/* SIOCATMARK */
/* Is the next byte one that reading leaves out? */
bool urgent_hidden(const struct sock *s);
/*
 * How many bytes from *skip on, max at most, are to be read in one piece.  A byte that is left out
 * there is taken, or with peek *skip goes on behind it.
 */
u64 urgent_limit(struct sock *s, u64 max, bool peek, u64 *skip);
void urgent_passed(struct stream *r);		/* after bytes were taken */
/* recv with MSG_OOB: 1, or 0 when there is room for none; -EINVAL: there is none (any more). */
long urgent_recv(struct sock *s, struct message *m);
u64 urgent_before(const struct sock *s);	/* FIONREAD: bytes before the mark */

/* ---- listeners (backlog.c) ---- */

void sock_list_push(struct sock_list *l, struct sock *s);
struct sock *sock_list_pop(struct sock_list *l);		/* NULL: empty */
void sock_list_remove(struct sock_list *l, struct sock *s);	/* which is on it */

bool backlog_full(const struct sock *l);
void backlog_add(struct sock *l, struct sock *conn);
/* Waits for one.  0, -EINVAL: no listener; as sock_sleep(). */
int backlog_accept(struct sock *l, struct sock **out, bool nonblock);
void backlog_unaccept(struct sock *l, struct sock *conn);
/* Connections that nobody accepted are reset. */
void backlog_drop(struct sock *l);
u32 backlog_poll(struct sock *l);

/* ---- Internet sockets (inet.c, port.c, tcp.c, udp.c) ---- */

int inet_bind(struct sock *s, const struct addr *a);
int inet_name(struct sock *s, bool peer, struct addr *a);
/* Where a datagram or connection goes: any is loopback; the family fits.  0 or -errno. */
int inet_dest(struct sock *s, const struct addr *a, struct ep *e);
/* After a connection: of its own address it keeps what was given to bind(). */
void inet_unbind(struct sock *s);
/* A local address and port for a socket that has none. */
int inet_autobind(struct sock *s, const struct ep *dest);

/* Takes local.port, or a free one for 0, and notes it there.  -EADDRINUSE, -ENOMEM. */
int port_bind(struct sock *s);
/* An accepted connection shares its listener's. */
void port_join(struct sock *s, struct sock *listener);
void port_leave(struct sock *s);
/* Only one may listen, or those with SO_REUSEPORT.  -EADDRINUSE. */
int port_listen(struct sock *s);
void port_unlisten(struct sock *s);
/* Who listens there, or NULL. */
struct sock *port_listener(const struct ep *dest);
/* Who gets a datagram for dest from src, or NULL. */
struct sock *port_receiver(const struct ep *dest, const struct ep *src);

extern const struct sock_ops tcp_ops, udp_ops;

/* ---- options (sockopt.c, sockname.c) ---- */

void sock_opts_init(struct sock *s);

/* ---- interfaces (ifconf.c) ---- */

/* SIOCGIF*: there is lo.  -ENOTTY: not one of these. */
long ifconf_ioctl(u32 cmd, u64 arg);

#define LO_INDEX	1
#define LO_MTU		65536
#define LO_NAME		"lo"
#define LO_HWTYPE	772		/* ARPHRD_LOOPBACK; its header wants a C library */

#endif
