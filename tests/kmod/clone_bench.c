/* SPDX-License-Identifier: MIT */
/*
 * What a clone costs: by the TSC, which counts instructions in the vmx lab.  One line each:
 * "# what: N", with the middle of three runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

#define GPA	0x40000000UL		/* 64 MiB, at the same address for the guest */
#define SIZE	(64UL << 20)
#define RUNS	3
#define KEEP	1024			/* private pages, over a reset */

/* Ready; then for ever: a byte in each of rcx pages from rdi on; out (0x42). */
KT_GUEST(dirty, "mov $0x3f, %dx; out %eax, (%dx); 1: mov %rdi, %rax; mov %rcx, %rbx;"
	 "test %rbx, %rbx; jz 3f; 2: incb (%rax); add $4096, %rax; dec %rbx; jnz 2b;"
	 "3: mov $0x42, %dx; out %eax, (%dx); jmp 1b");

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void report_of(const char *what, uint64_t *n, unsigned int runs)
{
	qsort(n, runs, sizeof(*n), by_size);
	printf("# %s: %llu\n", what, (unsigned long long)n[runs / 2]);
	fflush(stdout);
}

static void report(const char *what, uint64_t *n)
{
	report_of(what, n, RUNS);
}

static void add_memory(struct kt_vm *v, uint8_t *m)
{
	uint64_t pte = GPA | KT_PTE_P | KT_PTE_W | KT_PTE_U | KT_PTE_PS;
	uint64_t pde = 0x30000 | KT_PTE_P | KT_PTE_W | KT_PTE_U;

	EQUAL(kt_slot(v->vm, 1, 0, GPA, SIZE, m), 0);
	memcpy(v->ram + KT_PDPT + 8, &pde, 8);
	for (uint64_t i = 0; i < SIZE >> 21; i++, pte += 1UL << 21)
		memcpy(v->ram + 0x30000 + 8 * i, &pte, 8);
	kt_code(v, dirty);
}

static uint8_t *fresh(void)
{
	uint8_t *m = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(m != MAP_FAILED);
	madvise(m, SIZE, MADV_NOHUGEPAGE);
	return m;
}

static void set_pages(struct kt_vm *v, uint64_t n)
{
	struct kvm_regs r;

	kt_get_regs(v, &r);
	r.rdi = GPA;
	r.rcx = n;
	kt_set_regs(v, &r);
}

/* A VM of its own that gets as far as a clone is at its start. */
static void from_nothing(struct kt_vm *v)
{
	kt_start(v, 3);
	add_memory(v, fresh());
	set_pages(v, 0);
	kt_run_to_port(v, 0x3f);
}

static void template(struct kt_vm *t)
{
	from_nothing(t);
	if (kt_cap(t->dev, MVM_CAP_CLONE) <= 0)
		SKIP("no MVM_CAP_CLONE");
	EQUAL(IOCTL(t->vm, MVM_FREEZE, 0), 0);
}

static void clone_of(struct kt_vm *c, const struct kt_vm *t)
{
	*c = (struct kt_vm){ .dev = t->dev, .vcpu = -1 };
	c->vm = (int)IOCTL(t->vm, MVM_CLONE, 0);
	CHECK(c->vm >= 0);
	kt_new_vcpu(c);
}

static void drop(struct kt_vm *v)
{
	munmap(v->run, v->run_size);
	close(v->vcpu);
	close(v->vm);
}

static void creation(void)
{
	uint64_t n[RUNS], start[RUNS], end[RUNS];
	struct kt_vm t, c;

	template(&t);
	for (int i = 0; i < RUNS; i++) {
		uint64_t t0 = __rdtsc(), t1;

		clone_of(&c, &t);
		t1 = __rdtsc();
		kt_run_to_port(&c, 0x42);
		start[i] = __rdtsc() - t1;
		n[i] = t1 - t0;
		t0 = __rdtsc();
		drop(&c);
		end[i] = __rdtsc() - t0;
	}
	report("clone: VM, vCPU, mapping", n);
	report("clone: first run", start);
	report("clone: closing it", end);
	for (int i = 0; i < RUNS; i++) {
		uint64_t t0 = __rdtsc();

		from_nothing(&c);
		n[i] = __rdtsc() - t0;
	}
	report("a new VM as far as the clone's start", n);
}

static void reset_of(unsigned int pages)
{
	uint64_t first[RUNS], reset[RUNS], again[RUNS];
	unsigned int runs = pages > 1000 ? 1 : RUNS;
	char name[64];
	struct kt_vm t, c;

	template(&t);
	clone_of(&c, &t);
	for (unsigned int i = 0; i < runs; i++) {
		uint64_t t0;

		drop(&c);
		t0 = __rdtsc();
		clone_of(&c, &t);
		set_pages(&c, pages);
		kt_run_to_port(&c, 0x42);
		first[i] = __rdtsc() - t0;
		t0 = __rdtsc();
		EQUAL(IOCTL(c.vm, MVM_RESET, KEEP) >= 0, 1);
		reset[i] = __rdtsc() - t0;
		t0 = __rdtsc();
		set_pages(&c, pages);
		kt_run_to_port(&c, 0x42);
		again[i] = __rdtsc() - t0;
	}
	snprintf(name, sizeof(name), "%u pages: new clone and run", pages);
	report_of(name, first, runs);
	snprintf(name, sizeof(name), "%u pages: reset", pages);
	report_of(name, reset, runs);
	snprintf(name, sizeof(name), "%u pages: run after it", pages);
	report_of(name, again, runs);
}

static void reset_16(void)	{ reset_of(16); }
static void reset_256(void)	{ reset_of(256); }
static void reset_4096(void)	{ reset_of(4096); }

/* The same pages in a VM: present in the host (a violation each), and not (a page fault, too). */
static void violations(void)
{
	uint64_t there[RUNS], fresh_page[RUNS];
	struct kt_vm v;

	for (int i = 0; i < 2 * RUNS; i++) {
		uint8_t *m = fresh();
		uint64_t t0;

		if (i < RUNS)
			for (size_t at = 0; at < SIZE / 8; at += 4096)
				m[at] = 1;
		kt_start(&v, 3);
		add_memory(&v, m);
		set_pages(&v, 1);
		kt_run_to_port(&v, 0x3f);
		kt_run_to_port(&v, 0x42);
		set_pages(&v, 257);
		t0 = __rdtsc();
		kt_run_to_port(&v, 0x42);
		(i < RUNS ? there : fresh_page)[i % RUNS] = (__rdtsc() - t0) / 256;
		munmap(m, SIZE);
		kt_end(&v);
	}
	report("EPT violation, the host has the page", there);
	report("EPT violation, a fresh page", fresh_page);
}

static const struct kt_test tests[] = {
	{ "violations", violations, 60 },
	{ "creation", creation, 60 },
	{ "reset_16", reset_16, 60 },
	{ "reset_256", reset_256, 60 },
	{ "reset_4096", reset_4096, 120 },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/clone_bench", tests, sizeof(tests) / sizeof(*tests));
}
