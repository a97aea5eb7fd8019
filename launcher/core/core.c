/* SPDX-License-Identifier: MIT */
/*
 * Writes a core dump: the headers last, when it is known what has a place.  Memory that is zero, or
 * that was never touched, is a hole in the file.  What does not fit into the limit is described,
 * but has no contents.
 */
#include "core.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "core_int.h"
#include "kvm.h"
#include "msg.h"
#include "zero.h"

#define SEGMENTS_MAX	16384U		/* program headers; the format allows 65534 */
#define HOLE_MAX	(1UL << 20)	/* bytes that are not there, inside a segment */
#define STEPS		(4UL << 20)	/* through page tables, besides those to each page, twice */
#define SIGNAL_OF_VM	SIGKILL		/* what a VM that cannot go on is said to have died of */

static Elf64_Phdr segments[1 + SEGMENTS_MAX];	/* the first is that of the notes */
static unsigned int nsegments;
static uint64_t file_end;
static uint64_t left_out;		/* bytes that there is no room for */

/* signal(7), action "Core" */
static bool leaves_core(int signo)
{
	static const int signals[] = { SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGSYS,
				       SIGTRAP, SIGXCPU, SIGXFSZ };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i] == signo)
			return true;
	return signo < 0;
}

/* ---- Memory --------------------------------------------------------------------------------- */

/*
 * Page tables may show one frame in many places, and go round: steps through them are counted, and
 * when there have been as many as an honest guest could need, nothing more is there.  The file gets
 * as many pages as the guest has.
 */
static uint64_t steps_left, pages_left;

static bool step(const struct guest *g, uint64_t va, struct guest_piece *p, uint64_t *next)
{
	if (steps_left) {
		steps_left--;
		return guest_piece(g, va, p, next);
	}
	*next = 0;
	return false;
}

/* Contents of [va, va + len), which have their place in the file from off on. */
static void put_memory(const struct guest *g, uint64_t va, uint64_t len, uint64_t off)
{
	struct guest_piece p;
	uint64_t next, n;

	for (uint64_t done = 0; done < len && !core_file_error(); done += n) {
		n = MVM_PAGE_SIZE;
		if (!step(g, va + done, &p, &next)) {
			n = next && next - va < len ? next - va - done : len - done;
			continue;
		}
		if (all_zero(p.host, n))
			continue;
		if (pages_left) {
			pages_left--;
			core_file_put(p.host, n, off + done);
		} else {
			left_out += n;
		}
	}
}

/* Is there memory at va?  *end: where, behind va, that is no longer so; max at most. */
static bool look(const struct guest *g, uint64_t va, uint64_t max, uint64_t *end)
{
	struct guest_piece p;
	uint64_t next;
	bool present = step(g, va, &p, &next);

	*end = va;
	do {
		*end = present ? *end + p.len : next;
		if (!*end || *end >= max) {
			*end = max;
			break;
		}
	} while (step(g, *end, &p, &next) == present);
	return present;
}

static void add_segment(const struct core_map *m, uint64_t start, uint64_t end, bool contents,
			uint64_t limit)
{
	uint64_t len = end - start;
	bool fits = !limit || (file_end < limit && len <= limit - file_end);

	if (nsegments == SEGMENTS_MAX) {
		left_out += len;
		return;
	}
	if (contents && !fits)
		left_out += len;
	segments[1 + nsegments++] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_vaddr = start, .p_memsz = len, .p_align = MVM_PAGE_SIZE,
		.p_filesz = contents && fits ? len : 0, .p_offset = file_end,
		.p_flags = (m->prot & MVM_PROT_READ ? PF_R : 0) |
			   (m->prot & MVM_PROT_WRITE ? PF_W : 0) |
			   (m->prot & MVM_PROT_EXEC ? PF_X : 0),
	};
	if (contents && fits)
		file_end += len;
}

/*
 * What a file's mapping has not populated is the file's, which the debugger can read itself: a
 * segment without contents.  What memory of no file has not is zero: a hole, or such a segment
 * where it is large.
 */
static void plan_map(const struct guest *g, const struct core_map *m, uint64_t limit)
{
	uint64_t from = m->start, end, next, hole;
	bool present = look(g, from, m->end, &end), more;

	while (end < m->end) {
		more = look(g, end, m->end, &next);
		hole = more ? present ? 0 : end - from : next - end;
		if (m->name || hole >= HOLE_MAX) {
			add_segment(m, from, end, present, limit);
			from = end;
			present = more;
		} else {
			present |= more;
		}
		end = next;
	}
	add_segment(m, from, end, present, limit);
}

/* The runtime's text and data: for who debugs it, and the threads' registers are there. */
static void plan_runtime(const struct guest *g, uint64_t limit)
{
	const struct core_map text = {
		.start = MVM_VA_RT_TEXT, .end = MVM_VA_RT_TEXT + MVM_RT_TEXT_MAX,
		.prot = MVM_PROT_READ | MVM_PROT_EXEC,
	};
	const struct core_map data = {
		.start = MVM_VA_RT_LOW, .end = MVM_VA_RT_LOW + MVM_LARGE_SIZE,
		.prot = MVM_PROT_READ | MVM_PROT_WRITE,
	};

	plan_map(g, &text, limit);
	plan_map(g, &data, limit);
}

/* ---- Headers -------------------------------------------------------------------------------- */

static void put_headers(uint64_t notes_off, uint64_t notes_len)
{
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_phoff = sizeof(eh), .e_ehsize = sizeof(eh), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)(1 + nsegments),
	};

	segments[0] = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = notes_off, .p_filesz = notes_len, .p_align = 4,
	};
	core_file_put(&eh, sizeof(eh), 0);
	core_file_put(segments, (1 + nsegments) * sizeof(segments[0]), sizeof(eh));
}

static uint64_t page_up(uint64_t n)
{
	return (n + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);
}

/*
 * Segments get their places before the notes are written, so there must be room in front of them:
 * places count from 0 at first, and are moved behind the notes then.
 */
static void write_all(const struct run *r, const struct mvm_debug *d, const struct mvm_regs *regs,
		      int signo)
{
	const struct guest *g = &r->guest;
	uint64_t limit = r->plan->core_limit, notes_off, notes_len, base;

	pages_left = g->ram->present / MVM_PAGE_SIZE;
	steps_left = STEPS + 3 * (g->ram->present / MVM_PAGE_SIZE);
	core_maps_read(g, d);
	for (unsigned int i = 0; i < core_maps.n; i++)
		plan_map(g, &core_maps.map[i], limit);
	plan_runtime(g, limit);
	notes_off = sizeof(Elf64_Ehdr) + (1 + nsegments) * sizeof(Elf64_Phdr);
	notes_len = core_notes_write(r, d, regs, signo, notes_off);
	base = page_up(notes_off + notes_len);
	for (unsigned int i = 1; i <= nsegments; i++) {
		segments[i].p_offset += base;
		if (segments[i].p_filesz)
			put_memory(g, segments[i].p_vaddr, segments[i].p_filesz,
				   segments[i].p_offset);
	}
	put_headers(notes_off, notes_len);
	file_end += base;
}

/* ---- The whole ------------------------------------------------------------------------------ */

/* Of a VM that has stopped anywhere: what the device says. */
static void vm_regs(const struct run *r, struct mvm_regs *out)
{
	struct kvm_regs k;

	*out = (struct mvm_regs){
		.orig_rax = UINT64_MAX, .cs = MVM_SEL_USER_CS, .ss = MVM_SEL_USER_DS,
	};
	if (kvm_get_regs(r->vm->vcpu_fd, &k))
		return;
	out->r15 = k.r15, out->r14 = k.r14, out->r13 = k.r13, out->r12 = k.r12;
	out->rbp = k.rbp, out->rbx = k.rbx, out->r11 = k.r11, out->r10 = k.r10;
	out->r9 = k.r9, out->r8 = k.r8, out->rax = k.rax, out->rcx = k.rcx;
	out->rdx = k.rdx, out->rsi = k.rsi, out->rdi = k.rdi;
	out->rip = k.rip, out->rflags = k.rflags, out->rsp = k.rsp;
}

static void report(int err)
{
	if (err)
		warn("--core: %s cannot be written: %s; nothing of it is left behind",
		     core_file_path(), strerror(-err));
	else if (left_out)
		warn("--core: wrote %s without %llu KiB of memory, for which there is no room",
		     core_file_path(), (unsigned long long)(left_out >> 10));
	else
		warn("--core: wrote %s", core_file_path());
}

void core_write(const struct run *r, int signo)
{
	struct mvm_regs regs = { .rip = 0 };
	struct mvm_debug d;
	bool told = guest_debug(&r->guest, &d);

	if (!r->plan->core || !leaves_core(signo))
		return;
	if (signo < 0 || !told || d.why != MVM_STOP_CRASH)
		vm_regs(r, &regs);
	write_all(r, told ? &d : NULL, &regs, signo < 0 ? SIGNAL_OF_VM : signo);
	report(core_file_finish(file_end));
}
