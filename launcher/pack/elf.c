/* SPDX-License-Identifier: MIT */
/* Writing a program without its gaps.  See elf.h.  Source: System V ABI, chapters 4 and 5. */
#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include "elf64.h"
#include "elf.h"
#include "file.h"

#define PAGE		4096UL
#define LARGE		0x200000UL	/* what the loader aligns a position-independent one to */

struct program {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[ELF_PHNUM_MAX];
	uint64_t from[ELF_PHNUM_MAX];	/* where in the old file a segment's bytes are */
};

static uint64_t headers_len(const struct program *p)
{
	return sizeof(p->eh) + p->eh.e_phnum * sizeof(p->ph[0]);
}

static bool is_load(const Elf64_Phdr *ph)
{
	return ph->p_type == PT_LOAD && ph->p_filesz;
}

/* The usual: headers at the beginning, in the first segment or in none; segments in order. */
static bool usual(const struct program *p)
{
	uint64_t end = 0;

	if (p->eh.e_phoff != sizeof(p->eh) || p->eh.e_phentsize != sizeof(p->ph[0]))
		return false;
	for (unsigned int i = 0; i < p->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &p->ph[i];

		if (!is_load(ph))
			continue;
		if (ph->p_offset < end || ph->p_align > LARGE ||
		    (ph->p_offset ^ ph->p_vaddr) % PAGE)
			return false;
		if (ph->p_offset < headers_len(p) &&
		    (ph->p_offset || ph->p_filesz < headers_len(p)))
			return false;
		end = ph->p_offset + ph->p_filesz;
	}
	return end;
}

/* The new place of what lies in a segment; such as lies in none is no longer there. */
static void move(struct program *p, Elf64_Phdr *ph)
{
	uint64_t off = ph->p_offset;

	if (!ph->p_filesz)
		return;
	for (unsigned int i = 0; i < p->eh.e_phnum; i++) {
		const Elf64_Phdr *in = &p->ph[i];

		if (is_load(in) && off >= p->from[i] && off - p->from[i] <= in->p_filesz &&
		    ph->p_filesz <= in->p_filesz - (off - p->from[i])) {
			ph->p_offset = off - p->from[i] + in->p_offset;
			return;
		}
	}
	memset(ph, 0, sizeof(*ph));	/* PT_NULL */
}

static void lay_out(struct program *p)
{
	uint64_t end = headers_len(p);

	for (unsigned int i = 0; i < p->eh.e_phnum; i++) {
		Elf64_Phdr *ph = &p->ph[i];

		p->from[i] = ph->p_offset;
		if (ph->p_type == PT_LOAD)
			ph->p_align = PAGE;
		if (ph->p_type == PT_LOAD && !ph->p_filesz)
			ph->p_offset %= PAGE;
		if (!is_load(ph))
			continue;
		if (ph->p_offset)
			ph->p_offset = ((end + PAGE - 1) & ~(PAGE - 1)) + ph->p_offset % PAGE;
		end = ph->p_offset + ph->p_filesz;
	}
	for (unsigned int i = 0; i < p->eh.e_phnum; i++)
		if (p->ph[i].p_type != PT_LOAD)
			move(p, &p->ph[i]);
	p->eh.e_shoff = 0;
	p->eh.e_shnum = p->eh.e_shstrndx = 0;
}

/* Bytes of the program that are behind [0, done); zeros up to them. */
static int write_segment(struct out *o, uint64_t start, const struct program *p, unsigned int i,
			 int fd, const char *name)
{
	const Elf64_Phdr *ph = &p->ph[i];
	uint64_t done = o->off - start, skip = ph->p_offset < done ? done - ph->p_offset : 0;
	static const uint8_t zeros[2 * PAGE];
	int status = out_write(o, zeros, ph->p_offset + skip - done);

	return status ? status : out_copy(o, fd, p->from[i] + skip, ph->p_filesz - skip, name);
}

int elf_pack(struct out *o, int fd, uint64_t size, const char *name)
{
	static struct program p;
	uint64_t start = o->off;
	int status;

	if (file_read(fd, &p.eh, sizeof(p.eh), 0) || p.eh.e_phnum > ELF_PHNUM_MAX ||
	    file_read(fd, p.ph, p.eh.e_phnum * sizeof(p.ph[0]), p.eh.e_phoff) || !usual(&p))
		return out_copy(o, fd, 0, size, name);
	lay_out(&p);
	status = out_write(o, &p.eh, sizeof(p.eh));
	if (!status)
		status = out_write(o, p.ph, p.eh.e_phnum * sizeof(p.ph[0]));
	for (unsigned int i = 0; i < p.eh.e_phnum && !status; i++)
		if (is_load(&p.ph[i]))
			status = write_segment(o, start, &p, i, fd, name);
	return status;
}
