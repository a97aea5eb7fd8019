/* SPDX-License-Identifier: MIT */
/*
 * A directory tree as a tar archive.  See tar.h.  Source: POSIX.1-2017, pax, "ustar Interchange
 * Format" and "pax Header Block".
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "msg.h"
#include "same_file.h"
#include "value.h"
#include "file.h"
#include "tar.h"

#define BLOCK		512U
#define USTAR_SIZE_MAX	077777777777ULL
#define DEPTH_MAX	64U

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

struct tree {
	struct out *out;
	uint64_t mtime;
	struct stat output;		/* st_ino 0: there is none yet */
	size_t root_len;		/* of path: the directory that is packed, and a slash */
	char path[PATH_MAX];		/* of what is packed now */
};

/* ---- Headers -------------------------------------------------------------------------------- */

static void octal(char *to, size_t room, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*llo", (int)room - 1, (unsigned long long)v);
	memcpy(to, text, room);
}

static int put_header(const struct tree *t, const char *name, char type, unsigned int mode,
		      uint64_t size, const char *link)
{
	struct header h = { .type = type, .magic = "ustar", .version = { '0', '0' } };
	unsigned int sum = 0;

	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	memcpy(h.link, link, strnlen(link, sizeof(h.link)));
	octal(h.mode, sizeof(h.mode), mode);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), size <= USTAR_SIZE_MAX ? size : 0);
	octal(h.mtime, sizeof(h.mtime), t->mtime <= USTAR_SIZE_MAX ? t->mtime : 0);
	memset(h.sum, ' ', sizeof(h.sum));
	for (unsigned int i = 0; i < BLOCK; i++)
		sum += ((const uint8_t *)&h)[i];
	octal(h.sum, sizeof(h.sum) - 1, sum);
	return out_write(t->out, &h, sizeof(h));
}

/* "LENGTH KEY=VALUE\n", where the length counts its own digits. */
static size_t put_record(char *to, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, digits = 1, ten = 10;

	while (len + digits >= ten) {
		digits++;
		ten *= 10;
	}
	return (size_t)sprintf(to, "%zu %s=%s\n", len + digits, key, value);
}

/* What does not fit in a ustar header stands in one before it. */
static int put_extended(const struct tree *t, const char *name, uint64_t size, const char *link)
{
	static char records[3 * PATH_MAX];
	char number[24];
	size_t len = 0;
	int status;

	if (strlen(name) > sizeof(((struct header *)0)->name))
		len += put_record(records + len, "path", name);
	if (strlen(link) > sizeof(((struct header *)0)->link))
		len += put_record(records + len, "linkpath", link);
	if (size > USTAR_SIZE_MAX) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)size);
		len += put_record(records + len, "size", number);
	}
	if (!len)
		return 0;
	status = put_header(t, "pax", 'x', 0644, len, "");
	if (!status)
		status = out_write(t->out, records, len);
	return status ? status : out_pad(t->out, BLOCK);
}

static int put_entry(const struct tree *t, char type, unsigned int mode, uint64_t size,
		     const char *link)
{
	const char *name = t->path + t->root_len;
	int status = put_extended(t, name, size, link);

	return status ? status : put_header(t, name, type, mode, size, link);
}

/* ---- Directories ---------------------------------------------------------------------------- */

/* The entries of a directory, in memory of their own that is given back. */
struct names {
	char *bytes;			/* names, each with a NUL */
	size_t used, room;
	const char **sorted;
	size_t count;
};

struct dirent64 {			/* getdents64(2) */
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static void *grow(void *old, size_t from, size_t to)
{
	void *p = from ? mremap(old, from, to, MREMAP_MAYMOVE) :
			 mmap(NULL, to, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int keep(struct names *n, const char *name)
{
	size_t len = strlen(name) + 1;

	if (n->used + len > n->room) {
		size_t room = n->room ? 2 * n->room : 64 << 10;
		char *more = grow(n->bytes, n->room, room);

		if (!more)
			return -1;
		n->bytes = more;
		n->room = room;
	}
	memcpy(n->bytes + n->used, name, len);
	n->used += len;
	n->count++;
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int sort(struct names *n)
{
	char *s = n->bytes;

	n->sorted = n->count ? grow(NULL, 0, n->count * sizeof(*n->sorted)) : NULL;
	if (n->count && !n->sorted)
		return -1;
	for (size_t i = 0; i < n->count; i++, s += strlen(s) + 1)
		n->sorted[i] = s;
	if (n->count)
		qsort(n->sorted, n->count, sizeof(*n->sorted), by_bytes);
	return 0;
}

static int list(int fd, struct names *n)
{
	_Alignas(8) char buf[8 << 10];
	long got;

	while ((got = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < got;) {
			const struct dirent64 *d = (const void *)(buf + at);

			if (strcmp(d->name, ".") && strcmp(d->name, "..") && keep(n, d->name))
				return -1;
			at += d->reclen;
		}
	return got < 0 ? -1 : sort(n);
}

static void forget(struct names *n)
{
	if (n->sorted)
		munmap(n->sorted, n->count * sizeof(*n->sorted));
	if (n->bytes)
		munmap(n->bytes, n->room);
}

/* ---- Files ---------------------------------------------------------------------------------- */

static int cannot(const struct tree *t, const char *what)
{
	return fail(EXIT_MVM, "%s: cannot %s: %s; all of --root must be readable", t->path, what,
		    strerror(errno));
}

static int pack_file(struct tree *t, const struct stat *st)
{
	int fd, status;

	if (same_file(st, &t->output))
		return fail(EXIT_MVM, "%s: is the file that -o names, and in --root; write it to "
			    "another directory", t->path);
	fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return cannot(t, "open it");
	status = put_entry(t, '0', st->st_mode & 0111 ? 0755 : 0644, (uint64_t)st->st_size, "");
	if (!status)
		status = out_copy(t->out, fd, 0, (uint64_t)st->st_size, t->path);
	close(fd);
	return status ? status : out_pad(t->out, BLOCK);
}

static int pack_link(struct tree *t)
{
	char link[PATH_MAX];
	ssize_t n = readlink(t->path, link, sizeof(link) - 1);

	if (n < 0)
		return cannot(t, "read it");
	link[n] = '\0';
	return put_entry(t, '2', 0777, 0, link);
}

static int pack_dir(struct tree *t, size_t len, unsigned int depth);

/* What path[0, len) is, whose name is complete. */
static int pack_one(struct tree *t, size_t len, unsigned int depth)
{
	struct stat st;

	if (lstat(t->path, &st))
		return cannot(t, "look at it");
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return pack_file(t, &st);
	case S_IFLNK:
		return pack_link(t);
	case S_IFIFO:
		return put_entry(t, '6', 0644, 0, "");
	case S_IFDIR:
		if (depth == DEPTH_MAX || len + 1 >= sizeof(t->path))
			return fail(EXIT_MVM, "%s: is more than %u directories deep; pack a tree "
				    "that is flatter", t->path, DEPTH_MAX);
		strcpy(t->path + len, "/");
		return pack_dir(t, len + 1, depth + 1);
	default:
		return fail(EXIT_MVM, "%s: is a socket or a device, which no appliance can have; "
			    "take it out of --root", t->path);
	}
}

static int pack_entries(struct tree *t, size_t len, const struct names *n, unsigned int depth)
{
	int status = 0;

	for (size_t i = 0; i < n->count && !status; i++) {
		size_t more = strlen(n->sorted[i]);

		if (len + more >= sizeof(t->path))
			return fail(EXIT_MVM, "%s: has names that are longer than %u bytes with "
				    "their directories", t->path, PATH_MAX - 1);
		memcpy(t->path + len, n->sorted[i], more + 1);
		status = pack_one(t, len + more, depth);
	}
	return status;
}

/* path[0, len) is a directory and ends with a slash. */
static int pack_dir(struct tree *t, size_t len, unsigned int depth)
{
	struct names n = { .count = 0 };
	int fd, status = 0;

	t->path[len] = '\0';
	fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || list(fd, &n))
		status = cannot(t, "read the directory");
	if (fd >= 0)
		close(fd);
	if (!status && len > t->root_len)
		status = put_entry(t, '5', 0755, 0, "");
	if (!status)
		status = pack_entries(t, len, &n, depth);
	forget(&n);
	return status;
}

/* ---- What is an archive already ------------------------------------------------------------- */

static bool is_compressed(const struct header *h)
{
	return !memcmp(h, "\x1f\x8b", 2) || !memcmp(h, "\xfd" "7zXZ", 5) ||
	       !memcmp(h, "\x28\xb5\x2f\xfd", 4) || !memcmp(h, "BZh", 3);
}

/* The sum of the header's bytes, its own field counted as blanks; octal digits say it. */
static bool sum_is_right(const struct header *h)
{
	char digits[sizeof(h->sum) + 1] = "";
	struct header blank = *h;
	unsigned long sum = 0;

	memcpy(digits, h->sum, sizeof(h->sum));
	memset(blank.sum, ' ', sizeof(blank.sum));
	for (unsigned int i = 0; i < BLOCK; i++)
		sum += ((const uint8_t *)&blank)[i];
	return sum == strtoul(digits, NULL, 8);
}

const char *tar_why_not(int fd)
{
	static const struct header zero;
	struct header h = zero;
	bool whole = !file_read(fd, &h, sizeof(h), 0);

	if (is_compressed(&h))
		return "is compressed; decompress it first (gunzip, unxz, unzstd, bunzip2)";
	if (whole && (!memcmp(&h, &zero, sizeof(h)) || sum_is_right(&h)))
		return NULL;
	return "is not a tar archive; name a directory tree or an uncompressed tar archive";
}

/* ---- The whole tree ------------------------------------------------------------------------- */

int tar_pack(struct out *o, const char *dir, const char *output)
{
	static struct tree t;
	static const char end[2 * BLOCK];
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	size_t len = strlen(dir);
	int status;

	t.out = o;
	if (epoch && value_number(epoch, &t.mtime))
		return fail(EXIT_MVM, "SOURCE_DATE_EPOCH=%s: is not a number of seconds; unset it, "
			    "or say the seconds since 1970", epoch);
	if (stat(output, &t.output))
		t.output.st_ino = 0;
	if (len + 2 > sizeof(t.path))
		return fail(EXIT_MVM, "--root %s: is too long", dir);
	memcpy(t.path, dir, len);
	t.path[len] = '/';
	t.root_len = len + 1;
	status = pack_dir(&t, len + 1, 0);
	return status ? status : out_write(o, end, sizeof(end));
}
