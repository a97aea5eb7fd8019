/* SPDX-License-Identifier: MIT */
/*
 * Reads a snapshot, from whatever source: nothing of it is believed.  What is decided upon is
 * copied first; the file may be changed by others all the while.  Guest memory goes to a sealed
 * memfd, so that no clone's view of it can change; for one VM alone, which must expect anything of
 * its guest in any case, it is only summed, and is mapped from the file later.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kvm.h"
#include "msg.h"
#include "populate.h"
#include "snap.h"
#include "sum.h"

/* Linux 5.4's memory files; the seals are in newer headers than some C library's. */
#ifndef F_SEAL_SEAL
#define F_ADD_SEALS	1033
#define F_SEAL_SEAL	0x0001
#define F_SEAL_SHRINK	0x0002
#define F_SEAL_GROW	0x0004
#define F_SEAL_WRITE	0x0008
#endif

/* Pages in more pieces than this are copied: a piece that is mapped is a mapping of the process. */
#define MAPPED_MAX	1024U

#define CHUNK		(64UL << 10)	/* what is summed at once stays in a cache */

static int damaged(const struct snap_image *img, const char *what)
{
	return fail(EXIT_CANNOT_RUN, "%s: the snapshot is damaged (%s); make it again with mvm "
		    "snapshot", img->name, what);
}

/* All of [off, off + len), or EXIT_CANNOT_RUN with the message printed. */
static int read_all(const struct snap_image *img, int fd, void *to, size_t len, uint64_t off)
{
	char *p = to;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)(img->base + off));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(EXIT_CANNOT_RUN, "%s: cannot be read: %s", img->name,
				    strerror(errno));
		if (!n)
			return damaged(img, "it ends too early");
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* ---- The head ------------------------------------------------------------------------------- */

static uint64_t pages_at(const struct snap_head *h)
{
	uint64_t off = SNAP_HEAD + (uint64_t)h->nextents * sizeof(struct snap_extent) +
		       (uint64_t)h->nhandles * sizeof(struct snap_handle) + h->strings_len;

	return (off + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);
}

static bool exec_is_sane(const struct vm_exec *e, uint64_t ram)
{
	if (e->n > VM_EXEC_MAX || e->free_end > ram || e->free_end % MVM_PAGE_SIZE)
		return false;
	for (uint32_t i = 0; i < e->n; i++) {
		const struct vm_exec_range *r = &e->range[i];

		if (r->gpa % MVM_PAGE_SIZE || r->len % MVM_PAGE_SIZE || r->mode > MVM_EXEC_RWX ||
		    r->gpa > ram || r->len > ram - r->gpa)
			return false;
	}
	return true;
}

/* What a number may be at all; with it, no sum of them overflows. */
static bool head_is_sane(const struct snap_head *h)
{
	return h->nextents <= SNAP_EXTENTS_MAX && h->nhandles <= SNAP_HANDLES_MAX &&
	       h->strings_len && h->strings_len <= SNAP_STRINGS_MAX &&
	       h->output_len <= SNAP_OUTPUT_MAX && h->program < h->strings_len &&
	       h->ready >= MVM_READY_STDIN && h->ready <= MVM_READY_ASKED &&
	       h->ram_max <= MVM_LINEAR_MAX && h->ram_present <= h->ram_max &&
	       !(h->ram_max % MVM_LARGE_SIZE) && !(h->ram_present % MVM_LARGE_SIZE) &&
	       h->ram_present > MVM_GPA_APP && h->anon_from <= h->ram_present &&
	       (h->cr3 & SNAP_CR3_PAGE) < h->ram_present &&
	       exec_is_sane(&h->exec, h->ram_present) &&
	       !(h->signals & ~MVM_SIGNALS) && h->npages && h->nfirst <= h->npages &&
	       h->npages <= h->ram_present / MVM_PAGE_SIZE &&
	       h->model.ncpuid && h->model.ncpuid <= CPU_CPUID_MAX &&
	       h->file_size == pages_at(h) + h->npages * MVM_PAGE_SIZE + h->output_len;
}

static int read_head(struct snap_image *img, int fd)
{
	struct snap_head *h = &img->head;
	struct stat st;
	int status;

	if (fstat(fd, &st))
		return fail(EXIT_CANNOT_RUN, "%s: cannot be examined: %s", img->name,
			    strerror(errno));
	if (!img->size)
		img->size = (uint64_t)st.st_size;
	if (!S_ISREG(st.st_mode) || img->size < SNAP_HEAD)
		return fail(EXIT_CANNOT_RUN, "%s: is no snapshot; make one with mvm snapshot",
			    img->name);
	status = read_all(img, fd, h, sizeof(*h), 0);
	if (status)
		return status;
	if (memcmp(h->magic, SNAP_MAGIC, sizeof(h->magic)))
		return fail(EXIT_CANNOT_RUN, "%s: is no snapshot; make one with mvm snapshot",
			    img->name);
	if (h->version != SNAP_VERSION || h->head_size != sizeof(*h))
		return fail(EXIT_CANNOT_RUN, "%s: the snapshot has format %u, this mvm knows %u; "
			    "make it again with this mvm", img->name, h->version, SNAP_VERSION);
	if (h->head_sum != snap_sum(h, offsetof(struct snap_head, head_sum)))
		return damaged(img, "its head has another checksum");
	if (h->abi_major != MVM_ABI_MAJOR || h->abi_minor > MVM_ABI_MINOR)
		return fail(EXIT_CANNOT_RUN, "%s: the snapshot is of ABI %u.%u, this mvm's is "
			    "%u.%u; make it again with this mvm", img->name, h->abi_major,
			    h->abi_minor,
			    MVM_ABI_MAJOR, MVM_ABI_MINOR);
	if (!head_is_sane(h) || h->file_size != img->size)
		return damaged(img, "its sizes do not fit together");
	return 0;
}

/* ---- The tables ----------------------------------------------------------------------------- */

static bool extents_are_sane(struct snap_image *img)
{
	const struct snap_head *h = &img->head;
	uint64_t limit = h->ram_present / MVM_PAGE_SIZE, pages = 0, end = 0;

	for (uint32_t i = 0; i < h->nextents; i++) {
		const struct snap_extent *x = &img->extents[i];

		if (!x->count || x->page >= limit || x->count > limit - x->page)
			return false;
		pages += x->count;
		if (pages > h->npages)
			return false;
		if (x->page + (uint64_t)x->count > end)
			end = x->page + (uint64_t)x->count;
	}
	img->len = (end * MVM_PAGE_SIZE + MVM_LARGE_SIZE - 1) & ~(MVM_LARGE_SIZE - 1);
	return pages == h->npages;
}

static bool handle_is_sane(const struct snap_image *img, const struct snap_handle *x)
{
	const struct snap_handle *below = NULL;

	if (x->number >= MVM_HANDLES_MAX || x->name >= img->head.strings_len ||
	    x->watched & ~(MVM_WAIT_IN | MVM_WAIT_OUT | MVM_WAIT_RDHUP))
		return false;
	if (x->flags & SNAP_GRANT)
		return x->number < GRANTS_MAX && (x->number > 2) == !!img->strings[x->name];
	for (uint32_t i = 0; i < img->head.nhandles; i++)
		if ((int64_t)img->handles[i].number == x->below)
			below = &img->handles[i];
	return below && below->flags & SNAP_GRANT && below->kind == MVM_KIND_DIR &&
	       (x->kind == MVM_KIND_FILE || x->kind == MVM_KIND_DIR) && img->strings[x->name];
}

static bool tables_are_sane(struct snap_image *img)
{
	const struct snap_head *h = &img->head;

	if (img->strings[h->strings_len - 1])
		return false;
	for (uint32_t i = 0; i < h->nhandles; i++)
		if (!handle_is_sane(img, &img->handles[i]) ||
		    (i && img->handles[i].number <= img->handles[i - 1].number))
			return false;
	return extents_are_sane(img);
}

/* Everything between the head and the pages, in one piece of memory. */
static int read_tables(struct snap_image *img, int fd)
{
	const struct snap_head *h = &img->head;
	size_t len = pages_at(h) - SNAP_HEAD;
	char *all = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;

	if (all == MAP_FAILED)
		return fail(EXIT_MVM, "%s: out of memory", img->name);
	status = read_all(img, fd, all, len, SNAP_HEAD);
	if (status)
		return status;
	snap_sum_add(all, len);
	img->extents = (struct snap_extent *)(void *)all;
	img->handles = (struct snap_handle *)(img->extents + h->nextents);
	img->strings = (const char *)(img->handles + h->nhandles);
	return tables_are_sane(img) ? 0 : damaged(img, "its tables do not fit together");
}

/* ---- Memory --------------------------------------------------------------------------------- */

static int copy_pages(struct snap_image *img, int fd, uint8_t *ram)
{
	uint64_t off = pages_at(&img->head);

	for (uint32_t i = 0; i < img->head.nextents; i++) {
		const struct snap_extent *x = &img->extents[i];
		uint64_t len = x->count * MVM_PAGE_SIZE;
		uint8_t *to = ram + x->page * MVM_PAGE_SIZE;
		int status;

		/* One call instead of a fault a page.  Refused by an older kernel. */
		madvise(to, len, MADV_POPULATE_WRITE);
		status = read_all(img, fd, to, len, off);
		if (status)
			return status;
		snap_sum_add(to, len);
		off += len;
	}
	return 0;
}

static int out_of_memory(const struct snap_image *img)
{
	return fail(EXIT_MVM, "%s: no memory for its %llu MiB: %s", img->name,
		    (unsigned long long)(img->len >> 20), strerror(errno));
}

static int read_memory(struct snap_image *img, int fd)
{
	uint8_t *ram;
	int status;

	img->fd = memfd_create("mvm-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (img->fd < 0 || ftruncate(img->fd, (off_t)img->len))
		return out_of_memory(img);
	ram = mmap(NULL, img->len, PROT_READ | PROT_WRITE, MAP_SHARED, img->fd, 0);
	if (ram == MAP_FAILED)
		return out_of_memory(img);
	status = copy_pages(img, fd, ram);
	munmap(ram, img->len);
	return status;
}

/* Can the pages be mapped from where they are?  On an odd place in an appliance they cannot. */
static bool can_map(const struct snap_image *img)
{
	return !((img->base + pages_at(&img->head)) % MVM_PAGE_SIZE) &&
	       img->head.nextents <= MAPPED_MAX;
}

/* Every byte is looked at before one is used; none is kept. */
static int sum_pages(const struct snap_image *img, int fd)
{
	static uint8_t chunk[CHUNK];
	uint64_t off = pages_at(&img->head), left = img->head.npages * MVM_PAGE_SIZE;
	int status = 0;

	while (left && !status) {
		uint64_t n = left < CHUNK ? left : CHUNK;

		status = read_all(img, fd, chunk, n, off);
		snap_sum_add(chunk, n);
		off += n;
		left -= n;
	}
	return status;
}

static int keep_file(struct snap_image *img, int fd)
{
	img->file_off = img->base + pages_at(&img->head);
	img->file = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return img->file < 0 ? fail(EXIT_MVM, "%s: %s; raise the limit of open files (ulimit -n)",
				    img->name, strerror(errno)) : 0;
}

static int seal(struct snap_image *img)
{
	const void *ram;

	if (fcntl(img->fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return fail(EXIT_MVM, "%s: its memory cannot be sealed: %s", img->name,
			    strerror(errno));
	ram = mmap(NULL, img->len, PROT_READ, MAP_SHARED, img->fd, 0);
	if (ram == MAP_FAILED)
		return out_of_memory(img);
	img->ram = ram;
	return 0;
}

static int read_output(struct snap_image *img, int fd)
{
	uint32_t len = img->head.output_len;
	char *output = mmap(NULL, len + 1UL, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	int status;

	if (output == MAP_FAILED)
		return fail(EXIT_MVM, "%s: out of memory", img->name);
	status = read_all(img, fd, output, len, img->head.file_size - len);
	snap_sum_add(output, len);
	img->output = output;
	return status;
}

/* What fd has at the place that *img says.  map: its pages need no copy. */
static int read_image(struct snap_image *img, int fd, bool map)
{
	int status = read_head(img, fd);

	snap_sum_begin();
	if (!status)
		status = read_tables(img, fd);
	map = map && !status && can_map(img);
	if (!status)
		status = map ? sum_pages(img, fd) : read_memory(img, fd);
	if (!status)
		status = read_output(img, fd);
	if (!status && snap_sum_end() != img->head.body_sum)
		status = damaged(img, "its contents have another checksum");
	return status ? status : map ? keep_file(img, fd) : seal(img);
}

static int open_file(struct snap_image *img, const char *path, bool map)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), status;

	if (fd < 0)
		return fail(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
			    "%s: cannot open the snapshot: %s; make one with mvm snapshot", path,
			    strerror(errno));
	status = read_image(img, fd, map);
	close(fd);
	return status;
}

int snap_open(const char *path, int fd, struct snap_image *img)
{
	*img = (struct snap_image){ .name = path, .fd = -1, .file = -1 };
	return fd < 0 ? open_file(img, path, false) : read_image(img, fd, false);
}

int snap_open_plan(const struct plan *plan, struct snap_image *img)
{
	const struct plan_part *part = &plan->program_part;

	*img = (struct snap_image){
		.name = plan->snapshot, .fd = -1, .file = -1, .base = part->off, .size = part->len,
	};
	return open_file(img, part->len ? "/proc/self/exe" : plan->snapshot, true);
}

void snap_close(struct snap_image *img)
{
	if (img->extents)
		munmap(img->extents, pages_at(&img->head) - SNAP_HEAD);
	if (img->output)
		munmap((void *)(uintptr_t)img->output, img->head.output_len + 1UL);
	if (img->ram)
		munmap((void *)(uintptr_t)img->ram, img->len);
	if (img->fd >= 0)
		close(img->fd);
	if (img->file >= 0)
		close(img->file);
	*img = (struct snap_image){ .fd = -1, .file = -1 };
}
