/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a program: elf_read() and place_segments() must stay within their memory, and
 * what they accept must be what load.c relies on.
 */
#include <stdlib.h>
#include <string.h>
#include <mvm/abi.h>
#include "elf64.h"
#include "place.h"

struct input {
	const uint8_t *data;
	size_t size;
};

static ssize_t read_input(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct input *in = ctx;

	if (off >= in->size)
		return 0;
	if (len > in->size - off)
		len = in->size - off;
	memcpy(buf, in->data + off, len);
	return (ssize_t)len;
}

static void must(int truth)
{
	if (!truth)
		abort();
}

static void check_image(const struct elf_image *img, uint64_t size)
{
	uint64_t low = img->pie ? 0 : MVM_VA_USER_MIN, end = 0;
	int entry_ok = 0;

	must(img->nsegs >= 1 && img->nsegs <= ELF_LOADS_MAX);
	for (uint32_t i = 0; i < img->nsegs; i++) {
		const struct elf_segment *s = &img->segs[i];
		uint64_t bytes = s->file_end - s->va;

		must(s->va % MVM_PAGE_SIZE == 0 && s->end % MVM_PAGE_SIZE == 0);
		must(s->va >= low && s->va >= end && s->end > s->va);
		must(s->end <= (img->pie ? ELF_SPAN_MAX : MVM_VA_USER_END));
		must(s->file_end >= s->va && s->file_end <= s->end);
		must(s->file_off % MVM_PAGE_SIZE == 0);
		must(!bytes || (s->file_off <= size && bytes <= size - s->file_off));
		must((s->prot & 6) != 6);
		if (img->entry >= s->va && img->entry < s->end)
			entry_ok = (s->prot & MVM_PROT_EXEC) != 0;
		end = s->end;
	}
	must(entry_ok);
	must((img->align & (img->align - 1)) == 0);
	must(!img->phdr || (img->phdr >= img->lo && img->phdr + img->phnum * 56 <= img->hi));
}

/* The pieces are the segments cut up, each where its segment is. */
static void check_placement(const struct elf_image *img, const struct placement *p, uint64_t bias)
{
	uint64_t end = 0, gpa_end = 0, sum = 0, want = 0;

	must(p->npieces <= MVM_SEGMENTS_MAX && p->frames_end % MVM_LARGE_SIZE == 0);
	for (uint32_t i = 0; i < p->npieces; i++) {
		const struct mvm_segment *s = &p->pieces[i];

		must(s->va >= end && s->len && (s->va ^ s->gpa) % MVM_LARGE_SIZE == 0);
		must(s->gpa >= MVM_GPA_APP && s->gpa >= gpa_end &&
		     s->gpa + s->len <= p->frames_end);
		if (s->flags & MVM_SEG_LARGE) {
			must(s->va / MVM_LARGE_SIZE > 0 || s->va >= MVM_LARGE_SIZE);
			must(i == 0 || (p->pieces[i - 1].va + p->pieces[i - 1].len - 1) /
			     MVM_LARGE_SIZE < s->va / MVM_LARGE_SIZE);
			must(i + 1 == p->npieces || p->pieces[i + 1].va / MVM_LARGE_SIZE >
			     (s->va + s->len - 1) / MVM_LARGE_SIZE);
		}
		end = s->va + s->len;
		gpa_end = s->gpa + s->len;
		sum += s->len;
	}
	for (uint32_t i = 0; i < img->nsegs; i++)
		want += img->segs[i].end - img->segs[i].va;
	must(sum == want);
	must(p->npieces && p->pieces[0].va == img->lo + bias);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	/* The first bytes of segments may lie far into a file: pretend it is large. */
	struct elf_source src = { .read = read_input, .ctx = &in, .size = size + 0x10000 };
	struct elf_image img;
	struct elf_reason why;
	struct placement p;

	if (elf_read(&src, false, &img, &why)) {
		must(memchr(why.text, 0, sizeof(why.text)) != NULL && why.text[0]);
		return 0;
	}
	check_image(&img, src.size);
	place_segments(&img, img.pie ? 0x555555400000 : 0, &p);
	check_placement(&img, &p, img.pie ? 0x555555400000 : 0);
	return 0;
}
