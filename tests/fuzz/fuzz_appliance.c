/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an appliance.  As they are; or, so that more than a digest is looked at, with
 * footer, sizes and digests made to agree as far as the first bytes say.  What is accepted must be
 * what the rest of the launcher relies on: parts that lie in the file, in order, with names of
 * files.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_check.h"
#include "msg.h"
#include "pack/file.h"
#include "pack/format.h"

#define FILE_MAX	(256UL << 10)

static uint8_t file[FILE_MAX];

enum { AS_IT_IS = 1, SIZES = 2, DIGESTS = 4, MARK = 8 };

/* Where the parts would lie that the footer speaks of, as far as they fit into size bytes. */
static void place_parts(struct footer *f, uint64_t size)
{
	uint64_t off = 0;

	for (unsigned int i = 0; i < PARTS_MAX && f->part[i].kind; i++) {
		f->part[i].off = part_begin(f->part[i].kind, off);
		off = f->part[i].off + f->part[i].len % FILE_MAX;
		f->part[i].len = off - f->part[i].off;
	}
	f->size = size;
}

static void make_digests(struct footer *f, int fd, uint64_t size)
{
	for (unsigned int i = 0; i < PARTS_MAX && f->part[i].kind; i++) {
		struct part *p = &f->part[i];

		if (p->off <= size && p->len <= size - p->off)
			file_digest(fd, p->off, p->len, i ? UINT64_MAX : f->mark_off, p->sha256);
	}
}

/* The bytes become a file of size bytes whose end is a footer that is made to fit. */
static int make_file(uint8_t how, const uint8_t *data, size_t size)
{
	struct footer f;
	int fd;

	if (how & AS_IT_IS || size < sizeof(f))
		return fuzz_file(data, size);
	memcpy(file, data, size);
	memcpy(&f, data + size - sizeof(f), sizeof(f));
	if (how & SIZES)
		place_parts(&f, size);
	if (how & MARK && f.mark_off <= size && size - f.mark_off >= sizeof(struct mark)) {
		memcpy(file + f.mark_off, MARK_MAGIC, sizeof(MARK_MAGIC) - 1);
		memcpy(file + f.mark_off + offsetof(struct mark, size), &f.size, sizeof(f.size));
	}
	fd = fuzz_file(file, size);
	if (how & DIGESTS)
		make_digests(&f, fd, size);
	footer_seal(&f);
	CHECK(pwrite(fd, &f, sizeof(f), (off_t)(size - sizeof(f))) == (ssize_t)sizeof(f));
	return fd;
}

static void check_name(const char *s, size_t room)
{
	CHECK(*s && memchr(s, 0, room) && !strchr(s, '/') && strcmp(s, ".") && strcmp(s, ".."));
}

static void check_footer(const struct footer *f, uint64_t size)
{
	uint64_t end = 0;

	CHECK(f->size == size && footer_part(f, PART_CONFIG) &&
	      footer_part(f, PART_LAUNCHER) == &f->part[0]);
	CHECK(footer_part(f, PART_PROGRAM) || footer_part(f, PART_ROOT) ||
	      footer_part(f, PART_SNAPSHOT));
	for (unsigned int i = 0; i < PARTS_MAX && f->part[i].kind; i++) {
		const struct part *p = &f->part[i];

		CHECK(p->kind < PART_KINDS && footer_part(f, p->kind) == p && part_name(p->kind));
		CHECK(p->off >= end && p->len && p->len <= size - sizeof(*f) - p->off);
		CHECK(p->kind != PART_PROGRAM || p->off % PART_ALIGN == 0);
		check_name(p->name, sizeof(p->name));
		end = p->off + p->len;
	}
	CHECK(f->mark_off + sizeof(struct mark) <= f->part[0].len);
	check_name(f->mvm, sizeof(f->mvm));
}

/* A bit that is changed anywhere in an appliance that was accepted is found. */
static void check_damage(int fd, const struct footer *f, uint64_t size, uint64_t at, uint8_t bit)
{
	const struct part *what;
	struct footer again;
	uint8_t byte;

	CHECK(pread(fd, &byte, 1, (off_t)at) == 1);
	byte ^= bit;
	CHECK(pwrite(fd, &byte, 1, (off_t)at) == 1);
	CHECK(at < size && (file_footer(fd, &again) || file_verify(fd, &again, &what)));
	(void)f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct part *what = NULL;
	const char *why;
	struct footer f;
	uint16_t at;
	int fd;

	if (size < 4 || size - 4 > FILE_MAX)
		return 0;
	memcpy(&at, data + 2, sizeof(at));
	fd = make_file(data[0], data + 4, size - 4);
	why = file_footer(fd, &f);
	CHECK(!why || *why);
	if (!why) {
		check_footer(&f, size - 4);
		why = file_verify(fd, &f, &what);
		CHECK(!why || *why);
	}
	if (!why) {
		const struct part *c = footer_part(&f, PART_CONFIG);
		char *text = file_text(fd, c->off, c->len, FILE_MAX);

		CHECK(text && !text[c->len]);
		check_damage(fd, &f, size - 4, at % (size - 4), (uint8_t)(1U << data[1] % 8));
	}
	close(fd);
	fuzz_forget();
	return 0;
}
