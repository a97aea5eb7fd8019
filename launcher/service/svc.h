/* SPDX-License-Identifier: MIT */
/*
 * What ring.c and the svc_*.c files share, and nobody else needs: the form of a request's
 * function, all of their names, and how names of files are taken from the guest and resolved.
 */
#ifndef MVM_SVC_H
#define MVM_SVC_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <mvm/abi.h>
#include "service.h"

/*
 * Carries one request out.  e: the private copy of the entry; its flags have been checked.
 * out: what the completion carries besides, zeroed.  Returns the completion's res.
 */
typedef int64_t request_fn(struct service *s, const struct mvm_sqe *e, uint64_t out[2]);

request_fn svc_nop, svc_exit, svc_log, svc_time, svc_random, svc_mem_grow, svc_mem_release,
	   svc_mem_exec,
	   svc_missing;							/* vm.c */
request_fn svc_wait, svc_ready;						/* wait.c */
request_fn svc_watch, svc_events;					/* watch.c */
request_fn svc_tick;							/* tick.c */
request_fn svc_signals;							/* signals.c */
request_fn svc_read, svc_write;						/* io.c */
request_fn svc_fsync, svc_ftruncate, svc_fallocate, svc_seek, svc_lock;	/* file.c */
request_fn svc_stat, svc_statfs;					/* stat.c */
request_fn svc_open, svc_getdents;					/* dir.c */
request_fn svc_close;							/* close.c */
request_fn svc_mkdir, svc_unlink, svc_rename, svc_link, svc_symlink,
	   svc_readlink;						/* name.c */
request_fn svc_setattr;							/* attr.c */
request_fn svc_tty;							/* tty.c */
request_fn svc_accept;							/* accept.c */
request_fn svc_connect;							/* connect.c */
request_fn svc_shutdown, svc_getname;					/* socket.c */
request_fn svc_sendfile;							/* sendfile.c */
request_fn svc_send, svc_recv;						/* dgram.c */
request_fn svc_getsockopt, svc_setsockopt;				/* sockopt.c */
request_fn svc_trace;							/* trace.c */
request_fn svc_mapped;							/* profile.c */

/*
 * From now on fn carries out every request there is, and wrapped[op] is what did before it: for who
 * watches requests, without a cost for those whom nobody watches.  May be repeated; before the
 * guest runs.  (ring.c)
 */
void ring_wrap(request_fn *fn, request_fn *wrapped[MVM_OP_MAX]);

/* A system call's result as a completion's. */
static inline int64_t result(int64_t r)
{
	return r < 0 ? -errno : r;
}

/* Again while a signal interrupts: for calls that wait for nothing but a file system. */
#define UNINTERRUPTED(call) ({					\
	int64_t r_;						\
	do							\
		r_ = (call);					\
	while (r_ < 0 && errno == EINTR);			\
	r_ < 0 ? -errno : r_;					\
})

/* ---- wait.c ------------------------------------------------------------------------------ */

/* What WAIT answers when a connection is pending: that the listeners are ready.  res. */
int64_t wait_pending(struct service *s, const struct mvm_sqe *e);
/* A WAIT under way, or about to be, ends with -EINTR or 0.  For signal handlers. */
void svc_wait_end(void);

/* ---- watch.c ----------------------------------------------------------------------------- */

/* Handle n is reported from now on when it becomes ready for events (MVM_WAIT_*).  0 or -errno. */
int64_t watch(struct handle *h, int32_t n, uint32_t events);
/* The handle is about to be closed: its descriptor may live on in another process. */
void watch_end(struct handle *h);
/* Is there room in the guest for what svc_events() is asked for? */
bool watch_room(const struct service *s, const struct mvm_sqe *e);

/* ---- stat.c ------------------------------------------------------------------------------ */

/* Copies st in the ABI's form to the guest, room bytes at most.  0 or -EFAULT. */
int stat_out(const struct guest_ram *ram, mvm_gpa_t addr, uint64_t room, const struct stat *st);

/* ---- socket.c, sockopt.c ------------------------------------------------------------- */

#define SOCKET_KINDS	(1U << MVM_KIND_LISTENER | 1U << MVM_KIND_SOCKET | 1U << MVM_KIND_DATAGRAM)

/* Handle n, of one of these kinds (1 << MVM_KIND_*), or NULL and *err: -EBADF, -ENOTSOCK. */
struct handle *socket_get(struct service *s, int32_t n, unsigned int kinds, int *err);
/* Enters a new socket and returns its handle, or closes it: -EMFILE. */
int64_t socket_add(struct service *s, int fd, uint32_t kind);
/* The address to the guest, at addr2, as far as it asked for it.  0 or -EFAULT. */
int inet_out(const struct service *s, const struct mvm_sqe *e, const struct sockaddr_storage *a,
	     uint16_t proto);
/* Does a --connect cover it? */
bool net_granted(const struct service *s, const struct mvm_inet *in);

#define SOCKOPT_GET	1U
#define SOCKOPT_SET	2U
#define SOCKOPT_BOTH	3U
#define MVM_SO_MAX	(MVM_SO_USER_TIMEOUT + 1)

/* What an option of the ABI is on the host, for the filter too.  how 0: no option. */
struct sockopt_name { int level, name; unsigned int how; const char *shown; };
extern const struct sockopt_name sockopt_names[MVM_SO_MAX];

/* ---- path.c: names below a directory --------------------------------------------------------- */

/* A path that the guest named, copied, terminated, and checked in its form. */
struct path {
	size_t len;
	char s[MVM_PATH_MAX + 1];
};

/*
 * "", for calls with AT_EMPTY_PATH.  These calls would take any path, and Landlock does not look
 * at them; so the filter knows this string by its address, which is in read-only memory.
 */
extern const char path_empty[];

/*
 * Takes a path from the guest.  0; -ENOENT when it is empty, -ENAMETOOLONG, -EFAULT, -EINVAL
 * for a NUL in it, -EXDEV when it is absolute.
 */
int path_get(const struct guest_ram *ram, mvm_gpa_t addr, uint64_t len, struct path *p);

/*
 * openat2(2), never above dirfd: RESOLVE_BENEATH, no magic links, O_CLOEXEC.  flags: O_*; mode
 * only with O_CREAT or O_TMPFILE.  A descriptor or -errno; -EXDEV for a way out.
 */
int path_open(int dirfd, const char *path, int flags, uint32_t mode);

/*
 * Opens path below the directory as OPEN does, for whoever names it: a regular file or a directory
 * (with MVM_O_PATH anything), with no more than the grant allows, nothing of procfs for writing.
 * flags: MVM_O_*, that fit together; mode only with MVM_O_CREATE or MVM_O_TMPFILE.  A descriptor,
 * what it is in *st; or -errno.  (dir.c)
 */
int dir_open(const struct handle *dir, const char *path, uint32_t flags, uint32_t mode,
	     struct stat *st);

/*
 * What a path is, without opening it: 0 and *st, or -errno.  Costs one system call when the
 * path is a single name that is no symbolic link.
 */
int path_stat(int dirfd, const char *path, bool follow, struct stat *st);

/* Where a name is to be made, removed or changed: a directory and the last component in it. */
struct place {
	int fd;				/* of the directory */
	bool opened;			/* fd is ours to close */
	const char *name;		/* no slash but at its end, where it means "a directory" */
	bool dots;			/* name is "." or "..": nothing can be done to those */
};

/*
 * Finds the place of p below dirfd, following links in all but the last component.  Changes p,
 * which name points into.  0, and place_close() is due; or -errno.
 */
int place_find(int dirfd, struct path *p, struct place *pl);
void place_close(struct place *pl);

/*
 * The DIR handle n, for use with rights (MVM_RIGHT_*), or NULL and *err: -EBADF; -ENOTDIR;
 * -EROFS when MVM_RIGHT_CREATE is wanted and missing; -EACCES.
 */
struct handle *dir_get(struct service *s, int32_t n, uint32_t rights, int *err);

#endif
