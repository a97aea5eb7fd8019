/* SPDX-License-Identifier: MIT */
/* The checksum of snapshots, which finds damage (not malice): XXH3, 64 bits. */
#ifndef MVM_SNAP_SUM_H
#define MVM_SNAP_SUM_H

#include <stddef.h>
#include <stdint.h>

/* Of some bytes.  */
uint64_t snap_sum(const void *data, size_t len);
/* Of bytes that come in pieces, one sum at a time: begin, add..., end. */
void snap_sum_begin(void);
void snap_sum_add(const void *data, size_t len);
uint64_t snap_sum_end(void);

#endif
