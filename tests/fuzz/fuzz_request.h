/* SPDX-License-Identifier: MIT */
/* What fuzz_hypercall.c, fuzz_replay.c and fuzz_request.c share: from bytes to requests. */
#ifndef MVM_FUZZ_REQUEST_H
#define MVM_FUZZ_REQUEST_H

#include <mvm/abi.h>
#include "fuzz_check.h"

#define RAM_BYTES	(512UL << 10)
#define SCRATCH		0x40000UL	/* GPA; the ring lies below */
#define FILE_LIMIT	(256UL << 10)

/* The handles that are granted. */
enum { H_IN, H_OUT, H_TTY, H_RW, H_RO, H_DISK, H_LISTENER, H_UDP, H_UNIX, H_GRANTS };

extern uint16_t peer_port;		/* of who sends to H_UDP */

struct input {
	const uint8_t *p;
	size_t n;
};

/* The next bytes, or what is left; returns how many. */
size_t take_bytes(struct input *in, void *to, size_t bytes);

/* A number of 1 to 8 bytes. */
uint64_t take(struct input *in, size_t bytes);

/* A request; what its addresses lead to is written into the guest's memory, which lies at ram. */
struct mvm_sqe make_request(struct input *in, uint8_t *ram);

#endif
