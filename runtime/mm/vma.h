/* SPDX-License-Identifier: MIT */
/*
 * The mappings of the application's address space, by address.  Knows ranges and their
 * attributes; nothing of page tables or memory.
 */
#ifndef MVM_RT_MM_VMA_H
#define MVM_RT_MM_VMA_H

#include "rt.h"

struct file;

#define VM_SHARED	0x01U		/* MAP_SHARED */
#define VM_NORESERVE	0x02U		/* populate on demand only */
#define VM_HEAP		0x04U		/* brk */
#define VM_STACK	0x08U
#define VM_IMAGE	0x10U		/* mapped by the launcher */
#define VM_SPARSE	0x20U		/* a thread's stack: most of it is never touched */

#define VM_TWIN		0x40U		/* of a shared file, which others show as well: twin.h */

#define VMA_MAX		65530U		/* vm.max_map_count */

struct vma {
	struct vma *left, *right, *up;	/* AVL tree by address */
	struct vma *prev, *next;
	u64 start, end;
	u64 maxgap;			/* largest gap before a member of this subtree */
	u64 off;			/* file offset of start */
	struct file *file;		/* NULL: anonymous */
	u32 prot;			/* MVM_PROT_* */
	u16 flags;			/* VM_* */
	u16 height;
};

/* The first mapping that ends above addr, or NULL: it may start above addr. */
struct vma *vma_find(u64 addr);
/* The mapping that contains addr, or NULL. */
struct vma *vma_at(u64 addr);
struct vma *vma_first(void);
/* Is no mapping in [start, end)? */
bool vma_range_free(u64 start, u64 end);

/*
 * Adds [start, end), which must be free; takes a reference to file.  It joins a neighbour with
 * the same attributes.  Returns the mapping that contains it, NULL when out of memory.
 */
struct vma *vma_add(u64 start, u64 end, u32 prot, u32 flags, struct file *file, u64 off);
/* Takes [start, end) out; parts of mappings remain.  0 or -ENOMEM, before any change. */
int vma_remove(u64 start, u64 end);
/* Cuts v at addr; v keeps the lower part.  Returns the upper part, NULL when out of memory. */
struct vma *vma_split(struct vma *v, u64 addr);
/* Joins v with neighbours of the same attributes.  Returns the mapping that contains v's start. */
struct vma *vma_join(struct vma *v);

/*
 * The highest free address a in [lo, hi), a multiple of align, with [a, a + len) free and below
 * hi; 0 when there is none.
 */
u64 vma_gap(u64 len, u64 align, u64 lo, u64 hi);

u64 vma_count(void);
/* Bytes in all mappings. */
u64 vma_bytes(void);

/* Do writes go to a file? */
static inline bool vma_shares_file(const struct vma *v)
{
	return v->file && v->flags & VM_SHARED;
}

/* Private memory that may be read and written: what a large page with holes may map. */
static inline bool vma_plain(const struct vma *v)
{
	return v->prot == (MVM_PROT_READ | MVM_PROT_WRITE) && !v->file && !(v->flags & VM_SPARSE);
}

#endif
