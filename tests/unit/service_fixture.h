/* SPDX-License-Identifier: MIT */
/*
 * A hypercall service without a VM, for the tests of the launcher's side of the ring: guest RAM
 * between two inaccessible pages, handles, and a temporary directory with a grant and an outside.
 */
#ifndef SERVICE_FIXTURE_H
#define SERVICE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/service.h"
#include "stats.h"

#define RAM_BYTES	(4UL << 20)	/* present at start; MEM_GROW doubles it */
#define SCRATCH		0x100000UL	/* GPA of buffers; below lies the ring */

enum { H_IN, H_OUT, H_ERR, H_RW, H_RO };	/* the granted handles */

/*
 *	root/outside/secret		"secret"
 *	root/grant/			H_RW, and read-only H_RO
 *		file			"0123456789"
 *		dir/inner		"inner"
 *		in -> dir/inner		stays inside
 *		up -> ../outside/secret	leads out
 *		abs -> root/outside/secret
 *		updir -> ../outside
 *		dangling -> nothing
 *		fifo
 */
struct fixture {
	struct service s;
	struct vm vm;
	struct stats stats;
	char root[64];
	int in_pipe[2];			/* [1] feeds H_IN */
	int out_pipe[2];		/* [0] reads H_OUT */
	uint64_t out[2];		/* of the last call() */
	uint64_t scratch;		/* GPA of the next put() */
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A new service over the RAM, with the three streams only. */
struct fixture *fixture_new(void);
void fixture_free(struct fixture *f);

/* Copies data to guest RAM; where it lies stays valid until the next call(). */
mvm_gpa_t put(struct fixture *f, const void *data, size_t len);
/* len bytes of guest RAM, filled with 0xa5. */
mvm_gpa_t room(struct fixture *f, size_t len);
void *at(struct fixture *f, mvm_gpa_t a);

/* One request through the ring, as the vCPU's thread; f->out is what it returns besides res. */
int64_t call(struct fixture *f, struct mvm_sqe e);
/* The same with a path as addr/len. */
int64_t call_path(struct fixture *f, struct mvm_sqe e, const char *path);
/* OPEN below handle dir. */
int64_t open_path(struct fixture *f, int32_t dir, const char *path, uint32_t flags, uint32_t mode);
/* STAT below handle dir, following; the result is in *st. */
int64_t stat_path_of(struct fixture *f, int32_t dir, const char *path, struct mvm_stat *st);

/* On the host, below root: what a file holds, "" when it is not there. */
const char *host_contents(struct fixture *f, const char *path);
void host_write(struct fixture *f, const char *path, const char *contents);
char *host_path(struct fixture *f, const char *path);
int open_descriptors(void);
/* Sends it to the test: the signal that finish_signal() was called for, 0: none. */
int dies_of(int sig);

#endif
