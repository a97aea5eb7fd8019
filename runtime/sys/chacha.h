/* SPDX-License-Identifier: MIT */
/* The ChaCha20 block function of RFC 8439, section 2.3. */
#ifndef MVM_RT_SYS_CHACHA_H
#define MVM_RT_SYS_CHACHA_H

#include <stdint.h>

#define CHACHA_KEY_SIZE		32
#define CHACHA_NONCE_SIZE	12
#define CHACHA_BLOCK_SIZE	64

/* Writes one block of key stream to out. */
void chacha20_block(const uint8_t key[CHACHA_KEY_SIZE], uint32_t counter,
		    const uint8_t nonce[CHACHA_NONCE_SIZE], uint8_t out[CHACHA_BLOCK_SIZE]);

#endif
