/* SPDX-License-Identifier: MIT */
/*
 * What /dev/mvm has beyond KVM, but for clones: VMCALL, execute permission, KVM_RUN by lseek,
 * statistics.  Skipped on a KVM, which must not know the requests.
 */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

static void start(struct kt_vm *v, unsigned int ring)
{
	kt_start(v, ring);
	if (!kt_is_mvm(v->dev))
		SKIP("not /dev/mvm");
}

static void elsewhere(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	if (kt_is_mvm(v.dev))
		SKIP("this is /dev/mvm");
	EQUAL(IOCTL(v.vm, MVM_FREEZE, 0), -ENOTTY);
	EQUAL(IOCTL(v.vcpu, MVM_FREEZE, 0), -EINVAL);
	EQUAL(IOCTL(v.dev, MVM_FREEZE, 0), -EINVAL);
	for (long cap = MVM_CAP_BASE; cap < MVM_CAP_BASE + 16; cap++)
		EQUAL(kt_cap(v.dev, cap), 0);
}

static void capabilities(void)
{
	struct kt_vm v;
	int engine;

	start(&v, 3);
	engine = kt_cap(v.dev, MVM_CAP_ENGINE);
	CHECK(engine == 1 || engine == 2);
	EQUAL(kt_cap(v.dev, MVM_CAP_MEM_EXEC), engine == 1);
	EQUAL(kt_cap(v.dev, MVM_CAP_VMCALL), 1);
	EQUAL(kt_cap(v.dev, MVM_CAP_BASE), 0);
	EQUAL(kt_cap(v.dev, MVM_CAP_BASE + 15), 0);
	/* Nothing of a KVM's that is not there is claimed. */
	EQUAL(kt_cap(v.dev, KVM_CAP_IRQCHIP), 0);
	EQUAL(kt_cap(v.dev, KVM_CAP_PIT2), 0);
	EQUAL(kt_cap(v.dev, KVM_CAP_NESTED_STATE), 0);
	EQUAL(IOCTL(v.vm, KVM_CREATE_IRQCHIP, 0), -ENOTTY);
	EQUAL(IOCTL(v.dev, MVM_FREEZE, 0), -EINVAL);
	EQUAL(IOCTL(v.vcpu, MVM_FREEZE, 0), -EINVAL);
	EQUAL(IOCTL(v.vm, _IO(MVM_MAGIC, 0xff), 0), -ENOTTY);
	EQUAL(IOCTL(v.vm, _IOW(MVM_MAGIC, 1, char[8]), 0), -ENOTTY);
}

/* ---- VMCALL --------------------------------------------------------------------------------- */

KT_GUEST(call, "mov $0x1234, %eax; mov $1, %edi; mov $2, %esi; mov $3, %edx; mov $4, %r10d;"
	 "mov $5, %r8d; mov $6, %r9d; vmcall; mov %rax, %rbx; mov $0x33, %dx; out %eax, (%dx);"
	 "1: jmp 1b");
#define AT_VMCALL	(KT_CODE + 5 * 4 + 6 * 3)	/* behind 4 moves of 5 bytes and 3 of 6 */

static long set_vmcall(struct kt_vm *v, uint32_t mode, int fd)
{
	struct mvm_vmcall c = { mode, fd };

	return IOCTL(v->vm, MVM_SET_VMCALL, &c);
}

static void vmcall_undefined(void)
{
	struct kt_frame f;
	struct kt_vm v;

	start(&v, 3);
	kt_code(&v, call);
	kt_run_to_exception(&v, 6, &f);
	EQUAL(f.rip, AT_VMCALL);
}

static void vmcall_user(void)
{
	struct kvm_regs r;
	struct kt_vm v;

	start(&v, 3);
	kt_code(&v, call);
	EQUAL(set_vmcall(&v, MVM_VMCALL_USER, -1), 0);
	kt_run_to(&v, KVM_EXIT_HYPERCALL);
	EQUAL(v.run->hypercall.nr, 0x1234);
	for (unsigned int i = 0; i < 6; i++)
		EQUAL(v.run->hypercall.args[i], i + 1);
	kt_get_regs(&v, &r);
	EQUAL(r.rip, AT_VMCALL);		/* as at KVM_EXIT_IO */
	v.run->hypercall.ret = 0x5a5a5a5a5a5a;
	kt_run_to_port(&v, 0x33);
	kt_get_regs(&v, &r);
	EQUAL(r.rbx, 0x5a5a5a5a5a5a);
	kt_complete(&v);
	/* Where user space moves it, nothing is finished. */
	kt_restart(&v, 3);
	kt_run_to(&v, KVM_EXIT_HYPERCALL);
	kt_restart(&v, 3);
	kt_run_to(&v, KVM_EXIT_HYPERCALL);
	EQUAL(v.run->hypercall.nr, 0x1234);
	kt_get_regs(&v, &r);
	EQUAL(r.rip, AT_VMCALL);
	/* Back to #UD. */
	EQUAL(set_vmcall(&v, MVM_VMCALL_UD, -1), 0);
	kt_restart(&v, 3);
	kt_run_to_exception(&v, 6, NULL);
}

static void vmcall_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct kvm_regs r;
	struct kt_vm v;
	uint64_t n = 0;

	start(&v, 3);
	kt_code(&v, call);
	EQUAL(set_vmcall(&v, MVM_VMCALL_EVENTFD, fd), 0);
	for (int i = 0; i < 3; i++) {
		kt_restart(&v, 3);
		kt_run_to_port(&v, 0x33);
		kt_get_regs(&v, &r);
		EQUAL(r.rbx, 0);
		kt_complete(&v);
	}
	EQUAL(read(fd, &n, 8), 8);
	EQUAL(n, 3);
	/* The VM has a reference of its own. */
	close(fd);
	kt_restart(&v, 3);
	kt_run_to_port(&v, 0x33);
}

static void vmcall_refused(void)
{
	struct kt_vm v;
	int p[2];

	start(&v, 3);
	CHECK(pipe(p) == 0);
	EQUAL(set_vmcall(&v, 3, -1), -EINVAL);
	EQUAL(set_vmcall(&v, ~0U, -1), -EINVAL);
	EQUAL(set_vmcall(&v, MVM_VMCALL_EVENTFD, -1), -EBADF);
	EQUAL(set_vmcall(&v, MVM_VMCALL_EVENTFD, p[0]), -EINVAL);
	EQUAL(IOCTL(v.vm, MVM_SET_VMCALL, 0x1000), -EFAULT);
	EQUAL(IOCTL(v.vm, MVM_SET_VMCALL, kt_edge(4)), -EFAULT);
}

/* ---- Execute permission --------------------------------------------------------------------- */

KT_GUEST(jump, "jmp *%rdi");
KT_GUEST(store, "movl $0x90909090, (%rdi); mov $0x34, %dx; out %eax, (%dx)");
KT_GUEST(load, "mov (%rdi), %eax; mov $0x34, %dx; out %eax, (%dx)");
KT_GUEST(out_33, "mov $0x33, %dx; out %eax, (%dx)");

static long set_exec(struct kt_vm *v, uint64_t gpa, uint64_t size, uint32_t mode)
{
	struct mvm_exec e = { .gpa = gpa, .size = size, .mode = mode };

	return IOCTL(v->vm, MVM_SET_EXEC, &e);
}

static void need_exec(struct kt_vm *v)
{
	start(v, 3);
	if (kt_cap(v->dev, MVM_CAP_MEM_EXEC) <= 0)
		SKIP("no MVM_CAP_MEM_EXEC");
}

static void go(struct kt_vm *v, uint64_t rdi)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202, .rdi = rdi };

	kt_restart(v, 3);
	kt_set_regs(v, &r);
}

/* The first stage allows everything everywhere; the second does not. */
static void exec_enforced(void)
{
	const size_t n = (size_t)(out_33_end - out_33);
	struct kt_vm v;

	need_exec(&v);
	memcpy(v.ram + KT_LARGE, out_33, n);
	EQUAL(set_exec(&v, 0, KT_RAM, MVM_EXEC_NX), 0);
	EQUAL(set_exec(&v, KT_CODE, 4096, MVM_EXEC_RX), 0);
	EQUAL(set_exec(&v, KT_STUBS, 4096, MVM_EXEC_RX), 0);
	kt_code(&v, load);
	go(&v, KT_LARGE);
	kt_run_to_port(&v, 0x34);
	kt_complete(&v);
	kt_code(&v, store);
	go(&v, KT_LARGE + 64);
	kt_run_to_port(&v, 0x34);		/* data is written */
	kt_complete(&v);
	kt_code(&v, jump);
	go(&v, KT_LARGE);
	kt_run_to_nomem(&v, KT_LARGE);		/* and not executed */
	kt_code(&v, store);
	go(&v, KT_CODE);
	kt_run_to_nomem(&v, KT_CODE);		/* code is not written */
	EQUAL(memcmp(v.ram + KT_CODE, store, 4), 0);
	/* Made executable, it is; and writable no more, though a translation was there. */
	EQUAL(set_exec(&v, KT_LARGE, 4096, MVM_EXEC_RX), 0);
	kt_code(&v, jump);
	go(&v, KT_LARGE);
	kt_run_to_port(&v, 0x33);
	kt_complete(&v);
	kt_code(&v, store);
	go(&v, KT_LARGE + 64);
	kt_run_to_nomem(&v, KT_LARGE);
	/* And back. */
	EQUAL(set_exec(&v, KT_LARGE, 4096, MVM_EXEC_RWX), 0);
	go(&v, KT_LARGE + 64);
	kt_run_to_port(&v, 0x34);
	kt_complete(&v);
	kt_code(&v, jump);
	go(&v, KT_LARGE);
	kt_run_to_port(&v, 0x33);
}

/* Memory that comes and goes keeps what was said of its frames. */
static void exec_kept(void)
{
	struct kt_vm v;

	need_exec(&v);
	EQUAL(set_exec(&v, KT_LARGE, 2UL << 20, MVM_EXEC_NX), 0);
	CHECK(madvise(v.ram + KT_LARGE, 4096, MADV_DONTNEED) == 0);
	memcpy(v.ram + KT_LARGE, out_33, (size_t)(out_33_end - out_33));
	kt_code(&v, jump);
	go(&v, KT_LARGE);
	kt_run_to_nomem(&v, KT_LARGE);
	/* A new slot starts free. */
	EQUAL(kt_slot(v.vm, 0, 0, 0, 0, NULL), 0);
	EQUAL(kt_slot(v.vm, 0, 0, 0, KT_RAM, v.ram), 0);
	go(&v, KT_LARGE);
	kt_run_to_port(&v, 0x33);
}

static void exec_refused(void)
{
	struct mvm_exec e = { .gpa = 0, .size = 4096, .pad = 1 };
	struct kt_vm v;

	start(&v, 3);
	if (kt_cap(v.dev, MVM_CAP_MEM_EXEC) <= 0) {
		CHECK(set_exec(&v, 0, 4096, MVM_EXEC_NX) < 0);
		return;
	}
	EQUAL(set_exec(&v, 1, 4096, MVM_EXEC_NX), -EINVAL);
	EQUAL(set_exec(&v, 0, 4095, MVM_EXEC_NX), -EINVAL);
	EQUAL(set_exec(&v, 0, 0, MVM_EXEC_NX), -EINVAL);
	EQUAL(set_exec(&v, 0, 4096, 3), -EINVAL);
	CHECK(set_exec(&v, 0, KT_RAM + 4096, MVM_EXEC_NX) < 0);
	CHECK(set_exec(&v, 1UL << 40, 4096, MVM_EXEC_NX) < 0);
	CHECK(set_exec(&v, ~4095UL, 8192, MVM_EXEC_NX) < 0);
	CHECK(set_exec(&v, 4096, ~4095UL, MVM_EXEC_NX) < 0);
	EQUAL(IOCTL(v.vm, MVM_SET_EXEC, &e), -EINVAL);
	EQUAL(IOCTL(v.vm, MVM_SET_EXEC, 0x1000), -EFAULT);
}

/* ---- Statistics ----------------------------------------------------------------------------- */

KT_GUEST(outs, "1: mov $0x33, %dx; out %eax, (%dx); jmp 1b");

static void statistics(void)
{
	struct mvm_stats s = { .size = sizeof(s) };
	struct kt_vm v;

	start(&v, 3);
	if (kt_cap(v.dev, MVM_CAP_STATS) <= 0)
		SKIP("no MVM_CAP_STATS");
	kt_code(&v, outs);
	for (int i = 0; i < 20; i++)
		kt_run_to_port(&v, 0x33);
	EQUAL(IOCTL(v.vm, MVM_GET_STATS, &s), 0);
	EQUAL(s.size, sizeof(s));
	CHECK(s.exit_io >= 20);
	CHECK(s.exits_user >= 20);
	CHECK(s.entries >= s.exit_io && s.exits >= s.exit_io);
	CHECK(s.fills > 0);
}

static void statistics_sizes(void)
{
	struct mvm_stats *s;
	struct kt_vm v;

	start(&v, 3);
	/* An older caller's structure ends earlier; nothing behind it is written. */
	s = kt_edge(32);
	s->size = 32;
	EQUAL(IOCTL(v.vm, MVM_GET_STATS, s), 0);
	EQUAL(s->size, 32);
	s->size = 1UL << 40;			/* a newer one's is longer than all we have */
	CHECK(IOCTL(v.vm, MVM_GET_STATS, s) == -EFAULT);
	EQUAL(IOCTL(v.vm, MVM_GET_STATS, 0x1000), -EFAULT);
}

/* ---- KVM_RUN by lseek ----------------------------------------------------------------------- */

static long seek(struct kt_vm *v, off_t offset, int whence)
{
	off_t r = lseek(v->vcpu, offset, whence);

	return r < 0 ? -errno : r;
}

static void seek_to_port(struct kt_vm *v, uint16_t port)
{
	EQUAL(seek(v, 0, MVM_RUN_SEEK), 0);
	EQUAL(v->run->exit_reason, KVM_EXIT_IO);
	EQUAL(v->run->io.direction, KVM_EXIT_IO_OUT);
	EQUAL(v->run->io.port, port);
}

KT_GUEST(count, "xor %eax, %eax; 1: out %al, $0x10; inc %eax; out %al, $0x11; inc %eax; jmp 1b");
#define AT_SECOND	(KT_CODE + 2 + 2 + 2)

static void run_by_seek(void)
{
	struct kvm_regs r;
	struct kt_vm v;

	start(&v, 3);
	EQUAL(kt_cap(v.dev, MVM_CAP_RUN_SEEK), 1);
	kt_code(&v, count);
	/* Either call finishes what the other left. */
	for (int i = 0; i < 20; i++) {
		seek_to_port(&v, 0x10);
		EQUAL(((uint8_t *)v.run)[4096], 2 * i);
		if (i & 1)
			kt_run_to_port(&v, 0x11);
		else
			seek_to_port(&v, 0x11);
		EQUAL(((uint8_t *)v.run)[4096], 2 * i + 1);
	}
	/* RIP stands on the OUT, and goes where user space moves it. */
	kt_get_regs(&v, &r);
	EQUAL(r.rip, AT_SECOND);
	r.rip = KT_CODE;
	kt_set_regs(&v, &r);
	seek_to_port(&v, 0x10);
	EQUAL(((uint8_t *)v.run)[4096], 0);
	seek_to_port(&v, 0x11);
	/* The same place, but set: that is a place like any other. */
	kt_get_regs(&v, &r);
	r.rax = 0x77;
	kt_set_regs(&v, &r);
	seek_to_port(&v, 0x10);
	EQUAL(((uint8_t *)v.run)[4096], 0x78);
}

static void run_by_seek_refused(void)
{
	struct kt_vm v;
	int status;

	start(&v, 3);
	kt_code(&v, count);
	EQUAL(seek(&v, 1, MVM_RUN_SEEK), -EINVAL);
	EQUAL(seek(&v, 0, SEEK_CUR), 0);	/* as at a KVM's vCPU: nothing */
	seek_to_port(&v, 0x10);
	v.run->immediate_exit = 1;
	EQUAL(seek(&v, 0, MVM_RUN_SEEK), -EINTR);
	v.run->immediate_exit = 0;
	v.run->kvm_valid_regs = ~0ULL;
	EQUAL(seek(&v, 0, MVM_RUN_SEEK), -EINVAL);
	v.run->kvm_valid_regs = 0;
	v.run->cr8 = 16;
	EQUAL(seek(&v, 0, MVM_RUN_SEEK), -EINVAL);
	v.run->cr8 = 0;
	if (fork() == 0)
		_exit(seek(&v, 0, MVM_RUN_SEEK) != -EIO);
	CHECK(wait(&status) > 0);
	EQUAL(status, 0);
	seek_to_port(&v, 0x11);
	EQUAL(IOCTL(v.vm, MVM_FREEZE, 0), 0);
	EQUAL(seek(&v, 0, MVM_RUN_SEEK), -EPERM);
}

static const struct kt_test tests[] = {
	{ .name = "elsewhere", .run = elsewhere },
	{ .name = "capabilities", .run = capabilities },
	{ .name = "vmcall_undefined", .run = vmcall_undefined },
	{ .name = "vmcall_user", .run = vmcall_user },
	{ .name = "vmcall_eventfd", .run = vmcall_eventfd },
	{ .name = "vmcall_refused", .run = vmcall_refused },
	{ .name = "exec_enforced", .run = exec_enforced },
	{ .name = "exec_kept", .run = exec_kept },
	{ .name = "exec_refused", .run = exec_refused },
	{ .name = "run_by_seek", .run = run_by_seek },
	{ .name = "run_by_seek_refused", .run = run_by_seek_refused },
	{ .name = "statistics", .run = statistics },
	{ .name = "statistics_sizes", .run = statistics_sizes },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/mvm", tests, sizeof(tests) / sizeof(tests[0]));
}
