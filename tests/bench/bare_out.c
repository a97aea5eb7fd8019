/* SPDX-License-Identifier: MIT */
/*
 * The reference for the kicked hypercall: a bare KVM program whose guest does nothing but `out`
 * from ring 3 in 64-bit mode, as mvm's runtime does, and a loop of KVM_RUN.  Prints nanoseconds
 * an exit: bare_out COUNT.  With bare_out COUNT PAGES so many pages are copied before each: the
 * reference of resetting a VM.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#define RAM		0x200000UL
#define PORT		0x18
#define PML4		0x1000
#define PDPT		0x2000
#define PD		0x3000
#define GDT		0x4000
#define TSS		0x5000
#define CODE		0x10000
#define USER_ALL	0x07			/* present, writable, user */

static const uint8_t code[] = {
	0xe7, PORT,				/* 1: out %eax, $PORT */
	0xeb, 0xfc,				/* jmp 1b */
};

static void build(uint8_t *ram)
{
	uint64_t *gdt = (uint64_t *)(ram + GDT);

	*(uint64_t *)(ram + PML4) = PDPT | USER_ALL;
	*(uint64_t *)(ram + PDPT) = PD | USER_ALL;
	*(uint64_t *)(ram + PD) = 0x80 | USER_ALL;	/* one 2 MiB page */
	gdt[1] = 0x00af9b000000ffffULL;
	gdt[5] = 0x00cff3000000ffffULL;
	gdt[6] = 0x00affb000000ffffULL;
	gdt[8] = 0x00008b0000000067ULL | (uint64_t)TSS << 16;
	*(uint64_t *)(ram + TSS + 4) = 0x8000;
	*(uint16_t *)(ram + TSS + 0x66) = 0x68;	/* its I/O bitmap: 0, all ports are open */
	memcpy(ram + CODE, code, sizeof(code));
}

static int set_state(int vcpu)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = CODE, .rsp = 0x20000, .rflags = 0x3002 };

	if (ioctl(vcpu, KVM_GET_SREGS, &s) < 0)
		return -1;
	s.cr3 = PML4;
	s.cr4 = 0x620;				/* PAE, OSFXSR, OSXMMEXCPT */
	s.cr0 = 0x80050033;			/* PG AM WP NE ET MP PE */
	s.efer = 0xd01;				/* SCE LME LMA NX */
	s.gdt.base = GDT;
	s.gdt.limit = 0x4f;
	s.cs = (struct kvm_segment){ .selector = 0x33, .limit = 0xffffffff, .type = 11,
				     .present = 1, .dpl = 3, .s = 1, .l = 1, .g = 1 };
	s.ds = s.es = s.ss = (struct kvm_segment){ .selector = 0x2b, .limit = 0xffffffff,
		.type = 3, .present = 1, .dpl = 3, .s = 1, .db = 1, .g = 1 };
	s.fs = s.gs = s.ds;
	s.tr = (struct kvm_segment){ .selector = 0x40, .base = TSS, .limit = 0x2067, .type = 11,
				     .present = 1 };
	return ioctl(vcpu, KVM_SET_SREGS, &s) < 0 ? -1 : ioctl(vcpu, KVM_SET_REGS, &r);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 20000;
	size_t copied = argc > 2 ? (size_t)atol(argv[2]) * 4096 : 0;
	uint8_t *from = calloc(1, copied + 1), *to = calloc(1, copied + 1);
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = ioctl(kvm, KVM_CREATE_VM, 0), vcpu;
	uint8_t *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region slot = {
		.memory_size = RAM, .userspace_addr = (unsigned long)ram,
	};
	struct kvm_run *run;
	uint64_t start = 0;

	build(ram);
	vcpu = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot) < 0 ? -1 :
	       ioctl(vm, KVM_CREATE_VCPU, 0);
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED,
		   vcpu, 0);
	if (vcpu < 0 || run == MAP_FAILED || set_state(vcpu) < 0) {
		perror("/dev/kvm");
		return 1;
	}
	for (long i = 0; i < n + 100; i++) {
		if (i == 100)
			start = now();
		memcpy(to, from, copied);
		__asm__ volatile("" : : "r"(to) : "memory");
		if (ioctl(vcpu, KVM_RUN, 0) < 0 || run->exit_reason != KVM_EXIT_IO) {
			fprintf(stderr, "exit reason %u\n", run->exit_reason);
			return 1;
		}
	}
	printf("%.1f\n", (double)(now() - start) / n);
	return 0;
}
