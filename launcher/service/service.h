/* SPDX-License-Identifier: MIT */
/*
 * The hypercall service: what one VM's requests may touch, and the family of functions that
 * carry them out.  ring.c takes entries and dispatches; svc_*.c do the work; gate.c is the only
 * way from a guest address to host memory.
 */
#ifndef MVM_SERVICE_H
#define MVM_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <mvm/abi.h>
#include "handle.h"
#include "vm.h"

struct stats;				/* stats.h */
struct plan_connect;			/* plan.h */

/* How the guest ended itself (MVM_OP_EXIT). */
struct ending {
	bool ended;
	int status;			/* 0..255 */
	int signo;			/* 0, or what the application died of */
	bool has_crash;
	struct mvm_crash crash;
};

/* Who drains: the poller leaves kick-only requests to the vCPU's thread. */
enum drain_by { DRAIN_VCPU, DRAIN_POLLER };

/* Carries out one request: the completion's res, and its out.  e: the private copy of the entry. */
struct service;
typedef int64_t dispatch_fn(struct service *s, const struct mvm_sqe *e, enum drain_by by,
			    uint64_t out[2]);

struct service {
	dispatch_fn *dispatch;		/* ring.c's, or who looks at requests and calls that */
	struct vm *vm;			/* TIME and MEM_GROW */
	struct guest_ram *ram;
	struct handles handles;
	struct stats *stats;		/* NULL: not counted */
	bool verbose;
	const struct plan_connect *connects; /* --connect */
	size_t nconnects;
	/* With mvm snapshot: the guest's WAIT says that it is ready (does not return); a path was
	 * opened below handle dir as handle n.  NULL otherwise. */
	void (*ready)(struct service *s, const struct mvm_sqe *e);
	void (*opened)(struct service *s, int32_t dir, const char *path, uint32_t flags, int32_t n);
	/* With mvm serve: the connection that the guest's next ACCEPT gets (-1: none), where it
	 * comes from, the handle that it has become (-1: none), and that it was closed again. */
	int pending;
	struct sockaddr_storage pending_from;
	int32_t conn;
	bool served;
	/* Asked when it was closed and the guest waits: true, there is another one pending.  NULL:
	 * there is none, and the run is over. */
	bool (*again)(struct service *s);
	bool inetd;			/* with mvm serve: streams 0 and 1 are one connection */
	struct ending ending;
	uint64_t moved[2];		/* bytes read from and written to streams and connections */
	int wait_fd;			/* readable: somebody wants the guest out of WAIT; or -1 */
	bool leave_wait;		/* it shall not begin to wait */
	/* host-private ring state */
	struct mvm_ring *ring;		/* in guest RAM: hostile */
	uint32_t sq_head, cq_tail;
	uint32_t cq_head;		/* as last seen */
	uint64_t anon_from;		/* GPA from which RAM is anonymous: no file shows through */
};

/*
 * Binds the service to the ring at MVM_GPA_RING.  After load(), before the first KVM_RUN, and
 * leaves s->handles and s->verbose alone.  Ignores SIGPIPE and SIGXFSZ in the process: writing
 * in vain is the guest's EPIPE or EFBIG.
 */
void service_init(struct service *s, struct vm *vm, struct stats *stats);

/*
 * Handles what the guest has submitted, MVM_RING_ENTRIES entries at most.  One caller at a time
 * (run.c's lock).  Returns the number of requests completed; *left is set when the next
 * entry waits for the vCPU's thread.  After s->ending.ended nothing more is taken.
 */
unsigned int ring_drain(struct service *s, enum drain_by by, bool *left);

/* Completes a request that ring_drain() took before: of a snapshot, whose WAIT ends later. */
void ring_complete(struct service *s, uint64_t user, int64_t res, const uint64_t out[2]);

/* The name of a request for --stats, or NULL when op is none of the ABI's. */
const char *request_name(unsigned int op);

/*
 * Makes the set that watch.c keeps, with the descriptor CONFINE_FD_EVENTS.  Before the filter.
 * 0, or EXIT_MVM with the message printed.
 */
int watch_init(void);

/* Puts a terminal back that the guest has changed.  Async-signal-safe; any number of times. */
void tty_restore(void);

#endif
