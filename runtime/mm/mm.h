/* SPDX-License-Identifier: MIT */
/*
 * What mm/ offers to the other rooms: frames of guest RAM, a heap for the runtime, safe access
 * to the application's memory, and the address-space system calls.
 */
#ifndef MVM_RT_MM_H
#define MVM_RT_MM_H

#include "rt.h"

/* Takes over the page tables and segments that the launcher made.  First call of all. */
void mm_init(void);
/* The application is about to end: shared mappings of files are written back. */
void mm_exit(void);
/* It dies of a fault or abort: says what was refused to it that may be why, if -v did not. */
void mm_crash(void);

/*
 * Frames: npages of 4 KiB, physically contiguous, in the linear map, not zeroed unless zero.
 * NULL when guest RAM is exhausted (after asking the host to grow it).
 */
void *pages_alloc(size_t npages, bool zero);
void pages_free(void *p, size_t npages);

/* The runtime's heap.  kmalloc: 16-byte aligned, NULL when out of memory; kzalloc zeroes. */
void *kmalloc(size_t n);
void *kzalloc(size_t n);
void *krealloc(void *p, size_t n);
void kfree(void *p);

/*
 * Application memory.  0 or -EFAULT; a fault is caught, memory not yet populated is populated.
 * strncpy_from_user: length without the NUL, -EFAULT, or -ENAMETOOLONG when no NUL in n bytes.
 */
int copy_from_user(void *dst, u64 src, size_t n);
int copy_to_user(u64 dst, const void *src, size_t n);
int clear_user(u64 dst, size_t n);
long strncpy_from_user(char *dst, u64 src, size_t n);
#define get_user(v, uaddr)	copy_from_user(&(v), (u64)(uaddr), sizeof(v))
#define put_user(v, uaddr) \
	({ __typeof__(v) v_ = (v); copy_to_user((u64)(uaddr), &v_, sizeof(v_)); })

/*
 * Translates [uaddr, uaddr + len) of application memory into at most max guest-physical
 * pieces, populating as needed.  write: the pages must be writable by the application.
 * Returns the number of pieces and in *covered the bytes they cover, which is less than len
 * where a bad address or max cut it short; -EFAULT when not even the first byte is good.
 * len 0 gives 0.
 */
int user_pieces(u64 uaddr, size_t len, bool write, struct mvm_iov *out, int max, size_t *covered);

/* #PF upcall.  addr: CR2; error: as pushed.  True: resolved, retry the instruction. */
bool mm_fault(u64 addr, u32 error);
/* After mm_fault() was false: the signal that the access to addr causes, and its si_code. */
int mm_fault_signal(u64 addr, int *code);
/*
 * For fs/: call mm_file_sync before [off, off + n) of a file is read or changed, and
 * mm_file_changed after it was changed, so that shared mappings and the file agree.
 */
struct file;
void mm_file_sync(struct file *file, u64 off, u64 n);
void mm_file_changed(struct file *file, u64 off, u64 n);
/* Exception table: when rip is in a uaccess function, the address to go on at; else 0. */
u64 uaccess_fixup(u64 rip);

/* System calls (arguments and results as Linux). */
long sys_brk(u64 addr);
long sys_mmap(u64 addr, u64 len, u64 prot, u64 flags, u64 fd, u64 off);
long sys_munmap(u64 addr, u64 len);
long sys_mprotect(u64 addr, u64 len, u64 prot);
long sys_mremap(u64 old, u64 oldlen, u64 newlen, u64 flags, u64 newaddr);
long sys_madvise(u64 addr, u64 len, u64 advice);
long sys_mincore(u64 addr, u64 len, u64 vec);
long sys_msync(u64 addr, u64 len, u64 flags);
long sys_mlock(u64 addr, u64 len);
long sys_munlock(u64 addr, u64 len);

/*
 * For the loader of programs (sys/load.c).  mm_map: as mmap(2), of file (NULL: anonymous) or of
 * nothing; flags: MAP_*.  brk_set: where brk(2) begins, rounded up.
 */
long mm_map(u64 addr, u64 len, u32 prot, u64 flags, struct file *file, u64 off);
void brk_set(u64 start);

/* One mapping, for /proc/self/maps.  file: without a reference; valid until mappings change. */
enum mm_map_kind { MM_MAP_ANON, MM_MAP_HEAP, MM_MAP_STACK, MM_MAP_IMAGE };
struct mm_map {
	u64 start, end, off;
	struct file *file;
	u32 prot;		/* MVM_PROT_* */
	bool shared;
	enum mm_map_kind kind;
};
/* The first mapping that ends above addr.  False: there is none. */
bool mm_map_next(u64 addr, struct mm_map *m);

/* For sysinfo, rlimits and --stats: bytes. */
struct mm_usage { u64 total, free, mapped; };
void mm_usage(struct mm_usage *u);

#endif
