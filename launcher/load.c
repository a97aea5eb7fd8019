/* SPDX-License-Identifier: MIT */
/*
 * The loader: fills guest RAM so that the first instruction of the guest can be the runtime's.
 * How an ELF file is read and mapped is elffile.c's; where its segments go is place.c's.
 */
#include "load.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>
#include "boot.h"
#include "embed.h"
#include "grants.h"
#include "elffile.h"
#include "msg.h"
#include "pagetable.h"
#include "place.h"
#include "root.h"
#include "tables.h"

/* Free memory that a program finds at least: its stack, its heap, the runtime's own pages. */
#define FREE_MIN	(8UL << 20)

/* Linux 5.14; newer than the headers of Debian's musl. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define PIE_BASE	0x555555400000UL
#define PIE_BITS	22		/* of 2 MiB: up to PIE_BASE + 8 TiB */
#define BRK_BITS	9		/* of 2 MiB: within 1 GiB after the program */
#define MMAP_BITS	19		/* of 2 MiB: 1 TiB */
#define STACK_BITS	9		/* of 2 MiB: 1 GiB */
#define STACK_LOW_MASK	0x3fff0UL	/* and up to 256 KiB inside the top block */

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
	uint64_t brk, mmap_top, stack_top;
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

static uint64_t load_align(const struct elf_image *elf)
{
	return elf->align > MVM_LARGE_SIZE ? elf->align : MVM_LARGE_SIZE;
}

static void choose_layout(struct image *prog, struct image *interp, uint64_t r[2], struct layout *l)
{
	if (prog->elf.pie)
		prog->bias = (PIE_BASE + random_blocks(&r[0], PIE_BITS)) &
			     ~(load_align(&prog->elf) - 1);
	l->brk = large_up(prog->bias + prog->elf.hi) + random_blocks(&r[0], BRK_BITS);
	l->mmap_top = MVM_VA_MMAP_TOP - random_blocks(&r[0], MMAP_BITS);
	if (interp->fd >= 0) {
		/* At the top of what mmap fills downwards, as on Linux. */
		interp->bias = (l->mmap_top - large_up(interp->elf.hi)) &
			       ~(load_align(&interp->elf) - 1);
		l->mmap_top = interp->bias;
	}
	l->stack_top = MVM_VA_STACK_TOP - random_blocks(&r[1], STACK_BITS);
	l->stack_top -= r[1] & STACK_LOW_MASK;
}

static void describe(struct mvm_boot *b, const struct image *prog, const struct image *interp,
		     const struct placement *p, const struct layout *l,
		     const struct guest_ram *ram, const struct pagetable *pt)
{
	const struct image *first = interp->fd >= 0 ? interp : prog;
	const struct elf_image *elf = &prog->elf;

	b->ram_size = ram->present;
	b->ram_max = ram->max;
	b->free_gpa = pt->free_gpa;
	b->huge_gpa = ram->huge_from;
	b->pml4_gpa = pt->root;
	/* When the pool has moved on to a frame, the area of abi.h is used up. */
	b->pt_next = pt->end == MVM_GPA_PT + MVM_PT_MAX ? pt->next : MVM_GPA_PT + MVM_PT_MAX;
	b->app_entry = first->elf.entry + first->bias;
	b->app_main_entry = elf->entry + prog->bias;
	b->interp_base = interp->bias;
	b->app_phdr = elf->phdr ? elf->phdr + prog->bias : 0;
	b->app_phnum = elf->phnum;
	b->app_phent = elf->phent;
	b->app_bias = prog->bias;
	b->brk_start = l->brk;
	b->mmap_top = l->mmap_top;
	b->stack_top = l->stack_top;
	b->nsegments = p->npieces;
	memcpy(b->segments, p->pieces, p->npieces * sizeof(p->pieces[0]));
}

/*
 * What loader and runtime are sure to write, made present in one call a range instead of with a
 * fault a page; and a hypervisor with shadow paging maps neighbours that are present at one exit.
 * An older kernel refuses, and the faults come.
 */
static void prefault(const struct guest_ram *ram, const struct mvm_rt_header *rt, uint64_t free_gpa)
{
	const struct { uint64_t gpa, len; } used[] = {
		{ MVM_GPA_PT, 10 * MVM_PAGE_SIZE },
		{ MVM_GPA_RT_DATA, rt->data_size + rt->bss_size },

		{ free_gpa, 5 * MVM_PAGE_SIZE },
	};

	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		madvise(ram->hva + used[i].gpa, used[i].len, MADV_POPULATE_WRITE);
}

/* The dynamic linker that the program names, from the root.  path: room for its name. */
static int read_interp(const struct plan *plan, const struct handles *handles,
		       const struct image *prog, struct image *interp, char path[ELF_INTERP_MAX])
{
	int status;

	if (!IS_ENABLED(CONFIG_ROOT) || !plan->root)
		return fail(EXIT_CANNOT_RUN, "%s: is dynamically linked; %slink it statically "
			    "(mvm-cc, or -static)", prog->name, IS_ENABLED(CONFIG_ROOT) ?
			    "give it a root with its libraries (--root DIR), or " : "");
	status = image_interp(prog, path);
	if (status)
		return status;
	interp->name = path;
	status = root_open_interp(plan, handles, prog->name, path, &interp->fd);
	if (status)
		return status;
	status = image_read(interp, plan->allow_wx);
	if (!status && !interp->elf.pie)
		status = fail(EXIT_CANNOT_RUN, "%s: the dynamic linker %s is linked to a fixed "
			      "address; use one that is position-independent", prog->name, path);
	return status;
}

static int place(const struct image *prog, struct image *img, struct placement *p)
{
	if (!place_segments(&img->elf, img->bias, img->gpa, p))
		return 0;
	return fail(EXIT_CANNOT_RUN, "%s: has, together with its dynamic linker, more segments to "
		    "load than mvm accepts; link it with fewer", prog->name);
}

/* What is to be loaded where: files are read, addresses and frames chosen. */
static int arrange(const struct plan *plan, const struct handles *handles, struct image *prog,
		   struct image *interp, struct layout *layout, struct placement *p)
{
	static char path[ELF_INTERP_MAX];
	uint64_t r[2] = { 0, 0 };
	int status = image_read(prog, plan->allow_wx);

	if (!status && prog->elf.interp_len)
		status = read_interp(plan, handles, prog, interp, path);
	if (status)
		return status;
	if (!plan->no_aslr && getrandom(r, sizeof(r), 0) != sizeof(r))
		return fail(EXIT_MVM, "getrandom: the host gives no random numbers; "
			    "a kernel from 3.17 on is needed");
	choose_layout(prog, interp, r, layout);
	place_init(p);
	status = place(prog, prog, p);
	if (!status && interp->fd >= 0)
		status = place(prog, interp, p);
	return status;
}

int load(const struct plan *plan, const struct grants *grants, const struct handles *handles,
	 struct guest_ram *ram, struct loaded *out)
{
	const struct mvm_rt_header *rt = embed_header();
	struct image prog = { .name = plan->program, .fd = grants->program_fd };
	struct image interp = { .fd = -1 };
	struct placement place;
	struct pagetable pt;
	struct layout layout = { 0 };
	int status;

	if (!rt)
		return fail(EXIT_MVM, "the embedded runtime is damaged; build mvm again");
	status = arrange(plan, handles, &prog, &interp, &layout, &place);
	if (status)
		return status;
	status = make_room(plan, ram, place.frames_end + FREE_MIN);
	if (!status)
		status = image_map(&prog, ram);
	if (!status && interp.fd >= 0)
		status = image_map(&interp, ram);
	if (status)
		return status;
	prefault(ram, rt, place.frames_end);
	if (write_pagetables(&place, &layout, ram, &pt))
		return fail(EXIT_CANNOT_RUN, "%s: its segments need more page tables than memory; "
			    "raise --mem", plan->program);
	embed_place(rt, ram);
	tables_write(ram->hva, rt);
	status = boot_write(plan, grants, handles, interp.name, ram);
	if (status)
		return status;
	out->rt = rt;
	out->boot = (struct mvm_boot *)(void *)(ram->hva + MVM_GPA_BOOT);
	describe(out->boot, &prog, &interp, &place, &layout, ram, &pt);
	return 0;
}
