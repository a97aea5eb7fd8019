/* SPDX-License-Identifier: MIT */
/*
 * KVM_SET_USER_MEMORY_REGION and KVM_GET_DIRTY_LOG: what is refused and how, and what the guest
 * sees of slots that are made, moved, made read-only and deleted.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kt.h"

#define HOLE	0x40000000UL		/* a GPA without memory; KT_DATA's page table shows it */
#define VA	(KT_DATA + 0x1000)	/* where tests map what they look at */
#define MIB	(1UL << 20)

/* rdi: address, rsi: value; out of what was there, then written. */
KT_GUEST(read_it, "mov (%rdi), %eax; mov $0x40, %dx; out %eax, (%dx)");
KT_GUEST(write_it, "mov %esi, (%rdi); mov $0x41, %dx; out %eax, (%dx)");
/* rdi: address, rcx: bytes between, rbx: how many; then out; again and again. */
KT_GUEST(write_many, "1: mov %rdi, %rax; mov %rbx, %r8; 2: mov %r8d, (%rax); add %rcx, %rax;"
	 "dec %r8; jnz 2b; mov $0x42, %dx; out %eax, (%dx); jmp 1b");
/* Without end: reads rdi, counts in rsi's memory. */
KT_GUEST(count_reads, "1: mov (%rdi), %eax; incq (%rsi); jmp 1b");

static void *memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void map_va(struct kt_vm *v, uint64_t va, uint64_t gpa, uint64_t bits)
{
	uint64_t pte = gpa | bits | KT_PTE_P | KT_PTE_U;

	memcpy(v->ram + KT_PT + 8 * (va >> 12), &pte, 8);
}

static void set_args(struct kt_vm *v, uint64_t rdi, uint64_t rsi)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202, .rdi = rdi,
			      .rsi = rsi };

	kt_set_regs(v, &r);
}

static void refused(void)
{
	struct kt_vm v;
	uint8_t *m = memory(4 * MIB);
	int max;

	kt_new_vm(&v);
	max = kt_cap(v.dev, KVM_CAP_NR_MEMSLOTS);
	CHECK(max >= 32);
	EQUAL(kt_slot(v.vm, 0, 1U << 2, 0, MIB, m), -EINVAL);		/* flags */
	EQUAL(kt_slot(v.vm, 0, 1U << 31, 0, MIB, m), -EINVAL);
	EQUAL(kt_slot(v.vm, 0, 0, 0, 4095, m), -EINVAL);		/* sizes */
	EQUAL(kt_slot(v.vm, 0, 0, 0, 1, m), -EINVAL);
	EQUAL(kt_slot(v.vm, 0, 0, 0, 1UL << 63, m), -EINVAL);
	EQUAL(kt_slot(v.vm, 0, 0, 0, ~4095UL, m), -EINVAL);
	EQUAL(kt_slot(v.vm, 0, 0, 1, MIB, m), -EINVAL);			/* GPA */
	EQUAL(kt_slot(v.vm, 0, 0, ~4095UL, 2 * 4096, m), -EINVAL);	/* wraps */
	EQUAL(kt_slot(v.vm, 0, 0, 1UL << 62, MIB, m), -EINVAL);		/* beyond any processor */
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB, m + 1), -EINVAL);		/* HVA */
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB, (void *)0xffff888000000000), -EINVAL);
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB, (void *)0x7ffffffff000), -EINVAL);
	EQUAL(kt_slot(v.vm, (uint32_t)max, 0, 0, MIB, m), -EINVAL);	/* number */
	EQUAL(kt_slot(v.vm, 0xffff, 0, 0, MIB, m), -EINVAL);
	EQUAL(kt_slot(v.vm, 0xffff0000, 0, 0, MIB, m), -EINVAL);	/* address space */
	EQUAL(kt_slot(v.vm, 0, 0, 0, 0, m), -EINVAL);			/* nothing to delete */
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB, m), 0);
	EQUAL(kt_slot(v.vm, (uint32_t)max - 1, 0, 16 * MIB, MIB, m), 0);
}

static void changes(void)
{
	struct kt_vm v;
	uint8_t *m = memory(4 * MIB);

	kt_new_vm(&v);
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB, m), 0);
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB, m), 0);		/* nothing changes */
	EQUAL(kt_slot(v.vm, 1, 0, 0, MIB, m), -EEXIST);		/* overlaps */
	EQUAL(kt_slot(v.vm, 1, 0, MIB - 4096, MIB, m), -EEXIST);
	EQUAL(kt_slot(v.vm, 1, 0, MIB, MIB, m + MIB), 0);	/* touches */
	EQUAL(kt_slot(v.vm, 2, 0, 4096, 4096, m), -EEXIST);
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB / 2, m), -EINVAL);	/* another size */
	EQUAL(kt_slot(v.vm, 0, 0, 0, MIB, m + 4096), -EINVAL);	/* another HVA */
	EQUAL(kt_slot(v.vm, 0, KVM_MEM_READONLY, 0, MIB, m), -EINVAL);
	EQUAL(kt_slot(v.vm, 0, KVM_MEM_LOG_DIRTY_PAGES, 0, MIB, m), 0);
	EQUAL(kt_slot(v.vm, 0, 0, MIB, MIB, m), -EEXIST);	/* moved upon another */
	EQUAL(kt_slot(v.vm, 0, 0, MIB / 2, MIB, m), -EEXIST);
	EQUAL(kt_slot(v.vm, 0, 0, 8 * MIB, MIB, m), 0);
	EQUAL(kt_slot(v.vm, 2, 0, 0, MIB, m), 0);		/* where it was */
	EQUAL(kt_slot(v.vm, 0, 0, 8 * MIB + 4096, MIB, m), 0);	/* moved over itself */
	EQUAL(kt_slot(v.vm, 0, 0, 0, 0, NULL), 0);		/* deleted */
	EQUAL(kt_slot(v.vm, 0, 0, 0, 0, NULL), -EINVAL);
	EQUAL(kt_slot(v.vm, 0, KVM_MEM_READONLY, 8 * MIB, MIB, m), 0);
	EQUAL(kt_slot(v.vm, 0, 0, 8 * MIB, MIB, m), -EINVAL);
}

/* As many as are promised, backwards and then every other one deleted. */
static void all_numbers(void)
{
	struct kt_vm v;
	uint8_t *m = memory(4096);
	int n;

	kt_new_vm(&v);
	n = kt_cap(v.dev, KVM_CAP_NR_MEMSLOTS);
	n = n > 512 ? 512 : n;
	if (!kt_hardware(v.dev) || (kt_in_lab() && !kt_is_mvm(v.dev)))
		n = 64;			/* a slot is dear there */
	for (int i = n - 1; i >= 0; i--)
		EQUAL(kt_slot(v.vm, (uint32_t)i, 0, (uint64_t)i * MIB, 4096, m), 0);
	for (int i = 0; i < n; i += 2)
		EQUAL(kt_slot(v.vm, (uint32_t)i, 0, 0, 0, NULL), 0);
	for (int i = 0; i < n; i += 2)
		EQUAL(kt_slot(v.vm, (uint32_t)i, 0, (uint64_t)i * MIB, 4096, m), 0);
	EQUAL(kt_slot(v.vm, 0, 0, MIB, 4096, m), -EEXIST);
}

static void seen_by_guest(void)
{
	struct kt_vm v;
	uint32_t *a = memory(MIB), *b = memory(MIB), got;

	kt_start(&v, 3);
	map_va(&v, VA, HOLE, KT_PTE_W);
	kt_code(&v, read_it);
	a[0] = 0x11111111;
	b[0] = 0x22222222;
#define SEES(value) do { \
		set_args(&v, VA, 0); \
		kt_run_to_port(&v, 0x40); \
		memcpy(&got, (uint8_t *)v.run + v.run->io.data_offset, 4); \
		EQUAL(got, value); \
		kt_complete(&v); \
	} while (0)
	EQUAL(kt_slot(v.vm, 1, 0, HOLE, MIB, a), 0);
	SEES(0x11111111);
	a[0] = 0x33333333;
	SEES(0x33333333);
	EQUAL(kt_slot(v.vm, 1, 0, 0, 0, NULL), 0);
	EQUAL(kt_slot(v.vm, 2, 0, HOLE, MIB, b), 0);
	SEES(0x22222222);
	/* Moved: what was the second page is the first now. */
	b[1024] = 0x44444444;
	EQUAL(kt_slot(v.vm, 2, 0, HOLE - 4096, MIB, b), 0);
	SEES(0x44444444);
	EQUAL(kt_slot(v.vm, 2, 0, HOLE, MIB, b), 0);
	SEES(0x22222222);
}

/* A page of its own for the process at this address, where it must not have one. */
static uint32_t *page_at(uint64_t va)
{
	uint32_t *p = mmap((void *)va, 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	CHECK(p == (void *)va);
	return p;
}

/*
 * A slot from address 0 of the process on: what the host takes away there is taken from the guest.
 * The page lives on elsewhere, so that no other can be the same one.
 */
static void from_address_0(void)
{
	const uint64_t low = 256 * MIB;
	uint32_t *a = page_at(low), got;
	struct kt_vm v;

	kt_start(&v, 3);
	map_va(&v, VA, HOLE + low, KT_PTE_W);
	kt_code(&v, read_it);
	EQUAL(kt_slot(v.vm, 1, 0, HOLE, 2 * low, NULL), 0);
	*a = 1;
	SEES(1);
	CHECK(mremap(a, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, memory(4096)) != MAP_FAILED);
	a = page_at(low);
	*a = 2;
	SEES(2);
}

static void deleted(void)
{
	struct kt_vm v;
	uint32_t *a = memory(MIB);

	kt_start(&v, 3);
	map_va(&v, VA, HOLE, KT_PTE_W);
	EQUAL(kt_slot(v.vm, 1, 0, HOLE, MIB, a), 0);
	kt_code(&v, read_it);
	set_args(&v, VA, 0);
	kt_run_to_port(&v, 0x40);
	kt_complete(&v);
	EQUAL(kt_slot(v.vm, 1, 0, 0, 0, NULL), 0);
	set_args(&v, VA, 0);
	kt_run_to_nomem(&v, HOLE);
	/* Not the guest's end: with memory there again it goes on. */
	EQUAL(kt_slot(v.vm, 1, 0, HOLE, MIB, a), 0);
	set_args(&v, VA, 0);
	v.run->immediate_exit = 1;
	IOCTL(v.vcpu, KVM_RUN, 0);
	v.run->immediate_exit = 0;
	set_args(&v, VA, 0);
	kt_run_to_port(&v, 0x40);
}

static void readonly(void)
{
	struct kt_vm v;
	uint32_t *a = memory(MIB);

	kt_start(&v, 3);
	map_va(&v, VA, HOLE, KT_PTE_W);
	a[0] = 0x5555;
	EQUAL(kt_slot(v.vm, 1, KVM_MEM_READONLY, HOLE, MIB, a), 0);
	kt_code(&v, read_it);
	set_args(&v, VA, 0);
	kt_run_to_port(&v, 0x40);
	kt_complete(&v);
	kt_code(&v, write_it);
	set_args(&v, VA, 0x6666);
	kt_run_to_nomem(&v, HOLE);
	EQUAL(a[0], 0x5555);
}

/* A slot whose host memory may only be read: reads work, a write is not let through. */
static void readonly_host(void)
{
	struct kt_vm v;
	uint32_t *a = memory(MIB);
	long r;

	kt_start(&v, 3);
	map_va(&v, VA, HOLE, KT_PTE_W);
	a[0] = 0x5555;
	CHECK(mprotect(a, MIB, PROT_READ) == 0);
	EQUAL(kt_slot(v.vm, 1, 0, HOLE, MIB, a), 0);
	kt_code(&v, write_it);
	set_args(&v, VA, 0x6666);
	r = kt_run(&v);
	if (r == 0 && v.run->exit_reason == KVM_EXIT_IO)
		FAIL("the guest wrote to read-only memory");
	EQUAL(r, -EFAULT);
	EQUAL(a[0], 0x5555);
	kt_code(&v, read_it);
	set_args(&v, VA, 0);
	kt_run_to_port(&v, 0x40);
}

static unsigned long dirty_word(struct kt_vm *v)
{
	unsigned long bits[MIB / 4096 / 64] = { 0 };
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = bits };

	EQUAL(IOCTL(v->vm, KVM_GET_DIRTY_LOG, &log), 0);
	for (unsigned int i = 1; i < MIB / 4096 / 64; i++)
		EQUAL(bits[i], 0);
	return bits[0];
}

static void writes(struct kt_vm *v, uint64_t first, uint64_t n)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202,
			      .rdi = VA + first * 4096, .rcx = 4096, .rbx = n };

	kt_complete(v);
	kt_set_regs(v, &r);
	kt_run_to_port(v, 0x42);
}

static void dirty_log(void)
{
	struct kt_vm v;
	uint8_t *a = memory(MIB);

	kt_start(&v, 3);
	for (uint64_t i = 0; i < 32; i++)
		map_va(&v, VA + 4096 * i, HOLE + 4096 * i, KT_PTE_W);
	EQUAL(kt_slot(v.vm, 1, 0, HOLE, MIB, a), 0);
	kt_code(&v, write_many);
	writes(&v, 0, 8);			/* before: not logged */
	EQUAL(kt_slot(v.vm, 1, KVM_MEM_LOG_DIRTY_PAGES, HOLE, MIB, a), 0);
	EQUAL(dirty_word(&v), 0);
	writes(&v, 4, 3);
	EQUAL(dirty_word(&v), 0x70);
	EQUAL(dirty_word(&v), 0);
	writes(&v, 4, 1);			/* again, after the log was taken */
	writes(&v, 30, 1);
	EQUAL(dirty_word(&v), 1UL << 4 | 1UL << 30);
	a[4096 * 9] = 1;			/* the host's own writes are not the guest's */
	EQUAL(dirty_word(&v), 0);
	EQUAL(kt_slot(v.vm, 1, 0, HOLE, MIB, a), 0);
	writes(&v, 0, 8);
	EQUAL(kt_slot(v.vm, 1, KVM_MEM_LOG_DIRTY_PAGES, HOLE, MIB, a), 0);
	EQUAL(dirty_word(&v), 0);
	writes(&v, 0, 2);
	EQUAL(dirty_word(&v), 3);
}

static void dirty_log_refused(void)
{
	struct kt_vm v;
	unsigned long bits[MIB / 4096 / 64];
	struct kvm_dirty_log log = { .dirty_bitmap = bits };
	uint8_t *edge = kt_edge(sizeof(bits));

	kt_start(&v, 3);
	EQUAL(IOCTL(v.vm, KVM_GET_DIRTY_LOG, &log), -ENOENT);	/* none is kept */
	log.slot = 7;
	EQUAL(IOCTL(v.vm, KVM_GET_DIRTY_LOG, &log), -ENOENT);	/* no such slot */
	log.slot = 0xffff;
	EQUAL(IOCTL(v.vm, KVM_GET_DIRTY_LOG, &log), -EINVAL);
	log.slot = 1;
	EQUAL(kt_slot(v.vm, 1, KVM_MEM_LOG_DIRTY_PAGES, HOLE, MIB, memory(MIB)), 0);
	log.dirty_bitmap = edge;
	EQUAL(IOCTL(v.vm, KVM_GET_DIRTY_LOG, &log), 0);
	log.dirty_bitmap = edge + 8;
	EQUAL(IOCTL(v.vm, KVM_GET_DIRTY_LOG, &log), -EFAULT);
	log.dirty_bitmap = NULL;
	EQUAL(IOCTL(v.vm, KVM_GET_DIRTY_LOG, &log), -EFAULT);
}

static struct kt_vm shared;
static volatile int stop;

static void *runs(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		long r = kt_run(&shared);

		if (r < 0 && r != -EFAULT)
			FAIL("KVM_RUN: %s", strerror((int)-r));
	}
	return NULL;
}

/* Slots come and go while the guest reads there: it leaves or it reads, and nothing else. */
static void under_a_running_guest(void)
{
	uint32_t *a = memory(MIB);
	int rounds = kt_in_lab() ? 5 : 60;
	pthread_t thread;
	uint64_t *count;

	kt_start(&shared, 3);
	if (!kt_hardware(shared.dev))
		SKIP("a software KVM leaves and resumes in ways of its own");
	map_va(&shared, VA, HOLE, KT_PTE_W);
	kt_code(&shared, count_reads);
	set_args(&shared, VA, KT_DATA);
	count = (void *)(shared.ram + KT_DATA);
	EQUAL(kt_slot(shared.vm, 1, 0, HOLE, MIB, a), 0);
	CHECK(pthread_create(&thread, NULL, runs, NULL) == 0);
	for (int i = 0; i < rounds; i++) {
		uint64_t before;

		EQUAL(kt_slot(shared.vm, 1, 0, 0, 0, NULL), 0);
		usleep(200);
		EQUAL(kt_slot(shared.vm, 1, 0, HOLE, MIB, a), 0);
		before = __atomic_load_n(count, __ATOMIC_RELAXED);
		while (__atomic_load_n(count, __ATOMIC_RELAXED) == before)
			usleep(100);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	EQUAL(kt_slot(shared.vm, 1, 0, 0, 0, NULL), 0);
	pthread_join(thread, NULL);
}

static const struct kt_test tests[] = {
	{ .name = "refused", .run = refused },
	{ .name = "changes", .run = changes },
	{ .name = "all_numbers", .run = all_numbers },
	{ .name = "seen_by_guest", .run = seen_by_guest },
	{ .name = "from_address_0", .run = from_address_0 },
	{ .name = "deleted", .run = deleted },
	{ .name = "readonly", .run = readonly },
	{ .name = "readonly_host", .run = readonly_host },
	{ .name = "dirty_log", .run = dirty_log },
	{ .name = "dirty_log_refused", .run = dirty_log_refused },
	{ .name = "under_a_running_guest", .run = under_a_running_guest },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/slots", tests, sizeof(tests) / sizeof(tests[0]));
}
