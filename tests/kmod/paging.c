/* SPDX-License-Identifier: MIT */
/*
 * Paging as a guest's kernel uses it: accessed and dirty bits, what a flush makes visible, error
 * codes, writes to the very tables in use.  The same on every device and memory engine.
 */
#include "kt.h"

#define ALL	(KT_PTE_P | KT_PTE_W | KT_PTE_U)
#define VA	0x100000UL		/* page 256 of KT_PT: unused but for these tests */
#define VA_PTE	(KT_PT + 8 * 256)
#define PAGE_A	0x201000UL		/* two frames, in the second 2 MiB */
#define PAGE_B	0x202000UL

static void put(struct kt_vm *v, uint64_t at, uint64_t val)
{
	memcpy(v->ram + at, &val, 8);
}

static uint64_t get(struct kt_vm *v, uint64_t at)
{
	uint64_t val;

	memcpy(&val, v->ram + at, 8);
	return val;
}

/* Starts code in ring 0 with these registers; memory of the test is set before. */
static void begin(struct kt_vm *v, uint64_t rax, uint64_t rbx, uint64_t rcx)
{
	const struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_RSP0 - 0x800, .rflags = 2, .rax = rax,
				    .rbx = rbx, .rcx = rcx };

	kt_set_regs(v, &r);
}

/* Frame A at VA; A holds 0xa, B holds 0xb. */
static void start(struct kt_vm *v, uint64_t flags)
{
	kt_start(v, 0);
	put(v, PAGE_A, 0xa);
	put(v, PAGE_B, 0xb);
	put(v, VA_PTE, (PAGE_A) | flags);
}

KT_GUEST(read_write, "mov (%rbx), %rax; out %al, $0x10; mov %rcx, (%rbx); out %al, $0x11");

static void accessed_dirty(void)
{
	struct kt_vm v;

	start(&v, ALL);
	kt_code(&v, read_write);
	begin(&v, 0, VA, 0x77);
	kt_run_to_port(&v, 0x10);
	EQUAL(get(&v, VA_PTE) & 0x60, KT_PTE_A);
	EQUAL(get(&v, KT_PD) & KT_PTE_A, KT_PTE_A);
	EQUAL(get(&v, KT_PML4) & KT_PTE_A, KT_PTE_A);
	kt_run_to_port(&v, 0x11);
	EQUAL(get(&v, VA_PTE) & 0x60, KT_PTE_A | KT_PTE_D);
	EQUAL(get(&v, PAGE_A), 0x77);
	kt_end(&v);
}

/* rax: the new entry, rcx: where it is; the page is read before and after. */
KT_GUEST(remap_invlpg, "mov (%rbx), %rdx; mov %rax, (%rcx); invlpg (%rbx); mov (%rbx), %rax;"
	"out %al, $0x10");
KT_GUEST(remap_cr3, "mov (%rbx), %rdx; mov %rax, (%rcx); mov %cr3, %rdx; mov %rdx, %cr3;"
	"mov (%rbx), %rax;out %al, $0x10");
KT_GUEST(remap_pge, "mov (%rbx), %rdx; mov %rax, (%rcx); mov %cr4, %rdx; btc $7, %rdx;"
	"mov %rdx, %cr4;mov (%rbx), %rax; out %al, $0x10");

static void remap(const uint8_t *code, const uint8_t *end, uint64_t flags)
{
	struct kvm_regs r;
	struct kt_vm v;

	start(&v, flags);
	memcpy(v.ram + KT_CODE, code, (size_t)(end - code));
	/* Back and forth, so that what was cached once is there again. */
	for (int i = 0; i < 6; i++) {
		begin(&v, (i & 1 ? PAGE_A : PAGE_B) | flags, VA, VA_PTE);
		kt_run_to_port(&v, 0x10);
		kt_get_regs(&v, &r);
		EQUAL(r.rax, i & 1 ? 0xa : 0xb);
		EQUAL(r.rbx, VA);
	}
	kt_end(&v);
}

static void invlpg(void)
{
	remap(remap_invlpg, remap_invlpg_end, ALL);
	remap(remap_invlpg, remap_invlpg_end, ALL | KT_PTE_G);
}

static void cr3_load(void)
{
	remap(remap_cr3, remap_cr3_end, ALL);
}

static void global_flush(void)
{
	remap(remap_pge, remap_pge_end, ALL | KT_PTE_G);
}

/* The upper levels: entry 2 of the PD goes from one large page to another, and to a table. */
static void remap_large(void)
{
	const uint64_t pd2 = KT_PD + 16;
	struct kvm_regs r;
	struct kt_vm v;

	start(&v, ALL);
	put(&v, 0x400000, 0x4);
	put(&v, 0x600000, 0x6);
	put(&v, 0x30000, PAGE_B | ALL);
	kt_code(&v, remap_invlpg);
	begin(&v, 0x600000 | ALL | KT_PTE_PS, 0x400000, pd2);
	kt_run_to_port(&v, 0x10);
	kt_get_regs(&v, &r);
	EQUAL(r.rax, 0x6);
	begin(&v, 0x30000 | ALL, 0x400000, pd2);
	kt_run_to_port(&v, 0x10);
	kt_get_regs(&v, &r);
	EQUAL(r.rax, 0xb);
	begin(&v, 0x400000 | ALL | KT_PTE_PS, 0x400000, pd2);
	kt_run_to_port(&v, 0x10);
	kt_get_regs(&v, &r);
	EQUAL(r.rax, 0x4);
	kt_end(&v);
}

/* The PT maps itself at VA: a write goes through the entry that it changes, or a neighbour. */
KT_GUEST(self_write, "1: mov (%rbx), %rdx; mov %rdx, (%rbx); add $8, %rbx; loop 1b;"
	"out %al, $0x10");

static void own_table(void)
{
	struct kt_vm v;

	start(&v, ALL);
	put(&v, VA_PTE, KT_PT | ALL);
	kt_code(&v, self_write);
	begin(&v, 0, VA, 512);
	kt_run_to_port(&v, 0x10);
	EQUAL(get(&v, VA_PTE) & ~0x60UL, KT_PT | ALL);
	/* The same through a large page, and the PML4. */
	begin(&v, 0, KT_PML4, 512);
	kt_run_to_port(&v, 0x10);
	EQUAL(get(&v, KT_PML4) & ~0x60UL, KT_PDPT | ALL);
	kt_end(&v);
}

KT_GUEST(write_it, "mov %rcx, (%rbx); out %al, $0x10");
KT_GUEST(read_it, "mov (%rbx), %rax; out %al, $0x10");
KT_GUEST(jump_there, "jmp *%rbx");

static void expect_pf(const uint8_t *code, const uint8_t *end, unsigned int ring, uint64_t pte,
		      uint64_t error)
{
	struct kt_frame f;
	struct kvm_regs r;
	struct kvm_sregs s;
	struct kt_vm v;

	start(&v, 0);
	kt_restart(&v, ring);
	put(&v, VA_PTE, pte);
	memcpy(v.ram + KT_CODE, code, (size_t)(end - code));
	kt_get_regs(&v, &r);
	r.rbx = VA;
	kt_set_regs(&v, &r);
	kt_run_to_exception(&v, 14, &f);
	EQUAL(f.error, error);
	kt_get_sregs(&v, &s);
	EQUAL(s.cr2, VA);
	kt_end(&v);
}

static void error_codes(void)
{
	expect_pf(read_it, read_it_end, 0, 0, 0);
	expect_pf(read_it, read_it_end, 3, 0, 4);
	expect_pf(write_it, write_it_end, 0, PAGE_A | KT_PTE_P, 3);
	expect_pf(write_it, write_it_end, 3, PAGE_A | KT_PTE_P | KT_PTE_U, 7);
	expect_pf(read_it, read_it_end, 3, PAGE_A | KT_PTE_P | KT_PTE_W, 5);
	expect_pf(jump_there, jump_there_end, 0, PAGE_A | ALL | KT_PTE_NX, 0x11);
	expect_pf(read_it, read_it_end, 0, PAGE_A | ALL | 1UL << 51, 9);
	expect_pf(write_it, write_it_end, 3, PAGE_A | ALL | 1UL << 51, 0xf);
}

/* CR0.WP=0: the supervisor writes where it may not otherwise; WP=1 again: a fault. */
KT_GUEST(without_wp, "mov %cr0, %rdx; btr $16, %rdx; mov %rdx, %cr0; mov %rcx, (%rbx);"
	"mov (%rbx), %rsi;"
	"out %al, $0x10; bts $16, %rdx; mov %rdx, %cr0; mov %rcx, (%rbx); out %al, $0x11");

static void write_protect(void)
{
	for (int user = 0; user < 2; user++) {
		struct kt_frame f;
		struct kvm_regs r;
		struct kt_vm v;

		start(&v, KT_PTE_P | (user ? KT_PTE_U : 0));
		kt_code(&v, without_wp);
		begin(&v, 0, VA, 0x99);
		kt_run_to_port(&v, 0x10);
		kt_get_regs(&v, &r);
		EQUAL(r.rsi, 0x99);
		EQUAL(get(&v, VA_PTE) & 0x60, KT_PTE_A | KT_PTE_D);
		kt_run_to_exception(&v, 14, &f);
		EQUAL(f.error, 3);
		kt_end(&v);
	}
}

/* Another root, entered and left many times, while the tables change under it. */
KT_GUEST(two_roots, "mov %cr3, %r8; 1: mov %rax, %cr3; mov (%rbx), %rdx; mov %r8, %cr3;"
	"mov (%rbx), %rsi;xor $0x3000, %rdi; mov %rdi, (0x4800); loop 1b; out %al, $0x10");

static void roots(void)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_RSP0 - 0x800, .rflags = 2 };
	struct kt_vm v;

	start(&v, ALL);
	/* Both roots share all tables: 0x4800 is VA_PTE. */
	memcpy(v.ram + 0x30000, v.ram + KT_PML4, 4096);
	put(&v, 0x201000, 0xa);
	put(&v, 0x202000, 0xb);
	kt_code(&v, two_roots);
	r.rax = 0x30000;
	r.rbx = VA;
	r.rdi = 0x201000 | ALL;
	for (int i = 1; i < 40; i++) {
		r.rcx = 1;
		kt_set_regs(&v, &r);
		kt_run_to_port(&v, 0x10);
		kt_get_regs(&v, &r);
		EQUAL(r.rdx, i & 1 ? 0xa : 0xb);
		EQUAL(r.rsi, i & 1 ? 0xa : 0xb);
		r.rip = KT_CODE;
		r.rax = 0x30000;
	}
	kt_end(&v);
}

static const struct kt_test tests[] = {
	{ .name = "accessed_dirty", .run = accessed_dirty },
	{ .name = "invlpg", .run = invlpg },
	{ .name = "cr3_load", .run = cr3_load },
	{ .name = "global_flush", .run = global_flush },
	{ .name = "remap_large", .run = remap_large },
	{ .name = "own_table", .run = own_table },
	{ .name = "error_codes", .run = error_codes },
	{ .name = "write_protect", .run = write_protect },
	{ .name = "roots", .run = roots },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/paging", tests, sizeof(tests) / sizeof(tests[0]));
}
