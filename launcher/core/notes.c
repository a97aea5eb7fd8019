/* SPDX-License-Identifier: MIT */
/*
 * The notes of a core dump: threads with their registers, what they died of, who they are, which
 * files are mapped; in the order and layout of Linux (fs/binfmt_elf.c), which debuggers read.
 */
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/procfs.h>
#include "core_int.h"

#define FPREGS_SIZE	512U		/* struct user_fpregs_struct: an FXSAVE image */
#define XCR0_OFFSET	464U		/* in it, where Linux says what the area holds */
#define AUXV_MAX	1024U
#define PROCESS_ID	2		/* every guest's */

static struct {
	uint64_t off, begin;		/* of what is in buf; of the first note */
	size_t used;
	uint8_t buf[8192];
} out;

static struct guest_thread threads[GUEST_THREADS_MAX];

static void flush(void)
{
	core_file_put(out.buf, out.used, out.off);
	out.off += out.used;
	out.used = 0;
}

static void put(const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t n; len; p += n, len -= n) {
		if (out.used == sizeof(out.buf))
			flush();
		n = len < sizeof(out.buf) - out.used ? len : sizeof(out.buf) - out.used;
		memcpy(out.buf + out.used, p, n);
		out.used += n;
	}
}

static void pad(void)
{
	static const uint8_t zero[4];

	put(zero, -(out.off + out.used - out.begin) & 3);
}

/* The head of a note of len bytes, which are put next and then padded. */
static void begin_note(const char *owner, uint32_t type, size_t len)
{
	Elf64_Nhdr n = {
		.n_namesz = (uint32_t)strlen(owner) + 1, .n_descsz = (uint32_t)len, .n_type = type,
	};

	put(&n, sizeof(n));
	put(owner, n.n_namesz);
	pad();
}

static void note(const char *owner, uint32_t type, const void *data, size_t len)
{
	begin_note(owner, type, len);
	put(data, len);
	pad();
}

/* ---- Threads -------------------------------------------------------------------------------- */

static void put_status(const struct guest_thread *t, const struct mvm_regs *r, int signo)
{
	struct elf_prstatus s;
	uint64_t *reg = (uint64_t *)(void *)s.pr_reg;

	_Static_assert(sizeof(s.pr_reg) == sizeof(*r) + 6 * sizeof(*reg), "user_regs_struct");
	memset(&s, 0, sizeof(s));
	s.pr_info.si_signo = s.pr_cursig = (short)signo;
	s.pr_sighold = t->blocked;
	s.pr_pid = t->tid;
	s.pr_pgrp = s.pr_sid = PROCESS_ID;
	s.pr_fpvalid = 1;
	memcpy(reg, r, sizeof(*r));
	reg[sizeof(*r) / sizeof(*reg)] = t->fs_base;
	reg[sizeof(*r) / sizeof(*reg) + 1] = t->gs_base;
	note("CORE", NT_PRSTATUS, &s, sizeof(s));
}

static void put_fpu(const struct guest *g, const struct mvm_debug *d, const struct guest_thread *t)
{
	struct guest_fpu f;
	uint64_t xcr0;

	guest_fpu(g, d, t, &f);
	if (!f.size)
		return;
	note("CORE", NT_FPREGSET, f.area, FPREGS_SIZE);
	if (f.size <= FPREGS_SIZE || !f.whole)
		return;
	xcr0 = f.size > 576 ? 7 : 3;		/* x87 and SSE; AVX lies behind the header */
	memcpy(f.area + XCR0_OFFSET, &xcr0, sizeof(xcr0));
	note("LINUX", NT_X86_XSTATE, f.area, f.size);
}

/* ---- The process ---------------------------------------------------------------------------- */

static void put_process(const struct run *r)
{
	const struct plan *plan = r->plan;
	const char *slash = strrchr(plan->program, '/');
	struct elf_prpsinfo p;
	size_t used = 0;

	memset(&p, 0, sizeof(p));
	p.pr_sname = 'R';
	p.pr_pid = p.pr_pgrp = p.pr_sid = PROCESS_ID;
	strncpy(p.pr_fname, slash ? slash + 1 : plan->program, sizeof(p.pr_fname) - 1);
	for (int i = 0; i < plan->argc && used < sizeof(p.pr_psargs) - 1; i++) {
		size_t n = strlen(plan->argv[i]), room = sizeof(p.pr_psargs) - 1 - used;

		memcpy(p.pr_psargs + used, plan->argv[i], n < room ? n : room);
		used += n < room ? n : room;
		if (i + 1 < plan->argc && used < sizeof(p.pr_psargs) - 1)
			p.pr_psargs[used++] = ' ';
	}
	note("CORE", NT_PRPSINFO, &p, sizeof(p));
}

static void put_auxv(const struct guest *g, const struct mvm_debug *d)
{
	uint8_t buf[AUXV_MAX];
	uint64_t len = guest_read(g, d->auxv, buf,
				  d->auxv_len < sizeof(buf) ? d->auxv_len : sizeof(buf));

	if (len)
		note("CORE", NT_AUXV, buf, len);
}

/* Count, page size, {start, end, offset in pages}, and the names one after another. */
static void put_files(void)
{
	uint64_t head[2] = { 0, MVM_PAGE_SIZE };
	size_t len = sizeof(head);

	for (unsigned int i = 0; i < core_maps.n; i++)
		if (core_maps.map[i].name) {
			head[0]++;
			len += 3 * sizeof(uint64_t) +
			       strlen(core_maps.names + core_maps.map[i].name) + 1;
		}
	if (!head[0])
		return;
	begin_note("CORE", NT_FILE, len);
	put(head, sizeof(head));
	for (unsigned int i = 0; i < core_maps.n; i++) {
		const struct core_map *m = &core_maps.map[i];
		uint64_t entry[3] = { m->start, m->end, m->off / MVM_PAGE_SIZE };

		if (m->name)
			put(entry, sizeof(entry));
	}
	for (unsigned int i = 0; i < core_maps.n; i++) {
		const char *name = core_maps.names + core_maps.map[i].name;

		if (core_maps.map[i].name)
			put(name, strlen(name) + 1);
	}
	pad();
}

/* Once, behind the first thread's registers. */
static void put_common(const struct run *r, const struct mvm_debug *d)
{
	put_process(r);
	if (d && d->why == MVM_STOP_CRASH)
		note("CORE", NT_SIGINFO, d->siginfo, sizeof(d->siginfo));
	if (d)
		put_auxv(&r->guest, d);
	put_files();
}

/* ---- All ------------------------------------------------------------------------------------ */

/* The one that has died is first: debuggers take it for the current one. */
static void first_the_running(unsigned int n)
{
	struct guest_thread t;

	for (unsigned int i = 1; i < n; i++)
		if (threads[i].running) {
			t = threads[0];
			threads[0] = threads[i];
			threads[i] = t;
		}
}

uint64_t core_notes_write(const struct run *r, const struct mvm_debug *d,
			  const struct mvm_regs *regs, int signo, uint64_t off)
{
	const struct guest *g = &r->guest;
	unsigned int n = d ? guest_threads(g, d, threads, GUEST_THREADS_MAX) : 0;

	out.off = out.begin = off;
	first_the_running(n);
	if (!n) {
		threads[0] = (struct guest_thread){ .tid = PROCESS_ID };
		put_status(&threads[0], regs, signo);
		put_common(r, d);
	}
	for (unsigned int i = 0; i < n; i++) {
		struct mvm_regs own = *regs;

		if (!threads[i].running || d->why == MVM_STOP_CRASH)
			guest_regs(g, &threads[i], &own);
		put_status(&threads[i], &own, signo);
		if (!i)
			put_common(r, d);
		put_fpu(g, d, &threads[i]);
	}
	flush();
	return out.off - off;
}
