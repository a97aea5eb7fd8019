/* SPDX-License-Identifier: MIT */
/*
 * The address space against a simple model, page by page: random calls from a seed, then what
 * the page tables, the TLB and the memory say.  Each configuration runs in a process of its own,
 * because the runtime is never started twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "mm/mm.h"
#include "mm_fake.h"

#define PG		4096UL
#define NPAGES		(1U << 22)
#define MAX_MAPPED	40000U
#define WINDOW		0x700000000000UL	/* where MAP_FIXED goes */
#define WINDOW_PAGES	16384U

static u64 seed;

static u64 rnd(u64 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

#define FAIL(...) do { fprintf(stderr, __VA_ARGS__); fputc('\n', stderr); abort(); } while (0)

/* ---- the model: every page that was ever mapped ---- */

static struct page {
	u64 va;			/* 0: slot free */
	u32 val;		/* stamp; 0: as at first */
	u32 off;		/* file page + 1; 0: anonymous */
	u8 mapped, prot;
} *pages;

static u32 npages, nmapped;

static struct page *look(u64 va)
{
	u32 i = (u32)((va >> 12) * 0x9e3779b97f4a7c15UL >> 42) % NPAGES;

	while (pages[i].va && pages[i].va != va)
		i = (i + 1) % NPAGES;
	return &pages[i];
}

static void model_map(u64 va, u64 n, u32 prot, u32 off)
{
	for (u64 i = 0; i < n; i++) {
		struct page *p = look(va + i * PG);

		if (!p->va && ++npages > NPAGES / 2)
			FAIL("model too small");
		nmapped += !p->mapped;
		*p = (struct page){ .va = va + i * PG, .mapped = 1, .prot = (u8)prot,
				    .off = off ? off + (u32)i : 0 };
	}
}

static void model_unmap(u64 va, u64 n)
{
	for (u64 i = 0; i < n; i++) {
		struct page *p = look(va + i * PG);

		nmapped -= p->va && p->mapped;
		p->mapped = 0;
	}
}

static bool model_all(u64 va, u64 n)
{
	for (u64 i = 0; i < n; i++)
		if (!look(va + i * PG)->mapped)
			return false;
	return true;
}

static bool contents_ok(const struct page *m, const u8 *p)
{
	u64 stamp = m->val ? (u64)m->val << 32 | (u32)(m->val * 7) : 0;

	if (m->val)
		return !memcmp(p + 16, &stamp, 8) && !memcmp(p + 4088, &stamp, 8);
	for (u32 i = 0; i < PG; i += m->off ? 61 : 8) {
		u64 at = (m->off - 1UL) * PG + i;

		if (m->off && p[i] != (at < FAKE_FILE_SIZE ? fake_file_byte(FAKE_FD, at) : 0))
			return false;
		if (!m->off && *(const u64 *)(p + i))
			return false;
	}
	return true;
}

/* A page of a mapping that its file does not reach. */
static bool beyond(const struct page *m)
{
	return m->off && (m->off - 1UL) * PG >= FAKE_FILE_SIZE;
}

static void check_page(u64 va)
{
	const struct page *m = look(va);
	void *p = NULL;
	u32 prot = fake_prot(va, &p);

	if (!m->va) {
		/* A hole that was never used may be accessible, as zeros. */
		struct page zero = { 0 };

		if (prot && (prot & MVM_PROT_EXEC || !contents_ok(&zero, p)))
			FAIL("%#lx: hole with prot %u", va, prot);
		return;
	}
	if (!m->mapped || !m->prot) {
		if (prot)
			FAIL("%#lx: accessible (%u), but %s", va, prot,
			     m->mapped ? "PROT_NONE" : "unmapped");
		return;
	}
	if (prot && prot != (MVM_PROT_READ | m->prot))
		FAIL("%#lx: prot %u, expected %u", va, prot, m->prot);
	if (prot && beyond(m))
		FAIL("%#lx: accessible, but behind the end of the file", va);
	if (!prot && !beyond(m) && (m->val || rnd(4) == 0)) {
		p = fake_access(va, MVM_PROT_READ);
		if (!p)
			FAIL("%#lx: fault, but mapped %u", va, m->prot);
		p = (void *)((u64)p & ~(PG - 1));
	}
	if (p && !contents_ok(m, p))
		FAIL("%#lx: wrong contents, expected val %u file page %u", va, m->val, m->off);
}

static void check_all(void)
{
	for (u32 i = 0; i < NPAGES; i++)
		if (pages[i].va)
			check_page(pages[i].va);
}

/* ---- random targets ---- */

static struct { u64 va, n; } region[256];
static u32 nregions;

static void remember(u64 va, u64 n)
{
	u32 i = nregions < 256 ? nregions++ : (u32)rnd(256);

	region[i].va = va;
	region[i].n = n;
}

static u64 brk0, brk_pages;

/* A part of something that was mapped once. */
static bool pick(u64 *va, u64 *n)
{
	u64 i, from;

	if (!nregions)
		return false;
	i = rnd(nregions);
	if (brk_pages && rnd(10) == 0) {
		*va = brk0;
		*n = brk_pages;
	} else {
		*va = region[i].va;
		*n = region[i].n;
	}
	if (rnd(3)) {
		from = rnd(*n);
		*va += from * PG;
		*n = 1 + rnd(*n - from);
		if (rnd(2) && *n > 8)
			*n = 1 + rnd(8);
	}
	return true;
}

static u64 random_size(void)
{
	switch (rnd(12)) {
	case 0: return 1 + rnd(3000);
	case 1: return 512 * (1 + rnd(3));
	case 2: return 100 + rnd(500);
	case 3: return 1;
	default: return 1 + rnd(40);
	}
}

static u32 random_prot(void)
{
	switch (rnd(10)) {
	case 0: return PROT_NONE;
	case 1: return PROT_READ;
	case 2: return PROT_READ | PROT_EXEC;
	default: return PROT_READ | PROT_WRITE;
	}
}

/* ---- operations ---- */

static void op_mmap(void)
{
	u64 n = random_size(), addr = 0, flags = MAP_PRIVATE | MAP_ANONYMOUS, off = 0, dummy;
	u32 prot = random_prot();
	bool file = rnd(6) == 0;
	long r;

	if (nmapped > MAX_MAPPED)
		return;
	if (file) {
		flags = MAP_PRIVATE;
		off = rnd(FAKE_FILE_SIZE / PG);
		n = MIN(n, FAKE_FILE_SIZE / PG + 3 - off);
	}
	if (rnd(12) == 0)
		flags |= MAP_NORESERVE;
	if (rnd(12) == 0)
		flags |= MAP_POPULATE;
	if (rnd(4) == 0) {
		flags |= MAP_FIXED;
		if (rnd(2) || !pick(&addr, &dummy))
			addr = WINDOW + rnd(WINDOW_PAGES) * PG;
	} else if (rnd(8) == 0) {
		addr = WINDOW + rnd(WINDOW_PAGES) * PG;
	}
	r = sys_mmap(addr, n * PG - rnd(PG), prot, flags, file ? FAKE_FD : (u64)-1, off * PG);
	if (r < 0)
		FAIL("mmap(%#lx, %lu pages): %ld", addr, n, r);
	if (flags & MAP_FIXED && (u64)r != addr)
		FAIL("MAP_FIXED went elsewhere");
	if (!(flags & MAP_FIXED))
		for (u64 i = 0; i < n; i++)
			if (look((u64)r + i * PG)->mapped)
				FAIL("mmap chose %#lx, which is mapped", (u64)r);
	model_map((u64)r, n, prot, file ? (u32)off + 1 : 0);
	remember((u64)r, n);
}

static void op_munmap(void)
{
	u64 va, n;
	long r;

	if (!pick(&va, &n))
		return;
	r = sys_munmap(va, n * PG);
	if (r)
		FAIL("munmap(%#lx, %lu): %ld", va, n, r);
	model_unmap(va, n);
}

static void op_mprotect(void)
{
	u32 prot = random_prot();
	u64 va, n, i;
	bool all;
	long r;

	if (!pick(&va, &n))
		return;
	all = model_all(va, n);
	r = sys_mprotect(va, n * PG, prot);
	if (r != (all ? 0 : -ENOMEM))
		FAIL("mprotect(%#lx, %lu, %u): %ld", va, n, prot, r);
	for (i = 0; i < n && look(va + i * PG)->mapped; i++)
		look(va + i * PG)->prot = (u8)prot;
}

static void op_mremap(void)
{
	u64 va, n, newn, to = 0, flags = rnd(5) ? MREMAP_MAYMOVE : 0;
	static struct page save[8192];
	long r;

	if (!pick(&va, &n) || nmapped > MAX_MAPPED)
		return;
	newn = rnd(3) ? 1 + rnd(n * 2) : random_size();
	if (n > 8000 || newn > 8000)
		return;
	if (rnd(4) == 0) {
		flags = MREMAP_MAYMOVE | MREMAP_FIXED;
		to = WINDOW + rnd(WINDOW_PAGES) * PG;
	}
	for (u64 i = 0; i < n; i++)
		save[i] = *look(va + i * PG);
	r = sys_mremap(va, n * PG, newn * PG, flags, to);
	if (r < 0) {
		if (r != -EFAULT && r != -ENOMEM && r != -EINVAL)
			FAIL("mremap: %ld", r);
		return;
	}
	if (to && (u64)r != to)
		FAIL("MREMAP_FIXED went elsewhere");
	if (to || (u64)r != va) {
		model_unmap(va, n);
		if (to)
			model_unmap(to, newn);
	} else if (newn < n) {
		model_unmap(va + newn * PG, n - newn);
	}
	for (u64 i = 0; i < newn; i++) {
		const struct page *s = &save[i < n ? i : n - 1];
		u32 off = s->off ? s->off + (u32)(i < n ? 0 : i - n + 1) : 0;

		if ((u64)r == va && i < n)
			continue;
		model_map((u64)r + i * PG, 1, s->prot, off);
		if (i < n)
			look((u64)r + i * PG)->val = s->val;
	}
	remember((u64)r, newn);
}

static void op_brk(void)
{
	u64 n = rnd(3) ? brk_pages + rnd(20) : rnd(1500);
	long r = sys_brk(brk0 + n * PG);
	u64 i;

	/* What MAP_FIXED put above the heap is in the way. */
	for (i = brk_pages; i <= n && n > brk_pages; i++)
		if (look(brk0 + i * PG)->mapped) {
			if ((u64)r != brk0 + brk_pages * PG)
				FAIL("brk over a mapping: %#lx", r);
			return;
		}
	if ((u64)r != brk0 + n * PG)
		FAIL("brk: %#lx", r);
	if (n > brk_pages)
		model_map(brk0 + brk_pages * PG, n - brk_pages, PROT_READ | PROT_WRITE, 0);
	else
		model_unmap(brk0 + n * PG, brk_pages - n);
	brk_pages = n;
}

static void touch_page(u64 va)
{
	struct page *m = look(va);
	u32 prot = rnd(3) ? MVM_PROT_WRITE : rnd(4) ? MVM_PROT_READ : MVM_PROT_EXEC;
	bool may = m->mapped && m->prot && (prot == MVM_PROT_READ || m->prot & prot) &&
		   !beyond(m);
	u64 stamp;
	u8 *p;

	if (!m->va)
		return;
	p = fake_access(va + rnd(PG), prot);
	if (!p != !may)
		FAIL("%#lx: access %u %s, but %s with prot %u", va, prot, p ? "works" : "faults",
		     m->mapped ? "mapped" : "unmapped", m->prot);
	if (!p)
		return;
	p = (u8 *)((u64)p & ~(PG - 1));
	if (!contents_ok(m, p))
		FAIL("%#lx: wrong contents at access, expected %u file page %u", va, m->val,
		     m->off);
	if (prot == MVM_PROT_WRITE) {
		m->val = (u32)rnd(UINT32_MAX) | 1;
		stamp = (u64)m->val << 32 | (u32)(m->val * 7);
		memcpy(p + 16, &stamp, 8);
		memcpy(p + 4088, &stamp, 8);
	}
}

static void op_touch(void)
{
	u64 va, n, k;

	if (!pick(&va, &n))
		return;
	for (k = rnd(30); k; k--)
		touch_page(va + rnd(n) * PG);
}

static void op_dontneed(void)
{
	u64 va, n, i;
	bool all;
	long r;

	if (!pick(&va, &n))
		return;
	all = model_all(va, n);
	r = sys_madvise(va, n * PG, MADV_DONTNEED);
	if (r != (all ? 0 : -ENOMEM))
		FAIL("madvise(%#lx, %lu): %ld", va, n, r);
	for (i = 0; i < n; i++)
		look(va + i * PG)->val = 0;
}

static void op_pieces(void)
{
	bool write = rnd(2);
	struct mvm_iov iov[8];
	size_t covered, done = 0;
	u64 va, n, len, i;
	int k, count;

	if (!pick(&va, &n))
		return;
	va += rnd(PG);
	len = n * PG - (va & (PG - 1));
	count = user_pieces(va, len, write, iov, 8, &covered);
	for (k = 0; k < count; k++) {
		for (i = 0; i < iov[k].len; i += MIN(PG, iov[k].len - i)) {
			const struct page *m = look((va + done + i) & ~(PG - 1));
			void *p = NULL;
			u32 prot = fake_prot(va + done + i, &p);

			if (p != (char *)MVM_VA_LINEAR + iov[k].addr.v + i ||
			    (write && !(prot & MVM_PROT_WRITE)))
				FAIL("user_pieces: wrong address for %#lx", va + done + i);
			if (m->va && (!m->mapped || !m->prot ||
				      (write && !(m->prot & MVM_PROT_WRITE))))
				FAIL("user_pieces: %#lx must not be reached", va + done + i);
		}
		done += iov[k].len;
	}
	if (covered != done || (count < 0 && count != -EFAULT))
		FAIL("user_pieces: %d, covered %zu of %zu", count, covered, done);
	if (done < len && count < 8) {
		const struct page *m = look((va + done) & ~(PG - 1));

		if (m->mapped && m->prot && !beyond(m) && (!write || m->prot & MVM_PROT_WRITE))
			FAIL("user_pieces: gave up at %#lx", va + done);
	}
}

static void check_near(void)
{
	u64 va, n;

	for (int i = 0; i < 20 && pick(&va, &n); i++) {
		check_page(va);
		check_page(va - PG);
		check_page(va + n * PG);
		check_page(va + (n - 1) * PG);
	}
}

static void run(u32 ops)
{
	static void (*const op[])(void) = {
		op_mmap, op_mmap, op_mmap, op_munmap, op_munmap, op_mprotect, op_mprotect,
		op_mremap, op_brk, op_touch, op_touch, op_touch, op_touch, op_dontneed, op_pieces,
	};

	pages = mmap(NULL, NPAGES * sizeof(*pages), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	brk0 = (u64)sys_brk(0);
	if (brk0 % PG)
		FAIL("brk starts at %#lx", brk0);
	model_map(SEG_TEXT, 3, PROT_READ | PROT_EXEC, 0);
	for (u32 i = 0; i < ops; i++) {
		u64 was = seed, which = rnd(ARRAY_SIZE(op));

		if (getenv("MM_TRACE"))
			fprintf(stderr, "op %u: %lu seed %#lx\n", i, which, was);
		op[which]();
		if (fake_tlb_stale())
			FAIL("stale translations after operation %u (%lu)", i, which);
		check_near();
		if (i % 2000 == 1999)
			check_all();
		if (i % 5000 == 4999) {
			for (u32 k = 0; k < nregions; k++) {
				sys_munmap(region[k].va, region[k].n * PG);
				model_unmap(region[k].va, region[k].n);
			}
			check_all();
		}
	}
	check_all();
}

static int in_child(const struct fake_config *c, u64 s, u32 ops)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		seed = s;
		fake_start(c);
		run(ops);
		fprintf(stderr, "seed %#lx: %lu flushes, %lu invlpg, %lu MiB grown, %lu released\n",
			s, fake_flushes, fake_invlpgs, fake_grown >> 20, fake_released >> 20);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static u32 ops_each(void)
{
	const char *e = getenv("MM_OPS");

	return e ? (u32)atoi(e) : 5000;
}

static void test_roomy(void **state)
{
	const struct fake_config c = { .ram_size = 64UL << 20, .ram_max = 4UL << 30,
				       .low = 24UL << 20 };

	(void)state;
	assert_int_equal(in_child(&c, 0x1234567, ops_each()), 0);
	assert_int_equal(in_child(&c, 0xabcdef1, ops_each()), 0);
}

/* So little memory that 2 MiB frames run out and single pages have to do. */
static void test_tight(void **state)
{
	const struct fake_config c = { .ram_size = 320UL << 20, .ram_max = 320UL << 20 };

	(void)state;
	assert_int_equal(in_child(&c, 0x777777, ops_each()), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roomy),
		cmocka_unit_test(test_tight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
