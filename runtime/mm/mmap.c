/* SPDX-License-Identifier: MIT */
/*
 * mmap(2), munmap(2) and mprotect(2).  Checks are in the order of Linux, so that a call with two
 * mistakes gets the error it would get there.
 */
#include <linux/mman.h>
#include "fs/fs.h"
#include "mm/mapped.h"
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "mm/twin.h"

#define PROT_ALL	(PROT_READ | PROT_WRITE | PROT_EXEC)
#define POPULATE_FILE	(256UL << 10)	/* files up to this size are read when they are mapped */
#define MAP_32BIT_LOW	0x40000000UL	/* Linux's range for MAP_32BIT */
#define MAP_32BIT_END	0x80000000UL
/* What MAP_SHARED_VALIDATE accepts (LEGACY_MAP_MASK); older flags are never refused. */
#define KNOWN_FLAGS	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | \
			 MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | \
			 MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT | \
			 MAP_FIXED_NOREPLACE)

static bool wx_was_refused;

/*
 * Private read-write-execute memory is for who asked for it on mvm's command line.  What a program
 * says that it cannot do then seldom leads there ("out of memory", "SELinux", "PaX").
 */
static bool wx_refused(u32 prot)
{
	if (likely(!(prot & PROT_WRITE) || !(prot & PROT_EXEC)) || boot->flags & MVM_BOOT_WX)
		return false;
	if (!wx_was_refused)
		rt_log("memory that is writable and executable at once was asked for and refused; "
		       "--allow-wx allows it");
	wx_was_refused = true;
	return true;
}

void mm_crash(void)
{
	if (wx_was_refused && !(boot->flags & MVM_BOOT_VERBOSE))
		rt_say("it was refused memory that is writable and executable at once, which "
		       "--allow-wx allows");
}

/* The address: fixed and valid, the hint if it is free, or a place.  Negative: error. */
static long choose_addr(u64 addr, u64 len, u32 prot, u64 flags, u32 vmflags)
{
	u64 a;

	if (len > TASK_END)
		return -ENOMEM;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr > TASK_END - len)
			return -ENOMEM;
		if (!page_aligned(addr))
			return -EINVAL;
		if (addr < MVM_VA_USER_MIN)
			return -EPERM;
		if (!space_user(addr, len))
			return -ENOMEM;
		if (flags & MAP_FIXED_NOREPLACE && !vma_range_free(addr, addr + len))
			return -EEXIST;
		return (long)addr;
	}
	if (addr) {
		addr = MAX(ALIGN_UP(addr, PAGE_SIZE), MVM_VA_USER_MIN);
		if (addr < TASK_END && space_valid(addr, len) && vma_range_free(addr, addr + len))
			return (long)addr;
	}
	if (flags & MAP_32BIT)
		a = vma_gap(len, PAGE_SIZE, MAP_32BIT_LOW, MAP_32BIT_END);
	else
		a = space_place(len, prot, vmflags);
	return a ? (long)a : -ENOMEM;
}

/* May a file be mapped like this?  0 or an error. */
static int check_file(struct file *file, u32 prot, u64 flags, u64 off, u64 len)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	int err;

	if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE && flags & ~(u64)KNOWN_FLAGS)
		return -EOPNOTSUPP;
	if (off + len > INT64_MAX)
		return -EOVERFLOW;
	err = file_can_map(file, prot, shared);
	/* No file of huge pages is here, and nothing of a file grows. */
	if (!err && flags & (MAP_HUGETLB | MAP_GROWSDOWN))
		err = -EINVAL;
	return err;
}

static long map(u64 addr, u64 len, u32 prot, u64 flags, struct file *file, u64 off)
{
	u32 vmflags = 0;
	u64 type = flags & MAP_TYPE;
	enum populate how = POPULATE_AUTO;
	long a;
	int err;

	if (!len)
		return -EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len)
		return -ENOMEM;
	if (off + len < off)
		return -EOVERFLOW;
	if (vma_count() >= VMA_MAX)
		return -ENOMEM;
	if (flags & MAP_NORESERVE || !prot)
		vmflags |= VM_NORESERVE;
	if (flags & MAP_STACK && !file && len >= PLACE_BIG)
		vmflags |= VM_SPARSE;
	a = choose_addr(addr, len, prot, flags, vmflags);
	if (a < 0)
		return a;
	if (type != MAP_SHARED && type != MAP_PRIVATE && !(file && type == MAP_SHARED_VALIDATE))
		return -EINVAL;
	if (file) {
		err = check_file(file, prot, flags, off, len);
		if (err)
			return err;
	} else if (flags & MAP_HUGETLB) {
		return -ENOMEM;		/* as with an empty hugetlb pool */
	}
	/* Overcommit as Linux's heuristic does: only what could never be there is refused. */
	if (prot & PROT_WRITE && !(flags & MAP_NORESERVE) && !(file && type != MAP_PRIVATE) &&
	    len > frames_ram_max())
		return -ENOMEM;
	if (wx_refused(prot))
		return -EACCES;
	if (type != MAP_PRIVATE)
		vmflags |= VM_SHARED;
	err = space_unmap((u64)a, (u64)a + len);
	if (!err && file && type != MAP_PRIVATE) {
		err = twin_begin(file, prot, off, len, NULL);
		if (err > 0)
			vmflags |= VM_TWIN;
	}
	if (err < 0)
		return err;
	if (flags & (MAP_POPULATE | MAP_LOCKED) || (file && len <= POPULATE_FILE))
		how = POPULATE_ALL;
	err = space_map((u64)a, len, prot, vmflags, file, file ? off : 0, how);
	if (!err && file && prot & MVM_PROT_EXEC && mapped_wanted())
		mapped_tell(file, (u64)a, len, off);
	return err ? err : a;
}

long mm_map(u64 addr, u64 len, u32 prot, u64 flags, struct file *file, u64 off)
{
	long ret = map(addr, len, prot, flags, file, off);

	tlb_commit();
	return ret;
}

long sys_mmap(u64 addr, u64 len, u64 prot, u64 flags, u64 fd, u64 off)
{
	struct file *file = NULL;
	long ret;

	if (!page_aligned(off))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = file_get((int)fd);
		if (!file)
			return -EBADF;
	}
	ret = map(addr, len, prot & PROT_ALL, flags, file, off);
	tlb_commit();
	if (file)
		file_put(file);
	return ret;
}

long sys_munmap(u64 addr, u64 len)
{
	int err;

	if (!page_aligned(addr) || addr > TASK_END || len > TASK_END - addr || !len)
		return -EINVAL;
	err = space_unmap(addr, addr + ALIGN_UP(len, PAGE_SIZE));
	tlb_commit();
	frames_trim();
	return err;
}

/* The part of v in [start, end), as a mapping of its own.  NULL when out of memory. */
static struct vma *isolate(struct vma *v, u64 start, u64 end)
{
	if (v->start < start)
		v = vma_split(v, start);
	if (v && v->end > end && !vma_split(v, end))
		return NULL;
	return v;
}

/* Does what v maps allow prot?  0, and it is ready for that; -EACCES, -ENOMEM. */
static int may_protect(struct vma *v, u32 prot)
{
	int err = 0;

	if (v->file && file_can_map(v->file, prot, v->flags & VM_SHARED))
		return -EACCES;
	if (vma_shares_file(v) && prot & PROT_WRITE)
		err = twin_begin(v->file, prot, v->off, v->end - v->start, v);
	return MIN(err, 0);
}

static int protect(u64 start, u64 end, u32 prot)
{
	struct vma *v = vma_at(start);
	u64 from;
	bool eager;
	int err;

	for (; start < end; start = from) {
		if (!v || v->start > start)
			return -ENOMEM;
		from = MIN(v->end, end);
		if (v->prot != prot) {
			err = may_protect(v, prot);
			if (err)
				return err;
			if (block_reserve())
				return -ENOMEM;
			v = isolate(v, start, end);
			if (!v)
				return -ENOMEM;
			if (prot & MVM_PROT_EXEC)
				exec_wanted();
			exec_changes(start, from);
			v->prot = prot;
			/* What was reserved becomes memory: small pieces will soon be touched. */
			if (prot)
				v->flags &= (u16)~VM_NORESERVE;
			eager = vma_plain(v) && from - start <= LARGE_SIZE;
			block_protect(v, start, from, eager);
			v = vma_join(v);
		}
		if (v->end <= from)
			v = v->next;
	}
	return 0;
}

long sys_mprotect(u64 addr, u64 len, u64 prot)
{
	u64 grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	const struct vma *v;
	int err;

	prot &= ~(u64)(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || !page_aligned(addr))
		return -EINVAL;
	if (!len)
		return 0;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (addr + len <= addr)
		return -ENOMEM;
	if (prot & ~(u64)(PROT_ALL | PROT_SEM))
		return -EINVAL;
	prot &= PROT_ALL;
	if (wx_refused((u32)prot))
		return -EACCES;
	if (grows) {
		/* From the start of the stack on; nothing here grows upwards. */
		v = vma_at(addr);
		if (!v)
			return -ENOMEM;
		if (grows == PROT_GROWSUP || !(v->flags & VM_STACK))
			return -EINVAL;
		len += addr - v->start;
		addr = v->start;
	}
	err = protect(addr, addr + len, (u32)prot);
	tlb_commit();
	return err;
}
