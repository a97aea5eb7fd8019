/* SPDX-License-Identifier: MIT */
/*
 * Random bytes: ChaCha20 with fast key erasure.  Each batch of key stream begins with the key
 * of the next batch, and what is handed out is wiped at once, so that whoever reads the
 * generator's memory later learns nothing of what it gave before.  The seed comes with the boot
 * information; host randomness is mixed in again after every RESEED_BYTES.
 */
#include "sys/random.h"

#include "mm/mm.h"
#include "sys/chacha.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

#define BATCH_BLOCKS	8		/* for who wants much */
#define SMALL_BLOCKS	2		/* AT_RANDOM, a seed: not more work than needed */
#define RESEED_BYTES	(1024 * 1024UL)

#define GRND_NONBLOCK	1U
#define GRND_RANDOM	2U
#define GRND_INSECURE	4U

static struct {
	u8 key[CHACHA_KEY_SIZE];
	u8 batch[BATCH_BLOCKS * CHACHA_BLOCK_SIZE];
	size_t left;		/* unused bytes, at the end of batch */
	u64 since_reseed;
} rng;

static const u8 no_nonce[CHACHA_NONCE_SIZE];	/* every key is used once */

/* Mixes host randomness into the key.  Without an answer the old key goes on. */
static void reseed(void)
{
	u8 fresh[CHACHA_KEY_SIZE] = { 0 };
	struct mvm_sqe e = {
		.op = MVM_OP_RANDOM,
		.addr.v = va_to_gpa(fresh),
		.len = sizeof(fresh),
	};

	hyper(&e, NULL);
	for (size_t i = 0; i < sizeof(fresh); i++)
		rng.key[i] ^= fresh[i];
	memset(fresh, 0, sizeof(fresh));
	rng.since_reseed = 0;
}

/* Makes new bytes, for somebody who wants this many. */
static void refill(size_t wanted)
{
	u32 blocks = wanted > SMALL_BLOCKS * CHACHA_BLOCK_SIZE - sizeof(rng.key) ? BATCH_BLOCKS :
		     SMALL_BLOCKS;
	size_t size = blocks * CHACHA_BLOCK_SIZE;
	u8 *batch = rng.batch + sizeof(rng.batch) - size;

	if (rng.since_reseed >= RESEED_BYTES)
		reseed();
	for (u32 i = 0; i < blocks; i++)
		chacha20_block(rng.key, i, no_nonce, batch + i * CHACHA_BLOCK_SIZE);
	memcpy(rng.key, batch, sizeof(rng.key));
	memset(batch, 0, sizeof(rng.key));
	rng.left = size - sizeof(rng.key);
}

void random_init(u8 seed[32])
{
	memcpy(rng.key, seed, sizeof(rng.key));
	memset(seed, 0, sizeof(rng.key));
	rng.left = 0;
}

void random_bytes(void *buf, size_t n)
{
	u8 *out = buf;

	while (n) {
		size_t part;
		u8 *from;

		if (!rng.left)
			refill(n);
		part = MIN(n, rng.left);
		from = rng.batch + sizeof(rng.batch) - rng.left;
		memcpy(out, from, part);
		memset(from, 0, part);
		rng.left -= part;
		rng.since_reseed += part;
		out += part;
		n -= part;
	}
}

/* getrandom(2).  The generator is always seeded, so it never waits. */
long sys_getrandom(u64 buf, u64 n, u64 flags)
{
	u8 part[256];
	u64 done = 0;

	if ((u32)flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if (((u32)flags & GRND_RANDOM) && ((u32)flags & GRND_INSECURE))
		return -EINVAL;
	n = MIN(n, (u64)INT32_MAX);
	while (done < n) {
		size_t len = MIN(n - done, sizeof(part));

		random_bytes(part, len);
		if (copy_to_user(buf + done, part, len))
			break;
		done += len;
	}
	memset(part, 0, sizeof(part));
	return done || !n ? (long)done : -EFAULT;
}
