/* SPDX-License-Identifier: MIT */
/* SHA-256, in C and with the processor's instructions.  See sha256.h.  Source: FIPS 180-4. */
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>
#include "sha256.h"

#define NI	__attribute__((target("sha,sse4.1")))

static _Alignas(16) const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* ---- In C ----------------------------------------------------------------------------------- */

static uint32_t ror(uint32_t v, unsigned int n)
{
	return v >> n | v << (32 - n);
}

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Eight rounds of section 6.2.2.  Instead of the variables their names move: a is v[-t mod 8]. */
static void rounds_c(uint32_t v[8], const uint32_t *w, const uint32_t *kt)
{
#pragma GCC unroll 8
	for (unsigned int t = 0; t < 8; t++) {
		uint32_t a = v[-t % 8], b = v[(1 - t) % 8], c = v[(2 - t) % 8], e = v[(4 - t) % 8];
		uint32_t t1 = v[(7 - t) % 8] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +
			      ((e & v[(5 - t) % 8]) ^ (~e & v[(6 - t) % 8])) + kt[t] + w[t];

		v[(3 - t) % 8] += t1;
		v[(7 - t) % 8] = t1 + (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +
				 ((a & b) ^ (a & c) ^ (b & c));
	}
}

static void block_c(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], v[8];

	memcpy(v, h, sizeof(v));
	for (unsigned int t = 0; t < 16; t++)
		w[t] = big_endian(p + 4 * (size_t)t);
	for (unsigned int t = 16; t < 64; t++)
		w[t] = w[t - 16] + (ror(w[t - 15], 7) ^ ror(w[t - 15], 18) ^ w[t - 15] >> 3) +
		       w[t - 7] + (ror(w[t - 2], 17) ^ ror(w[t - 2], 19) ^ w[t - 2] >> 10);
	for (unsigned int t = 0; t < 64; t += 8)
		rounds_c(v, w + t, k + t);
	for (unsigned int i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha256_blocks_c(uint32_t h[8], const uint8_t *p, size_t n)
{
	for (; n; n--, p += SHA256_BLOCK)
		block_c(h, p);
}

/* ---- With the processor's instructions (SDM volume 2: SHA256RNDS2, SHA256MSG1, -MSG2) ---- */

/* Four words of the schedule from the sixteen before; m is a ring of four times four. */
NI static __m128i schedule(const __m128i m[4], unsigned int t)
{
	__m128i before = m[(t + 3) % 4], w;

	w = _mm_sha256msg1_epu32(m[t % 4], m[(t + 1) % 4]);
	w = _mm_add_epi32(w, _mm_alignr_epi8(before, m[(t + 2) % 4], 4));
	return _mm_sha256msg2_epu32(w, before);
}

NI static void block_ni(__m128i *abef, __m128i *cdgh, const uint8_t *p)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i a = *abef, c = *cdgh, m[4], w;

#pragma GCC unroll 16
	for (unsigned int t = 0; t < 16; t++) {
		m[t % 4] = t >= 4 ? schedule(m, t) :
			_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p + t),
					 swap);
		w = _mm_add_epi32(m[t % 4], _mm_load_si128((const __m128i *)(const void *)k + t));
		c = _mm_sha256rnds2_epu32(c, a, w);
		a = _mm_sha256rnds2_epu32(a, c, _mm_shuffle_epi32(w, 0x0e));
	}
	*abef = _mm_add_epi32(*abef, a);
	*cdgh = _mm_add_epi32(*cdgh, c);
}

/* The instructions keep the eight words as (a, b, e, f) and (c, d, g, h), a and c highest. */
NI void sha256_blocks_ni(uint32_t h[8], const uint8_t *p, size_t n)
{
	__m128i abef = _mm_set_epi32((int)h[0], (int)h[1], (int)h[4], (int)h[5]);
	__m128i cdgh = _mm_set_epi32((int)h[2], (int)h[3], (int)h[6], (int)h[7]);
	uint32_t x[4], y[4];

	for (; n; n--, p += SHA256_BLOCK)
		block_ni(&abef, &cdgh, p);
	_mm_storeu_si128((__m128i *)(void *)x, abef);
	_mm_storeu_si128((__m128i *)(void *)y, cdgh);
	h[0] = x[3], h[1] = x[2], h[4] = x[1], h[5] = x[0];
	h[2] = y[3], h[3] = y[2], h[6] = y[1], h[7] = y[0];
}

/* CPUID leaf 7: EBX bit 29; leaf 1: ECX bits 9 (SSSE3) and 19 (SSE4.1). */
int sha256_has_ni(void)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || ~c & (bit_SSSE3 | bit_SSE4_1))
		return 0;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA;
}

/* ---- Bytes in any portions ------------------------------------------------------------------ */

void sha256_begin(struct sha256 *s)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, first, sizeof(first));
	s->len = 0;
	s->blocks = sha256_has_ni() ? sha256_blocks_ni : sha256_blocks_c;
}

void sha256_add(struct sha256 *s, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t used = s->len % SHA256_BLOCK, n;

	s->len += len;
	if (used) {
		n = len < SHA256_BLOCK - used ? len : SHA256_BLOCK - used;
		memcpy(s->rest + used, p, n);
		p += n;
		len -= n;
		if (used + n < SHA256_BLOCK)
			return;
		s->blocks(s->h, s->rest, 1);
	}
	n = len / SHA256_BLOCK;
	s->blocks(s->h, p, n);
	memcpy(s->rest, p + n * SHA256_BLOCK, len % SHA256_BLOCK);
}

static void put_big_endian(uint8_t *p, uint64_t v, unsigned int bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

/* Section 5.1.1: a bit that is 1, zeros, and the length in bits. */
void sha256_end(struct sha256 *s, uint8_t digest[SHA256_BYTES])
{
	static const uint8_t one[SHA256_BLOCK] = { 0x80 };
	uint64_t bits = s->len * 8;
	uint8_t tail[8];

	sha256_add(s, one, 1 + (SHA256_BLOCK + 55 - s->len % SHA256_BLOCK) % SHA256_BLOCK);
	put_big_endian(tail, bits, sizeof(tail));
	sha256_add(s, tail, sizeof(tail));
	for (unsigned int i = 0; i < 8; i++)
		put_big_endian(digest + 4 * (size_t)i, s->h[i], 4);
}
