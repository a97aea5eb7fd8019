/* SPDX-License-Identifier: MIT */
/*
 * The gate: the only way from a guest-physical address to host memory.
 *
 * What lies behind it belongs to the guest, which may change it at any moment and from another
 * processor: data that is decided upon is taken with gate_copy_in() once, and never looked at
 * again where it was.
 */
#ifndef MVM_GATE_H
#define MVM_GATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <mvm/abi.h>
#include "vm.h"

/*
 * The host memory of [addr, addr + len), bytes, or NULL when any of it is outside the RAM that
 * is present.  len 0 is valid up to the end of RAM.  No overflow: addr + len is never computed.
 */
static inline void *gate(const struct guest_ram *ram, mvm_gpa_t addr, uint64_t len)
{
	if (addr.v > ram->present || len > ram->present - addr.v)
		return NULL;
	return ram->hva + addr.v;
}

/* Copies len bytes from the guest, each read once.  0 or -EFAULT. */
int gate_copy_in(const struct guest_ram *ram, void *to, mvm_gpa_t addr, uint64_t len);

/*
 * Copies a structure to the guest: the first room bytes of size, as its ABI may be older and
 * know less of it.  0 or -EFAULT.
 */
int gate_copy_out(const struct guest_ram *ram, mvm_gpa_t addr, uint64_t room,
		  const void *from, uint64_t size);

/* The buffers of one READ or WRITE, in host memory. */
struct gate_iov {
	unsigned int n;			/* pieces in v */
	size_t total;			/* their bytes, MVM_IO_MAX at most */
	struct iovec v[MVM_IOV_MAX];
};

/*
 * The buffers that an entry names, one or, with MVM_SQE_IOV, an array, which is copied once.
 * Bytes beyond MVM_IO_MAX are left out, as Linux does.  0, -EFAULT, -EINVAL for more than
 * MVM_IOV_MAX pieces.
 */
int gate_iov(const struct guest_ram *ram, const struct mvm_sqe *e, struct gate_iov *io);

/* Leaves out what is beyond max bytes. */
void gate_iov_clip(struct gate_iov *io, size_t max);

/* The compiler may not go back to *p for what it has read from there already. */
static inline void gate_barrier(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif
