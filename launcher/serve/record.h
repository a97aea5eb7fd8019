/* SPDX-License-Identifier: MIT */
/*
 * What a worker tells the supervisor of mvm serve, and the byte that it is told.  Each worker has a
 * SOCK_SEQPACKET pair of its own, so that nobody can speak for another; the supervisor believes
 * nothing that it has not checked here, for a worker may have been taken over by its guest.
 */
#ifndef MVM_SERVE_RECORD_H
#define MVM_SERVE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum record_type {
	RECORD_READY = 1,		/* it waits for its first connection */
	RECORD_BEGIN,			/* it has taken one */
	RECORD_END,			/* that is over, and the clone is as new, or ends */
	RECORD_MEMORY,			/* the answer to ORDER_MEMORY; also when that shrank */
	RECORD_TYPES
};

enum ended_by {
	BY_EXIT,			/* the guest ended itself */
	BY_DONE,			/* a server closed the connection and waits for the next */
	BY_SIGNAL,			/* the application died of a signal */
	BY_MEMORY,			/* it touched more memory than --mem gives */
	BY_TIME,			/* --request-timeout */
	BY_VM,				/* the guest did what the VM cannot go on after */
	BY_CRASH,			/* the worker's process died; of no record */
	BY_TYPES
};

struct record {
	uint16_t type;			/* enum record_type */
	uint16_t by;			/* END: enum ended_by */
	uint8_t status;			/* END: exit status */
	uint8_t signo;			/* END: of BY_SIGNAL, BY_MEMORY; 0..64 */
	uint8_t last;			/* END: the worker ends now */
	uint8_t pad;
	uint16_t peer_port;		/* BEGIN: who connected; UNIX: all zero */
	uint16_t pad2[3];
	uint8_t peer_ip[16];
	uint64_t start_ns;		/* END: from accept to the guest's first instruction */
	uint64_t run_ns;		/* END: until its connection was closed */
	uint64_t reset_ns;		/* END: until it was as new */
	uint64_t in, out;		/* END: bytes read and written */
	uint64_t pages;			/* END: pages that were copied back */
	uint64_t private_bytes;		/* READY, MEMORY: memory that only this worker has */
};

/* Of the supervisor, one byte each. */
#define ORDER_RETIRE	'R'		/* take no connection any more, and end */
#define ORDER_MEMORY	'M'		/* say RECORD_MEMORY */

/* What the supervisor knows of a worker. */
enum worker_state { WORKER_NONE, WORKER_STARTING, WORKER_IDLE, WORKER_BUSY };

/* Longer than any request: what a record says beyond it is cut off. */
#define RECORD_NS_MAX	(1000ULL * 3600 * 1000000000 + 3600ULL * 1000000000)

/*
 * Is this what a worker in that state may say?  len: bytes received.  Cuts times and sizes to what
 * sums can bear.
 */
bool record_check(struct record *r, ssize_t len, enum worker_state state);

/* As the metrics and the access log call it: "exit", "crash"... */
const char *ended_name(unsigned int by);

#endif
