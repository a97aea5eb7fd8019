/* SPDX-License-Identifier: MIT */
/*
 * MVM_FREEZE, MVM_CLONE, MVM_RESET: what a clone sees of its template, that nothing of one clone is
 * seen by another or after a reset, and what the calls refuse.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

#define AREA	0x200000UL		/* what is filled: more pages than a reset keeps */
#define PAGES	1536UL

/* Ready (0x3f); then for ever: what is at rdi (0x40), rsi written there (0x41). */
KT_GUEST(swap, "mov $0x3f, %dx; out %eax, (%dx); 1: mov (%rdi), %eax; mov $0x40, %dx;"
	 "out %eax, (%dx); mov %esi, (%rdi); mov $0x41, %dx; out %eax, (%dx); jmp 1b");
/* Ready; then for ever: rcx pages from rdi on get numbers, a mark goes to xmm3 and r15 (0x42). */
KT_GUEST(fill, "mov $0x3f, %dx; out %eax, (%dx); 1: mov %rdi, %rax; mov %rcx, %rbx;"
	 "2: mov %rbx, (%rax); add $4096, %rax; dec %rbx; jnz 2b; inc %r15; movq %xmm3, %r14;"
	 "movq %r15, %xmm3; mov $0x42, %dx; out %eax, (%dx); jmp 1b");
KT_GUEST(spin, "1: incl (%rdi); jmp 1b");

static uint32_t value(const struct kt_vm *v)
{
	uint32_t x;

	memcpy(&x, (const uint8_t *)v->run + v->run->io.data_offset, 4);
	return x;
}

static void set_args(struct kt_vm *v, uint64_t rdi, uint64_t rsi, uint64_t rcx)
{
	struct kvm_regs r;

	kt_get_regs(v, &r);
	r.rdi = rdi;
	r.rsi = rsi;
	r.rcx = rcx;
	kt_set_regs(v, &r);
}

static void need_clones(const struct kt_vm *v)
{
	if (kt_cap(v->dev, MVM_CAP_CLONE) <= 0)
		SKIP("no MVM_CAP_CLONE");
}

/* A VM that has run to its first `out`. */
static void ready(struct kt_vm *v, const uint8_t *code, size_t size)
{
	kt_start(v, 3);
	need_clones(v);
	memcpy(v->ram + KT_CODE, code, size);
	memcpy(v->ram + KT_DATA, &(uint32_t){ 0x1111 }, 4);
	set_args(v, KT_DATA, 0x2222, 0);
	kt_run_to_port(v, 0x3f);
}
#define READY(v, name)	ready(v, name, (size_t)(name##_end - name))

static void clone_memory(struct kt_vm *c, const struct kt_vm *t)
{
	*c = (struct kt_vm){ .dev = t->dev, .vcpu = -1 };
	c->vm = (int)IOCTL(t->vm, MVM_CLONE, 0);
	if (c->vm < 0)
		FAIL("MVM_CLONE: %s", strerror(-c->vm));
	c->ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, c->vm, 0);
	if (c->ram == MAP_FAILED)
		FAIL("mmap of a clone: %s", strerror(errno));
}

static void clone_of(struct kt_vm *c, const struct kt_vm *t)
{
	clone_memory(c, t);
	kt_new_vcpu(c);
}

static void drop(struct kt_vm *v)
{
	munmap(v->run, v->run_size);
	munmap(v->ram, KT_RAM);
	close(v->vcpu);
	close(v->vm);
}

static uint32_t word(const struct kt_vm *v, uint64_t gpa)
{
	return *(volatile uint32_t *)(v->ram + gpa);
}

static void *run_for_ever(void *arg)
{
	kt_run(arg);
	return NULL;
}

static void refused(void)
{
	struct kt_vm t, c;
	pthread_t thread;
	void *m;

	READY(&t, swap);
	EQUAL(IOCTL(t.vm, MVM_CLONE, 0), -EINVAL);
	EQUAL(IOCTL(t.vm, MVM_RESET, 0), -EINVAL);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, t.vm, 0) == MAP_FAILED);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), -EINVAL);
	EQUAL(IOCTL(t.vm, MVM_RESET, 0), -EINVAL);
	EQUAL(IOCTL(t.vcpu, KVM_RUN, 0), -EPERM);
	EQUAL(IOCTL(t.vm, KVM_CREATE_VCPU, 1), -EPERM);
	EQUAL(kt_slot(t.vm, 1, 0, 0x1000000, 4096, t.ram), -EPERM);
	EQUAL(kt_slot(t.vm, 0, 0, 0, 0, t.ram), -EPERM);

	clone_of(&c, &t);
	EQUAL(IOCTL(c.vm, MVM_FREEZE, 0), -EINVAL);
	EQUAL(IOCTL(c.vm, MVM_CLONE, 0), -EINVAL);
	EQUAL(IOCTL(c.vm, KVM_CREATE_VCPU, 1), -EINVAL);	/* the template has none */
	EQUAL(IOCTL(c.vm, KVM_CREATE_VCPU, 0), -EEXIST);
	EQUAL(kt_slot(c.vm, 0, 0, 0, 0, t.ram), -EPERM);
	/* Behind its memory there is nothing, for the guest and for the host. */
	m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, c.vm, KT_RAM);
	CHECK(m != MAP_FAILED);
	CHECK(madvise(m, 4096, 22 /* MADV_POPULATE_READ */) != 0);
	set_args(&c, KT_RAM, 0, 0);
	kt_run_to_exception(&c, 14, NULL);

	/* Not while it runs. */
	kt_complete(&c);
	memcpy(c.ram + KT_CODE, spin, (size_t)(spin_end - spin));
	kt_set_regs(&c, &(struct kvm_regs){ .rip = KT_CODE, .rflags = 0x3202, .rdi = KT_LARGE });
	EQUAL(pthread_create(&thread, NULL, run_for_ever, &c), 0);
	while (!word(&c, KT_LARGE))
		usleep(1000);
	EQUAL(IOCTL(c.vm, MVM_RESET, 0), -EBUSY);
}

static void continues(void)
{
	struct kt_vm t, c, d;

	READY(&t, swap);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	EQUAL(word(&c, KT_DATA), 0x1111);
	/* Behind the `out` at which it was frozen, with its registers. */
	kt_run_to_port(&c, 0x40);
	EQUAL(value(&c), 0x1111);
	kt_run_to_port(&c, 0x41);
	EQUAL(word(&c, KT_DATA), 0x2222);
	kt_run_to_port(&c, 0x40);
	EQUAL(value(&c), 0x2222);
	/* Neither the template nor another clone has heard of that, whenever it was made. */
	EQUAL(word(&t, KT_DATA), 0x1111);
	clone_of(&d, &t);
	EQUAL(word(&d, KT_DATA), 0x1111);
	kt_run_to_port(&d, 0x40);
	EQUAL(value(&d), 0x1111);
	/* What is done to the frozen VM's memory does not reach its clones. */
	memset(t.ram + KT_DATA, 0x77, 4096);
	munmap(t.ram + KT_LARGE, 4096);
	drop(&d);
	clone_of(&d, &t);
	EQUAL(word(&d, KT_DATA), 0x1111);
	EQUAL(word(&d, KT_LARGE), 0);
}

static void host_view(void)
{
	struct kt_vm t, c;

	READY(&t, swap);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	/* The host writes a page that it had read: the guest sees it, and the other way. */
	EQUAL(word(&c, KT_DATA), 0x1111);
	kt_run_to_port(&c, 0x40);
	memcpy(c.ram + KT_DATA + 8, &(uint32_t){ 0x3333 }, 4);
	set_args(&c, KT_DATA + 8, 0x4444, 0);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&c, 0x40);
	EQUAL(word(&c, KT_DATA + 8), 0x4444);
	EQUAL(word(&c, KT_DATA), 0x1111);
	/* One that neither had touched, first by the host, then by the guest. */
	memcpy(c.ram + KT_LARGE, &(uint32_t){ 0x5555 }, 4);
	set_args(&c, KT_LARGE, 0x6666, 0);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&c, 0x40);
	EQUAL(word(&c, KT_LARGE), 0x6666);
	/* A private mapping reads it and keeps its own. */
	munmap(c.ram, KT_RAM);
	c.ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE, c.vm, 0);
	CHECK(c.ram != MAP_FAILED);
	EQUAL(word(&c, KT_LARGE), 0x6666);
	memcpy(c.ram + KT_LARGE, &(uint32_t){ 0x8888 }, 4);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&c, 0x40);
	EQUAL(value(&c), 0x6666);
}

static uint64_t private_pages(struct kt_vm *v)
{
	struct mvm_stats s = { .size = sizeof(s) };

	EQUAL(IOCTL(v->vm, MVM_GET_STATS, &s), 0);
	return s.private_pages;
}

/* Fills n pages, resets, and looks that nothing of it is left, for the guest and for the host. */
static void fill_and_reset(struct kt_vm *c, const struct kt_vm *t, uint64_t n)
{
	struct kvm_regs before, after;

	kt_get_regs(c, &before);
	set_args(c, AREA, 0, n);
	kt_run_to_port(c, 0x42);
	kt_run_to_port(c, 0x42);
	EQUAL(word(c, AREA), n);
	EQUAL(word(c, AREA + 4096 * (n - 1)), 1);
	EQUAL(private_pages(c) >= n, 1);
	EQUAL(IOCTL(c->vm, MVM_RESET, 0), 0);
	kt_get_regs(c, &after);
	CHECK(memcmp(&before, &after, sizeof(before)) == 0);
	CHECK(memcmp(c->ram, t->ram, KT_RAM) == 0);
	set_args(c, AREA, 0, 1);
	kt_run_to_port(c, 0x42);
	kt_get_regs(c, &after);
	EQUAL(after.r15, 1);
	EQUAL(after.r14, 0);			/* XMM3 is the template's, too */
	EQUAL(IOCTL(c->vm, MVM_RESET, 0), 0);
}

static void reset_few(void)
{
	struct kt_vm t, c;

	READY(&t, fill);
	memset(t.ram + AREA + 0x2000, 0x99, 4096);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	for (int i = 0; i < 3; i++)
		fill_and_reset(&c, &t, 16);
}

static void reset_many(void)
{
	struct kt_vm t, c;

	READY(&t, fill);
	memset(t.ram + AREA + 0x2000, 0x99, 4096);
	memset(t.ram + AREA + 0x4c0000, 0x99, 8192);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	for (int i = 0; i < 3; i++) {
		fill_and_reset(&c, &t, PAGES);
		CHECK(private_pages(&c) < PAGES);
	}
	/* And without the host's mapping in the way. */
	munmap(c.ram, KT_RAM);
	set_args(&c, AREA, 0, PAGES);
	kt_run_to_port(&c, 0x42);
	EQUAL(IOCTL(c.vm, MVM_RESET, 0), 0);
	c.ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, c.vm, 0);
	CHECK(memcmp(c.ram, t.ram, KT_RAM) == 0);
}

/* The guest's own page tables go back as well, and so does what the processor knows of them. */
static void reset_tables(void)
{
	uint64_t pte, other = KT_LARGE | KT_PTE_P | KT_PTE_W | KT_PTE_U;
	struct kt_vm t, c;

	READY(&t, swap);
	memcpy(t.ram + KT_LARGE, &(uint32_t){ 0x7777 }, 4);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	for (int i = 0; i < 4; i++) {
		memcpy(c.ram + KT_PT + 8 * (KT_DATA >> 12), &other, 8);
		kt_run_to_port(&c, 0x40);
		EQUAL(value(&c), 0x7777);
		EQUAL(IOCTL(c.vm, MVM_RESET, 0), 0);
		memcpy(&pte, c.ram + KT_PT + 8 * (KT_DATA >> 12), 8);
		EQUAL(pte & ~0xfffUL, KT_DATA);
		kt_run_to_port(&c, 0x40);
		EQUAL(value(&c), 0x1111);
		EQUAL(IOCTL(c.vm, MVM_RESET, 0), 0);
	}
}

/* A read-only slot, execute permission: a clone's are the template's. */
static void permissions(void)
{
	struct mvm_exec nx = { KT_DATA, 4096, MVM_EXEC_NX, 0 };
	uint64_t pte = 0x40000000 | KT_PTE_P | KT_PTE_W | KT_PTE_U;
	struct kt_vm t, c;
	struct kvm_regs r;
	uint8_t *rom;

	READY(&t, swap);
	rom = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(rom, 0x42, 4096);
	EQUAL(kt_slot(t.vm, 1, KVM_MEM_READONLY, 0x40000000, 4096, rom), 0);
	memcpy(t.ram + KT_PT + 8 * ((KT_DATA >> 12) + 1), &pte, 8);
	if (kt_cap(t.dev, MVM_CAP_MEM_EXEC))
		EQUAL(IOCTL(t.vm, MVM_SET_EXEC, &nx), 0);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	set_args(&c, KT_DATA + 0x1000, 0x1, 0);
	kt_run_to_port(&c, 0x40);
	EQUAL(value(&c), 0x42424242);
	kt_run_to_nomem(&c, 0x40000000);
	if (!kt_cap(t.dev, MVM_CAP_MEM_EXEC))
		return;
	EQUAL(IOCTL(c.vm, MVM_RESET, 0), 0);
	kt_get_regs(&c, &r);
	r.rip = KT_DATA;
	kt_set_regs(&c, &r);
	kt_run_to_nomem(&c, KT_DATA);
}

/* Clones live on without their template's descriptors, and without their own VM's. */
static void orphans(void)
{
	struct kt_vm t, c, d;

	READY(&t, swap);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	clone_of(&d, &t);
	kt_run_to_port(&c, 0x40);
	kt_end(&t);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&d, 0x40);
	EQUAL(value(&d), 0x1111);
	close(c.vm);
	kt_run_to_port(&c, 0x40);
	EQUAL(value(&c), 0x2222);
	EQUAL(word(&c, KT_DATA), 0x2222);
	munmap(c.ram, KT_RAM);
	kt_run_to_port(&c, 0x41);
	drop(&d);
}

static void child_with_clones(int fd)
{
	struct kt_vm t, c[4];

	READY(&t, fill);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	for (int i = 0; i < 4; i++) {
		clone_of(&c[i], &t);
		set_args(&c[i], KT_LARGE, 0, 64);
	}
	CHECK(write(fd, "", 1) == 1);
	for (int i = 0;; i++) {
		kt_run_to_port(&c[i % 4], 0x42);
		if (i % 7 == 0)
			EQUAL(IOCTL(c[i % 4].vm, MVM_RESET, 0), 0);
		c[i % 4].ram[KT_LARGE + 0x40000] = 1;
		set_args(&c[i % 4], KT_LARGE, 0, 64);
	}
}

static void killed(void)
{
	int p[2], status;
	struct kt_vm v;
	char byte;

	kt_new_vm(&v);
	need_clones(&v);
	CHECK(pipe(p) == 0);
	for (int i = 0; i < (kt_in_lab() ? 4 : 8); i++) {
		pid_t pid = fork();

		if (!pid)
			child_with_clones(p[1]);
		CHECK(read(p[0], &byte, 1) == 1);
		usleep(500U << (kt_in_lab() ? 2 * i : i));
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
		      WTERMSIG(status) == SIGKILL);
	}
}

/* A large and sparse slot costs what is touched of it. */
static void sparse(void)
{
	const size_t size = 1UL << 34;
	struct kt_vm t, c;
	uint8_t *m;

	READY(&t, swap);
	m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE, -1, 0);
	CHECK(m != MAP_FAILED);
	EQUAL(kt_slot(t.vm, 1, 0, 1UL << 35, size, m), 0);
	m[size - 1] = 0x12;
	m[size / 2] = 0x34;
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_of(&c, &t);
	m = mmap(NULL, size, PROT_READ, MAP_SHARED, c.vm, 1L << 35);
	CHECK(m != MAP_FAILED);
	EQUAL(m[size - 1], 0x12);
	EQUAL(m[size / 2], 0x34);
	EQUAL(m[0], 0);
	EQUAL(private_pages(&c), 0);
}

/* What the template's memory has from a file is memory too, though nobody has touched it there. */
static void file_memory(void)
{
	int fd = memfd_create("kt", 0);
	struct kt_vm t, c;
	uint8_t *m;

	READY(&t, swap);
	CHECK(ftruncate(fd, 3 * 4096) == 0);
	CHECK(pwrite(fd, "\x21", 1, 4096) == 1);
	m = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	EQUAL(kt_slot(t.vm, 1, 0, 0x40000000, 4 * 4096, m), 0);		/* ends behind the file */
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	CHECK(pwrite(fd, "\x22", 1, 4096) == 1);
	clone_of(&c, &t);
	m = mmap(NULL, 4 * 4096, PROT_READ, MAP_SHARED, c.vm, 0x40000000);
	CHECK(m != MAP_FAILED);
	EQUAL(m[4096], 0x21);
	EQUAL(m[3 * 4096], 0);
}

static const struct kt_test tests[] = {
	{ "refused", refused, 0 },
	{ "continues", continues, 0 },
	{ "host_view", host_view, 0 },
	{ "reset_few", reset_few, 0 },
	{ "reset_many", reset_many, 0 },
	{ "reset_tables", reset_tables, 0 },
	{ "permissions", permissions, 0 },
	{ "orphans", orphans, 0 },
	{ "killed", killed, 0 },
	{ "sparse", sparse, 0 },
	{ "file_memory", file_memory, 0 },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/clone", tests, sizeof(tests) / sizeof(*tests));
}
