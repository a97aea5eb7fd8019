/* SPDX-License-Identifier: MIT */
/*
 * Memory in large pages: mapped as such, split where the dirty log, execute permission or the host
 * wants it finer, and what the guest sees while the host changes a part of one.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

#define GPA	0x40000000UL		/* the guest has it at KT_LARGE */
#define SIZE	0x400000UL
#define PAGES	(SIZE / 4096)

/* For ever: rcx pages from rdi on, r8d added to the word at the start of each; out (0x42). */
KT_GUEST(add, "1: mov %rdi, %rax; mov %rcx, %rbx; 2: add %r8d, (%rax); add $4096, %rax; dec %rbx;"
	 "jnz 2b; mov $0x42, %dx; out %eax, (%dx); jmp 1b");
/* For ever: without an exit. */
KT_GUEST(add_on, "1: mov %rdi, %rax; mov %rcx, %rbx; 2: add %r8d, (%rax); add $4096, %rax;"
	 "dec %rbx; jnz 2b; jmp 1b");

static uint8_t *memory;

static void start(struct kt_vm *v)
{
	uint64_t pde = GPA | KT_PTE_P | KT_PTE_W | KT_PTE_U | KT_PTE_PS;
	uint8_t *m;

	kt_start(v, 3);
	m = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(m != MAP_FAILED);
	memory = (uint8_t *)(((uintptr_t)m + 0x1fffff) & ~0x1fffffUL);
	madvise(memory, SIZE, MADV_HUGEPAGE);
	for (unsigned int i = 0; i < PAGES; i++)
		memcpy(memory + 4096 * i, &(uint32_t){ 1000 * i }, 4);
	EQUAL(kt_slot(v->vm, 1, 0, GPA, SIZE, memory), 0);
	for (uint64_t i = 0; i < SIZE >> 21; i++, pde += 1UL << 21)
		memcpy(v->ram + KT_PD + 8 * ((KT_LARGE >> 21) + i), &pde, 8);
	kt_code(v, add);
}

static void set(struct kt_vm *v, unsigned int first, unsigned int n, uint32_t addend)
{
	kt_set_regs(v, &(struct kvm_regs){ .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202,
		.rdi = KT_LARGE + 4096UL * first, .rcx = n, .r8 = addend });
}

static void go(struct kt_vm *v, unsigned int first, unsigned int n, uint32_t addend)
{
	set(v, first, n, addend);
	kt_run_to_port(v, 0x42);
	kt_complete(v);
}

static uint32_t word(unsigned int page)
{
	return *(volatile uint32_t *)(memory + 4096UL * page);
}

static bool is_huge(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end, kib;
	bool here = false, huge = false;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (uintptr_t)memory && (uintptr_t)memory < end;
		if (here && sscanf(line, "AnonHugePages: %lu kB", &kib) == 1)
			huge = kib >= SIZE / 1024;
	}
	return huge;
}

static uint64_t fills(struct kt_vm *v)
{
	struct mvm_stats s = { .size = sizeof(s) };

	EQUAL(IOCTL(v->vm, MVM_GET_STATS, &s), 0);
	return s.fills;
}

static void few_fills(void)
{
	struct kt_vm v;
	uint64_t before;

	start(&v);
	if (!kt_is_mvm(v.dev) || kt_cap(v.dev, MVM_CAP_ENGINE) != 1)
		SKIP("not /dev/mvm with EPT");
	if (!is_huge())
		SKIP("the host has no large page to give");
	go(&v, 0, 1, 1);
	before = fills(&v);
	if (!before)
		SKIP("no statistics");
	go(&v, 0, PAGES, 1);
	if (fills(&v) - before > 8)
		FAIL("%llu fills for %lu pages of memory in large pages",
		     (unsigned long long)(fills(&v) - before), PAGES);
	for (unsigned int i = 0; i < PAGES; i++)
		EQUAL(word(i), 1000 * i + 1 + !i);
}

static void get_log(struct kt_vm *v, uint64_t *bits)
{
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = bits };

	EQUAL(IOCTL(v->vm, KVM_GET_DIRTY_LOG, &log), 0);
}

static void expect_dirty(struct kt_vm *v, unsigned int a, unsigned int b)
{
	uint64_t bits[PAGES / 64];

	get_log(v, bits);
	for (unsigned int i = 0; i < PAGES; i++) {
		bool dirty = bits[i / 64] >> i % 64 & 1;

		if (dirty != (i == a || i == b))
			FAIL("page %u is %s", i, dirty ? "dirty" : "not dirty");
	}
}

static void dirty_log(void)
{
	struct kt_vm v;

	start(&v);
	go(&v, 0, PAGES, 1);
	EQUAL(kt_slot(v.vm, 1, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, memory), 0);
	expect_dirty(&v, PAGES, PAGES);
	go(&v, 5, 1, 1);
	go(&v, 700, 1, 1);
	expect_dirty(&v, 5, 700);
	expect_dirty(&v, PAGES, PAGES);
	go(&v, 5, 1, 1);
	go(&v, 5, 1, 1);
	expect_dirty(&v, 5, 5);
	/* A read is not a write, though the first to its page. */
	EQUAL(kt_slot(v.vm, 1, 0, GPA, SIZE, memory), 0);
	go(&v, 0, PAGES, 1);
	EQUAL(kt_slot(v.vm, 1, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, memory), 0);
	go(&v, 511, 2, 1);
	expect_dirty(&v, 511, 512);
	for (unsigned int i = 0; i < PAGES; i++)
		EQUAL(word(i), 1000 * i + 2 + (i == 700 || i == 511 || i == 512) + 3 * (i == 5));
}

static void exec_split(void)
{
	struct mvm_exec nx = { GPA + 7 * 4096, 4096, MVM_EXEC_NX, 0 };
	struct mvm_exec rx = { GPA + 9 * 4096, 2 * 4096, MVM_EXEC_RX, 0 };
	struct kt_vm v;

	start(&v);
	if (kt_cap(v.dev, MVM_CAP_MEM_EXEC) <= 0)
		SKIP("no MVM_CAP_MEM_EXEC");
	go(&v, 0, PAGES, 1);
	EQUAL(IOCTL(v.vm, MVM_SET_EXEC, &nx), 0);
	EQUAL(IOCTL(v.vm, MVM_SET_EXEC, &rx), 0);
	go(&v, 0, 9, 1);
	go(&v, 11, PAGES - 11, 1);
	set(&v, 10, 1, 1);
	kt_run_to_nomem(&v, GPA + 10 * 4096);
	EQUAL(word(10), 10001);
	memory[7 * 4096] = 0xf4;
	kt_set_regs(&v, &(struct kvm_regs){ .rip = KT_LARGE + 7 * 4096, .rflags = 0x3002 });
	kt_run_to_nomem(&v, GPA + 7 * 4096);
	nx.mode = rx.mode = MVM_EXEC_RWX;
	EQUAL(IOCTL(v.vm, MVM_SET_EXEC, &nx), 0);
	EQUAL(IOCTL(v.vm, MVM_SET_EXEC, &rx), 0);
	go(&v, 8, 3, 1);
	EQUAL(word(10), 10002);
}

static void part_of_it(void)
{
	struct kt_vm v;

	start(&v);
	go(&v, 0, PAGES, 1);
	/* Emptied in the middle, and one page replaced. */
	EQUAL(madvise(memory + 100 * 4096, 50 * 4096, MADV_DONTNEED), 0);
	CHECK(mmap(memory + 600 * 4096, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	go(&v, 0, PAGES, 1);
	for (unsigned int i = 0; i < PAGES; i++)
		EQUAL(word(i), (i >= 100 && i < 150) || i == 600 ? 1 : 1000 * i + 2);
	/* Gathered into a large page again (MADV_COLLAPSE, where there is one). */
	madvise(memory, SIZE / 2, 25);
	go(&v, 0, PAGES, 1);
	for (unsigned int i = 0; i < PAGES; i++)
		EQUAL(word(i), (i >= 100 && i < 150) || i == 600 ? 2 : 1000 * i + 3);
}

static void forked(void)
{
	struct kt_vm v;
	int status;
	pid_t pid;
	int p[2];

	start(&v);
	go(&v, 0, PAGES, 1);
	CHECK(pipe(p) == 0);
	pid = fork();
	if (!pid) {
		char c;

		CHECK(read(p[0], &c, 1) == 1);
		for (unsigned int i = 0; i < PAGES; i++)
			EQUAL(word(i), 1000 * i + 1);
		_exit(0);
	}
	go(&v, 0, PAGES, 1);
	CHECK(write(p[1], "", 1) == 1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	for (unsigned int i = 0; i < PAGES; i++)
		EQUAL(word(i), 1000 * i + 2);
}

/* ---- while it runs ---- */

static void *run_for_ever(void *arg)
{
	struct kt_vm *v = arg;
	long r = kt_run(v);

	FAIL("KVM_RUN: %ld, left with %s", r, kt_exit_name(v));
	return NULL;
}

/*
 * The guest adds 1 to a page without end.  Whatever the host does to the memory, a number that it
 * saw never gets smaller but where the host emptied the page itself.
 */
static void storm(void)
{
	unsigned int rounds = kt_in_lab() ? 20 : 400, pages = kt_in_lab() ? 64 : PAGES;
	uint32_t last[PAGES] = { 0 };
	pthread_t thread;
	struct kt_vm v;

	start(&v);
	kt_code(&v, add_on);
	set(&v, 0, pages, 1);
	EQUAL(pthread_create(&thread, NULL, run_for_ever, &v), 0);
	for (unsigned int round = 0; round < rounds; round++) {
		unsigned int page = round * 37 % pages;
		pid_t pid;
		int status;

		switch (round % 5) {
		case 0:
			EQUAL(mprotect(memory + 4096UL * page, 4096, PROT_READ | PROT_WRITE |
				       PROT_EXEC), 0);
			break;
		case 1:
			EQUAL(madvise(memory + 4096UL * page, 4096, MADV_DONTNEED), 0);
			last[page] = 0;
			break;
		case 2:
			pid = fork();
			if (!pid)
				_exit(0);
			CHECK(waitpid(pid, &status, 0) == pid);
			break;
		case 3:
			EQUAL(kt_slot(v.vm, 1, round % 2 ? KVM_MEM_LOG_DIRTY_PAGES : 0, GPA, SIZE,
				      memory), 0);
			break;
		case 4:
			madvise(memory + (page / 512 << 21), 1UL << 21, 25);
			break;
		}
		usleep(500);
		for (unsigned int i = 0; i < pages; i++) {
			uint32_t now = word(i);

			if (now < last[i])
				FAIL("round %u: page %u from %u to %u", round, i, last[i], now);
			last[i] = now;
		}
	}
	for (unsigned int i = 0, n = 0; i < pages; n++) {
		if (word(i) != last[i])
			i++;
		else
			usleep(100);
		CHECK(n < 4000);
	}
}

static const struct kt_test tests[] = {
	{ "few_fills", few_fills, 0 },
	{ "dirty_log", dirty_log, 0 },
	{ "exec_split", exec_split, 0 },
	{ "part_of_it", part_of_it, 0 },
	{ "forked", forked, 0 },
	{ "storm", storm, 0 },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/huge", tests, sizeof(tests) / sizeof(*tests));
}
