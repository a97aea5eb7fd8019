/* SPDX-License-Identifier: MIT */
/*
 * What the files of the supervisor share: its state, as data.  One thread, one epoll(7) set;
 * whatever happens comes to serve.c's loop, which calls whose it is.
 */
#ifndef MVM_SERVE_SUPERVISOR_H
#define MVM_SERVE_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "confine/confine.h"
#include "grants.h"
#include "hist.h"
#include "plan.h"
#include "record.h"
#include "service/service.h"
#include "snapshot/snap.h"
#include "sockets.h"

/* What an event is of: the upper half of its epoll data; the lower is an index. */
enum event_of { OF_SIGNAL = 1, OF_WORKER, OF_METRICS, OF_CLIENT };

struct worker {
	pid_t pid;
	int fd;				/* our end of its pair */
	enum worker_state state;
	bool leaving;			/* was told to retire, or said that it ends */
	bool killed;			/* by us, for its time */
	bool refused;			/* ... or for what it said */
	uint32_t generation;
	uint64_t since_ns;		/* when it came to this state */
	uint64_t private_bytes;		/* as it said last */
	uint64_t heard_ns;		/* the second that ... */
	uint32_t heard;			/* ... so many records came in */
	struct record begun;		/* BUSY: who connected */
};

struct counters {
	uint64_t requests[BY_TYPES];
	uint64_t in, out, pages;
	uint64_t forks;
	uint64_t deaths;		/* workers whose process ended in a way of its own */
	uint64_t violations;		/* by the system call filter */
	uint64_t overdue;		/* killed by the supervisor */
	uint64_t bad_records;		/* and ended for it */
	uint64_t retired;
	uint64_t log_lost;
	uint64_t saturated;		/* times that the last idle one was taken at the limit */
	uint64_t scrapes, scrapes_refused;
	uint64_t reloads, reloads_failed;
	struct hist start, run, reset;
};

struct supervisor {
	const struct plan *options;	/* as the command line gave it */
	struct plan plan;		/* of the workers: with what the snapshot says */
	struct snap_image image;	/* what is served */
	struct sockets sockets;
	struct grants grants;
	struct service *service;	/* with the handles; workers have copies */
	struct confinement *confinement;
	enum serve_contract contract;	/* AUTO no more */
	bool rehearse;			/* workers rehearse the image (rehearse.c) */
	uint32_t generation;		/* how often the image was loaded */
	pid_t maker;			/* makes the next; 0: nobody does */

	struct worker *workers;		/* nslots of them; [0, used) were ever used */
	uint32_t nslots, used;
	struct counters counters;
	/* kept by pool.c */
	uint32_t starting, idle, busy;	/* of those that are not leaving */
	uint64_t missing_ns;		/* since when fewer wait than should; 0: not */
	uint32_t leaving;
	uint32_t failed_starts;		/* one after another, none of them ready */
	bool proved;			/* one was ready, once */
	uint64_t surplus_ns;		/* since when there is more than the pool; 0: is not */
	uint64_t look_ns;		/* when to look for those that are overdue again */
	uint64_t no_fork_ns;		/* until when none is made, after such */
	bool ready;			/* readiness was told */
	bool reloading;			/* ... and is to be told again */

	bool draining;
	uint64_t drain_until_ns;
	int status;			/* of mvm, when it ends by itself */
	bool over;			/* it does */
};

/* serve.c: has fd in the loop from now on.  0 or -errno. */
int loop_add(int fd, uint32_t events, enum event_of of, uint32_t index);

#endif
