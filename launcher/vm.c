/* SPDX-License-Identifier: MIT */
/*
 * The life of the VM up to its first instruction, and the two requests that need it later
 * (memory growth, time).  Which ioctl does what is kvm.c's affair; which register holds what,
 * cpu.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>
#include "clock.h"
#include "confine/confine.h"
#include "cpu.h"
#include "descriptor.h"
#include "kvm.h"
#include "msg.h"
#include "vm.h"

/*
 * The first memslot.  A slot's cost grows with its size (on the development host 64 MiB is free,
 * 512 MiB adds a quarter to the whole run), so the rest of --mem comes when the guest asks.
 */
#define FIRST_SLOT	(64UL << 20)
/* Guest RAM below this is backed by 4 KiB pages even with huge pages: a small VM stays small. */
#define SMALL_RAM	(32UL << 20)

#define CAP_WAIT_NS	2000000L	/* to measure the TSC where the device cannot tell */

static const char *const devices[] = { "/dev/mvm", "/dev/kvm" };

/*
 * Of the mapping at p.  A kernel that is set to use huge pages for everything (Debian's is) must be
 * told where not.  Refused by one without huge pages, which then simply does not have them.
 */
static void choose_huge(struct guest_ram *ram, enum plan_huge huge, uint8_t *p, size_t len)
{
	uint8_t *end = p + len, *from = end;

	ram->huge_from = 0;
	if (huge == HUGE_ALWAYS)
		ram->huge_from = MVM_GPA_APP;
	else if (huge == HUGE_AUTO && ram->max > SMALL_RAM)
		ram->huge_from = SMALL_RAM;
	if (ram->huge_from)
		from = ram->hva + ram->huge_from;
	madvise(p, (size_t)(from - p), MADV_NOHUGEPAGE);
	if (from < end && madvise(from, (size_t)(end - from), MADV_HUGEPAGE) < 0)
		ram->huge_from = 0;
}

int vm_reserve_ram(struct vm *vm, const struct plan *plan)
{
	struct guest_ram *ram = &vm->ram;
	/* Two MiB more than asked for, so that GPA 0 can lie on a 2 MiB boundary of the host. */
	size_t len = plan->mem + MVM_LARGE_SIZE;
	uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		int e = errno;

		fail(EXIT_MVM, "--mem %luM: cannot reserve the guest's memory: %s; ask for less",
		     (unsigned long)(plan->mem >> 20), strerror(e));
		return -e;
	}
	ram->hva = (uint8_t *)(((uintptr_t)p + MVM_LARGE_SIZE - 1) & ~(MVM_LARGE_SIZE - 1));
	ram->max = plan->mem;
	ram->present = plan->mem < FIRST_SLOT ? plan->mem : FIRST_SLOT;
	choose_huge(ram, plan->huge, p, len);
	return 0;
}

/* The descriptor, or -errno; *name is the path in either case. */
static int open_device(const struct plan *plan, const char **name)
{
	int fd = -ENOENT;

	if (plan->device) {
		*name = plan->device;
		return kvm_open(plan->device);
	}
	for (size_t i = 0; fd == -ENOENT && i < sizeof(devices) / sizeof(*devices); i++) {
		*name = devices[i];
		fd = kvm_open(devices[i]);
	}
	return fd;
}

bool vm_offers(const struct plan *plan, int cap)
{
	const char *name;
	int fd = open_device(plan, &name);
	bool there = fd >= 0 && kvm_check_extension(fd, cap) > 0;

	if (fd >= 0)
		close(fd);
	return there;
}

int vm_open(struct vm *vm, const struct plan *plan)
{
	int fd = open_device(plan, &vm->device);

	vm->dev_fd = fd;
	vm->vm_fd = vm->vcpu_fd = -1;
	if (fd >= 0) {
		vm->mem_exec = kvm_check_extension(fd, MVM_CAP_MEM_EXEC) > 0;
		return 0;
	}
	if (fd == -ENOENT)
		fail(EXIT_MVM, "--device %s: there is no such device; load the kernel's KVM module "
		     "or enable virtualisation in the firmware (see mvm doctor)",
		     plan->device ? plan->device : "auto");
	else if (fd == -EACCES || fd == -EPERM)
		fail(EXIT_MVM, "--device %s: %s; join the device's group (usually: adduser $USER "
		     "kvm, then log in again)", vm->device, strerror(-fd));
	else if (fd == -ENODEV || fd == -ENOTTY || fd == -EINVAL)
		fail(EXIT_MVM, "--device %s: not a KVM device of API version %d; name /dev/kvm or "
		     "/dev/mvm", vm->device, KVM_API_VERSION);
	else
		fail(EXIT_MVM, "--device %s: %s; see mvm doctor", vm->device, strerror(-fd));
	return fd;
}

static int create_failed(struct vm *vm, const char *what, int err)
{
	fail(EXIT_MVM, "--device %s: cannot create the %s: %s; see mvm doctor", vm->device, what,
	     strerror(-err));
	return err;
}

int vm_create(struct vm *vm)
{
	int r = kvm_create_vm(vm->dev_fd);

	/* The numbers that the seccomp filter knows. */
	if (r >= 0 && fd_move(r, CONFINE_FD_VM) < 0)
		r = -errno;
	if (r < 0)
		return create_failed(vm, "VM", r);
	vm->vm_fd = CONFINE_FD_VM;
	return 0;
}

int vm_create_vcpu(struct vm *vm)
{
	int r = kvm_create_vcpu(vm->vm_fd);

	if (r >= 0 && fd_move(r, CONFINE_FD_VCPU) < 0)
		r = -errno;
	if (r < 0)
		return create_failed(vm, "vCPU", r);
	vm->vcpu_fd = CONFINE_FD_VCPU;
	r = kvm_vcpu_mmap_size(vm->dev_fd);
	if (r < 0)
		return create_failed(vm, "vCPU's mapping", r);
	vm->run_size = r;
	vm->run = mmap(NULL, r, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu_fd, 0);
	if (vm->run == MAP_FAILED)
		return create_failed(vm, "vCPU's mapping", -errno);
	close(vm->dev_fd);
	vm->dev_fd = -1;
	return 0;
}

/* CPUID first: a device refuses CR4 bits that the guest's CPUID lacks. */
int vm_set_cpu(struct vm *vm, const struct cpu_model *m, const struct kvm_sregs *s)
{
	int r = kvm_set_cpuid(vm->vcpu_fd, m->cpuid, m->ncpuid);

	if (r == 0)
		r = kvm_set_sregs(vm->vcpu_fd, s);
	if (r == 0 && m->xcr0)
		r = kvm_set_xcr0(vm->vcpu_fd, m->xcr0);
	return r;
}

int vm_set_registers(struct vm *vm, const struct kvm_regs *regs, uint64_t lstar)
{
	const struct kvm_msr_value msrs[] = {
		{ MSR_STAR, MVM_STAR },
		{ MSR_LSTAR, lstar },
		{ MSR_FMASK, MVM_FMASK },
	};
	int r = kvm_set_msrs(vm->vcpu_fd, msrs, sizeof(msrs) / sizeof(*msrs));

	return r < 0 ? r : kvm_set_regs(vm->vcpu_fd, regs);
}

static int start_cpu(struct vm *vm, const struct cpu_model *m, const struct kvm_sregs *reset,
		     uint64_t pml4)
{
	struct kvm_sregs s = *reset;

	cpu_start_sregs(&s, m, pml4);
	return vm_set_cpu(vm, m, &s);
}

/* Where the device cannot tell: count ticks over two milliseconds, once. */
static uint32_t measure_tsc_khz(void)
{
	uint64_t t0 = clock_ns(CLOCK_MONOTONIC), c0 = __rdtsc(), t1, c1;

	do {
		t1 = clock_ns(CLOCK_MONOTONIC);
		c1 = __rdtsc();
	} while (t1 - t0 < CAP_WAIT_NS);
	return (c1 - c0) * 1000000UL / (t1 - t0);
}

/*
 * The guest's TSC at an instant that the host's clocks are read at.  Where the guest sees the
 * host's TSC as it is, host and guest values agree to the bracket and the reading is exact;
 * with an offset it is as good as half the ioctl is long.
 */
static int read_guest_tsc(struct vm *vm, struct mvm_time *t)
{
	uint64_t before, after, guest;
	int r;

	before = __rdtsc();
	r = kvm_get_msr(vm->vcpu_fd, MSR_TSC, &guest);
	after = __rdtsc();
	if (r < 0)
		return r;
	t->tsc_base = __rdtsc();
	t->mono_ns = clock_ns(CLOCK_MONOTONIC);
	t->boot_ns = clock_ns(CLOCK_BOOTTIME);
	t->real_ns = clock_ns(CLOCK_REALTIME);
	t->mono_ns += vm->mono_off;
	t->boot_ns += vm->boot_off;
	if (guest < before || guest > after)
		t->tsc_base += guest - (before + (after - before) / 2);
	return 0;
}

int vm_time(struct vm *vm, struct mvm_time *t)
{
	int r;

	if (!vm->tsc_khz) {
		r = kvm_tsc_khz(vm->vcpu_fd);
		vm->tsc_khz = r > 0 ? (uint32_t)r : measure_tsc_khz();
	}
	r = read_guest_tsc(vm, t);
	/* mult = 10^6 * 2^shift / kHz with shift 24: exact to 10^-7 */
	t->shift = 24;
	t->mult = ((1000000UL << 24) + vm->tsc_khz / 2) / vm->tsc_khz;
	return r;
}

/* Spares the guest an exit; where the device cannot tell the frequency, only when it is asked. */
static void start_time(struct vm *vm, struct mvm_boot *boot)
{
	int khz = kvm_tsc_khz(vm->vcpu_fd);

	if (khz <= 0)
		return;
	vm->tsc_khz = (uint32_t)khz;
	if (vm_time(vm, &boot->time) < 0)
		boot->time.mult = 0;
}

void vm_slot_added(struct vm *vm)
{
	static uint64_t ends[VM_SLOTS_MAX];

	vm->slot_end = ends;
	if (vm->nslots < VM_SLOTS_MAX)
		vm->slot_end[vm->nslots] = vm->ram.present;
	vm->nslots++;
	vm->ram.slotted = vm->ram.present;
}

int vm_add_ram(struct vm *vm)
{
	int r = kvm_add_memslot(vm->vm_fd, 0, 0, vm->ram.present, vm->ram.hva);

	if (r < 0)
		fail(EXIT_MVM, "--device %s: refuses %lu MiB of memory for the guest: %s",
		     vm->device, (unsigned long)(vm->ram.present >> 20), strerror(-r));
	else
		vm_slot_added(vm);
	return r;
}

int vm_setup(struct vm *vm, struct cpu_model *m, const struct mvm_rt_header *rt,
	     struct mvm_boot *boot)
{
	const struct kvm_regs regs = {
		.rip = rt->entry, .rsp = rt->stack_top, .rflags = MVM_RFLAGS_INIT,
	};
	struct kvm_sregs reset;
	int r = kvm_get_sregs(vm->vcpu_fd, &reset);

	if (r == 0)
		r = start_cpu(vm, m, &reset, boot->pml4_gpa);
	if (r == -EINVAL) {
		verbose("%s refuses FSGSBASE or XSAVE; going on without", vm->device);
		cpu_model_without(m, MVM_CPU_FSGSBASE | MVM_CPU_XSAVE);
		r = start_cpu(vm, m, &reset, boot->pml4_gpa);
	}
	if (r == 0)
		r = vm_set_registers(vm, &regs, boot->flags & MVM_BOOT_TRACE ? rt->lstar_traced :
									     rt->lstar);
	if (r < 0) {
		fail(EXIT_MVM, "--device %s: refuses the vCPU's start state: %s; see mvm doctor",
		     vm->device, strerror(-r));
		return r;
	}
	boot->cpu_features = m->features;
	boot->xcr0 = m->xcr0;
	boot->xsave_size = m->xsave_size;
	boot->hwcap = m->hwcap;
	boot->hwcap2 = m->hwcap2;
	start_time(vm, boot);
	return 0;
}

/* A memslot for [from, from + bytes), which is not executed. */
static int add_slot(struct vm *vm, uint64_t from, uint64_t bytes)
{
	struct guest_ram *ram = &vm->ram;
	int r = kvm_add_memslot(vm->vm_fd, vm->nslots, from, bytes, ram->hva + from);

	if (r < 0)
		return r;
	if (vm->mem_exec)
		r = kvm_set_exec(vm->vm_fd, from, bytes, MVM_EXEC_NX);
	/* Size 0 takes the slot away: memory that could be executed is none. */
	if (r < 0)
		kvm_add_memslot(vm->vm_fd, vm->nslots, from, 0, ram->hva + from);
	return r;
}

int vm_grow(struct vm *vm, uint64_t bytes)
{
	struct guest_ram *ram = &vm->ram;
	uint64_t end = ram->present + bytes;
	int r = 0;

	if (!bytes || bytes % MVM_LARGE_SIZE)
		return -EINVAL;
	if (bytes > ram->max - ram->present)
		return -ENOMEM;
	/* A VM that was reset finds the slots of the time before. */
	if (end > ram->slotted)
		r = add_slot(vm, ram->slotted, end - ram->slotted);
	if (r < 0)
		return r;
	__atomic_store_n(&ram->present, end, __ATOMIC_RELEASE);
	if (end > ram->slotted)
		vm_slot_added(vm);
	return 0;
}
