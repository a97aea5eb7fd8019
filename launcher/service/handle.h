/* SPDX-License-Identifier: MIT */
/*
 * The handle table: the only names a guest has for host resources.  A handle is an index; the
 * entry holds the descriptor, what kind of thing it is and what may be done with it.
 */
#ifndef MVM_HANDLE_H
#define MVM_HANDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <mvm/abi.h>

struct handle {
	int fd;				/* -1: free */
	uint32_t kind;			/* enum mvm_kind */
	uint32_t rights;		/* MVM_RIGHT_* */
	uint32_t next_free;		/* free list */
	uint32_t watched;		/* MVM_WAIT_*: watch.c has it in its set; 0: not */
	/* DISK, archive: where in the file it begins, bytes.  UNIX: base is net/unixto.c's. */
	uint64_t base, size;
	bool kept;			/* of a snapshot: stays open for the next reset */
	bool quiet;			/* LISTENER that mvm serve accepts for: never ready */
	bool grant;			/* from the command line: the guest may not close it */
	bool read_only;			/* DIR, and what was opened below: a read-only grant */
	bool nonblock;			/* STREAM: grants.c gave it an O_NONBLOCK open file */
	bool locked;			/* FILE: the guest may hold locks of it */
	bool from_any;			/* DATAGRAM of --connect that all can send to */
	bool came_short;		/* SOCKET, STREAM: the last WRITE did not take all bytes */
	bool polled;			/* STREAM: has no RWF_NOWAIT, ask poll(2) first */
};

struct handles {
	struct handle h[MVM_HANDLES_MAX];
	uint32_t used;			/* high-water mark */
	uint32_t free;			/* head of the free list, UINT32_MAX: empty */
};

/* Makes all entries free.  Cheap: touches nothing but the heads. */
void handles_init(struct handles *t);
/* No handle_add() would succeed: to be asked before something is created that needs one. */
bool handles_full(const struct handles *t);
/*
 * Takes the entry that was closed last, else the lowest never used.  The flags are false.
 * Returns the handle, or -EMFILE (fd stays the caller's).
 */
int32_t handle_add(struct handles *t, int fd, uint32_t kind, uint32_t rights);
/* The entry, or NULL when n is not an open handle. */
struct handle *handle_get(struct handles *t, int32_t n);
/* Closes the descriptor and frees the entry.  0, -EBADF, -EPERM for a grant. */
int handle_close(struct handles *t, int32_t n);

#endif
