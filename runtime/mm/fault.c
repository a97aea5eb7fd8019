/* SPDX-License-Identifier: MIT */
/*
 * Page faults of the application (and of the runtime on its behalf), and the translation of
 * application addresses for the host.
 */
#include <asm/signal.h>
#include <asm/siginfo.h>
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"

#define PF_WRITE	2U		/* error code of #PF, SDM volume 3, 4.7 */
#define PF_RESERVED	8U
#define PF_FETCH	16U

#define SPARSE_FILL	(32UL << 10)	/* at once, of memory that is touched here and there */
#define AROUND_MAX	8U		/* blocks populated ahead of a program that walks upwards */

static u64 last_spurious;

static bool may(const struct vma *v, u32 need)
{
	return v->prot && (v->prot & need) == need;
}

/* The entry already allows the access: the processor had an old one cached. */
static bool spurious(u64 addr, u32 need)
{
	bool large;
	u64 *e = pt_leaf(addr, &large);

	if (!e || !(*e & PTE_P) || (need & MVM_PROT_WRITE && !(*e & PTE_W)) ||
	    (need & MVM_PROT_EXEC && *e & PTE_NX))
		return false;
	/* A fault drops the entry it came from; where that was not enough, everything goes. */
	if (last_spurious == addr)
		tlb_note_all();
	last_spurious = addr;
	return true;
}

/* GPA of addr and in *len the bytes from there that are contiguous; 0 when it must not be used. */
static u64 translate(u64 addr, bool write, size_t *len)
{
	bool large;
	u64 *e = pt_leaf(addr, &large), size;

	if (!e || !(*e & PTE_P) || (write && !(*e & PTE_W)))
		return 0;
	/*
	 * What the host writes, no processor marks.  A host that shadows the tables emulates each
	 * write to a directory and drops what it had below the entry, even when nothing changes.
	 */
	if (write && (*e & (PTE_A | PTE_D)) != (PTE_A | PTE_D))
		*e |= PTE_A | PTE_D;
	size = large ? LARGE_SIZE : PAGE_SIZE;
	*len = size - (addr & (size - 1));
	return (*e & PTE_ADDR & ~(size - 1)) + (addr & (size - 1));
}

static bool populated(u64 base)
{
	u64 *pde = pt_pde(base, false);

	return pde && !pde_empty(*pde);
}

/* More of v's blocks above base, when the one below shows that v is being filled upwards. */
static void fill_ahead(const struct vma *v, u64 base)
{
	u32 i;

	if (!vma_plain(v) || base < v->start + LARGE_SIZE || !populated(base - LARGE_SIZE))
		return;
	for (i = 1; i <= AROUND_MAX; i++) {
		u64 next = base + i * LARGE_SIZE;

		if (next + LARGE_SIZE > v->end || populated(next) || !block_fill_cheap(v, next))
			return;
	}
}

/* What was promised by mmap cannot be kept: Linux would kill a process too. */
static _Noreturn void out_of_memory(void)
{
	static const char text[] = "out of memory: give the VM more with --mem";
	struct mvm_sqe e = {
		.op = MVM_OP_LOG,
		.addr.v = va_to_gpa(text),
		.len = sizeof(text) - 1,
		.arg = 1,
	};

	hyper(&e, NULL);
	rt_exit(128 + SIGKILL, SIGKILL, NULL);
}

static bool populate(const struct vma *v, u64 addr)
{
	size_t len;
	u64 base = addr & LARGE_MASK, size = LARGE_SIZE, from;
	u64 start, end;
	int err;

	if (v->flags & VM_SPARSE)
		size = SPARSE_FILL;
	from = addr & ~(size - 1);
	start = MAX(from, v->start);
	end = MIN(from + size, v->end);
	err = block_fill(v, start, end);

	if (err) {
		/* Not all of the block, then at least the page. */
		start = addr & PAGE_MASK;
		err = block_fill(v, start, start + PAGE_SIZE);
	}
	if (err == -ENOMEM)
		out_of_memory();
	if (err)
		return false;
	fill_ahead(v, base);
	return translate(addr, false, &len) != 0;
}

bool mm_fault(u64 addr, u32 error)
{
	u32 need = error & PF_WRITE ? MVM_PROT_WRITE : error & PF_FETCH ? MVM_PROT_EXEC : 0;
	const struct vma *v;
	bool done;

	if (error & PF_RESERVED || !space_valid(addr, 1))
		return false;
	v = vma_at(addr);
	if (!v || !may(v, need))
		return false;
	done = spurious(addr, need) || populate(v, addr);
	tlb_commit();
	return done;
}

int mm_fault_signal(u64 addr, int *code)
{
	const struct vma *v = space_valid(addr, 1) ? vma_at(addr) : NULL;
	bool large;
	u64 *e = pt_leaf(addr, &large);

	*code = v ? SEGV_ACCERR : SEGV_MAPERR;
	/* A file that does not reach here, or cannot be read: nothing is there. */
	if (v && v->file && v->prot && !(e && *e & PTE_P)) {
		*code = BUS_ADRERR;
		return SIGBUS;
	}
	return SIGSEGV;
}

int user_pieces(u64 uaddr, size_t len, bool write, struct mvm_iov *out, int max, size_t *covered)
{
	size_t done = 0, n;
	int count = 0;

	*covered = 0;
	if (!len)
		return 0;
	while (done < len) {
		u64 addr = uaddr + done, gpa;

		gpa = space_user(addr, 1) ? translate(addr, write, &n) : 0;
		if (!gpa && mm_fault(addr, write ? PF_WRITE : 0))
			gpa = translate(addr, write, &n);
		if (!gpa)
			break;
		n = MIN(n, len - done);
		if (count && out[count - 1].addr.v + out[count - 1].len == gpa) {
			out[count - 1].len += n;
		} else {
			if (count == max)
				break;
			out[count].addr.v = gpa;
			out[count++].len = n;
		}
		done += n;
	}
	*covered = done;
	return count ? count : -EFAULT;
}
