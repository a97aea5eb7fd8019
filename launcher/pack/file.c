/* SPDX-License-Identifier: MIT */
/* Reading an appliance.  See file.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"

/* Bytes that are read at a time: they are still in the cache when they are hashed. */
#define CHUNK		(64UL << 10)

int file_read(int fd, void *buf, size_t len, uint64_t off)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (!n)
			errno = EIO;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

char *file_text(int fd, uint64_t off, uint64_t len, uint64_t max)
{
	char *text;

	if (len > max) {
		errno = EFBIG;
		return NULL;
	}
	text = malloc(len + 1);
	if (!text || file_read(fd, text, len, off)) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

const char *file_footer(int fd, struct footer *f)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return "is not a regular file; name a file that mvm pack wrote";
	memset(f, 0, sizeof(*f));
	if ((uint64_t)st.st_size >= sizeof(*f) &&
	    file_read(fd, f, sizeof(*f), (uint64_t)st.st_size - sizeof(*f)))
		return "cannot be read; copy it again";
	return footer_check(f, (uint64_t)st.st_size);
}

/* What of a mark's size lies in the n bytes at off is set to zero. */
static void without_size(uint8_t *buf, uint64_t off, size_t n, uint64_t mark_off)
{
	uint64_t at = mark_off + offsetof(struct mark, size);

	for (unsigned int i = 0; mark_off != UINT64_MAX && i < sizeof(uint64_t); i++)
		if (at + i >= off && at + i - off < n)
			buf[at + i - off] = 0;
}

int file_digest(int fd, uint64_t off, uint64_t len, uint64_t mark_off, uint8_t digest[SHA256_BYTES])
{
	static uint8_t buf[CHUNK];
	struct sha256 s;

	sha256_begin(&s);
	while (len) {
		size_t n = len < CHUNK ? len : CHUNK;

		if (file_read(fd, buf, n, off))
			return -1;
		without_size(buf, off, n, mark_off);
		sha256_add(&s, buf, n);
		off += n;
		len -= n;
	}
	sha256_end(&s, digest);
	return 0;
}

/* The bytes from where a part ends to where the next one begins are zeros. */
static bool padded(int fd, const struct part *p, const struct part *next)
{
	uint64_t off = p->off + p->len;
	uint8_t buf[PART_ALIGN];
	size_t n = next->kind ? next->off - off : 0;

	if (n && file_read(fd, buf, n, off))
		return false;
	for (size_t i = 0; i < n; i++)
		if (buf[i])
			return false;
	return true;
}

static bool marked(int fd, const struct footer *f)
{
	struct mark m;

	return !file_read(fd, &m, sizeof(m), f->mark_off) && m.size == f->size &&
	       !memcmp(m.magic, MARK_MAGIC, sizeof(m.magic));
}

const char *file_verify(int fd, const struct footer *f, const struct part **what)
{
	uint8_t sum[SHA256_BYTES];

	*what = NULL;
	if (!marked(fd, f))
		return "is damaged: it is not marked as an appliance; copy it again";
	for (unsigned int i = 0; i < PARTS_MAX && f->part[i].kind; i++) {
		const struct part *p = *what = &f->part[i];

		if (file_digest(fd, p->off, p->len, i ? UINT64_MAX : f->mark_off, sum))
			return "cannot be read; copy it again";
		if (memcmp(sum, p->sha256, sizeof(sum)))
			return "is damaged: its digest is wrong; copy it again";
		if (i + 1 < PARTS_MAX && !padded(fd, p, p + 1))
			return "is damaged: there is something behind its end; copy it again";
	}
	*what = NULL;
	return NULL;
}
