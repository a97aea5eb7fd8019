/* SPDX-License-Identifier: MIT */
/*
 * Checks an ELF program.  See elf64.h; loading is load.c's.
 */
#include "elf64.h"

#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <mvm/abi.h>

#define PAGE_MASK	(MVM_PAGE_SIZE - 1)
#define HEAD_SIZE	1024		/* the ELF header and, nearly always, the program headers */

static uint64_t page_down(uint64_t v)
{
	return v & ~PAGE_MASK;
}

static uint64_t page_up(uint64_t v)
{
	return (v + PAGE_MASK) & ~PAGE_MASK;
}

static int refuse(struct elf_reason *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct elf_reason *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -ENOEXEC;
}

/* Exactly len bytes, or an error: a file that ends earlier is truncated. */
static int read_all(const struct elf_source *src, void *buf, size_t len, uint64_t off,
		    struct elf_reason *why)
{
	ssize_t n = src->read(src->ctx, buf, len, off);

	if (n < 0) {
		refuse(why, "cannot be read: %s", strerror((int)-n));
		return (int)n;
	}
	if ((size_t)n != len)
		return refuse(why, "is truncated: it ends before byte %llu; build or copy it again",
			      (unsigned long long)(off + len));
	return 0;
}

static const char *machine_name(unsigned int machine)
{
	static const struct { uint16_t machine; const char *name; } names[] = {
		{ EM_386, "32-bit x86" }, { EM_ARM, "32-bit Arm" }, { EM_AARCH64, "Arm64" },
		{ EM_RISCV, "RISC-V" }, { EM_PPC64, "PowerPC64" }, { EM_S390, "s390" },
		{ EM_MIPS, "MIPS" }, { EM_SPARCV9, "SPARC64" }, { EM_BPF, "BPF" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another machine";
}

/* Tells a file that is no ELF at all by what it seems to be. */
static int check_magic(const uint8_t *head, size_t n, struct elf_reason *why)
{
	if (n == 0)
		return refuse(why, "is empty; name a static x86-64 ELF program");
	if (n >= 2 && head[0] == '#' && head[1] == '!')
		return refuse(why, "is a script; run its interpreter in the VM and give it the "
				   "script");
	if (n < SELFMAG || memcmp(head, ELFMAG, SELFMAG))
		return refuse(why, "is not an ELF file; name a static x86-64 ELF program");
	if (n < sizeof(Elf64_Ehdr))
		return refuse(why,
			      "is truncated: %zu bytes are less than an ELF header; build or "
			      "copy it again",
			      n);
	return 0;
}

static int check_type(const Elf64_Ehdr *eh, struct elf_reason *why)
{
	switch (eh->e_type) {
	case ET_EXEC:
	case ET_DYN:
		return 0;
	case ET_REL:
		return refuse(why, "is an object file, not a program; link it (mvm-cc -o PROGRAM "
				   "FILE.o)");
	case ET_CORE:
		return refuse(why, "is a core dump, not a program; name the program itself");
	default:
		return refuse(why, "has ELF type %u; only executable programs can be run",
			      eh->e_type);
	}
}

static int check_header(const Elf64_Ehdr *eh, struct elf_reason *why)
{
	if (eh->e_ident[EI_CLASS] == ELFCLASS32)
		return refuse(why, "is a 32-bit ELF; mvm runs 64-bit x86-64 programs (build with "
				   "-m64)");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64)
		return refuse(why, "has unknown ELF class %u; it is damaged",
			      eh->e_ident[EI_CLASS]);
	if (eh->e_ident[EI_DATA] == ELFDATA2MSB)
		return refuse(why, "is a big-endian ELF; mvm runs x86-64 programs, which are "
				   "little-endian");
	if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return refuse(why, "has unknown ELF byte order %u; it is damaged",
			      eh->e_ident[EI_DATA]);
	if (eh->e_ident[EI_VERSION] != EV_CURRENT || eh->e_version != EV_CURRENT)
		return refuse(why, "has an unknown ELF version; it is damaged");
	if (eh->e_machine != EM_X86_64)
		return refuse(why, "is built for %s (ELF machine %u); mvm runs x86-64 programs",
			      machine_name(eh->e_machine), eh->e_machine);
	if (check_type(eh, why))
		return -ENOEXEC;
	if (eh->e_phnum == 0)
		return refuse(why, "has no program headers: nothing to load");
	if (eh->e_phnum > ELF_PHNUM_MAX)
		return refuse(why, "has %u program headers; at most %u are accepted",
			      eh->e_phnum, ELF_PHNUM_MAX);
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(why, "has program headers of %u bytes instead of %zu; it is damaged",
			      eh->e_phentsize, sizeof(Elf64_Phdr));
	return 0;
}

/* The bounds of one PT_LOAD, number n, in the file and in memory. */
static int check_bounds(const Elf64_Phdr *ph, unsigned int n, uint64_t size, bool pie,
			struct elf_reason *why)
{
	uint64_t lowest = pie ? 0 : MVM_VA_USER_MIN;
	uint64_t highest = pie ? ELF_SPAN_MAX : MVM_VA_USER_END;
	uint64_t end;

	if (ph->p_filesz > ph->p_memsz)
		return refuse(why,
			      "segment %u has more bytes in the file (%#llx) than in memory "
			      "(%#llx)",
			      n, (unsigned long long)ph->p_filesz,
			      (unsigned long long)ph->p_memsz);
	if (__builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &end))
		return refuse(why, "segment %u wraps around the end of the address space", n);
	if (ph->p_vaddr < lowest || end > highest)
		return refuse(why,
			      "segment %u at %#llx..%#llx lies outside %#llx..%#llx, where "
			      "programs may be",
			      n, (unsigned long long)ph->p_vaddr, (unsigned long long)end,
			      (unsigned long long)lowest, (unsigned long long)highest);
	if (!ph->p_filesz)
		return 0;
	if ((ph->p_vaddr ^ ph->p_offset) & PAGE_MASK)
		return refuse(why,
			      "segment %u is not aligned: address %#llx and file offset %#llx "
			      "differ within a page",
			      n, (unsigned long long)ph->p_vaddr,
			      (unsigned long long)ph->p_offset);
	if (__builtin_add_overflow(ph->p_offset, ph->p_filesz, &end) || end > size)
		return refuse(why,
			      "is truncated: segment %u needs %llu bytes at offset %llu, the "
			      "file has %llu",
			      n, (unsigned long long)ph->p_filesz,
			      (unsigned long long)ph->p_offset, (unsigned long long)size);
	return 0;
}

static uint32_t prot_of(uint32_t flags)
{
	return (flags & PF_R ? MVM_PROT_READ : 0) | (flags & PF_W ? MVM_PROT_WRITE : 0) |
	       (flags & PF_X ? MVM_PROT_EXEC : 0);
}

/* Adds a checked PT_LOAD in ascending order of addresses. */
static int add_segment(struct elf_image *img, const Elf64_Phdr *ph, unsigned int n, bool allow_wx,
		       struct elf_reason *why)
{
	struct elf_segment s = {
		.va = page_down(ph->p_vaddr),
		.end = page_up(ph->p_vaddr + ph->p_memsz),
		.file_off = page_down(ph->p_offset),
		.zero_tail = ph->p_memsz > ph->p_filesz,
		.prot = prot_of(ph->p_flags),
	};
	unsigned int at = img->nsegs;

	s.file_end = ph->p_filesz ? ph->p_vaddr + ph->p_filesz : s.va;
	if ((s.prot & MVM_PROT_WRITE) && (s.prot & MVM_PROT_EXEC) && !allow_wx)
		return refuse(why,
			      "segment %u is writable and executable; relink it, or pass "
			      "--allow-wx if it must be",
			      n);
	if (img->nsegs == ELF_LOADS_MAX)
		return refuse(why, "has more than %u segments to load", ELF_LOADS_MAX);
	while (at > 0 && img->segs[at - 1].va > s.va) {
		img->segs[at] = img->segs[at - 1];
		at--;
	}
	img->segs[at] = s;
	img->nsegs++;
	if (ph->p_align > img->align && !(ph->p_align & (ph->p_align - 1)) &&
	    ph->p_align <= 1UL << 30)
		img->align = ph->p_align;
	return 0;
}

static int check_overlap(const struct elf_image *img, struct elf_reason *why)
{
	for (unsigned int i = 1; i < img->nsegs; i++)
		if (img->segs[i].va < img->segs[i - 1].end)
			return refuse(why,
				      "has overlapping segments: pages %#llx..%#llx and "
				      "%#llx..%#llx",
				      (unsigned long long)img->segs[i - 1].va,
				      (unsigned long long)img->segs[i - 1].end,
				      (unsigned long long)img->segs[i].va,
				      (unsigned long long)img->segs[i].end);
	return 0;
}

static const struct elf_segment *segment_at(const struct elf_image *img, uint64_t va)
{
	for (unsigned int i = 0; i < img->nsegs; i++)
		if (va >= img->segs[i].va && va < img->segs[i].end)
			return &img->segs[i];
	return NULL;
}

/* Where the program will find its own headers: needed for TLS and static relocation. */
static void find_phdr(struct elf_image *img, const Elf64_Ehdr *eh)
{
	uint64_t len = (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr);

	for (unsigned int i = 0; i < img->nsegs; i++) {
		const struct elf_segment *s = &img->segs[i];
		uint64_t bytes = s->file_end - s->va;

		if (eh->e_phoff < s->file_off || len > bytes)
			continue;
		if (eh->e_phoff - s->file_off > bytes - len)
			continue;
		img->phdr = s->va + (eh->e_phoff - s->file_off);
		img->phnum = eh->e_phnum;
		img->phent = sizeof(Elf64_Phdr);
		return;
	}
}

static int check_entry(const struct elf_image *img, struct elf_reason *why)
{
	const struct elf_segment *s = segment_at(img, img->entry);

	if (!s || !(s->prot & MVM_PROT_EXEC))
		return refuse(why, "has its entry point %#llx outside its executable segments",
			      (unsigned long long)img->entry);
	return 0;
}

static int read_segments(const struct elf_source *src, const Elf64_Phdr *ph, unsigned int phnum,
			 bool allow_wx, struct elf_image *img, struct elf_reason *why)
{
	for (unsigned int i = 0; i < phnum; i++) {
		if (ph[i].p_type == PT_INTERP)
			return refuse(why, "is dynamically linked; give it a root with its "
					   "libraries (--root DIR), or link it statically (mvm-cc, "
					   "or -static)");
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (check_bounds(&ph[i], i, src->size, img->pie, why))
			return -ENOEXEC;
		if (add_segment(img, &ph[i], i, allow_wx, why))
			return -ENOEXEC;
	}
	if (!img->nsegs)
		return refuse(why, "has no segments to load");
	img->lo = img->segs[0].va;
	img->hi = img->segs[img->nsegs - 1].end;
	return check_overlap(img, why);
}

int elf_read(const struct elf_source *src, bool allow_wx, struct elf_image *img,
	     struct elf_reason *why)
{
	union {
		Elf64_Ehdr eh;
		uint8_t bytes[HEAD_SIZE];
	} head;
	Elf64_Phdr ph[ELF_PHNUM_MAX];
	ssize_t n = src->read(src->ctx, &head, sizeof(head), 0);
	size_t len;
	int err;

	if (n < 0) {
		refuse(why, "cannot be read: %s", strerror((int)-n));
		return (int)n;
	}
	if (check_magic(head.bytes, (size_t)n, why) || check_header(&head.eh, why))
		return -ENOEXEC;

	len = head.eh.e_phnum * sizeof(Elf64_Phdr);
	if (head.eh.e_phoff <= (uint64_t)n && len <= (uint64_t)n - head.eh.e_phoff) {
		memcpy(ph, head.bytes + head.eh.e_phoff, len);
	} else if (head.eh.e_phoff > src->size || len > src->size - head.eh.e_phoff) {
		return refuse(why, "is truncated: its program headers lie beyond its end; build "
				   "or copy it again");
	} else {
		err = read_all(src, ph, len, head.eh.e_phoff, why);
		if (err)
			return err;
	}

	memset(img, 0, sizeof(*img));
	img->pie = head.eh.e_type == ET_DYN;
	img->align = MVM_PAGE_SIZE;
	img->entry = head.eh.e_entry;
	if (read_segments(src, ph, head.eh.e_phnum, allow_wx, img, why) || check_entry(img, why))
		return -ENOEXEC;
	find_phdr(img, &head.eh);
	return 0;
}
