/* SPDX-License-Identifier: MIT */
/*
 * Copies through the gate, and the buffers of READ and WRITE.  The check itself is in gate.h.
 */
#include <errno.h>
#include <string.h>

#include "gate.h"

int gate_copy_in(const struct guest_ram *ram, void *to, mvm_gpa_t addr, uint64_t len)
{
	const void *from = gate(ram, addr, len);

	if (!from)
		return -EFAULT;
	memcpy(to, from, len);
	gate_barrier(to);
	return 0;
}

int gate_copy_out(const struct guest_ram *ram, mvm_gpa_t addr, uint64_t room,
		  const void *from, uint64_t size)
{
	void *to;

	if (room < size)
		size = room;
	to = gate(ram, addr, size);
	if (!to)
		return -EFAULT;
	memcpy(to, from, size);
	return 0;
}

/* Appends one piece; what does not fit below MVM_IO_MAX is cut off, and not checked either. */
static int add_piece(const struct guest_ram *ram, struct gate_iov *io, mvm_gpa_t addr, uint64_t len)
{
	void *base;

	if (len > MVM_IO_MAX - io->total)
		len = MVM_IO_MAX - io->total;
	base = gate(ram, addr, len);
	if (!base)
		return -EFAULT;
	io->v[io->n++] = (struct iovec){ .iov_base = base, .iov_len = len };
	io->total += len;
	return 0;
}

int gate_iov(const struct guest_ram *ram, const struct mvm_sqe *e, struct gate_iov *io)
{
	struct mvm_iov pieces[MVM_IOV_MAX];
	uint64_t i;

	io->n = 0;
	io->total = 0;
	if (!(e->flags & MVM_SQE_IOV))
		return add_piece(ram, io, e->addr, e->len);
	if (e->len > MVM_IOV_MAX)
		return -EINVAL;
	if (gate_copy_in(ram, pieces, e->addr, e->len * sizeof(pieces[0])))
		return -EFAULT;
	for (i = 0; i < e->len; i++)
		if (add_piece(ram, io, pieces[i].addr, pieces[i].len))
			return -EFAULT;
	return 0;
}

void gate_iov_clip(struct gate_iov *io, size_t max)
{
	unsigned int i;
	size_t left = max;

	if (io->total <= max)
		return;
	for (i = 0; i < io->n && left; i++) {
		if (io->v[i].iov_len > left)
			io->v[i].iov_len = left;
		left -= io->v[i].iov_len;
	}
	io->n = i;
	io->total = max;
}
