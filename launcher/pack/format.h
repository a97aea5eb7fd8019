/* SPDX-License-Identifier: MIT */
/*
 * The file format of an appliance: one executable that is the launcher and carries its program.
 *
 *	0		the launcher, an ELF executable
 *	behind it	the other parts, one after another; before the program, whose segments are
 *			mapped, zeros up to a whole page
 *	the end		struct footer: which parts there are, and their digests
 *
 * The launcher knows that it is an appliance by its *mark*, of which a section of the executable
 * consists and which pack fills in: so one that is none looks at nothing but a word of its own
 * memory.  All numbers are little endian, as the machine's.
 *
 * Every byte is vouched for: the footer by its own digest, the parts by those in the footer, the
 * padding by being zero, the mark by the size of the file that it says.
 */
#ifndef MVM_PACK_FORMAT_H
#define MVM_PACK_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sha256.h"

#define PART_ALIGN	4096UL
#define PARTS_MAX	6U
#define FORMAT_VERSION	1U
#define FOOTER_MAGIC	"\nmvmapp\n"
#define MARK_SECTION	".mvm_mark"
#define MARK_MAGIC	"mvm-mark"

enum part_kind {
	PART_NONE,
	PART_LAUNCHER,			/* as it was before pack filled in the mark's size */
	PART_CONFIG,			/* mvm.conf(5), as it was */
	PART_PROGRAM,			/* ELF, for the launcher to load */
	PART_ROOT,			/* tar archive: the guest's root */
	PART_SNAPSHOT,			/* of a program (snapshot/format.h), instead of one */
	PART_KINDS,
};

struct part {
	uint32_t kind;			/* enum part_kind */
	uint32_t zero;
	uint64_t off, len;		/* bytes */
	uint8_t sha256[SHA256_BYTES];	/* of [off, off + len) */
	char name[72];			/* of the file it was; what argv[0] is */
};

struct footer {
	struct part part[PARTS_MAX];	/* in the order of the file; the rest is zero */
	char mvm[16];			/* version of the launcher */
	uint32_t format;		/* FORMAT_VERSION */
	uint32_t mark_off;		/* of struct mark in the file */
	uint64_t size;			/* of the file, with this footer */
	uint8_t sha256[SHA256_BYTES];	/* of all of the footer before this */
	char magic[8];			/* FOOTER_MAGIC: the last bytes of the file */
};

_Static_assert(sizeof(struct part) == 128 && sizeof(struct footer) == PARTS_MAX * 128 + 72,
	       "nothing between the fields");

/* What of an appliance's configuration depends on how the launcher was built. */
#define MARK_FEATURES	16U

struct mark {
	char magic[8];			/* MARK_MAGIC */
	uint64_t size;			/* of the appliance; 0: the launcher is none */
	char mvm[16];			/* version */
	uint8_t features[MARK_FEATURES]; /* as in feature_names, 1: built */
};

/* Names of Kconfig options, in the order of mark.features; NULL at the end. */
extern const char *const feature_names[];

/*
 * footer_check - is this a footer, and does what it says fit together?
 * @f: the last bytes of a file, read once
 * @file_size: bytes of the file
 *
 * Returns NULL, or the end of a sentence that begins with the file's name: what is wrong, what to
 * do.  The parts themselves are not looked at.
 */
const char *footer_check(const struct footer *f, uint64_t file_size);

/* Fills in magic, format and digest.  The last step. */
void footer_seal(struct footer *f);

/* The part of this kind, or NULL. */
const struct part *footer_part(const struct footer *f, enum part_kind kind);

/* "launcher", "configuration"... */
const char *part_name(enum part_kind kind);

/* Where a part begins that comes behind off. */
static inline uint64_t part_begin(enum part_kind kind, uint64_t off)
{
	return kind == PART_PROGRAM ? (off + PART_ALIGN - 1) & ~(PART_ALIGN - 1) : off;
}

#endif
