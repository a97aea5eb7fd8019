/* SPDX-License-Identifier: MIT */
/*
 * Reading and mapping an ELF file.  See elffile.h.
 */
#include "elffile.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "msg.h"

#define PREFAULT_MAX	(256UL << 10)	/* bytes of a segment */

/* Linux 5.14; newer than the headers of Debian's musl. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#endif

static ssize_t read_fd(void *ctx, void *buf, size_t len, uint64_t off)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(*(int *)ctx, (char *)buf + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int image_read(struct image *img, bool allow_wx)
{
	struct elf_source src = { .read = read_fd, .ctx = &img->fd };
	struct elf_reason why;
	struct stat st;

	if (fstat(img->fd, &st))
		return fail(EXIT_CANNOT_RUN, "%s: cannot be examined: %s", img->name,
			    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(EXIT_CANNOT_RUN, "%s: is %s; name an x86-64 ELF program", img->name,
			    S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
	src.size = (uint64_t)st.st_size;
	if (elf_read(&src, allow_wx, &img->elf, &why))
		return fail(EXIT_CANNOT_RUN, "%s: %s", img->name, why.text);
	return 0;
}

int image_interp(const struct image *img, char path[ELF_INTERP_MAX])
{
	struct elf_source src = { .read = read_fd, .ctx = (void *)&img->fd };
	struct elf_reason why;

	if (elf_read_interp(&src, &img->elf, path, &why))
		return fail(EXIT_CANNOT_RUN, "%s: %s", img->name, why.text);
	return 0;
}

/*
 * The guest is about to run through its text: pages that are there when it faults cost it less
 * (20 us of a hello on a software KVM), and finding them in the page cache is cheap.  Large
 * programs touch only a part of theirs.
 */
static void prefault_text(const struct elf_segment *s, uint8_t *at, uint64_t pages)
{
	if (!(s->prot & MVM_PROT_WRITE))
		madvise(at, pages < PREFAULT_MAX ? pages : PREFAULT_MAX, MADV_POPULATE_READ);
}

/* Whole pages come from the page cache, shared until written; what follows in memory is zero. */
static int map_segment(const struct elf_segment *s, int fd, uint8_t *at)
{
	uint64_t bytes = s->file_end - s->va;
	uint64_t pages = (bytes + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);

	if (!bytes)
		return 0;
	if (mmap(at, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
		 (off_t)s->file_off) == MAP_FAILED)
		return -errno;
	prefault_text(s, at, pages);
	if (s->zero_tail && pages != bytes)
		memset(at + bytes, 0, pages - bytes);
	return 0;
}

int image_map(const struct image *img, struct guest_ram *ram)
{
	for (unsigned int i = 0; i < img->elf.nsegs; i++) {
		int err = map_segment(&img->elf.segs[i], img->fd, ram->hva + img->gpa[i]);

		if (err)
			return fail(EXIT_CANNOT_RUN, "%s: cannot be mapped: %s", img->name,
				    strerror(-err));
	}
	return 0;
}
