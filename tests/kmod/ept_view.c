/* SPDX-License-Identifier: MIT */
/*
 * MVM_SET_VIEW and VMFUNC: what a guest sees in a view that hides memory, and that all views follow
 * the slots and the host.
 */
#include <sys/mman.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

/* View ecx; then what is at rdi (0x40); then view 0, and rdi again (0x41). */
KT_GUEST(look, "xor %eax, %eax; vmfunc; mov (%rdi), %eax; mov $0x40, %dx; out %eax, (%dx);"
	 "xor %eax, %eax; xor %ecx, %ecx; vmfunc; mov (%rdi), %eax; mov $0x41, %dx;"
	 "out %eax, (%dx)");

static long set_view(struct kt_vm *v, uint32_t index, uint64_t gpa, uint64_t size)
{
	struct mvm_view view = { .index = index, .hide_gpa = gpa, .hide_size = size };

	return IOCTL(v->vm, MVM_SET_VIEW, &view);
}

static void start(struct kt_vm *v)
{
	kt_start(v, 3);
	if (kt_cap(v->dev, MVM_CAP_VMFUNC) <= 0)
		SKIP("no MVM_CAP_VMFUNC");
	kt_code(v, look);
	memcpy(v->ram + KT_DATA, &(uint32_t){ 0x1111 }, 4);
	memcpy(v->ram + KT_LARGE, &(uint32_t){ 0x2222 }, 4);
}

static void set(struct kt_vm *v, uint32_t view, uint64_t rdi)
{
	kt_set_regs(v, &(struct kvm_regs){ .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3002,
		.rcx = view, .rdi = rdi });
}

static void expect(struct kt_vm *v, uint16_t port, uint32_t want)
{
	uint32_t x;

	kt_run_to_port(v, port);
	memcpy(&x, (const uint8_t *)v->run + v->run->io.data_offset, 4);
	EQUAL(x, want);
}

static void hides(void)
{
	struct kt_vm v;

	start(&v);
	EQUAL(set_view(&v, 1, KT_DATA, 4096), 0);
	EQUAL(set_view(&v, 2, KT_LARGE, 0x200000), 0);
	set(&v, 2, KT_DATA);
	expect(&v, 0x40, 0x1111);
	expect(&v, 0x41, 0x1111);
	set(&v, 1, KT_LARGE);
	expect(&v, 0x40, 0x2222);
	expect(&v, 0x41, 0x2222);
	set(&v, 2, KT_LARGE);
	kt_run_to_nomem(&v, KT_LARGE);
	/* It is still there: shown again, the same access succeeds. */
	EQUAL(set_view(&v, 2, 0, 0), 0);
	expect(&v, 0x40, 0x2222);
	expect(&v, 0x41, 0x2222);
	/* Hidden from where it was seen. */
	EQUAL(set_view(&v, 2, KT_LARGE, 4096), 0);
	set(&v, 2, KT_LARGE);
	kt_run_to_nomem(&v, KT_LARGE);
}

static void follows(void)
{
	struct kt_vm v;

	start(&v);
	EQUAL(set_view(&v, 1, 0x100000, 4096), 0);
	set(&v, 1, KT_LARGE);
	expect(&v, 0x40, 0x2222);
	EQUAL(madvise(v.ram + KT_LARGE, 4096, MADV_DONTNEED), 0);
	expect(&v, 0x41, 0);
	kt_complete(&v);
	set(&v, 1, KT_LARGE);
	expect(&v, 0x40, 0);
	EQUAL(kt_slot(v.vm, 0, 0, 0, 0, v.ram), 0);
	kt_run_to_nomem(&v, KT_CODE);
}

static void refused(void)
{
	struct kt_frame f;
	struct kt_vm v;

	start(&v);
	EQUAL(set_view(&v, 0, KT_DATA, 4096), -EINVAL);
	EQUAL(set_view(&v, 8, KT_DATA, 4096), -EINVAL);
	EQUAL(set_view(&v, ~0U, KT_DATA, 4096), -EINVAL);
	EQUAL(set_view(&v, 1, KT_DATA + 1, 4096), -EINVAL);
	EQUAL(set_view(&v, 1, KT_DATA, 4095), -EINVAL);
	EQUAL(set_view(&v, 1, ~0xfffUL, 8192), -EINVAL);
	EQUAL(IOCTL(v.vm, MVM_SET_VIEW, kt_edge(8)), -EFAULT);
	/* No view at all, then no such view. */
	set(&v, 1, KT_DATA);
	kt_run_to_exception(&v, 6, &f);
	EQUAL(f.rip, KT_CODE + 2);
	EQUAL(set_view(&v, 1, KT_DATA, 4096), 0);
	for (uint32_t i = 2; i < 600; i += 299) {
		kt_complete(&v);
		set(&v, i, KT_DATA);
		kt_run_to_exception(&v, 6, &f);
		EQUAL(f.rip, KT_CODE + 2);
	}
}

static const struct kt_test tests[] = {
	{ "hides", hides, 0 },
	{ "follows", follows, 0 },
	{ "refused", refused, 0 },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/view", tests, sizeof(tests) / sizeof(*tests));
}
