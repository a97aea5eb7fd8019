/* SPDX-License-Identifier: MIT */
/*
 * MVM_RESET and MVM_ZERO: nothing of a clone's past is found after them, not even what it made
 * executable; what they keep and give back; what they refuse.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

#define AREA	0x200000UL		/* what is filled: more pages than a reset keeps */
#define PAGES	1536UL
#define KEEP	1024

/* Fills n pages, resets, and looks that nothing of it is left, for the guest and for the host. */
static void fill_and_reset(struct kt_vm *c, const struct kt_vm *t, uint64_t n)
{
	struct kvm_regs before, after;

	kt_get_regs(c, &before);
	kt_set_args(c, AREA, 0, n);
	kt_run_to_port(c, 0x42);
	kt_run_to_port(c, 0x42);
	EQUAL(kt_word(c, AREA), n);
	EQUAL(kt_word(c, AREA + 4096 * (n - 1)), 1);
	EQUAL(kt_private_pages(c) >= n, 1);
	CHECK((uint64_t)IOCTL(c->vm, MVM_RESET, KEEP) >= n);
	kt_get_regs(c, &after);
	CHECK(memcmp(&before, &after, sizeof(before)) == 0);
	CHECK(memcmp(c->ram, t->ram, KT_RAM) == 0);
	kt_set_args(c, AREA, 0, 1);
	kt_run_to_port(c, 0x42);
	kt_get_regs(c, &after);
	EQUAL(after.r15, 1);
	EQUAL(after.r14, 0);			/* XMM3 is the template's, too */
	CHECK(IOCTL(c->vm, MVM_RESET, KEEP) >= 1);
}

static void reset_few(void)
{
	struct kt_vm t, c;

	KT_READY(&t, kt_fill);
	memset(t.ram + AREA + 0x2000, 0x99, 4096);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	for (int i = 0; i < 3; i++)
		fill_and_reset(&c, &t, 16);
}

static void reset_many(void)
{
	struct kt_vm t, c;

	KT_READY(&t, kt_fill);
	memset(t.ram + AREA + 0x2000, 0x99, 4096);
	memset(t.ram + AREA + 0x4c0000, 0x99, 8192);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	for (int i = 0; i < 3; i++) {
		fill_and_reset(&c, &t, PAGES);
		CHECK(kt_private_pages(&c) < PAGES);
	}
	/* And without the host's mapping in the way. */
	munmap(c.ram, KT_RAM);
	kt_set_args(&c, AREA, 0, PAGES);
	kt_run_to_port(&c, 0x42);
	CHECK(IOCTL(c.vm, MVM_RESET, KEEP) >= 1);
	c.ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, c.vm, 0);
	CHECK(memcmp(c.ram, t.ram, KT_RAM) == 0);
}

/* The guest's own page tables go back as well, and so does what the processor knows of them. */
static void reset_tables(void)
{
	uint64_t pte, other = KT_LARGE | KT_PTE_P | KT_PTE_W | KT_PTE_U;
	struct kt_vm t, c;

	KT_READY(&t, kt_swap);
	memcpy(t.ram + KT_LARGE, &(uint32_t){ 0x7777 }, 4);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	for (int i = 0; i < 4; i++) {
		memcpy(c.ram + KT_PT + 8 * (KT_DATA >> 12), &other, 8);
		kt_run_to_port(&c, 0x40);
		EQUAL(kt_value(&c), 0x7777);
		CHECK(IOCTL(c.vm, MVM_RESET, KEEP) >= 1);
		memcpy(&pte, c.ram + KT_PT + 8 * (KT_DATA >> 12), 8);
		EQUAL(pte & ~0xfffUL, KT_DATA);
		kt_run_to_port(&c, 0x40);
		EQUAL(kt_value(&c), 0x1111);
		CHECK(IOCTL(c.vm, MVM_RESET, KEEP) >= 1);
	}
}

/* How many stay is the caller's to say; with any of them memory is the template's. */
static void keep(void)
{
	static const unsigned long keeps[] = { 0, 1, 7, 100, ~0UL };
	struct kt_vm t, c;

	KT_READY(&t, kt_fill);
	memset(t.ram + AREA + 0x2000, 0x99, 4096);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	for (unsigned int i = 0; i < sizeof(keeps) / sizeof(*keeps); i++) {
		uint64_t before, kept = keeps[i];

		kt_set_args(&c, AREA, 0, 64);
		kt_run_to_port(&c, 0x42);
		before = kt_private_pages(&c);
		CHECK(before >= 64);
		EQUAL(IOCTL(c.vm, MVM_RESET, keeps[i]), before);
		EQUAL(kt_private_pages(&c), kept < before ? kept : before);
		CHECK(memcmp(c.ram, t.ram, KT_RAM) == 0);
	}
}

static long zero(const struct kt_vm *v, uint64_t gpa, uint64_t size)
{
	const struct mvm_range r = { gpa, size };

	return IOCTL(v->vm, MVM_ZERO, &r);
}

static bool is_zero(const struct kt_vm *v, uint64_t gpa, uint64_t size)
{
	for (uint64_t i = 0; i < size; i += 4)
		if (kt_word(v, gpa + i))
			return false;
	return true;
}

/* What the clone wrote and what it has of the template, for the guest and for the host. */
static void zeros(void)
{
	struct kt_vm t, c;
	uint64_t before;

	KT_READY(&t, kt_swap);
	memset(t.ram + AREA + 0x2000, 0x99, 8192);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	for (int i = 0; i < 3; i++) {
		before = kt_private_pages(&c);
		memset(c.ram + AREA, 0x55, 0x10000);
		kt_set_args(&c, AREA + 0x2000, 0x66, 0);
		kt_run_to_port(&c, 0x40);
		kt_run_to_port(&c, 0x41);
		EQUAL(zero(&c, AREA, 0x8000), 0);
		CHECK(is_zero(&c, AREA, 0x8000));
		EQUAL(kt_word(&c, AREA + 0x8000), 0x55555555);
		kt_run_to_port(&c, 0x40);
		EQUAL(kt_value(&c), 0);
		/* Eight pages are zero: two of them, and those not asked for, are its own. */
		CHECK(kt_private_pages(&c) >= 10 && kt_private_pages(&c) < before + 16);
		/* Memory that nobody has touched costs nothing. */
		before = kt_private_pages(&c);
		EQUAL(zero(&c, KT_LARGE, 0x200000), 0);
		EQUAL(kt_private_pages(&c), before);
		CHECK(IOCTL(c.vm, MVM_RESET, KEEP) >= 10);
		EQUAL(kt_word(&c, AREA + 0x2000), 0x99999999);
		CHECK(memcmp(c.ram, t.ram, KT_RAM) == 0);
	}
}

KT_GUEST(spin, "1: incl (%rdi); jmp 1b");

static void *run_for_ever(void *arg)
{
	kt_run(arg);
	return NULL;
}

static void zero_refused(void)
{
	struct kt_vm t, c;
	pthread_t thread;

	KT_READY(&t, kt_swap);
	EQUAL(zero(&t, 0, 4096), -EINVAL);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	EQUAL(zero(&t, 0, 4096), -EINVAL);
	memcpy(t.ram + KT_CODE, spin, (size_t)(spin_end - spin));
	kt_clone(&c, &t);
	EQUAL(zero(&c, 0, 0), -EINVAL);
	EQUAL(zero(&c, 1, 4096), -EINVAL);
	EQUAL(zero(&c, 0, 4095), -EINVAL);
	EQUAL(zero(&c, KT_RAM, 4096), -EINVAL);
	EQUAL(zero(&c, KT_RAM - 4096, 8192), -EINVAL);
	EQUAL(zero(&c, 0, ~0UL & ~4095UL), -EINVAL);
	EQUAL(zero(&c, ~0UL & ~4095UL, 8192), -EINVAL);
	EQUAL(IOCTL(c.vm, MVM_ZERO, 0x1000), -EFAULT);
	EQUAL(IOCTL(c.vm, MVM_ZERO, kt_edge(8)), -EFAULT);
	kt_complete(&c);
	memcpy(c.ram + KT_CODE, spin, (size_t)(spin_end - spin));
	kt_set_regs(&c, &(struct kvm_regs){ .rip = KT_CODE, .rflags = 0x3202, .rdi = KT_LARGE });
	EQUAL(pthread_create(&thread, NULL, run_for_ever, &c), 0);
	while (!kt_word(&c, KT_LARGE))
		usleep(1000);
	EQUAL(zero(&c, AREA, 4096), -EBUSY);
}

static long set_exec(const struct kt_vm *v, uint64_t gpa, uint64_t size, uint32_t mode)
{
	const struct mvm_exec e = { gpa, size, mode, 0 };

	return IOCTL(v->vm, MVM_SET_EXEC, &e);
}

/* What a clone made executable is not after a reset, and never was in another. */
static void exec(void)
{
	struct kvm_regs r;
	struct kt_vm t, c, d;

	KT_READY(&t, kt_swap);
	if (kt_cap(t.dev, MVM_CAP_MEM_EXEC) <= 0)
		SKIP("no MVM_CAP_MEM_EXEC");
	EQUAL(set_exec(&t, 0, KT_RAM, MVM_EXEC_NX), 0);
	EQUAL(set_exec(&t, KT_CODE, 4096, MVM_EXEC_RX), 0);
	memcpy(t.ram + KT_LARGE, kt_swap, (size_t)(kt_swap_end - kt_swap));
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	kt_clone(&d, &t);
	for (int i = 0; i < 3; i++) {
		kt_run_to_port(&c, 0x40);
		EQUAL(set_exec(&c, KT_LARGE, 4096, MVM_EXEC_RWX), 0);
		EQUAL(set_exec(&c, KT_CODE, 4096, MVM_EXEC_NX), 0);
		kt_complete(&c);
		kt_get_regs(&c, &r);
		r.rip = KT_LARGE;
		kt_set_regs(&c, &r);
		kt_run_to_port(&c, 0x3f);
		kt_complete(&c);
		r.rip = KT_CODE;
		kt_set_regs(&c, &r);
		kt_run_to_nomem(&c, KT_CODE);
		CHECK(IOCTL(c.vm, MVM_RESET, i ? KEEP : 0) >= 0);
		kt_run_to_port(&c, 0x40);
		kt_complete(&c);
		kt_get_regs(&c, &r);
		r.rip = KT_LARGE;
		kt_set_regs(&c, &r);
		kt_run_to_nomem(&c, KT_LARGE);
		CHECK(IOCTL(c.vm, MVM_RESET, KEEP) >= 0);
	}
	/* Nor can what it may execute be written. */
	kt_set_args(&c, KT_CODE, 0, 0);
	kt_run_to_port(&c, 0x40);
	kt_run_to_nomem(&c, KT_CODE);
	kt_run_to_port(&d, 0x40);
	kt_complete(&d);
	kt_get_regs(&d, &r);
	r.rip = KT_LARGE;
	kt_set_regs(&d, &r);
	kt_run_to_nomem(&d, KT_LARGE);
}

static const struct kt_test tests[] = {
	{ "reset_few", reset_few, 0 },
	{ "reset_many", reset_many, 0 },
	{ "reset_tables", reset_tables, 0 },
	{ "keep", keep, 0 },
	{ "zero", zeros, 0 },
	{ "zero_refused", zero_refused, 0 },
	{ "exec", exec, 0 },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/clone", tests, sizeof(tests) / sizeof(*tests));
}
