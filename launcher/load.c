/* SPDX-License-Identifier: MIT */
/*
 * The loader: fills guest RAM so that the first instruction of the guest can be the runtime's.
 * What a valid program is, is elf64.c's; where its segments go is place.c's.
 */
#include "load.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "boot.h"
#include "elf64.h"
#include "embed.h"
#include "grants.h"
#include "msg.h"
#include "pagetable.h"
#include "place.h"
#include "tables.h"

/* Free memory that a program finds at least: its stack, its heap, the runtime's own pages. */
#define FREE_MIN	(8UL << 20)

#define PREFAULT_MAX	(256UL << 10)	/* bytes of a segment */

#define PIE_BASE	0x555555400000UL
#define PIE_BITS	22		/* of 2 MiB: up to PIE_BASE + 8 TiB */
#define BRK_BITS	9		/* of 2 MiB: within 1 GiB after the program */
#define MMAP_BITS	19		/* of 2 MiB: 1 TiB */
#define STACK_BITS	9		/* of 2 MiB: 1 GiB */
#define STACK_LOW_MASK	0x3fff0UL	/* and up to 256 KiB inside the top block */

/* The program in its file, which may be a part of an appliance. */
struct program_file {
	int fd;
	uint64_t base;
};

static ssize_t read_fd(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct program_file *f = ctx;
	size_t done = 0;

	off += f->base;

	while (done < len) {
		ssize_t n = pread(f->fd, (char *)buf + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int read_program(const struct plan *plan, int fd, struct elf_image *img)
{
	struct program_file file = { fd, plan->program_part.off };
	struct elf_source src = { .read = read_fd, .ctx = &file };
	struct elf_reason why;
	struct stat st;

	if (plan_in_root(plan)) {
		/* The guest loads it.  Where such a program may go is chosen here, as ever. */
		*img = (struct elf_image){ .pie = true };
		return 0;
	}
	if (fstat(fd, &st))
		return fail(EXIT_CANNOT_RUN, "%s: cannot be examined: %s", plan->program,
			    strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(EXIT_CANNOT_RUN, "%s: is a directory; name a static x86-64 ELF program",
			    plan->program);
	if (!S_ISREG(st.st_mode))
		return fail(EXIT_CANNOT_RUN,
			    "%s: is not a regular file; name a static x86-64 ELF program",
			    plan->program);
	src.size = plan->program_part.len ? plan->program_part.len : (uint64_t)st.st_size;
	if (elf_read(&src, plan->allow_wx, img, &why))
		return fail(EXIT_CANNOT_RUN, "%s: %s", plan->program, why.text);
	return 0;
}

/* Makes [0, need) present, when --mem allows so much. */
static int make_room(const struct plan *plan, struct guest_ram *ram, uint64_t need)
{
	if (need <= ram->present)
		return 0;
	if (need > ram->max)
		return fail(EXIT_CANNOT_RUN,
			    "%s: needs at least %llu MiB of memory, --mem gives %llu; "
			    "raise --mem",
			    plan->program, (unsigned long long)(need >> 20),
			    (unsigned long long)(ram->max >> 20));
	ram->present = need;
	return 0;
}

/*
 * The guest is about to run through its text: pages that are there when it faults cost it less
 * (20 us of a hello on a software KVM), and finding them in the page cache is cheap.  Large
 * programs touch only a part of theirs.
 */
static void prefault_text(const struct elf_segment *s, uint8_t *at, uint64_t pages)
{
	if (!(s->prot & MVM_PROT_WRITE))
		madvise(at, pages < PREFAULT_MAX ? pages : PREFAULT_MAX, MADV_POPULATE_READ);
}

/* Whole pages come from the page cache, shared until written; what follows in memory is zero. */
static int map_segment(const struct elf_segment *s, int fd, uint64_t base, uint8_t *at)
{
	uint64_t bytes = s->file_end - s->va;
	uint64_t pages = (bytes + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);

	if (!bytes)
		return 0;
	if (mmap(at, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
		 (off_t)(base + s->file_off)) == MAP_FAILED)
		return -errno;
	prefault_text(s, at, pages);
	if (s->zero_tail && pages != bytes)
		memset(at + bytes, 0, pages - bytes);
	return 0;
}

static int map_program(const struct plan *plan, int fd, const struct elf_image *img,
		       const struct placement *p, struct guest_ram *ram)
{
	for (unsigned int i = 0; i < img->nsegs; i++) {
		int err = map_segment(&img->segs[i], fd, plan->program_part.off,
				      ram->hva + p->gpa[i]);

		if (err)
			return fail(EXIT_CANNOT_RUN, "%s: cannot be mapped: %s", plan->program,
				    strerror(-err));
	}
	return 0;
}

/* Large pages are whole frames; the frame's other bytes are zero or the file's. */
static int map_piece(struct pagetable *pt, const struct mvm_segment *s)
{
	uint64_t skew = s->va & (MVM_LARGE_SIZE - 1);
	uint64_t len = (skew + s->len + MVM_LARGE_SIZE - 1) & ~(MVM_LARGE_SIZE - 1);

	if (s->flags & MVM_SEG_LARGE)
		return pt_map_large(pt, s->va - skew, s->gpa - skew, len, s->prot);
	return pt_map(pt, s->va, s->gpa, s->len, s->prot);
}

/* Addresses that ASLR chooses: with r all zero, the bases themselves. */
struct layout {
	uint64_t bias, brk, mmap_top, stack_top;
};

/*
 * Where the runtime maps first, the tables above are here already: an entry that the guest puts
 * into a table in use costs an emulated instruction (30 us) under shadow paging.
 */
static int write_pagetables(const struct placement *p, const struct layout *l,
			    struct guest_ram *ram, struct pagetable *pt)
{
	int err = 0;

	pt_init(pt, ram->hva, p->frames_end, ram->present);
	for (uint32_t i = 0; i < p->npieces && !err; i++)
		err = map_piece(pt, &p->pieces[i]);
	if (!err)
		err = pt_map_large(pt, MVM_VA_RT_TEXT, MVM_GPA_RT_TEXT, MVM_LARGE_SIZE,
				   MVM_PROT_READ | MVM_PROT_EXEC);
	if (!err)
		err = pt_map_large(pt, MVM_VA_RT_LOW, 0, MVM_LARGE_SIZE,
				   MVM_PROT_READ | MVM_PROT_WRITE);
	if (!err)
		err = pt_map_large(pt, MVM_VA_LINEAR, 0, ram->present,
				   MVM_PROT_READ | MVM_PROT_WRITE);
	if (!err)
		err = pt_reserve(pt, l->stack_top - 1);
	if (!err)
		err = pt_reserve(pt, l->mmap_top - 1);
	return err;
}

/* n random bits as a multiple of 2 MiB. */
static uint64_t random_blocks(uint64_t *pool, unsigned int bits)
{
	uint64_t v = *pool & ((1ULL << bits) - 1);

	*pool >>= bits;
	return v * MVM_LARGE_SIZE;
}

static uint64_t large_up(uint64_t v)
{
	return (v + MVM_LARGE_SIZE - 1) & ~(MVM_LARGE_SIZE - 1);
}

static void choose_layout(const struct elf_image *img, uint64_t r[2], struct layout *l)
{
	uint64_t align = img->align > MVM_LARGE_SIZE ? img->align : MVM_LARGE_SIZE;

	l->bias = 0;
	if (img->pie)
		l->bias = (PIE_BASE + random_blocks(&r[0], PIE_BITS)) & ~(align - 1);
	l->brk = large_up(l->bias + img->hi) + random_blocks(&r[0], BRK_BITS);
	l->mmap_top = MVM_VA_MMAP_TOP - random_blocks(&r[0], MMAP_BITS);
	l->stack_top = MVM_VA_STACK_TOP - random_blocks(&r[1], STACK_BITS);
	l->stack_top -= r[1] & STACK_LOW_MASK;
}

static void describe(struct mvm_boot *b, const struct elf_image *img, const struct placement *p,
		     const struct layout *l, const struct guest_ram *ram,
		     const struct pagetable *pt)
{
	b->ram_size = ram->present;
	b->ram_max = ram->max;
	b->free_gpa = pt->free_gpa;
	b->huge_gpa = ram->huge_from;
	b->pml4_gpa = pt->root;
	/* When the pool has moved on to a frame, the area of abi.h is used up. */
	b->pt_next = pt->end == MVM_GPA_PT + MVM_PT_MAX ? pt->next : MVM_GPA_PT + MVM_PT_MAX;
	b->app_entry = img->nsegs ? img->entry + l->bias : 0;
	b->app_main_entry = b->app_entry;
	b->app_phdr = img->phdr ? img->phdr + l->bias : 0;
	b->app_phnum = img->phnum;
	b->app_phent = img->phent;
	b->app_bias = l->bias;
	b->brk_start = l->brk;
	b->mmap_top = l->mmap_top;
	b->stack_top = l->stack_top;
	b->nsegments = p->npieces;
	memcpy(b->segments, p->pieces, p->npieces * sizeof(p->pieces[0]));
}

/* KVM's shadow paging maps so much around an address at once, if all of it is present. */
#define NEIGHBOURS	(8 * MVM_PAGE_SIZE)

/*
 * What loader and runtime are sure to write, made present in one call a range instead of with a
 * fault a page; and a hypervisor with shadow paging maps neighbours that are present at one exit.
 * An older kernel refuses, and the faults come.
 */
static void prefault(const struct guest_ram *ram, const struct mvm_rt_header *rt, uint64_t free_gpa)
{
	uint64_t bss_end = MVM_GPA_RT_DATA + rt->data_size + rt->bss_size;
	uint64_t stack = (rt->stack_top - 1 - MVM_VA_RT_LOW) & ~(NEIGHBOURS - 1);
	const struct { uint64_t gpa, len; } used[] = {
		{ MVM_GPA_RING, sizeof(struct mvm_ring) },
		{ MVM_GPA_PT, 10 * MVM_PAGE_SIZE },
		{ MVM_GPA_CPU, 3 * MVM_PAGE_SIZE },
		{ MVM_GPA_RT_DATA, rt->data_size },
		/* Of what lies before the end of the first stack a short program uses nothing. */
		{ stack, stack < bss_end ? bss_end - stack : 0 },
		{ free_gpa, 5 * MVM_PAGE_SIZE },
	};

	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		madvise(ram->hva + used[i].gpa, used[i].len, MADV_POPULATE_WRITE);
}

static void note_file(struct loaded *l, uint64_t gpa, uint64_t len)
{
	l->file[l->nfiles].gpa = gpa;
	l->file[l->nfiles++].len = (len + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);
}

/* For who asks which memory is more than zeros. */
static void note_files(struct loaded *l, const struct elf_image *img, const struct placement *p)
{
	l->nfiles = 0;
	for (unsigned int i = 0; i < img->nsegs; i++)
		note_file(l, p->gpa[i], img->segs[i].file_end - img->segs[i].va);
	note_file(l, MVM_GPA_RT_TEXT, l->rt->text_size);
}

int load(const struct plan *plan, const struct grants *grants, const struct handles *handles,
	 struct guest_ram *ram, struct loaded *out)
{
	const struct mvm_rt_header *rt = embed_header();
	struct elf_image img;
	struct placement place;
	struct pagetable pt;
	struct layout layout;
	uint64_t r[2] = { 0, 0 };
	int status;

	if (!rt)
		return fail(EXIT_MVM, "the embedded runtime is damaged; build mvm again");
	status = read_program(plan, grants->program_fd, &img);
	if (status)
		return status;
	if (!plan->no_aslr && getrandom(r, sizeof(r), 0) != sizeof(r))
		return fail(EXIT_MVM, "getrandom: the host gives no random numbers; "
			    "a kernel from 3.17 on is needed");
	choose_layout(&img, r, &layout);
	place_segments(&img, layout.bias, &place);
	status = make_room(plan, ram, place.frames_end + FREE_MIN);
	if (status)
		return status;
	status = map_program(plan, grants->program_fd, &img, &place, ram);
	if (status)
		return status;
	prefault(ram, rt, place.frames_end);
	if (write_pagetables(&place, &layout, ram, &pt))
		return fail(EXIT_CANNOT_RUN, "%s: its segments need more page tables than memory; "
			    "raise --mem", plan->program);
	embed_place(rt, ram);
	tables_write(ram->hva, rt);
	status = boot_write(plan, grants, handles, ram);
	if (status)
		return status;
	out->rt = rt;
	out->boot = (struct mvm_boot *)(void *)(ram->hva + MVM_GPA_BOOT);
	if (IS_ENABLED(CONFIG_RECORD))
		note_files(out, &img, &place);
	describe(out->boot, &img, &place, &layout, ram, &pt);
	return 0;
}
