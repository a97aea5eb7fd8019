/* SPDX-License-Identifier: MIT */
/*
 * A small ELF in memory that tests then damage: a header, program headers after it, and room
 * for the segments' bytes.
 */
#ifndef ELF_BUILDER_H
#define ELF_BUILDER_H

#include <linux/elf.h>
#include <string.h>
#include "elf64.h"

#define BUILT_MAX	0x6000

struct built {
	union {
		struct {
			Elf64_Ehdr eh;
			Elf64_Phdr ph[40];
		};
		uint8_t bytes[BUILT_MAX];
	};
	size_t size;			/* bytes of the "file" */
	unsigned int reads;
};

static inline ssize_t built_read(void *ctx, void *buf, size_t len, uint64_t off)
{
	struct built *b = ctx;

	b->reads++;
	if (off >= b->size)
		return 0;
	if (len > b->size - off)
		len = b->size - off;
	memcpy(buf, b->bytes + off, len);
	return (ssize_t)len;
}

static inline struct elf_source built_source(struct built *b)
{
	return (struct elf_source) { .read = built_read, .ctx = b, .size = b->size };
}

static inline Elf64_Phdr *built_add(struct built *b, uint32_t flags, uint64_t va, uint64_t off,
				    uint64_t filesz, uint64_t memsz)
{
	Elf64_Phdr *ph = &b->ph[b->eh.e_phnum++];

	*ph = (Elf64_Phdr) {
		.p_type = PT_LOAD, .p_flags = flags, .p_vaddr = va, .p_paddr = va, .p_offset = off,
		.p_filesz = filesz, .p_memsz = memsz, .p_align = 0x1000,
	};
	return ph;
}

/* A header without segments. */
static inline void built_header(struct built *b, uint16_t type)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->eh.e_ident, ELFMAG, SELFMAG);
	b->eh.e_ident[EI_CLASS] = ELFCLASS64;
	b->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	b->eh.e_ident[EI_VERSION] = EV_CURRENT;
	b->eh.e_type = type;
	b->eh.e_machine = EM_X86_64;
	b->eh.e_version = EV_CURRENT;
	b->eh.e_ehsize = sizeof(b->eh);
	b->eh.e_phoff = sizeof(b->eh);
	b->eh.e_phentsize = sizeof(Elf64_Phdr);
	b->size = BUILT_MAX;
}

/*
 * Text (with the headers) and data with bss, 2 MiB apart, as mvm-cc links: entry at text + 0x800.
 * base 0 makes a position-independent program.
 */
static inline void built_program(struct built *b, uint64_t base)
{
	built_header(b, base ? ET_EXEC : ET_DYN);
	b->eh.e_entry = base + 0x800;
	built_add(b, PF_R | PF_X, base, 0, 0x1800, 0x1800);
	built_add(b, PF_R | PF_W, base + 0x202000, 0x2000, 0x1234, 0x5000);
	for (size_t i = 0x1000; i < BUILT_MAX; i++)
		b->bytes[i] = (uint8_t)(i * 7);
}

#endif
