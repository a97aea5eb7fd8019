/* SPDX-License-Identifier: MIT */
/*
 * Values of options, from text: numbers, sizes, durations, guest paths, lists with colons.
 * Strict: no sign, no blanks, nothing after the value, no overflow.  Nothing is printed.
 *
 * The parsers return NULL when the text was good and *out is set; else what is wrong with it,
 * as the middle of a sentence ("is not a number"), and *out is untouched.
 */
#ifndef MVM_VALUE_H
#define MVM_VALUE_H

#include <stdint.h>

/* Decimal digits. */
const char *value_number(const char *s, uint64_t *out);
/* Bytes: a number and nothing, K, M, G or T (powers of 1024; lower case too). */
const char *value_size(const char *s, uint64_t *out);
/* Nanoseconds: a number, with at most 9 decimals, and ms, s, m, h or nothing (seconds). */
const char *value_duration(const char *s, uint64_t *out);
/*
 * An absolute guest path of at most 4095 bytes.  Normalised in place: one slash between names,
 * no "." names, none at the end.  A ".." is refused: what it means depends on symbolic links.
 */
const char *value_guest_path(char *s);
/* The name of a device below /dev in the guest: letters, digits, '.', '_' and '-'. */
const char *value_device_name(const char *s);
/* The name of a host, as in RFC 1123: letters, digits, '-' and '.', at most 64 bytes. */
const char *value_hostname(const char *s);

/*
 * Splits s in place at its colons; "\:" is a colon that belongs to a part and "\\" a backslash.
 * Fills at most max parts and returns how many there were, max + 1 when more.
 */
int value_split(char *s, char **part, int max);

/* The number of single-character edits from a to b, swaps of neighbours counting one. */
int value_distance(const char *a, const char *b);

#endif
