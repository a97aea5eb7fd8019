/* SPDX-License-Identifier: MIT */
/* Templates and clones, for the tests of them: see kt.h. */
#include <sys/mman.h>
#include <unistd.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

/* Ready (0x3f); then for ever: what is at rdi (0x40), rsi written there (0x41). */
KT_GUEST(kt_swap, "mov $0x3f, %dx; out %eax, (%dx); 1: mov (%rdi), %eax; mov $0x40, %dx;"
	 "out %eax, (%dx); mov %esi, (%rdi); mov $0x41, %dx; out %eax, (%dx); jmp 1b");
/* Ready; then for ever: rcx pages from rdi on get numbers, a mark goes to xmm3 and r15 (0x42). */
KT_GUEST(kt_fill, "mov $0x3f, %dx; out %eax, (%dx); 1: mov %rdi, %rax; mov %rcx, %rbx;"
	 "2: mov %rbx, (%rax); add $4096, %rax; dec %rbx; jnz 2b; inc %r15; movq %xmm3, %r14;"
	 "movq %r15, %xmm3; mov $0x42, %dx; out %eax, (%dx); jmp 1b");

uint32_t kt_value(const struct kt_vm *v)
{
	uint32_t x;

	memcpy(&x, (const uint8_t *)v->run + v->run->io.data_offset, 4);
	return x;
}

void kt_set_args(struct kt_vm *v, uint64_t rdi, uint64_t rsi, uint64_t rcx)
{
	struct kvm_regs r;

	kt_get_regs(v, &r);
	r.rdi = rdi;
	r.rsi = rsi;
	r.rcx = rcx;
	kt_set_regs(v, &r);
}

void kt_need_clones(const struct kt_vm *v)
{
	if (kt_cap(v->dev, MVM_CAP_CLONE) <= 0)
		SKIP("no MVM_CAP_CLONE");
}

void kt_ready(struct kt_vm *v, const uint8_t *code, size_t size)
{
	kt_start(v, 3);
	kt_need_clones(v);
	memcpy(v->ram + KT_CODE, code, size);
	memcpy(v->ram + KT_DATA, &(uint32_t){ 0x1111 }, 4);
	kt_set_args(v, KT_DATA, 0x2222, 0);
	kt_run_to_port(v, 0x3f);
}
void kt_clone_memory(struct kt_vm *c, const struct kt_vm *t)
{
	*c = (struct kt_vm){ .dev = t->dev, .vcpu = -1 };
	c->vm = (int)IOCTL(t->vm, MVM_CLONE, 0);
	if (c->vm < 0)
		FAIL("MVM_CLONE: %s", strerror(-c->vm));
	c->ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, c->vm, 0);
	if (c->ram == MAP_FAILED)
		FAIL("mmap of a clone: %s", strerror(errno));
}

void kt_clone(struct kt_vm *c, const struct kt_vm *t)
{
	kt_clone_memory(c, t);
	kt_new_vcpu(c);
}

void kt_drop(struct kt_vm *v)
{
	munmap(v->run, v->run_size);
	munmap(v->ram, KT_RAM);
	close(v->vcpu);
	close(v->vm);
}

uint32_t kt_word(const struct kt_vm *v, uint64_t gpa)
{
	return *(volatile uint32_t *)(v->ram + gpa);
}

uint64_t kt_private_pages(struct kt_vm *v)
{
	struct mvm_stats s = { .size = sizeof(s) };

	EQUAL(IOCTL(v->vm, MVM_GET_STATS, &s), 0);
	return s.private_pages;
}
