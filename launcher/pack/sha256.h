/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4), for the digests of an appliance's parts.
 *
 * Every byte of an appliance is hashed at each start, so the speed counts: with the processor's
 * instructions 2 MiB take 1.3 ms, with libsodium's portable code 11 ms, five times what the rest of
 * a start takes; and the kernel's is not to be had everywhere.
 */
#ifndef MVM_SHA256_H
#define MVM_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES	32
#define SHA256_BLOCK	64U

struct sha256 {
	uint32_t h[8];
	uint64_t len;			/* bytes so far */
	uint8_t rest[SHA256_BLOCK];	/* of them, those that are no whole block yet */
	/* n whole blocks into h; chosen by sha256_begin() for this processor */
	void (*blocks)(uint32_t h[8], const uint8_t *p, size_t n);
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
void sha256_end(struct sha256 *s, uint8_t digest[SHA256_BYTES]);

/* The two ways, for the test that compares them; the second only where sha256_has_ni(). */
void sha256_blocks_c(uint32_t h[8], const uint8_t *p, size_t n);
void sha256_blocks_ni(uint32_t h[8], const uint8_t *p, size_t n);
int sha256_has_ni(void);

#endif
