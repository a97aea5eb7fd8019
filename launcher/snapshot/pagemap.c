/* SPDX-License-Identifier: MIT */
/* See pagemap.h.  PAGEMAP_SCAN is in Linux since 6.7; before, entries are read page by page. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/types.h>
#include <mvm/abi.h>
#include "confine/confine.h"
#include "descriptor.h"
#include "msg.h"
#include "pagemap.h"

#define REGIONS		128U
#define ENTRIES		512U

/* Newer than the headers: linux/fs.h of 6.7. */
struct page_region_ {
	uint64_t start, end, categories;
};
struct pm_scan_arg_ {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN_	_IOWR('f', 16, struct pm_scan_arg_)
_Static_assert(PAGEMAP_SCAN_ == PAGEMAP_SCAN_NR, "pagemap.h");
#define IS_FILE		(1U << 2)
#define IS_PRESENT	(1U << 3)
#define IS_SWAPPED	(1U << 4)
#define IS_PFNZERO	(1U << 5)

/* Bits of an entry. */
#define ENTRY_FILE	(1ULL << 61)	/* a page of a file, or shared */
#define ENTRY_SWAPPED	(1ULL << 62)
#define ENTRY_PRESENT	(1ULL << 63)

bool pagemap_try(void)
{
	return fd_move(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), CONFINE_FD_PAGEMAP) >= 0;
}

int pagemap_open(const char *who)
{
	if (pagemap_try())
		return 0;
	return fail(EXIT_MVM, "/proc/self/pagemap: cannot be opened: %s; %s /proc and a kernel "
		    "with CONFIG_PROC_PAGE_MONITOR", strerror(errno), who);
}

static int scan(int fd, uint64_t start, uint64_t end, bool own, pagemap_fn *fn, void *ctx)
{
	uint64_t not = own ? IS_FILE | IS_PFNZERO : 0;
	struct page_region_ r[REGIONS];
	struct pm_scan_arg_ a = {
		.size = sizeof(a), .start = start, .end = end,
		.vec = (uintptr_t)r, .vec_len = REGIONS,
		.category_inverted = not, .category_mask = not,
		.category_anyof_mask = IS_PRESENT | IS_SWAPPED,
	};

	while (a.start < end) {
		int n = ioctl(fd, PAGEMAP_SCAN_, &a);

		if (n < 0)
			return -errno;
		for (int i = 0; i < n; i++) {
			int err = fn(ctx, r[i].start, r[i].end);

			if (err)
				return err;
		}
		a.start = a.walk_end;
	}
	return 0;
}

static bool is_wanted(uint64_t entry, bool own)
{
	return entry & (ENTRY_PRESENT | ENTRY_SWAPPED) && !(own && entry & ENTRY_FILE);
}

/* Runs of these pages among n entries for the pages from start on. */
static int walk(const uint64_t *entries, uint64_t n, uint64_t start, bool own, pagemap_fn *fn,
		void *ctx)
{
	for (uint64_t i = 0, j; i < n; i = j + 1) {
		int err;

		for (j = i; j < n && is_wanted(entries[j], own); j++)
			;
		err = j > i ? fn(ctx, start + i * MVM_PAGE_SIZE, start + j * MVM_PAGE_SIZE) : 0;
		if (err)
			return err;
	}
	return 0;
}

static int read_entries(int fd, uint64_t start, uint64_t end, bool own, pagemap_fn *fn, void *ctx)
{
	uint64_t entries[ENTRIES];

	while (start < end) {
		uint64_t left = (end - start) / MVM_PAGE_SIZE, n = left < ENTRIES ? left : ENTRIES;
		ssize_t got = pread(fd, entries, n * sizeof(entries[0]),
				    (off_t)(start / MVM_PAGE_SIZE * sizeof(entries[0])));
		int err;

		if (got < (ssize_t)sizeof(entries[0]))
			return got < 0 ? -errno : -EIO;
		n = (uint64_t)got / sizeof(entries[0]);
		err = walk(entries, n, start, own, fn, ctx);
		if (err)
			return err;
		start += n * MVM_PAGE_SIZE;
	}
	return 0;
}

static int find(int fd, uint64_t start, uint64_t end, bool own, pagemap_fn *fn, void *ctx)
{
	static bool no_scan;
	int err = no_scan ? -ENOTTY : scan(fd, start, end, own, fn, ctx);

	if (err != -ENOTTY)
		return err;
	no_scan = true;
	return read_entries(fd, start, end, own, fn, ctx);
}

int pagemap_private(int fd, uint64_t start, uint64_t end, pagemap_fn *fn, void *ctx)
{
	return find(fd, start, end, true, fn, ctx);
}

int pagemap_present(int fd, uint64_t start, uint64_t end, pagemap_fn *fn, void *ctx)
{
	return find(fd, start, end, false, fn, ctx);
}
