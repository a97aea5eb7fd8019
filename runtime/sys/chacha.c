/* SPDX-License-Identifier: MIT */
/* ChaCha20, RFC 8439 section 2.3, for the random generator. */
#include "sys/chacha.h"

#include "lib/string.h"

static inline uint32_t rotl(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static inline void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotl(*d ^ *a, 16);
	*c += *d;
	*b = rotl(*b ^ *c, 12);
	*a += *b;
	*d = rotl(*d ^ *a, 8);
	*c += *d;
	*b = rotl(*b ^ *c, 7);
}

void chacha20_block(const uint8_t key[CHACHA_KEY_SIZE], uint32_t counter,
		    const uint8_t nonce[CHACHA_NONCE_SIZE], uint8_t out[CHACHA_BLOCK_SIZE])
{
	uint32_t s[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };	/* RFC 8439, 2.3 */
	uint32_t x[16];

	memcpy(&s[4], key, CHACHA_KEY_SIZE);
	s[12] = counter;
	memcpy(&s[13], nonce, CHACHA_NONCE_SIZE);
	memcpy(x, s, sizeof(x));
	for (int i = 0; i < 10; i++) {
		quarter_round(&x[0], &x[4], &x[8], &x[12]);
		quarter_round(&x[1], &x[5], &x[9], &x[13]);
		quarter_round(&x[2], &x[6], &x[10], &x[14]);
		quarter_round(&x[3], &x[7], &x[11], &x[15]);
		quarter_round(&x[0], &x[5], &x[10], &x[15]);
		quarter_round(&x[1], &x[6], &x[11], &x[12]);
		quarter_round(&x[2], &x[7], &x[8], &x[13]);
		quarter_round(&x[3], &x[4], &x[9], &x[14]);
	}
	for (int i = 0; i < 16; i++)
		x[i] += s[i];
	memcpy(out, x, CHACHA_BLOCK_SIZE);
}
