/* SPDX-License-Identifier: MIT */
/*
 * Reads an untrusted ELF program: what is to be loaded where, or why it cannot be.
 *
 * A pure function over a source of bytes, so that tests and the fuzzer need no files.  Every
 * byte of a header is read once, into private memory, and checked before it is used.  This
 * file knows nothing of guest memory.
 */
#ifndef MVM_ELF64_H
#define MVM_ELF64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ELF_LOADS_MAX	16U		/* PT_LOAD segments in one program */
#define ELF_PHNUM_MAX	128U		/* program headers of any kind */
#define ELF_SPAN_MAX	(1ULL << 41)	/* highest address of a position-independent program */

struct elf_source {
	/* As pread(2): fewer bytes than asked for only at the end; negative on an error. */
	ssize_t (*read)(void *ctx, void *buf, size_t len, uint64_t off);
	void *ctx;
	uint64_t size;			/* bytes of the file */
};

/* One PT_LOAD, checked.  Addresses are the file's own: a position-independent program's bias
 * is not in them. */
struct elf_segment {
	uint64_t va, end;		/* [va, end): whole pages in memory */
	uint64_t file_off;		/* of the byte for va; page aligned */
	uint64_t file_end;		/* VA after the last byte from the file; va when none */
	bool zero_tail;			/* memory goes on: zero the rest of the page */
	uint32_t prot;			/* MVM_PROT_* */
};

struct elf_image {
	bool pie;			/* ET_DYN: may be loaded anywhere */
	uint64_t align;			/* what its bias must be a multiple of; a power of two */
	uint64_t entry;
	uint64_t phdr;			/* VA of the program headers, 0: not in memory */
	uint32_t phnum, phent;
	uint64_t lo, hi;		/* lowest and highest page boundary in use */
	uint32_t nsegs;
	struct elf_segment segs[ELF_LOADS_MAX];	/* ascending, no page in common */
};

/* Why a file was refused: the end of a sentence that begins with its name. */
struct elf_reason {
	char text[192];
};

/*
 * elf_read - check a program and say what to load
 * @src: the file
 * @allow_wx: accept segments that are writable and executable
 * @img: filled on success
 * @why: filled on failure
 *
 * Returns 0, or -ENOEXEC, or the (negative) error of src->read.
 * (System V ABI, generic: chapters 4 and 5; AMD64 supplement: chapter 5.)
 */
int elf_read(const struct elf_source *src, bool allow_wx, struct elf_image *img,
	     struct elf_reason *why);

#endif
