/* SPDX-License-Identifier: MIT */
/* What all fuzzers share: what must hold, and a place for what an input has allocated. */
#ifndef MVM_FUZZ_CHECK_H
#define MVM_FUZZ_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What must be true whatever comes in. */
#define CHECK(c) do {							\
	if (!(c)) {							\
		fprintf(stderr, "broken: %s, line %d\n", #c, __LINE__);	\
		abort();						\
	}								\
} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * fuzz_launcher.c: a launcher that ends after each input, as it does after each command.  Its
 * messages are looked at and not printed: fuzz_said() is the number of fail()s since it was asked
 * last.  What it has allocated (malloc() and its kin, by --wrap) fuzz_forget() gives back.
 */
unsigned int fuzz_said(void);
void fuzz_forget(void);
/* What has been allocated up to now stays, and is at the next fuzz_forget() as it is now. */
void fuzz_keep(void);

/* A file in memory with these bytes, at a place of its own; the caller closes it. */
int fuzz_file(const void *data, size_t len);

#endif
