/* SPDX-License-Identifier: MIT */
/*
 * What a KVM device costs, by the time stamp counter, which counts instructions in the vmx lab:
 * bench-kmod DEVICE [NAME...].  Prints `bench NAME VALUE` lines, each the
 * median of many; bench-table.sh sets two devices side by side.
 */
#include "../kmod/kt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../kmod/uapi/mvm.h"

#define ROUNDS	201
#define FRESH	0x1000000UL		/* GPA of memory that no guest has touched */
#define PAGES	512UL
#define RESULTS	0x100000UL		/* the guest's own measurements, 8 bytes each */

static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtscp" : "=a"(lo), "=d"(hi) : : "ecx", "memory");
	return (uint64_t)hi << 32 | lo;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_median(const char *name, uint64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), compare);
	printf("bench %s %llu\n", name, (unsigned long long)v[n / 2]);
}

/* Where one exit does the work of several touches, the middle one says nothing. */
static void print_mean(const char *name, const uint64_t *v, unsigned int n)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += v[i];
	printf("bench %s-mean %llu\n", name, (unsigned long long)(sum / n));
}

KT_GUEST(out_loop, "1: out %al, $0x10; jmp 1b");

/* An `out` and back: by the ioctl, and by what the launcher calls where the device has it. */
static void bench_out(void)
{
	static uint64_t by_ioctl[ROUNDS], by_seek[ROUNDS];
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, out_loop);
	for (int i = 0; i < 20; i++)
		kt_run_to_port(&v, 0x10);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = tsc();

		ioctl(v.vcpu, KVM_RUN, 0);
		by_ioctl[i] = tsc() - start;
		start = tsc();
		lseek(v.vcpu, 0, MVM_RUN_SEEK);
		by_seek[i] = tsc() - start;
	}
	EQUAL(v.run->exit_reason, KVM_EXIT_IO);
	print_median("out-ioctl", by_ioctl, ROUNDS);
	if (kt_cap(v.dev, MVM_CAP_RUN_SEEK) > 0)
		print_median("out", by_seek, ROUNDS);
	else
		print_median("out", by_ioctl, ROUNDS);
	kt_end(&v);
}

/* The guest measures itself: RDI points behind the results, RCX counts. */
KT_GUEST(event_out, "1: rdtsc; mov %eax, %ebx; out %al, $0x20; rdtsc; sub %ebx, %eax;"
	"mov %rax, (%rdi); add $8, %rdi; dec %ecx; jnz 1b; out %al, $0x10");
KT_GUEST(event_vmcall, "1: rdtsc; mov %eax, %ebx; vmcall; rdtsc; sub %ebx, %eax;"
	"mov %rax, (%rdi); add $8, %rdi; dec %ecx; jnz 1b; out %al, $0x10");
KT_GUEST(touch, "1: rdtsc; mov %eax, %ebx; movb %al, (%rsi); rdtsc; sub %ebx, %eax;"
	"mov %rax, (%rdi); add $8, %rdi; add $0x1000, %rsi; dec %ecx; jnz 1b; out %al, $0x10");

static void guest_measures(struct kt_vm *v, unsigned int n, const char *name)
{
	kt_set_regs(v, &(struct kvm_regs){ .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3002,
		    .rdi = RESULTS, .rsi = FRESH, .rcx = n });
	memset(v->ram + RESULTS, 0, 8 * n);
	kt_run_to_port(v, 0x10);
	print_mean(name, (uint64_t *)(v->ram + RESULTS), n);
	print_median(name, (uint64_t *)(v->ram + RESULTS), n);
}

static void bench_ioeventfd(void)
{
	struct kvm_ioeventfd e = { .addr = 0x20, .len = 1, .flags = KVM_IOEVENTFD_FLAG_PIO };
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, event_out);
	e.fd = eventfd(0, EFD_NONBLOCK);
	EQUAL(IOCTL(v.vm, KVM_IOEVENTFD, &e), 0);
	guest_measures(&v, ROUNDS, "out-eventfd");
	kt_end(&v);
}

static void bench_vmcall(void)
{
	struct mvm_vmcall c = { .mode = MVM_VMCALL_EVENTFD };
	struct kt_vm v;

	kt_start(&v, 3);
	if (kt_cap(v.dev, MVM_CAP_VMCALL) <= 0)
		SKIP("no VMCALL doorbell");
	kt_code(&v, event_vmcall);
	c.fd = eventfd(0, EFD_NONBLOCK);
	EQUAL(IOCTL(v.vm, MVM_SET_VMCALL, &c), 0);
	guest_measures(&v, ROUNDS, "vmcall-eventfd");
	kt_end(&v);
}

static void fresh_pages(const char *name, bool populated)
{
	uint64_t large = FRESH | KT_PTE_P | KT_PTE_W | KT_PTE_U | KT_PTE_PS;
	struct kt_vm v;
	uint8_t *p;

	kt_start(&v, 3);
	kt_code(&v, touch);
	p = mmap(NULL, PAGES << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	madvise(p, PAGES << 12, MADV_NOHUGEPAGE);
	if (populated)
		memset(p, 1, PAGES << 12);
	EQUAL(kt_slot(v.vm, 1, 0, FRESH, PAGES << 12, p), 0);
	memcpy(v.ram + KT_PD + 8 * (FRESH >> 21), &large, 8);
	guest_measures(&v, PAGES, name);
	kt_end(&v);
	munmap(p, PAGES << 12);
}

static void bench_fresh(void)
{
	fresh_pages("fresh", true);
	fresh_pages("fresh-host", false);
}

static void bench_life(void)
{
	static uint64_t born[15], gone[15];
	struct kt_vm v = { .dev = kt_open() };
	uint8_t *ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	/* KVM counts a first VM that turns virtualization on; both have another one open. */
	int other = (int)IOCTL(v.dev, KVM_CREATE_VM, 0);

	for (int i = -3; i < 15; i++) {
		uint64_t start = tsc(), made;
		long error;

		v.vm = (int)IOCTL(v.dev, KVM_CREATE_VM, 0);
		v.vcpu = (int)IOCTL(v.vm, KVM_CREATE_VCPU, 0);
		error = kt_slot(v.vm, 0, 0, 0, KT_RAM, ram);
		made = tsc();
		close(v.vcpu);
		close(v.vm);
		if (i >= 0) {
			gone[i] = tsc() - made;
			born[i] = made - start;
		}
		CHECK(v.vm >= 0 && v.vcpu >= 0 && !error);
	}
	close(other);
	print_median("create", born, 15);
	print_median("destroy", gone, 15);
}

static void bench_hello(void)
{
	uint64_t *start = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	static uint64_t t[9];

	if (access("/lab/hello.elf", R_OK))
		SKIP("no hello.elf");
	for (int i = -1; i < 9; i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			dup2(open("/dev/null", O_WRONLY), 1);
			*start = tsc();
			execl("/lab/bin/mvm", "mvm", "run", "--device", kt_device, "/lab/hello.elf",
			      NULL);
			_exit(99);
		}
		waitpid(pid, &status, 0);
		if (i >= 0)
			t[i] = tsc() - *start;
		EQUAL(status, 0);
	}
	print_median("hello", t, 9);
}

/*
 * Two address spaces of one guest: 32 pages touched, CR3 changed, 32 touched, changed back.
 * The same for a processor with EPT and for shadow tables with their cache on or off.
 */
KT_GUEST(spaces, "mov $0x1000, %r8; mov $0x30000, %r9; 1: mov %r8, %cr3; mov $0x400000, %rsi;"
	"mov $32, %edx; 2: mov (%rsi), %al; add $0x1000, %rsi; dec %edx; jnz 2b; xchg %r8, %r9;"
	"dec %ecx; jnz 1b; out %al, $0x10");

static void bench_spaces(void)
{
	struct mvm_stats before = { .size = sizeof(before) }, after = { .size = sizeof(after) };
	const uint64_t all = KT_PTE_P | KT_PTE_W | KT_PTE_U;
	uint64_t start, ticks;
	struct kt_vm v;

	kt_start(&v, 0);
	kt_code(&v, spaces);
	/* The second one shares what lies below 2 MiB; 4 MiB and up are 4 KiB pages in both. */
	memcpy(v.ram + 0x30000, &(uint64_t){ 0x31000 | all }, 8);
	memcpy(v.ram + 0x31000, &(uint64_t){ 0x32000 | all }, 8);
	memcpy(v.ram + 0x32000, &(uint64_t){ KT_PT | all }, 8);
	memcpy(v.ram + 0x32000 + 16, &(uint64_t){ 0x33000 | all }, 8);
	memcpy(v.ram + KT_PD + 16, &(uint64_t){ 0x34000 | all }, 8);
	for (uint64_t i = 0; i < 512; i++) {
		memcpy(v.ram + 0x33000 + 8 * i, &(uint64_t){ (0x400000 + (i << 12)) | all }, 8);
		memcpy(v.ram + 0x34000 + 8 * i, &(uint64_t){ (0x600000 + (i << 12)) | all }, 8);
	}
	for (int warm = 1; warm >= 0; warm--) {
		kt_set_regs(&v, &(struct kvm_regs){ .rip = KT_CODE, .rsp = KT_STACK, .rflags = 2,
			    .rcx = warm ? 8 : 200 });
		if (kt_is_mvm(v.dev))
			IOCTL(v.vm, MVM_GET_STATS, &before);
		start = tsc();
		kt_run_to_port(&v, 0x10);
		ticks = tsc() - start;
	}
	printf("bench spaces %llu\n", (unsigned long long)ticks / 200);
	if (kt_is_mvm(v.dev) && !IOCTL(v.vm, MVM_GET_STATS, &after))
		printf("bench spaces-exits %llu\nbench spaces-fills %llu\n",
		       (unsigned long long)(after.exits - before.exits) / 200,
		       (unsigned long long)(after.fills - before.fills) / 200);
	kt_end(&v);
}

static const struct kt_test tests[] = {
	{ "out", bench_out, 0 }, { "ioeventfd", bench_ioeventfd, 0 }, { "vmcall", bench_vmcall, 0 },
	{ "life", bench_life, 0 }, { "fresh", bench_fresh, 0 }, { "hello", bench_hello, 0 },
	{ "spaces", bench_spaces, 0 },
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	return kt_main(argc, argv, "bench", tests, sizeof(tests) / sizeof(tests[0]));
}
