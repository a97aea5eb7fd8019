/* SPDX-License-Identifier: MIT */
/*
 * NUMA policies, set_mempolicy(2), get_mempolicy(2), mbind(2), on a machine with one node: they are
 * checked, kept to be read back, and change nothing.
 */
#include <linux/capability.h>
#include <linux/mempolicy.h>

#include "mm/mm.h"
#include "sys/creds.h"
#include "sys/syscalls.h"

#define NODES_MAX	1024U		/* bits of a mask that are looked at; node 0 exists */
#define MASK_WORDS	(NODES_MAX / 64)
#define MASK_BITS_MAX	(MVM_PAGE_SIZE * 8)
#define NODE_0		1UL
#define OWN_FLAGS	((u32)MPOL_MODE_FLAGS)
#define MOVE_FLAGS	((u32)(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))

struct policy { u32 mode; u64 nodes; };

static struct policy current_policy;

/* The program's mask of max - 1 bits.  -EINVAL: too long, or a node beyond all that could be. */
static long get_nodes(u64 umask, u64 max, u64 *nodes)
{
	u64 bits = max - 1, word;
	bool beyond = false, other = false;

	*nodes = 0;
	if (!bits || !umask)
		return 0;
	if (bits > MASK_BITS_MAX)
		return -EINVAL;
	for (u64 at = 0; at < bits; at += 64) {
		if (get_user(word, umask + at / 8))
			return -EFAULT;
		if (bits - at < 64)
			word &= (1UL << (bits - at)) - 1;
		if (at >= NODES_MAX)
			beyond |= word != 0;
		else if (at)
			other |= word != 0;
		else
			*nodes = word;
	}
	/* Any other node is as good as one: none of them is there. */
	if (other)
		*nodes |= NODE_0 << 1;
	return beyond ? -EINVAL : 0;
}

static bool valid_flags(u32 mode, u32 flags)
{
	if (mode >= MPOL_MAX || (flags & MPOL_F_STATIC_NODES && flags & MPOL_F_RELATIVE_NODES))
		return false;
	return !(flags & MPOL_F_NUMA_BALANCING) || mode == MPOL_BIND;
}

/* What mode and mask stand for.  0, -EFAULT, -EINVAL. */
static long get_policy(u64 umode, u64 umask, u64 max, struct policy *p)
{
	u32 flags = (u32)umode & OWN_FLAGS, mode = (u32)umode & ~OWN_FLAGS;
	u64 nodes;
	long err;

	if (!valid_flags(mode, flags))
		return -EINVAL;
	err = get_nodes(umask, max, &nodes);
	if (err)
		return err;
	if (mode == MPOL_DEFAULT || mode == MPOL_LOCAL) {
		if (nodes || (mode == MPOL_LOCAL && flags))
			return -EINVAL;
	} else if (!nodes && mode == MPOL_PREFERRED) {
		if (flags)
			return -EINVAL;
		mode = MPOL_LOCAL;
	} else if (!(nodes & NODE_0) && !(flags & MPOL_F_RELATIVE_NODES && nodes)) {
		return -EINVAL;
	}
	*p = (struct policy){ mode | flags, nodes ? NODE_0 : 0 };
	return 0;
}

long sys_set_mempolicy(u64 mode, u64 mask, u64 max)
{
	struct policy p;
	long err = get_policy(mode, mask, max, &p);

	if (!err)
		current_policy = p;
	return err;
}

static bool is_mapped(u64 start, u64 end)
{
	struct mm_map m;

	for (u64 at = start; at < end; at = m.end)
		if (!mm_map_next(at, &m) || m.start > at)
			return false;
	return true;
}

long sys_mbind(u64 start, u64 len, u64 mode, u64 mask, u64 max, u64 flags)
{
	struct policy p;
	long err = get_policy(mode, mask, max, &p);
	u64 end;

	if (err)
		return err;
	if ((u32)flags & ~MOVE_FLAGS || start % MVM_PAGE_SIZE)
		return -EINVAL;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	end = start + ALIGN_UP(len, MVM_PAGE_SIZE);
	if (end < start)
		return -EINVAL;
	return is_mapped(start, end) ? 0 : -EFAULT;
}

/* The first word holds all nodes there are; what else the program's mask has is zeroed. */
static long put_nodes(u64 umask, u64 max, u64 nodes)
{
	u64 bytes = ALIGN_UP(max - 1, 64UL) / 8;

	if (bytes > MVM_PAGE_SIZE)
		return -EINVAL;
	if (!bytes)
		return 0;
	return put_user(nodes, umask) || clear_user(umask + 8, bytes - 8) ? -EFAULT : 0;
}

long sys_get_mempolicy(u64 upolicy, u64 umask, u64 max, u64 addr, u64 flags64)
{
	u32 flags = (u32)flags64;
	struct policy p = current_policy;
	struct mm_map m;

	if ((umask && !max) || flags & ~(u32)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED) {
		if (flags & (MPOL_F_NODE | MPOL_F_ADDR))
			return -EINVAL;
		p = (struct policy){ 0, NODE_0 };
	} else if (flags & MPOL_F_ADDR) {
		if (!mm_map_next(addr, &m) || m.start > addr)
			return -EFAULT;
	} else if (addr) {
		return -EINVAL;
	}
	if (flags & MPOL_F_NODE) {
		/* The node of the page, or the next one to interleave to. */
		if (!(flags & MPOL_F_ADDR) && (p.mode & ~OWN_FLAGS) != MPOL_INTERLEAVE)
			return -EINVAL;
		p.mode = 0;
	}
	if (upolicy && put_user(p.mode, upolicy))
		return -EFAULT;
	return umask ? put_nodes(umask, max, p.nodes) : 0;
}
