/* SPDX-License-Identifier: MIT */
/*
 * Pages of files that several shared mappings show, at least one of them writable.  Such mappings
 * (VM_TWIN) have page tables of loose pages, in which the entries of one page of the file
 * (PTE_TWIN) lead to one page of memory; all others have memory of their own.
 */
#ifndef MVM_RT_MM_TWIN_H
#define MVM_RT_MM_TWIN_H

#include "mm/vma.h"

/*
 * A mapping of [off, off + len) of file, shared, with these rights, is about to be made; or self
 * gets them.  0: nothing else shows the same; 1: others do, and have become twins, as self has and
 * a new one must; -ENOMEM.
 */
int twin_begin(struct file *file, u32 prot, u64 off, u64 len, struct vma *self);

/* The page at off of file, with one more reference; NULL: no entry leads to it. */
void *twin_find(struct file *file, u64 off);
/* It is p, with one reference.  0 or -ENOMEM. */
int twin_add(struct file *file, u64 off, void *p);
/* An entry no longer leads there; the last one frees the page. */
void twin_put(u64 gpa);

#endif
