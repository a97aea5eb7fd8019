/* SPDX-License-Identifier: MIT */
/*
 * Places in unmodified programs that trap often.  A C library's
 *	mov	$nr, %eax		b8 nr
 *	syscall				0f 05
 * is changed, once it has trapped OFTEN times, into
 *	jmp	slot			e9 ...
 *	syscall
 * and the slot, in a page within reach that is mapped for it, does what `mov` did, leaves in RCX
 * what `syscall` would have left there, and jumps to the door in trap.S.  So a system call costs
 * some nanoseconds instead of a trap (6 to 20 us on a software KVM, 0.1 us on hardware).
 *
 * Both instructions that begin in these seven bytes still begin there, so it does not matter who
 * is just about to run them, or jumps to the second one, or starts a call again.  The file is not
 * changed, only this VM's copy of the page.  A program can see it only by reading its own text.
 */
#include "sys/site.h"

#include <asm/unistd.h>

#include "mm/block.h"
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/space.h"
#include "sys/dispatch.h"
#include "sys/sys.h"

#define OFTEN		16U		/* short programs keep sharing their text */
#define REACH		(1UL << 30)	/* jmp rel32 reaches twice as far */
#define PAGES_MAX	8U		/* programs and libraries that lie more than that apart */
#define MOV_EAX		0xb8
#define JMP		0xe9
#define MOV_LEN		5U
#define SITE_LEN	7U
#define BEFORE		3U		/* bytes in front that are looked at */

struct slot {
	u8 mov;				/* mov $nr, %eax */
	u32 nr;
	u8 lea[3];			/* lea back(%rip), %rcx: behind the `syscall` */
	s32 back;
	u8 jmp[2];			/* jmp *door(%rip): the page's first eight bytes */
	s32 door;
	u8 pad[14];
} __attribute__((packed));

#define SLOTS		(PAGE_SIZE / sizeof(struct slot))
#define LEA_END		offsetof(struct slot, jmp)
#define JMP_END		offsetof(struct slot, pad)

_Static_assert(sizeof(struct slot) == 32, "slots fill a page");

static struct page {
	u64 va;
	struct slot *slot;		/* in the linear map; [0] is the door's address */
	u32 used;			/* with [0]; 0: no page */
} pages[PAGES_MAX];

/* Where traps come from: address << 8 | how often.  Two that meet here both stay slow. */
static u64 seen[128];

extern const char rt_site_entry[];	/* trap.S */

/* ---- what can be changed ---- */

/* Opcodes with ModRM and four bytes of immediate operand. */
static bool takes_imm32(u8 op)
{
	return op == 0xc7 || op == 0x81 || op == 0x69 || op == 0xf7;
}

/*
 * Could the b8 behind b[0..2] be no `mov`, but inside of an instruction that ends where it would?
 * As a byte of a prefixed `mov`; as the displacement or SIB byte before a store's immediate
 * operand.  As a ModRM or SIB byte before a displacement it would have RAX as its base, which holds
 * the number of the call.  As the last byte of a displacement it would lead out of 1 GiB.  (SDM
 * volume 2, 2.1)
 */
static bool may_be_inside(const u8 *b)
{
	u8 mod = b[2] >> 6, rm = b[2] & 7;

	if ((b[2] & 0xf0) == 0x40 || b[2] == 0x66)
		return true;
	if (takes_imm32(b[1]) && ((mod == 1 && rm != 4) || (mod == 0 && rm == 4)))
		return true;
	return takes_imm32(b[0]) && b[1] >> 6 == 1 && (b[1] & 7) == 4;
}

/* Text of a file, private and not to be written; end: behind the `syscall`. */
static bool fits(u64 end, u32 nr)
{
	u64 start = end - SITE_LEN - BEFORE;
	const struct vma *v = vma_at(start);
	u8 b[BEFORE + SITE_LEN];
	u32 imm;

	if (!v || v->end < end || !(v->prot & MVM_PROT_EXEC) || v->prot & MVM_PROT_WRITE ||
	    v->flags & VM_SHARED || !(v->file || v->flags & VM_IMAGE))
		return false;
	if (copy_from_user(b, start, sizeof(b)))
		return false;
	memcpy(&imm, b + BEFORE + 1, sizeof(imm));
	/* The end of a signal handler is known by its bytes to those who walk the stack. */
	return b[BEFORE] == MOV_EAX && imm == nr && nr != __NR_rt_sigreturn && !may_be_inside(b);
}

/* ---- pages of slots ---- */

static bool reaches(const struct page *p, u64 addr)
{
	return p->va < addr ? addr - p->va < REACH : p->va - addr < REACH;
}

/* Below the mapping: what is above may want to grow. */
static u64 place_near(u64 addr)
{
	const struct vma *v = vma_at(addr);
	u64 from = addr < MVM_VA_USER_END ? MVM_VA_USER_MIN : MVM_VA_MMAP_MIN;

	return vma_gap(PAGE_SIZE, PAGE_SIZE, MAX(from, addr - MIN(addr, REACH)), v->start);
}

static bool page_make(struct page *p, u64 addr)
{
	u64 va = place_near(addr), gpa, door = (u64)rt_site_entry;

	if (!va || space_map(va, PAGE_SIZE, MVM_PROT_READ | MVM_PROT_EXEC, VM_SPARSE, NULL, 0,
			     POPULATE_ALL))
		return false;
	gpa = block_gpa(va);
	if (!gpa) {
		space_unmap(va, va + PAGE_SIZE);
		return false;
	}
	*p = (struct page){ .va = va, .slot = gpa_to_va(gpa), .used = 1 };
	memcpy(p->slot, &door, sizeof(door));
	return true;
}

static struct page *page_for(u64 addr)
{
	struct page *p, *empty = NULL;

	for (p = pages; p < pages + PAGES_MAX; p++) {
		if (!p->used)
			empty = p;
		else if (p->used < SLOTS && reaches(p, addr))
			return p;
	}
	return empty && page_make(empty, addr) ? empty : NULL;
}

static u64 slot_va(const struct page *p, u32 i)
{
	return p->va + i * sizeof(struct slot);
}

/* Behind the `syscall` that slot i of p stands for. */
static u64 slot_end(const struct page *p, u32 i)
{
	return slot_va(p, i) + LEA_END + (u64)(s64)p->slot[i].back;
}

static void slot_make(struct page *p, u32 i, u64 end, u32 nr)
{
	p->slot[i] = (struct slot){
		.mov = MOV_EAX, .nr = nr,
		.lea = { 0x48, 0x8d, 0x0d }, .back = (s32)(end - slot_va(p, i) - LEA_END),
		.jmp = { 0xff, 0x25 }, .door = (s32)(p->va - slot_va(p, i) - JMP_END),
	};
}

/* ---- changing ---- */

/* The program's byte at va where the runtime may write it; NULL: not populated. */
static u8 *text(u64 va)
{
	u64 gpa = block_gpa(va);

	return gpa ? (u8 *)gpa_to_va(gpa) + (va & (PAGE_SIZE - 1)) : NULL;
}

/* One instruction for the other at va; it may lie in two pages.  Not if something else is there. */
static void replace(u64 va, u8 op, u32 operand, u8 by_op, u32 by_operand)
{
	u8 was[MOV_LEN] = { op }, by[MOV_LEN] = { by_op };

	memcpy(was + 1, &operand, sizeof(operand));
	memcpy(by + 1, &by_operand, sizeof(by_operand));
	for (u32 i = 0; i < MOV_LEN; i++)
		if (!text(va + i) || *text(va + i) != was[i])
			return;
	for (u32 i = 0; i < MOV_LEN; i++)
		*text(va + i) = by[i];
}

/* From the site of slot i to the slot. */
static u32 distance(const struct page *p, u32 i)
{
	return (u32)(slot_va(p, i) - (slot_end(p, i) - SITE_LEN + MOV_LEN));
}

static void change(u64 end, u32 nr)
{
	struct page *p;
	u32 i;

	/* The second stage holds text to be text, a debugger and a recording know it as it is. */
	if (boot->flags & (MVM_BOOT_EXEC | MVM_BOOT_DEBUG | MVM_BOOT_RECORD))
		return;
	p = fits(end, nr) ? page_for(end) : NULL;
	if (!p)
		return;
	i = p->used++;
	slot_make(p, i, end, nr);
	replace(end - SITE_LEN, MOV_EAX, nr, JMP, distance(p, i));
	tlb_commit();
}

/* A call has come from in front of r->rip. */
static void note(const struct regs *r)
{
	u64 *s = &seen[(r->rip >> 2) % ARRAY_SIZE(seen)];
	u32 times = (u8)*s;

	if (*s >> 8 != r->rip) {
		*s = r->rip << 8;
	} else if (times <= OFTEN) {
		++*s;
		if (times == OFTEN)
			change(r->rip, (u32)r->orig_rax);
	}
}

int sys_enter_trapped(struct regs *r)
{
	note(r);
	sys_call(r);
	return sys_leave_if(r);
}

void site_settle(struct regs *r)
{
	for (struct page *p = pages; p < pages + PAGES_MAX; p++) {
		u32 i = (u32)((r->rip - p->va) / sizeof(struct slot));

		if (r->rip - p->va >= PAGE_SIZE || !i || i >= p->used)
			continue;
		r->rax = p->slot[i].nr;
		r->rip = slot_end(p, i) - (SITE_LEN - MOV_LEN);
		return;
	}
}

void site_undo(u64 start, u64 end)
{
	for (struct page *p = pages; p < pages + PAGES_MAX; p++) {
		bool goes = p->used && p->va < end && p->va + PAGE_SIZE > start;

		for (u32 i = 1; i < p->used; i++) {
			u64 to = slot_end(p, i);

			if (goes || (to > start && to < end + SITE_LEN))
				replace(to - SITE_LEN, JMP, distance(p, i), MOV_EAX,
					p->slot[i].nr);
		}
		if (goes)
			*p = (struct page){ 0 };
	}
}
