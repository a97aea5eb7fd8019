/* SPDX-License-Identifier: MIT */
/* The container of recordings: what is written is read, and nothing that was not. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "record/stream.h"

#define BYTES		200000U		/* four chunks */

static struct record_writer w;
static struct record_reader r;
static uint8_t data[BYTES], got[BYTES];

static int new_file(void)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* data in pieces of all sizes, with a flush here and there. */
static int write_all(void)
{
	int fd = new_file();

	srand(1);
	for (size_t i = 0; i < BYTES; i++)
		data[i] = (uint8_t)rand();
	record_begin(&w, fd);
	for (size_t at = 0, n; at < BYTES; at += n) {
		n = (size_t)rand() % 9000;
		if (n > BYTES - at)
			n = BYTES - at;
		record_put(&w, data + at, n);
		if (rand() % 10 == 0)
			record_flush(&w);
	}
	record_flush(&w);
	assert_int_equal(w.err, 0);
	return fd;
}

static void round_trip(void **state)
{
	int fd = write_all();
	uint8_t more;

	(void)state;
	assert_null(record_open(&r, fd));
	assert_true(record_verify(&r));
	for (size_t at = 0, n; at < BYTES; at += n) {
		n = (size_t)rand() % 100000;
		if (n > BYTES - at)
			n = BYTES - at;
		assert_true(record_get(&r, got + at, n));
	}
	assert_memory_equal(data, got, BYTES);
	assert_false(record_get(&r, &more, 1));
	assert_int_equal(r.state, RECORD_END);
	close(fd);
}

/* Somewhere else in between, and back, also from the end. */
static void elsewhere(void **state)
{
	int fd = write_all();
	struct record_place place[BYTES / 1000];

	(void)state;
	assert_null(record_open(&r, fd));
	for (size_t i = 0; i < BYTES / 1000; i++) {
		size_t k = (size_t)rand() % (i + 1);

		place[i] = record_where(&r);
		assert_true(record_get_at(&r, place[k], got,
					  BYTES - 1000 * k < 70000 ? 1000 : 70000));
		assert_memory_equal(got, data + 1000 * k, 1000);
		assert_true(record_get(&r, got, 1000));
		assert_memory_equal(got, data + 1000 * i, 1000);
	}
	assert_false(record_get(&r, got, 1));
	assert_true(record_get_at(&r, place[3], got, 1000));
	assert_memory_equal(got, data + 3000, 1000);
	assert_int_equal(r.state, RECORD_END);
	/* There are not so many bytes from there on. */
	assert_false(record_get_at(&r, place[BYTES / 1000 - 1], got, 1001));
	close(fd);
}

/* Cut anywhere it is damaged, but between two chunks, where it is shorter. */
static void truncated(void **state)
{
	int fd = write_all();
	off_t size = lseek(fd, 0, SEEK_END);
	unsigned int shorter = 0;

	(void)state;
	for (off_t len = size; len > 0; len -= 1 + rand() % 50) {
		assert_int_equal(ftruncate(fd, len), 0);
		if (record_open(&r, fd)) {
			assert_true(len < 24);
			continue;
		}
		if (record_verify(&r))
			shorter++;
	}
	/* Not by chance: there are more lengths than chunks. */
	assert_in_range(shorter, 1, 30);
	close(fd);
}

static void flipped(void **state)
{
	int fd = write_all();
	off_t size = lseek(fd, 0, SEEK_END);

	(void)state;
	for (off_t at = 0; at < size; at += 1 + rand() % 3000) {
		uint8_t byte, bad;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		bad = byte ^ (uint8_t)(1 << rand() % 8);
		assert_int_equal(pwrite(fd, &bad, 1, at), 1);
		assert_true(record_open(&r, fd) || !record_verify(&r));
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_null(record_open(&r, fd));
	assert_true(record_verify(&r));
	close(fd);
}

/* Chunks that are whole, but not where they were. */
static void reordered(void **state)
{
	static uint8_t first[RECORD_CHUNK + 16], second[RECORD_CHUNK + 16];
	int fd = new_file();

	(void)state;
	record_begin(&w, fd);
	record_put(&w, data, RECORD_CHUNK);
	memset(data, 1, RECORD_CHUNK);
	record_put(&w, data, RECORD_CHUNK);
	assert_int_equal(pread(fd, first, sizeof(first), 24), sizeof(first));
	assert_int_equal(pread(fd, second, sizeof(second), 24 + sizeof(first)), sizeof(second));
	assert_null(record_open(&r, fd));
	assert_true(record_verify(&r));
	assert_int_equal(pwrite(fd, second, sizeof(second), 24), sizeof(second));
	assert_int_equal(pwrite(fd, first, sizeof(first), 24 + sizeof(first)), sizeof(first));
	assert_null(record_open(&r, fd));
	assert_false(record_verify(&r));
	close(fd);
}

/* Nothing is left of a recording that could not be written. */
static void full(void **state)
{
	struct rlimit limit, small;
	char name[] = "/tmp/mvm-record-XXXXXX";
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0 && unlink(name) == 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &small);
	record_begin(&w, fd);
	record_put(&w, data, BYTES);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(w.err, EFBIG);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	record_put(&w, data, BYTES);
	record_flush(&w);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);
}

/* Every bit counts, where it is counts, and so does how many bytes there are. */
static void sums(void **state)
{
	uint8_t page[256] = { 0 };
	uint64_t zero = record_sum(0, page, sizeof(page));

	(void)state;
	for (size_t len = 0; len < sizeof(page); len++)
		assert_int_not_equal(record_sum(0, page, len), zero);
	for (size_t bit = 0; bit < 8 * sizeof(page); bit++) {
		page[bit / 8] = (uint8_t)(1 << bit % 8);
		assert_int_not_equal(record_sum(0, page, sizeof(page)), zero);
		page[bit / 8] = 0;
	}
	assert_int_not_equal(record_sum(1, page, sizeof(page)), zero);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(elsewhere),
		cmocka_unit_test(truncated),
		cmocka_unit_test(flipped),
		cmocka_unit_test(reordered),
		cmocka_unit_test(full),
		cmocka_unit_test(sums),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
