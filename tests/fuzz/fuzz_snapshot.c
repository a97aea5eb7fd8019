/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a snapshot.  The input is a list of changes to a good one, or all of a file.
 * Checksums and the size are made to agree where the first byte says so, that its tables are
 * looked at.  What is accepted must be what the rest relies on: pages within memory, handles in
 * order, names with an end.  Then grants are put in the places that it knows.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_check.h"
#include "msg.h"
#include "snapshot/snap.h"
#include "snapshot/sum.h"

#define BYTES_MAX	(64UL << 10)
#define RAM		(8UL << 20)

/* The good one, and that of this input. */
static uint8_t good[BYTES_MAX], file[BYTES_MAX];
static size_t good_len;
static int dir;

enum { AS_IT_IS = 1, SIZE = 2, SUMS = 4, GRANTS = 8 };

static void mend(uint8_t how, uint8_t *image, size_t size)
{
	struct snap_head *h = (void *)image;

	if (how & SIZE)
		h->file_size = size;
	if (how & SUMS) {
		h->body_sum = snap_sum(image + SNAP_HEAD, size - SNAP_HEAD);
		h->head_sum = snap_sum(h, offsetof(struct snap_head, head_sum));
	}
}

static void make_tables(uint8_t *p)
{
	static const struct snap_extent x[2] = { { 0, 2 }, { 1025, 1 } };
	struct snap_handle h[5] = {
		[3] = { .number = 4, .kind = MVM_KIND_DIR, .flags = SNAP_GRANT | SNAP_READ_ONLY,
			.rights = MVM_RIGHT_READ | MVM_RIGHT_LOOKUP, .name = 9, .below = -1 },
		[4] = { .number = 9, .kind = MVM_KIND_FILE, .rights = MVM_RIGHT_READ, .name = 15,
			.below = 4, .open_flags = MVM_O_READ },
	};

	for (uint32_t i = 0; i < 3; i++)
		h[i] = (struct snap_handle){ .number = i, .kind = MVM_KIND_STREAM, .below = -1,
					     .flags = SNAP_GRANT, .rights = MVM_RIGHT_WAIT };
	memcpy(p, x, sizeof(x));
	memcpy(p + sizeof(x), h, sizeof(h));
	memcpy(p + sizeof(x) + sizeof(h), "\0app.elf\0/data\0./stat", 22);
}

/* Were it refused, nothing behind the first check would ever be looked at. */
static void check_good(void)
{
	int fd = fuzz_file(good, good_len);
	struct snap_image img;

	CHECK(!snap_open("good.snap", fd, &img));
	snap_close(&img);
	close(fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct snap_head *h = (void *)good;

	(void)argc;
	(void)argv;
	dir = open("/proc/self", O_PATH | O_DIRECTORY);
	CHECK(dir >= 0);
	good_len = SNAP_HEAD + 4096 + 3 * 4096 + 6;
	*h = (struct snap_head){
		.magic = SNAP_MAGIC, .version = SNAP_VERSION, .head_size = sizeof(*h),
		.abi_major = MVM_ABI_MAJOR, .abi_minor = MVM_ABI_MINOR,
		.ready = MVM_READY_ASKED, .nextents = 2, .nhandles = 5, .strings_len = 22,
		.output_len = 6, .npages = 3, .program = 1, .ram_max = RAM, .ram_present = RAM,
		.model.ncpuid = 1, .nfirst = 1,
	};
	make_tables(good + SNAP_HEAD);
	mend(SIZE | SUMS, good, good_len);
	check_good();
	return 0;
}

/* Where (2 bytes), how many bytes, and those; a place behind the end is a new length. */
static size_t make_file(const uint8_t *p, size_t n)
{
	size_t len = good_len;

	memcpy(file, good, sizeof(file));
	while (n >= 3) {
		size_t at = (size_t)p[0] << 8 | p[1], new = p[2] < n - 3 ? p[2] : n - 3;

		if (at >= good_len)
			len = at - good_len + SNAP_HEAD;
		else
			memcpy(file + at, p + 3, new < good_len - at ? new : good_len - at);
		p += 3 + new;
		n -= 3 + new;
	}
	return len;
}

static void check_image(const struct snap_image *img)
{
	const struct snap_head *h = &img->head;
	uint64_t pages = 0;

	CHECK(h->ram_present <= h->ram_max && h->ram_max <= MVM_LINEAR_MAX);
	CHECK(img->len <= h->ram_present && img->len % MVM_LARGE_SIZE == 0 && img->ram);
	CHECK(h->strings_len && !img->strings[h->strings_len - 1] && h->program < h->strings_len);
	for (uint32_t i = 0; i < h->nextents; i++) {
		CHECK((img->extents[i].page + (uint64_t)img->extents[i].count) * MVM_PAGE_SIZE <=
		      img->len);
		pages += img->extents[i].count;
	}
	CHECK(pages == h->npages && h->nfirst <= pages);
	for (uint32_t i = 0; i < h->nhandles; i++) {
		const struct snap_handle *x = &img->handles[i];

		CHECK(x->number < MVM_HANDLES_MAX && x->name < h->strings_len);
		CHECK(!i || x->number > x[-1].number);
		CHECK(!(x->flags & SNAP_GRANT) || x->number < GRANTS_MAX);
	}
	CHECK(img->output && h->output_len <= SNAP_OUTPUT_MAX);
}

/* As --dir DIR:/data:ro would be, the directory being one of the kernel's that is always there. */
static void fit(const struct snap_image *img)
{
	static struct handles t;
	static struct grants g;
	int status;

	memset(&g, 0, sizeof(g));
	handles_init(&t);
	for (int i = 0; i < 3; i++) {
		handle_add(&t, i, MVM_KIND_STREAM,
			   MVM_RIGHT_WAIT | (i ? MVM_RIGHT_WRITE : MVM_RIGHT_READ));
		t.h[i].grant = true;
	}
	handle_add(&t, dir, MVM_KIND_DIR, MVM_RIGHT_READ | MVM_RIGHT_LOOKUP);
	t.h[3].grant = t.h[3].read_only = true;
	g.paths[3] = "/data";
	fuzz_said();
	status = snap_fit_grants(img, &t, &g);
	if (!status)
		status = snap_open_kept(img, &t);
	CHECK(fuzz_said() == !!status);
	for (uint32_t i = 3; !status && i < t.used; i++) {
		if (t.h[i].fd < 0 || t.h[i].fd == dir)
			continue;
		CHECK(t.h[i].read_only && !(t.h[i].rights & MVM_RIGHT_WRITE));
		close(t.h[i].fd);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snap_image img;
	int fd, status;
	uint8_t how;

	if (size < 1 || size - 1 > BYTES_MAX)
		return 0;
	how = data[0];
	if (how & AS_IT_IS) {
		size--;
		memcpy(file, data + 1, size);
	} else {
		size = make_file(data + 1, size - 1);
		mend(how, file, size);
	}
	fd = fuzz_file(file, size);
	fuzz_said();
	status = snap_open("fuzz.snap", fd, &img);
	CHECK(fuzz_said() == !!status);
	CHECK(!status || status == EXIT_CANNOT_RUN || status == EXIT_MVM);
	if (!status) {
		check_image(&img);
		if (how & GRANTS)
			fit(&img);
	}
	snap_close(&img);
	close(fd);
	fuzz_forget();
	return 0;
}
