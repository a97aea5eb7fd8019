/* SPDX-License-Identifier: MIT */
/*
 * Making memory present with one call instead of a fault for each page: madvise(2), Linux 5.14,
 * newer than the headers of Debian's musl.  An older kernel refuses, and then there are faults.
 */
#ifndef MVM_POPULATE_H
#define MVM_POPULATE_H

#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

#endif
