/* SPDX-License-Identifier: MIT */
/*
 * Snapshots that nobody has made: whatever is in the file, it is refused with one line or it is one
 * that can be mapped; and grants take the places that the snapshot knows.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "capture.h"
#include "msg.h"
#include "snapshot/snap.h"
#include "snapshot/sum.h"
#include <cmocka.h>

#define PAGES		5U
#define RAM		(8UL << 20)
#define STRINGS		"\0app.elf\0/data\0sub/file"
#define OUTPUT		"hello\n"
#define FILE_MAX	(64UL << 10)

/* In the order of the file. */
struct file {
	struct snap_head *head;
	struct snap_extent *extents;
	struct snap_handle *handles;
	char *strings;
	uint8_t *pages;
	size_t len;
	uint8_t bytes[FILE_MAX];
};

static int fd = -1;
static const char *host_dir = ".";	/* what is granted */

static void sums(struct file *f)
{
	struct snap_head *h = f->head;

	h->body_sum = snap_sum(f->bytes + SNAP_HEAD, f->len - SNAP_HEAD);
	h->head_sum = snap_sum(h, offsetof(struct snap_head, head_sum));
}

static void fill_handles(struct snap_handle *x)
{
	for (uint32_t i = 0; i < 3; i++)
		x[i] = (struct snap_handle){
			.number = i, .kind = MVM_KIND_STREAM, .flags = SNAP_GRANT, .below = -1,
			.rights = MVM_RIGHT_WAIT | (i ? MVM_RIGHT_WRITE : MVM_RIGHT_READ),
			.watched = i ? 0 : MVM_WAIT_IN,
		};
	x[3] = (struct snap_handle){
		.number = 4, .kind = MVM_KIND_DIR, .flags = SNAP_GRANT | SNAP_READ_ONLY,
		.rights = MVM_RIGHT_READ | MVM_RIGHT_LOOKUP, .name = 9, .below = -1,
	};
	x[4] = (struct snap_handle){
		.number = 9, .kind = MVM_KIND_FILE, .rights = MVM_RIGHT_READ, .name = 15,
		.below = 4, .open_flags = MVM_O_READ,
	};
}

static struct file *make(void)
{
	struct file *f = calloc(1, sizeof(*f));
	struct snap_head *h = f->head = (struct snap_head *)(void *)f->bytes;
	size_t off;

	f->extents = (struct snap_extent *)(void *)(f->bytes + SNAP_HEAD);
	f->handles = (struct snap_handle *)(f->extents + 2);
	f->strings = (char *)(f->handles + 5);
	f->extents[0] = (struct snap_extent){ .page = 512, .count = 3 };
	f->extents[1] = (struct snap_extent){ .page = 0, .count = 2 };
	fill_handles(f->handles);
	memcpy(f->strings, STRINGS, sizeof(STRINGS));
	off = (size_t)((uint8_t *)f->strings - f->bytes) + sizeof(STRINGS);
	off = (off + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);
	f->pages = f->bytes + off;
	for (unsigned int i = 0; i < PAGES; i++)
		memset(f->pages + i * MVM_PAGE_SIZE, 'a' + (int)i, MVM_PAGE_SIZE);
	memcpy(f->pages + PAGES * MVM_PAGE_SIZE, OUTPUT, strlen(OUTPUT));
	f->len = off + PAGES * MVM_PAGE_SIZE + strlen(OUTPUT);
	*h = (struct snap_head){
		.magic = SNAP_MAGIC, .version = SNAP_VERSION, .head_size = sizeof(*h),
		.abi_major = MVM_ABI_MAJOR, .abi_minor = MVM_ABI_MINOR, .ready = MVM_READY_STDIN,
		.file_size = f->len, .nextents = 2, .nhandles = 5, .strings_len = sizeof(STRINGS),
		.output_len = strlen(OUTPUT), .npages = PAGES, .program = 1,
		.ram_max = 2 * RAM, .ram_present = RAM, .anon_from = RAM / 2,
		.model.ncpuid = 1, .exec.n = 2, .exec.free_end = RAM,
		.exec.range = { { MVM_GPA_RT_TEXT, MVM_PAGE_SIZE, 1, 0 },
				{ RAM / 2, RAM / 2, 2, 0 } },
	};
	sums(f);
	return f;
}

/* snap_open() of f, whose messages are captured. */
static int try(const struct file *f, size_t len, struct snap_image *img)
{
	int status;

	if (fd < 0)
		fd = memfd_create("snapshot", 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, f->bytes, len, 0), len);
	capture_begin();
	status = snap_open("x.snap", fd, img);
	assert_int_equal(capture_end(), status != 0);
	return status;
}

static void forget(struct snap_image *img)
{
	if (img->ram)
		munmap((void *)(uintptr_t)img->ram, img->len);
	if (img->fd > 2)
		close(img->fd);
}

static void whole(void **state)
{
	struct file *f = make();
	struct snap_image img;

	(void)state;
	assert_int_equal(try(f, f->len, &img), 0);
	assert_int_equal(img.len, 4UL << 20);
	assert_int_equal(img.ram[512 * MVM_PAGE_SIZE], 'a');
	assert_int_equal(img.ram[514 * MVM_PAGE_SIZE], 'c');
	assert_int_equal(img.ram[0], 'd');
	assert_int_equal(img.ram[2 * MVM_PAGE_SIZE], 0);
	assert_memory_equal(img.output, OUTPUT, strlen(OUTPUT));
	/* Nobody can change what clones see. */
	assert_ptr_equal(mmap(NULL, img.len, PROT_WRITE, MAP_SHARED, img.fd, 0), MAP_FAILED);
	assert_int_equal(ftruncate(img.fd, 0), -1);
	forget(&img);
	free(f);
}

/* For one VM the pages stay in the file, but no byte of them is believed unseen. */
static void mapped(void **state)
{
	char path[64];
	struct plan plan = { .snapshot = path };
	struct file *f = make();
	struct snap_image img;
	uint8_t page[MVM_PAGE_SIZE];

	(void)state;
	assert_int_equal(try(f, f->len, &img), 0);
	forget(&img);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(snap_open_plan(&plan, &img), 0);
	assert_int_equal(img.fd, -1);
	assert_null(img.ram);
	assert_int_equal(img.len, 4UL << 20);
	assert_int_equal(pread(img.file, page, sizeof(page), (off_t)img.file_off), sizeof(page));
	assert_memory_equal(page, f->pages, sizeof(page));
	assert_memory_equal(img.output, OUTPUT, strlen(OUTPUT));
	snap_close(&img);
	for (size_t at = 0; at < PAGES; at++) {
		uint8_t *byte = f->pages + at * MVM_PAGE_SIZE + 100 * at;

		*byte ^= 1;
		assert_int_equal(pwrite(fd, f->bytes, f->len, 0), f->len);
		*byte ^= 1;
		capture_begin();
		assert_int_equal(snap_open_plan(&plan, &img), EXIT_CANNOT_RUN);
		assert_int_equal(capture_end(), 1);
		snap_close(&img);
	}
	free(f);
}

static void shorter(void **state)
{
	struct file *f = make();
	struct snap_image img;

	(void)state;
	for (size_t len = 0; len < f->len; len += len < SNAP_HEAD ? 61 : 997) {
		assert_int_equal(try(f, len, &img), EXIT_CANNOT_RUN);
		forget(&img);
	}
	free(f);
}

/* Damage is found by the sums. */
static void damaged(void **state)
{
	struct file *f = make();
	struct snap_image img;

	(void)state;
	for (size_t at = 0; at < f->len; at += at < SNAP_HEAD + 512 ? 1 : 499) {
		if (at >= sizeof(struct snap_head) && at < SNAP_HEAD)
			continue;	/* behind the head there is nothing */
		f->bytes[at] ^= 0x41;
		assert_int_equal(try(f, f->len, &img), EXIT_CANNOT_RUN);
		forget(&img);
		f->bytes[at] ^= 0x41;
	}
	free(f);
}

static bool executes_ram(const struct vm_exec *e, uint64_t ram)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (i >= VM_EXEC_MAX || e->range[i].gpa + e->range[i].len > ram ||
		    e->range[i].gpa + e->range[i].len < e->range[i].gpa ||
		    (e->range[i].gpa | e->range[i].len) % MVM_PAGE_SIZE || e->range[i].mode > 2)
			return false;
	return e->free_end <= ram && !(e->free_end % MVM_PAGE_SIZE);
}

static bool ends_in_file(const struct snap_image *img)
{
	const struct snap_head *h = &img->head;
	uint64_t pages = 0;

	for (uint32_t i = 0; i < h->nextents; i++) {
		pages += img->extents[i].count;
		if ((img->extents[i].page + (uint64_t)img->extents[i].count) * MVM_PAGE_SIZE >
		    img->len)
			return false;
	}
	/* A reset drops the page of the topmost table. */
	return pages == h->npages && img->len <= h->ram_present &&
	       (h->cr3 & 0xffffffffff000) < h->ram_present &&
	       executes_ram(&h->exec, h->ram_present) &&
	       !img->strings[h->strings_len - 1];
}

/* Whoever forges a snapshot makes the sums right: then what was checked must be safe to use. */
static void forged(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct file *f = make();
	struct snap_image img;
	size_t tables = (size_t)((uint8_t *)f->strings - f->bytes) + sizeof(STRINGS);

	(void)state;
	for (size_t at = 0; at < tables; at++) {
		if (at == sizeof(struct snap_head))
			at = SNAP_HEAD;
		for (size_t i = 0; i < sizeof(flips); i++) {
			f->bytes[at] ^= flips[i];
			sums(f);
			if (!try(f, f->len, &img))
				assert_true(ends_in_file(&img));
			forget(&img);
			f->bytes[at] ^= flips[i];
			sums(f);
		}
	}
	free(f);
}

/* A table of handles as grants_open() makes it: streams, and a directory as handle 3. */
static void granted(struct handles *t, struct grants *g, const char *dir, bool read_only)
{
	handles_init(t);
	memset(g, 0, sizeof(*g));
	for (int i = 0; i < 3; i++) {
		handle_add(t, i, MVM_KIND_TTY, MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT);
		t->h[i].grant = true;
	}
	handle_add(t, open(host_dir, O_PATH | O_CLOEXEC), MVM_KIND_DIR,
		   MVM_RIGHT_READ | MVM_RIGHT_LOOKUP |
		   (read_only ? 0 : MVM_RIGHT_WRITE | MVM_RIGHT_CREATE));
	t->h[3].grant = true;
	t->h[3].read_only = read_only;
	g->paths[3] = dir;
}

static int fit(const struct snap_image *img, const char *dir, bool read_only, struct handles *t)
{
	static struct grants g;
	int status;

	granted(t, &g, dir, read_only);
	capture_begin();
	status = snap_fit_grants(img, t, &g);
	if (!status)
		status = snap_open_kept(img, t);
	assert_int_equal(capture_end(), status != 0);
	if (!status)
		assert_string_equal(g.paths[4], "/data");
	return status;
}

static void places(void **state)
{
	static struct handles t;
	struct file *f = make();
	struct snap_image img;

	(void)state;
	f->head->nhandles = 5;
	assert_int_equal(try(f, f->len, &img), 0);
	assert_int_equal(fit(&img, "/other", true, &t), EXIT_MVM);
	assert_non_null(strstr(captured, "expects a grant for /data"));
	assert_int_equal(fit(&img, "/data", false, &t), EXIT_MVM);
	assert_non_null(strstr(captured, "read only"));
	assert_int_equal(fit(&img, "/data", true, &t), EXIT_MVM);
	assert_non_null(strstr(captured, "expects sub/file below"));

	/* A file that is there. */
	memcpy(f->strings + 15, "./tests\0", 8);
	f->handles[4].kind = MVM_KIND_DIR;
	sums(f);
	forget(&img);
	assert_int_equal(try(f, f->len, &img), 0);
	assert_int_equal(fit(&img, "/data", true, &t), 0);
	assert_int_equal(t.used, 10);
	assert_int_equal(t.h[0].kind, MVM_KIND_STREAM);
	assert_int_equal(t.h[0].rights, MVM_RIGHT_READ | MVM_RIGHT_WAIT);
	assert_int_equal(t.h[3].fd, -1);
	assert_int_equal(t.h[4].kind, MVM_KIND_DIR);
	assert_int_equal(t.h[9].kind, MVM_KIND_DIR);
	/* New ones take what is left, from the lowest on. */
	assert_int_equal(handle_add(&t, 0, MVM_KIND_STREAM, 0), 3);
	assert_int_equal(handle_add(&t, 0, MVM_KIND_STREAM, 0), 5);
	/* The guest cannot close what the next clone needs. */
	assert_int_equal(handle_close(&t, 9), 0);
	assert_non_null(handle_get(&t, 9));
	forget(&img);
	free(f);
}

/* How the file at name below a writable grant of dir is opened again, for writing. */
static int reopen(struct file *f, const char *dir, const char *name)
{
	static struct handles t;
	struct snap_image img;
	int status;

	host_dir = dir;
	strcpy(f->strings + 15, name);
	f->handles[3].flags = SNAP_GRANT;
	f->handles[4].rights = MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_SEEK;
	sums(f);
	assert_int_equal(try(f, f->len, &img), 0);
	status = fit(&img, "/data", false, &t);
	if (!status)
		assert_int_equal(t.h[9].rights, f->handles[4].rights);
	forget(&img);
	host_dir = ".";
	return status;
}

/* What a guest may not open is not opened for it either: it can be put there meanwhile. */
static void exchanged(void **state)
{
	char dir[] = "/tmp/test_snap.XXXXXX", path[64];
	struct file *f = make();

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(reopen(f, dir, "file"), 0);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(reopen(f, dir, "file"), EXIT_MVM);
	assert_non_null(strstr(captured, "No such device or address"));
	unlink(path);
	rmdir(dir);
	assert_int_equal(reopen(f, "/proc/self", "mem"), EXIT_MVM);
	assert_non_null(strstr(captured, "cannot be opened: Permission denied"));
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(mapped), cmocka_unit_test(shorter),
		cmocka_unit_test(damaged),
		cmocka_unit_test(forged), cmocka_unit_test(places),
		cmocka_unit_test(exchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
