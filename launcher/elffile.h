/* SPDX-License-Identifier: MIT */
/*
 * An ELF file on its way into guest RAM: the program, or its dynamic linker.  What a valid one is,
 * is elf64.c's; where it goes, load.c's and place.c's.
 */
#ifndef MVM_ELFFILE_H
#define MVM_ELFFILE_H

#include <stdbool.h>
#include "elf64.h"
#include "vm.h"

struct image {
	const char *name;		/* for messages */
	int fd;				/* -1: there is none */
	struct elf_image elf;
	uint64_t bias;			/* what is added to the file's addresses */
	uint64_t gpa[ELF_LOADS_MAX];	/* of the first page of each segment */
};

/* Reads the file at img->fd.  0, or EXIT_CANNOT_RUN with the message printed. */
int image_read(struct image *img, bool allow_wx);
/* Its PT_INTERP, which it has.  0, or EXIT_CANNOT_RUN with the message printed. */
int image_interp(const struct image *img, char path[ELF_INTERP_MAX]);
/*
 * Maps the segments at their img->gpa, privately: whole pages come from the page cache, shared
 * until they are written.  0, or EXIT_CANNOT_RUN with the message printed.
 */
int image_map(const struct image *img, struct guest_ram *ram);

#endif
