/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM in recordings: whatever was written, mapped from a file and given back meanwhile, what
 * the file has of it last is what is there; and nobody looks at what nobody has touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "confine/confine.h"
#include "kvm.h"
#include "record/ram.h"
#include "snapshot/pagemap.h"

#define PAGES		2048U
#define SIZE		((uint64_t)PAGES * MVM_PAGE_SIZE)
#define FILE_PAGE	512U
#define FILE_PAGES	32U
#define ROUNDS		60

static struct record_writer w;
static struct record_reader r;
static uint8_t *shadow;
static struct guest_ram ram;
static unsigned int mapped;

/* The vCPU is not what this is about. */
int kvm_get_regs(int fd, struct kvm_regs *regs)
{
	(void)fd;
	(void)regs;
	return -EIO;
}

int kvm_get_sregs(int fd, struct kvm_sregs *sregs)
{
	(void)fd;
	(void)sregs;
	return -EIO;
}

int kvm_get(int fd, unsigned long request, void *arg)
{
	(void)fd;
	(void)request;
	(void)arg;
	return -EIO;
}

static uint8_t *page(unsigned int n)
{
	return ram.hva + (uint64_t)n * MVM_PAGE_SIZE;
}

/* A file of noise, and a page of zeros in it. */
static void map_file(void)
{
	int fd = memfd_create("program", MFD_CLOEXEC);
	uint8_t bytes[MVM_PAGE_SIZE];

	assert_true(fd >= 0);
	for (unsigned int i = 0; i < FILE_PAGES; i++) {
		memset(bytes, i == 7 ? 0 : (int)i + 1, sizeof(bytes));
		assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	}
	assert_true(mmap(page(FILE_PAGE), FILE_PAGES * MVM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_FIXED, fd, 0) == page(FILE_PAGE));
	close(fd);
}

static void setup_ram(void)
{
	shadow = calloc(1, SIZE);
	ram.hva = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(shadow && ram.hva != MAP_FAILED);
	madvise(ram.hva, SIZE, MADV_NOHUGEPAGE);
	ram.present = ram.max = SIZE;
	assert_int_equal(record_ram_init(SIZE), 0);
	map_file();
}

static void free_ram(void)
{
	munmap(ram.hva, SIZE);
	free(shadow);
}

/* What the file has from where it was read last, into the shadow. */
static void apply(void)
{
	struct record_event e;
	uint64_t gpa;

	record_flush(&w);
	assert_int_equal(w.err, 0);
	r.state = RECORD_MORE;
	while (record_get(&r, &e, sizeof(e))) {
		assert_int_equal(e.type, RECORD_PAGES);
		assert_true(record_get(&r, &gpa, sizeof(gpa)));
		assert_true(gpa + e.len - sizeof(gpa) <= SIZE);
		assert_true(record_get(&r, shadow + gpa, e.len - sizeof(gpa)));
	}
	assert_int_equal(r.state, RECORD_END);
}

/*
 * Writes, writes of zeros, and memory that is given back, here and there; this only above the file,
 * as the service sees to it (anon_from).
 */
static void change(void)
{
	for (unsigned int n = (unsigned int)rand() % 20; n; n--) {
		unsigned int len = 1 + (unsigned int)rand() % 4;
		unsigned int p = (unsigned int)rand() % (PAGES - len);
		int what = rand() % 4;

		if (what == 0)
			memset(page(p), 0, len * MVM_PAGE_SIZE);
		else if (what == 1 && p >= FILE_PAGE + FILE_PAGES)
			madvise(page(p), len * MVM_PAGE_SIZE, MADV_DONTNEED);
		else
			memset(page(p), rand(), len * MVM_PAGE_SIZE);
	}
}

static void check_rounds(void)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	assert_true(fd >= 0);
	record_begin(&w, fd);
	assert_null(record_open(&r, fd));
	setup_ram();
	record_ram_put_all(&w, &ram, (uint64_t)FILE_PAGE * MVM_PAGE_SIZE,
			   (uint64_t)(FILE_PAGE + FILE_PAGES) * MVM_PAGE_SIZE);
	for (int i = 0; i < ROUNDS; i++) {
		record_ram_put(&w, &ram, SIZE);
		apply();
		assert_memory_equal(shadow, ram.hva, SIZE);
		change();
	}
	free_ram();
	close(fd);
}

static void with_pagemap(void **state)
{
	(void)state;
	if (!pagemap_try())
		skip();
	srand(1);
	check_rounds();
	close(CONFINE_FD_PAGEMAP);
}

static void without_pagemap(void **state)
{
	(void)state;
	srand(2);
	check_rounds();
}

static int count(void *ctx, uint64_t start, uint64_t end)
{
	(void)ctx;
	mapped += (unsigned int)((end - start) / MVM_PAGE_SIZE);
	return 0;
}

static void untouched(void **state)
{
	uint64_t hva;
	int fd = memfd_create("recording", MFD_CLOEXEC);

	(void)state;
	if (!pagemap_try())
		skip();
	record_begin(&w, fd);
	setup_ram();
	*page(3) = *page(1000) = 1;
	record_ram_put(&w, &ram, SIZE);
	hva = (uintptr_t)ram.hva;
	mapped = 0;
	assert_int_equal(pagemap_present(CONFINE_FD_PAGEMAP, hva, hva + SIZE, count, NULL), 0);
	assert_int_equal(mapped, 2);
	free_ram();
	close(fd);
	close(CONFINE_FD_PAGEMAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_pagemap),
		cmocka_unit_test(without_pagemap),
		cmocka_unit_test(untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
