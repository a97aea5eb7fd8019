/* SPDX-License-Identifier: MIT */
/* What the files of --profile share: frames, stacks of them, names. */
#ifndef MVM_OBSERVE_PROFILE_INT_H
#define MVM_OBSERVE_PROFILE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mvm/abi.h>

#define FRAMES_MAX	128U

/* ---- symbols.c ----------------------------------------------------------------------------- */

/* Where in a file the program lies: len bytes at most from off on. */
struct program_at {
	int fd;
	uint64_t off, len;
};

/* Makes the memory that symbols take, empty. */
void symbols_begin(void);
/*
 * Reads the symbols of a program, an ELF file that is anybody's, linked or moved by bias.  What
 * cannot be read or understood is left away: addresses stay numbers.
 */
void symbols_load(const struct program_at *in, uint64_t bias);
/* The same of a file of which a piece is mapped, at any time.  name: a NUL behind it. */
void symbols_mapped(const struct program_at *in, const struct mvm_mapped *map, const char *name);
/* The beginning of the function that addr lies in, or addr itself. */
uint64_t symbols_function(uint64_t addr);
/* Its name, *len bytes without a NUL, of any kind, or FILE+OFFSET, until the next call; NULL: there
 * is none. */
const char *symbols_name(uint64_t function, size_t *len);

/* ---- stacks.c ------------------------------------------------------------------------------ */

/* A frame that is no address: system call nr, or a fault that the runtime takes care of. */
#define FRAME_CALL(nr)	(1ULL << 63 | (nr))
#define FRAME_FAULT	(3ULL << 62)

/* Counts a stack, its innermost frame first. */
void stacks_add(const uint64_t *frames, unsigned int n);
/* One line for each stack that was counted, for idle samples in which the guest waited, and for
 * those that found no room.  False: errno says why not all could be written. */
bool stacks_write(int fd, uint64_t idle);

#endif
