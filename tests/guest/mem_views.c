/* SPDX-License-Identifier: MIT */
// fs: yes
// timeout: 60
/*
 * Many shared views of one file that come, go, move and change their rights, in an order that
 * chance decides once for all, beside reads and writes of the file: every byte is compared with a
 * model.
 */
#include <sys/mman.h>
#include "t.h"

#define PAGES	700L			/* more than the 2 MiB of a large page */
#define SIZE	(PAGES * 4096)
#define VIEWS	8
#define STEPS	6000

static unsigned char model[SIZE];
static struct view { unsigned char *p; long off, len; int prot; } views[VIEWS];
static int fd;
static unsigned long long seed = 88172645463325252ULL;

static long chance(long n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (long)(seed % (unsigned long long)n);
}

static void wrong(const char *what, int step, long at)
{
	printf("step %d: %s differs at %ld\n", step, what, at);
	exit(1);
}

static void compare(const char *what, int step, const unsigned char *p, long off, long n)
{
	for (long i = 0; i < n; i++)
		if (p[i] != model[off + i])
			wrong(what, step, off + i);
}

static void make(struct view *v)
{
	v->off = chance(chance(4) ? 20 : PAGES) * 4096;
	v->len = 4096 * (1 + chance(chance(3) ? 10 : PAGES));
	v->len = v->off + v->len > SIZE ? SIZE - v->off : v->len;
	v->prot = PROT_READ | (chance(2) ? PROT_WRITE : 0);
	v->p = mmap(NULL, v->len, v->prot, MAP_SHARED, fd, v->off);
	if (v->p == MAP_FAILED) {
		printf("mmap: %s\n", strerror(errno));
		exit(1);
	}
}

/* A part of the view: where it begins, and how long it is. */
static long part(const struct view *v, long *len)
{
	long at = chance(v->len);

	*len = 1 + chance(chance(2) ? 64 : 10000);
	*len = at + *len > v->len ? v->len - at : *len;
	return at;
}

static void store(const struct view *v)
{
	long n, at = part(v, &n);
	int c = (int)chance(256);

	if (!(v->prot & PROT_WRITE))
		return;
	memset(v->p + at, c, n);
	memset(model + v->off + at, c, n);
}

/* From one view into another, by one instruction where they are long enough. */
static void copy(const struct view *from, const struct view *to)
{
	long n, at = part(from, &n), dest;

	if (!(to->prot & PROT_WRITE) || n > to->len)
		return;
	dest = chance(to->len - n + 1);
	if (from->off + at < to->off + dest + n && to->off + dest < from->off + at + n)
		return;				/* the same bytes */
	memcpy(to->p + dest, from->p + at, n);
	memcpy(model + to->off + dest, model + from->off + at, n);
}

static void by_call(int step)
{
	static unsigned char buf[10000];
	long n = 1 + chance(sizeof(buf)), at = chance(SIZE - n);

	if (chance(2)) {
		memset(buf, (int)chance(256), n);
		if (pwrite(fd, buf, n, at) != n)
			wrong("pwrite", step, at);
		memcpy(model + at, buf, n);
	} else {
		if (pread(fd, buf, n, at) != n)
			wrong("pread", step, at);
		compare("pread", step, buf, at, n);
	}
}

static void change(struct view *v)
{
	void *p;

	switch (chance(5)) {
	case 0:
		v->prot ^= PROT_WRITE;
		mprotect(v->p, v->len, v->prot);
		break;
	case 1:
		p = mremap(v->p, v->len, v->len + 4096, MREMAP_MAYMOVE);
		if (p != MAP_FAILED && v->off + v->len + 4096 <= SIZE)
			v->len += 4096;
		else if (p != MAP_FAILED)	/* behind the end of the file */
			munmap((char *)p + v->len, 4096);
		v->p = p;
		break;
	case 2:
		if (v->len > 4096) {
			v->len -= 4096;
			munmap(v->p + v->len, 4096);
		}
		break;
	case 3:
		msync(v->p, v->len, MS_SYNC);
		break;
	default:
		madvise(v->p, v->len, MADV_DONTNEED);
	}
}

int main(void)
{
	unsigned long sum = 0;

	enter_data();
	fd = open("views", O_RDWR | O_CREAT | O_TRUNC, 0600);
	SHOW(ftruncate(fd, SIZE));
	for (int step = 0; step < STEPS; step++) {
		struct view *v = &views[chance(VIEWS)], *other = &views[chance(VIEWS)];
		long n, at;

		if (!v->p) {
			make(v);
		} else if (!chance(12)) {
			munmap(v->p, v->len);
			v->p = NULL;
			continue;
		} else if (!chance(6)) {
			change(v);
		}
		if (chance(3))
			store(v);
		if (other->p && !chance(3))
			copy(v, other);
		if (!chance(3))
			by_call(step);
		at = part(v, &n);
		compare("a view", step, v->p + at, v->off + at, n);
		if (other->p) {
			at = part(other, &n);
			compare("another view", step, other->p + at, other->off + at, n);
		}
	}
	for (int i = 0; i < VIEWS; i++)
		if (views[i].p)
			munmap(views[i].p, views[i].len);
	for (long at = 0; at < SIZE; at += 4096) {
		unsigned char buf[4096];

		if (pread(fd, buf, 4096, at) != 4096)
			wrong("the end", STEPS, at);
		compare("the file", STEPS, buf, at, 4096);
		for (int i = 0; i < 4096; i++)
			sum = sum * 31 + buf[i];
	}
	printf("sum %lx\n", sum);
	close(fd);
	unlink("views");
	return 0;
}
