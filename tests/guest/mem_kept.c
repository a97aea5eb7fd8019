/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * What malloc gives back and takes again: calloc's memory is zero whatever was in it, no two
 * allocations overlap, also of several threads, and little stays mapped of much that was freed.
 */
#include <pthread.h>
#include "t.h"

#define MANY	400
#define BIG	100000UL
#define THREADS	4

/* Bytes in all mappings of the process. */
static unsigned long mapped(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end, sum = 0;
	char line[512];

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			sum += end - start;
	fclose(f);
	return sum;
}

static unsigned long not_zero(const unsigned char *p, size_t len)
{
	unsigned long n = 0;

	for (size_t i = 0; i < len; i++)
		n += p[i] != 0;
	return n;
}

/* A few allocations of len bytes are filled and freed, again and again. */
static unsigned long again(size_t len)
{
	unsigned char *p[40];
	unsigned long bad = 0;

	for (int round = 0; round < 4; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
			p[i] = calloc(1, len);
			CHECK(p[i]);
			bad += not_zero(p[i], len);
			memset(p[i], 0xff, len);
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
			free(p[(i * 7 + round) % ARRAY_SIZE(p)]);
	}
	return bad;
}

static void many(void)
{
	static unsigned char *p[MANY];
	unsigned long before = mapped(), between, after;

	for (int i = 0; i < MANY; i++) {
		p[i] = malloc(BIG);
		CHECK(p[i]);
		memset(p[i], i, BIG);
	}
	between = mapped();
	for (int i = 0; i < MANY; i++)
		free(p[i]);
	after = mapped();
	FACT(between >= before + MANY * BIG);
	FACT(after <= before + (3 << 20));
}

static void *thread(void *arg)
{
	struct { unsigned char *p; size_t len; } a[16] = { 0 };
	unsigned int x = (unsigned int)(uintptr_t)arg;
	unsigned long bad = 0;

	for (int round = 0; round < 8000; round++) {
		unsigned int i = (x = x * 1103515245 + 12345) >> 8 & 15;

		if (a[i].p) {
			bad += a[i].p[0] != i || a[i].p[a[i].len - 1] != i;
			free(a[i].p);
			a[i].p = NULL;
			continue;
		}
		a[i].len = 2000 + (x >> 16) % 8 * 14000;
		a[i].p = malloc(a[i].len);
		CHECK(a[i].p);
		a[i].p[0] = a[i].p[a[i].len - 1] = (unsigned char)i;
	}
	return (void *)bad;
}

int main(void)
{
	static const size_t len[] = { 1500, 2500, 5000, 9000, 20000, 33000, 70000, 100000, 131000,
				      140000 };
	unsigned long bad = 0;
	pthread_t t[THREADS];
	void *ret;

	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < ARRAY_SIZE(len); i++)
			bad += again(len[i]);
	printf("calloc: %lu bytes not zero\n", bad);
	many();
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&t[i], NULL, thread, (void *)(i + 1)));
	for (int i = 0; i < THREADS; i++) {
		CHECK(!pthread_join(t[i], &ret));
		printf("thread %d: %lu overlap\n", i, (unsigned long)ret);
	}
	return 0;
}
