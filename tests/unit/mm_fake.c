/* SPDX-License-Identifier: MIT */
/*
 * The machine of mm_fake.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "fs/fs.h"
#include "mm/mm.h"
#include "mm_fake.h"
#include "sys/site.h"

#define P	0x1UL
#define W	0x2UL
#define U	0x4UL
#define A	0x20UL
#define D	0x40UL
#define PS	0x80UL
#define NX	(1UL << 63)
#define ADDR	0x000ffffffffff000UL

#define GPA_TEXT	0x400000UL
#define GPA_DATA	0x600000UL
#define GPA_FREE	0x800000UL

static struct mvm_boot boot_info;
const struct mvm_boot *const boot = &boot_info;

u64 fake_flushes, fake_invlpgs, fake_grown, fake_released;
static u64 ram_size;
static char *ram;

struct file { int fd; int refs; } test_file = { FAKE_FD, 1 };

/* ---- TLB: never evicts, caches only what an access used ---- */

#define TLB_SIZE	65536U

static struct tlb_entry { u64 va, gpa; u32 prot; bool large; } tlb[TLB_SIZE];
static u32 tlb_used[TLB_SIZE], tlb_n;

static struct tlb_entry *tlb_slot(u64 page)
{
	u32 i = (u32)((page >> 12) * 0x9e3779b97f4a7c15UL >> 48) % TLB_SIZE;

	while (tlb[i].va && tlb[i].va != page)
		i = (i + 1) % TLB_SIZE;
	return &tlb[i];
}

void gate_flush_tlb(void)
{
	fake_flushes++;
	while (tlb_n)
		memset(&tlb[tlb_used[--tlb_n]], 0, sizeof(tlb[0]));
}

void gate_invlpg(u64 va, u32 n)
{
	fake_invlpgs++;
	if (!n)
		rt_panic("invlpg of nothing");
	/* A page cached as part of a large one goes with all of that one.  Slots stay occupied, so
	 * that others are found behind them. */
	for (; n--; va += 4096)
		for (u32 i = 0; i < tlb_n; i++) {
			struct tlb_entry *e = &tlb[tlb_used[i]];

			if (e->va == (va & ~0xfffUL) || (e->large && e->va >> 21 == va >> 21))
				e->prot = 0;
		}
}

static void tlb_put(u64 page, u64 gpa, u32 prot, bool large)
{
	struct tlb_entry *e = tlb_slot(page);

	if (!e->va) {
		if (tlb_n > TLB_SIZE / 2)
			gate_flush_tlb();
		e = tlb_slot(page);
		tlb_used[tlb_n++] = (u32)(e - tlb);
	}
	e->va = page;
	e->gpa = gpa;
	e->prot = prot;
	e->large = large;
}

/* ---- the processor ---- */

static u64 *table(u64 e)
{
	if ((e & ADDR) >= ram_size) {
		fprintf(stderr, "page table outside RAM: %#lx\n", (unsigned long)e);
		abort();
	}
	return (u64 *)(ram + (e & ADDR));
}

/* The entry that maps va with accessed bits set on the way if access; NULL: not present. */
static u64 *walk(u64 va, bool access, u64 *gpa)
{
	u64 *t = (u64 *)(ram + boot_info.pml4_gpa), *e;
	int shift;

	for (shift = 39;; shift -= 9) {
		e = &t[va >> shift & 511];
		if (!(*e & P))
			return NULL;
		if (access)
			*e |= A;
		if (shift == 12 || (shift == 21 && *e & PS))
			break;
		t = table(*e);
	}
	*gpa = (*e & ADDR & ~((1UL << shift) - 1)) | (va & ((1UL << shift) - 1));
	if (*gpa >= ram_size) {
		fprintf(stderr, "va %#lx maps outside RAM: %#lx\n", (unsigned long)va,
			(unsigned long)*e);
		abort();
	}
	return e;
}

/* Is e, which walk() found for va, of a directory?  Bit 7 of a table's entry is another one. */
static bool is_large_entry(u64 va, const u64 *e)
{
	return *e & PS && ((u64)e >> 3 & 511) == (va >> 21 & 511);
}

static u32 entry_prot(u64 e)
{
	return MVM_PROT_READ | (e & W ? MVM_PROT_WRITE : 0) | (e & NX ? 0 : MVM_PROT_EXEC);
}

u32 fake_prot(u64 va, void **p)
{
	u64 gpa, *e = walk(va, false, &gpa);

	if (!e)
		return 0;
	if (p)
		*p = ram + gpa;
	return entry_prot(*e);
}

void *fake_access(u64 va, u32 prot)
{
	struct tlb_entry *t = tlb_slot(va & ~0xfffUL);
	u64 gpa, *e;
	int tries;

	if (t->va && t->prot && (t->prot & prot) == prot)
		return ram + t->gpa + (va & 0xfff);
	for (tries = 0; tries < 3; tries++) {
		e = walk(va, true, &gpa);
		if (e && (entry_prot(*e) & prot) == prot) {
			if (prot & MVM_PROT_WRITE)
				*e |= D;
			tlb_put(va & ~0xfffUL, gpa & ~0xfffUL, entry_prot(*e),
				is_large_entry(va, e));
			return ram + gpa;
		}
		if (!mm_fault(va, 4 | (e ? 1 : 0) | (prot & MVM_PROT_WRITE ? 2 : 0) |
				  (prot & MVM_PROT_EXEC ? 16 : 0)))
			return NULL;
	}
	fprintf(stderr, "fault at %#lx does not end\n", (unsigned long)va);
	abort();
}

int fake_tlb_stale(void)
{
	int bad = 0;

	for (u32 i = 0; i < tlb_n; i++) {
		struct tlb_entry *t = &tlb[tlb_used[i]];
		u64 gpa = 0, *e;

		if (!t->prot)
			continue;
		e = walk(t->va, false, &gpa);
		if (e && gpa == t->gpa && !(t->prot & ~entry_prot(*e)))
			continue;
		fprintf(stderr, "stale TLB entry: va %#lx prot %u, tables say %#lx\n",
			(unsigned long)t->va, t->prot, e ? (unsigned long)*e : 0);
		bad++;
	}
	return bad;
}

/* ---- the host ---- */

s64 hyper_kick(struct mvm_sqe *e, u64 out[2])
{
	if (e->op != MVM_OP_MEM_GROW)
		return hyper(e, out);
	if (e->arg % MVM_LARGE_SIZE || ram_size + e->arg > boot_info.ram_max)
		return -ENOMEM;
	ram_size += e->arg;
	fake_grown += e->arg;
	out[0] = ram_size;
	return 0;
}

s64 hyper(struct mvm_sqe *e, u64 out[2])
{
	(void)out;
	if (e->op != MVM_OP_MEM_RELEASE || e->addr.v % 4096 || e->len % 4096 ||
	    e->addr.v < boot_info.free_gpa || e->addr.v + e->len > ram_size) {
		fprintf(stderr, "bad request %u %#lx %#lx\n", e->op, (unsigned long)e->addr.v,
			(unsigned long)e->len);
		abort();
	}
	fake_released += e->len;
	madvise(ram + e->addr.v, e->len, MADV_DONTNEED);
	return 0;
}

_Noreturn void rt_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	abort();
}

_Noreturn void rt_exit(int status, int signo, const struct mvm_crash *crash)
{
	(void)crash;
	rt_panic("exit %d, signal %d", status, signo);
}

void rt_log(const char *fmt, ...)
{
	(void)fmt;
}

void rt_say(const char *fmt, ...)
{
	(void)fmt;
}

u64 fake_resident(u64 from, u64 to)
{
	static unsigned char vec[1 << 20];
	u64 n = 0, i;

	mincore(ram + from, to - from, vec);
	for (i = 0; i < (to - from) >> 12; i++)
		n += vec[i] & 1;
	return n << 12;
}

/* ---- files ---- */

u8 fake_file_byte(int fd, u64 i)
{
	return (u8)((i * 2654435761UL >> 13) + (u64)fd);
}

struct file *file_get(int fd)
{
	if (fd != FAKE_FD)
		return NULL;
	test_file.refs++;
	return &test_file;
}

void file_put(struct file *f)
{
	if (--f->refs < 1)
		rt_panic("file reference dropped twice");
}

void file_ref(struct file *f)
{
	f->refs++;
}

long file_pread(struct file *f, void *buf, size_t n, u64 off)
{
	size_t i;

	for (i = 0; i < n && off + i < FAKE_FILE_SIZE; i++)
		((u8 *)buf)[i] = fake_file_byte(f->fd, off + i);
	return (long)i;
}

long file_pwrite(struct file *f, const void *buf, size_t n, u64 off)
{
	(void)f, (void)buf, (void)n, (void)off;
	return -EBADF;
}

void file_identity(struct file *f, u64 *dev, u64 *ino)
{
	*dev = 1;
	*ino = (u64)f->fd;
}

/* Nobody profiles. */
void mapped_tell(struct file *file, u64 va, u64 len, u64 off)
{
	(void)file, (void)va, (void)len, (void)off;
}

/* No place of the program's text has become a jump here. */
void site_undo(u64 start, u64 end)
{
	(void)start, (void)end;
}

int file_can_map(struct file *f, u32 prot, bool shared)
{
	(void)f;
	return shared && prot & MVM_PROT_WRITE ? -EACCES : 0;
}

/* ---- start ---- */

static void map_at_start(u64 va, u64 gpa, u64 bits)
{
	u64 *t = (u64 *)(ram + boot_info.pml4_gpa), *e;
	int shift, last = bits & PS ? 21 : 12;

	for (shift = 39; shift > last; shift -= 9) {
		e = &t[va >> shift & 511];
		if (!*e) {
			*e = boot_info.pt_next | P | W | U;
			boot_info.pt_next += 4096;
		}
		t = table(*e);
	}
	t[va >> last & 511] = gpa | bits | P | U;
}

static void segment(u64 va, u64 gpa, u64 pages, u32 prot, u32 flags)
{
	struct mvm_segment *s = &boot_info.segments[boot_info.nsegments++];
	u64 bits = (prot & MVM_PROT_WRITE ? W : 0) | (prot & MVM_PROT_EXEC ? 0 : NX);

	s->va = va;
	s->gpa = gpa;
	s->len = pages << 12;
	s->prot = prot;
	s->flags = flags;
	for (u64 i = 0; i < pages && !(flags & MVM_SEG_LARGE); i++)
		map_at_start(va + (i << 12), gpa + (i << 12), bits);
	if (flags & MVM_SEG_LARGE)
		map_at_start(va, gpa, bits | PS);
}

void fake_start(const struct fake_config *c)
{
	if (!ram)
		ram = mmap((void *)MVM_VA_LINEAR, 8UL << 30, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
			   0);
	if (ram != (char *)MVM_VA_LINEAR)
		rt_panic("no room for guest RAM");
	madvise(ram, 8UL << 30, MADV_NOHUGEPAGE);
	madvise(ram, 8UL << 30, MADV_DONTNEED);
	ram_size = c->ram_size;
	boot_info = (struct mvm_boot){
		.ram_size = c->ram_size,
		.ram_max = c->ram_max,
		.free_gpa = GPA_FREE,
		.huge_gpa = c->low ? GPA_FREE + c->low : 0,
		.pml4_gpa = MVM_GPA_PT,
		.pt_next = MVM_GPA_PT + 4096,
		.brk_start = SEG_DATA + 0x5000,
		.mmap_top = MVM_VA_MMAP_TOP,
		.stack_top = MVM_VA_STACK_TOP - 0x12340,
		.stack_size = 8UL << 20,
	};
	for (u64 gpa = 0; gpa < ram_size; gpa += MVM_LARGE_SIZE)
		map_at_start(MVM_VA_LINEAR + gpa, gpa, W | NX | PS);
	segment(SEG_TEXT, GPA_TEXT, 3, MVM_PROT_READ | MVM_PROT_EXEC, 0);
	segment(SEG_DATA, GPA_DATA, 5, MVM_PROT_READ | MVM_PROT_WRITE, MVM_SEG_LARGE);
	memset(ram + GPA_DATA, 0xda, 5 << 12);
	mm_init();
}
