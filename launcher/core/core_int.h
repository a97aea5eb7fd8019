/* SPDX-License-Identifier: MIT */
/* What the files of core dumps share.  Only core*.c includes this. */
#ifndef MVM_CORE_INT_H
#define MVM_CORE_INT_H

#include "core.h"
#include "guest_info.h"

/* ---- file.c: the file ---- */

/* Writes at off.  After the first failure, which core_file_error() tells, nothing is written. */
void core_file_put(const void *data, size_t len, uint64_t off);
int core_file_error(void);
/* The file has size bytes now, and gets its name: 0, or -errno; then nothing of it is left. */
int core_file_finish(uint64_t size);
/* Where it is, for messages. */
const char *core_file_path(void);

/* ---- maps.c: what is mapped ---- */

#define CORE_MAPS_MAX	8192U
#define CORE_NAMES_MAX	(1U << 20)

struct core_map {
	uint64_t start, end;
	uint64_t off;			/* in the file */
	uint32_t prot;			/* MVM_PROT_* */
	uint32_t name;			/* offset in core_maps.names of a file's path; 0: none */
};

struct core_maps {
	unsigned int n;
	bool cut;			/* there were more, or the guest's list makes no sense */
	uint32_t names_len;
	struct core_map map[CORE_MAPS_MAX];
	char names[CORE_NAMES_MAX];	/* NUL-terminated; the first is empty */
};
extern struct core_maps core_maps;

/* Before privileges go: notes where the program's file is, for debuggers to find. */
void core_maps_program(const struct plan *plan);
/* From the runtime's list; where there is none (d NULL), from the page tables. */
void core_maps_read(const struct guest *g, const struct mvm_debug *d);

/* ---- notes.c ---- */

/*
 * Writes the notes from off on, and returns their bytes.  d NULL: the guest does not say anything
 * about its threads, regs are all there is.
 */
uint64_t core_notes_write(const struct run *r, const struct mvm_debug *d,
			  const struct mvm_regs *regs, int signo, uint64_t off);

#endif
