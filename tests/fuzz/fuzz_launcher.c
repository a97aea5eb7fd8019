/* SPDX-License-Identifier: MIT */
/* Messages and memory of a launcher that runs many times in one process.  See fuzz_check.h. */
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_check.h"
#include "msg.h"

bool msg_verbose;
static unsigned int said;

unsigned int fuzz_said(void)
{
	unsigned int n = said;

	said = 0;
	return n;
}

/* The text is made, so that a message which reads what is not there is found. */
static void make(const char *fmt, va_list ap)
{
	char line[8192];

	vsnprintf(line, sizeof(line), fmt, ap);
}

int fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	make(fmt, ap);
	va_end(ap);
	said++;
	return status;
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	make(fmt, ap);
	va_end(ap);
}

void verbose(const char *fmt, ...)
{
	(void)fmt;
}

void msg_where(const char *name, unsigned int line)
{
	CHECK(!name || strlen(name) < 4096);
	(void)line;
}

/* ---- Memory ------------------------------------------------------------ */

#define BLOCKS_MAX	65536U

static void *blocks[BLOCKS_MAX];
static unsigned int nblocks;
static unsigned int nkept;		/* the first of them: fuzz_keep() */
static void *copies[BLOCKS_MAX];

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_aligned_alloc(size_t align, size_t len);
void *__real_realloc(void *p, size_t len);
void __real_free(void *p);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_aligned_alloc(size_t align, size_t len);
void *__wrap_realloc(void *p, size_t len);
void __wrap_free(void *p);

static void *note(void *p)
{
	CHECK(nblocks < BLOCKS_MAX);
	if (p)
		blocks[nblocks++] = p;
	return p;
}

/* False: it is kept, and only looks as if it were gone.  What was never noted is a library's. */
static bool forget(void *p)
{
	unsigned int i = nblocks;

	while (i && blocks[i - 1] != p)
		i--;
	if (i > nkept)
		blocks[i - 1] = blocks[--nblocks];
	return !i || i > nkept;
}

void *__wrap_malloc(size_t len)
{
	return note(__real_malloc(len));
}

void *__wrap_calloc(size_t n, size_t len)
{
	return note(__real_calloc(n, len));
}

void *__wrap_aligned_alloc(size_t align, size_t len)
{
	return note(__real_aligned_alloc(align, len));
}

void *__wrap_realloc(void *p, size_t len)
{
	void *more;

	if (forget(p))
		return note(__real_realloc(p, len));
	more = note(__real_malloc(len));
	memcpy(more, p, malloc_usable_size(p) < len ? malloc_usable_size(p) : len);
	return more;
}

void __wrap_free(void *p)
{
	if (forget(p))
		__real_free(p);
}

void fuzz_keep(void)
{
	for (; nkept < nblocks; nkept++) {
		size_t len = malloc_usable_size(blocks[nkept]);

		copies[nkept] = __real_malloc(len);
		CHECK(copies[nkept]);
		memcpy(copies[nkept], blocks[nkept], len);
	}
}

void fuzz_forget(void)
{
	while (nblocks > nkept)
		__real_free(blocks[--nblocks]);
	for (unsigned int i = 0; i < nkept; i++)
		memcpy(blocks[i], copies[i], malloc_usable_size(blocks[i]));
}

/* ---- Files ------------------------------------------------------------ */

int fuzz_file(const void *data, size_t len)
{
	int fd = memfd_create("fuzz", 0);

	CHECK(fd >= 0);
	CHECK(!len || pwrite(fd, data, len, 0) == (ssize_t)len);
	return fd;
}
