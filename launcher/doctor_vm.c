/* SPDX-License-Identifier: MIT */
/*
 * mvm doctor: the device.  Opens it as a run would, asks for what a run needs, and times a
 * guest of two instructions that does nothing but leave.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cpu.h"
#include "doctor_report.h"
#include "kvm.h"
#include "pagetable.h"
#include "tables.h"

/* The first that exists is the one that a run takes (vm.c). */
static const char *const devices[] = { "/dev/mvm", "/dev/kvm" };

/* ---- Is it there? --------------------------------------------------------------------------- */

static void report_no_access(const char *path, int err)
{
	const char *group = "kvm";
	char advice[200];
	struct group *g;
	struct stat st;

	if (!stat(path, &st)) {
		g = getgrgid(st.st_gid);
		if (g && st.st_gid)
			group = g->gr_name;
	}
	snprintf(advice, sizeof(advice), "join the group that may use it: sudo usermod -aG %s "
		 "$USER, then log in again (as root: chgrp %s %s && chmod g+rw %s)", group,
		 group, path, path);
	report(VERDICT_FAIL, path, advice, "cannot be opened: %s", strerror(err));
}

static void report_no_device(const struct plan *plan)
{
	report(VERDICT_FAIL, plan->device ? plan->device : "device", plan->device ?
	       "name one that exists, or leave --device out" :
	       "load the module: sudo modprobe kvm_intel or kvm_amd; if that says \"not "
	       "supported\", enable virtualisation in the firmware. `make run` uses a lab "
	       "without any of it",
	       plan->device ? "does not exist" : "neither /dev/mvm nor /dev/kvm exists");
}

/* The descriptor, or -1 when there is nothing to go on with; *name is the path. */
static int open_device(const struct plan *plan, const char **name)
{
	int fd = -ENOENT;

	if (plan->device) {
		*name = plan->device;
		fd = kvm_open(plan->device);
	}
	for (size_t i = 0; !plan->device && fd == -ENOENT && i < 2; i++) {
		*name = devices[i];
		fd = kvm_open(devices[i]);
	}
	if (fd == -ENOENT)
		report_no_device(plan);
	else if (fd == -EACCES || fd == -EPERM)
		report_no_access(*name, -fd);
	else if (fd == -ENODEV || fd == -ENOTTY || fd == -EINVAL)
		report(VERDICT_FAIL, *name, "name /dev/kvm or /dev/mvm with --device",
		       "is not a KVM device of API version %d", KVM_API_VERSION);
	else if (fd < 0)
		report(VERDICT_FAIL, *name, "see what the kernel says: dmesg | tail",
		       "cannot be opened: %s", strerror(-fd));
	else
		report(VERDICT_OK, *name, NULL, "opens, API version %d", KVM_API_VERSION);
	return fd < 0 ? -1 : fd;
}

/* ---- What can it do? ------------------------------------------------------------------------ */

static void check_capabilities(int dev, const char *name)
{
	static const struct {
		int number;
		bool needed;
		const char *name, *purpose;
	} caps[] = {
		{ KVM_CAP_USER_MEMORY, true, "USER_MEMORY", "guest memory" },
		{ KVM_CAP_EXT_CPUID, true, "EXT_CPUID", "the guest's CPUID" },
		{ KVM_CAP_XCRS, false, "XCRS", "AVX in the guest" },
		{ KVM_CAP_GET_TSC_KHZ, false, "GET_TSC_KHZ", "an exact clock without measuring" },
		{ KVM_CAP_SYNC_REGS, false, "SYNC_REGS", "cheap access to registers" },
		{ KVM_CAP_IMMEDIATE_EXIT, false, "IMMEDIATE_EXIT", "stopping a vCPU in time" },
		{ KVM_CAP_IOEVENTFD, false, "IOEVENTFD", "doorbells without a return" },
	};
	unsigned int there = 0;
	const unsigned int all = sizeof(caps) / sizeof(caps[0]);

	for (unsigned int i = 0; i < all; i++) {
		if (kvm_check_extension(dev, caps[i].number) > 0) {
			there++;
			continue;
		}
		report(caps[i].needed ? VERDICT_FAIL : VERDICT_WARN, "capability",
		       caps[i].needed ? "use another device or a newer kernel" : NULL,
		       "%s lacks KVM_CAP_%s: no %s", name, caps[i].name, caps[i].purpose);
	}
	if (there == all)
		report(VERDICT_OK, "capabilities", NULL, "all %u that mvm knows to use", all);
}

/* What only /dev/mvm has; nothing is said about a KVM. */
static void report_module(int dev)
{
	static const char *const engines[] = { NULL, "EPT", "vMMU (shadow page tables)" };
	int engine = kvm_check_extension(dev, MVM_CAP_ENGINE);

	if (engine <= 0)
		return;
	report(VERDICT_OK, "module", NULL, "memory by %s%s%s%s%s",
	       engine < 3 ? engines[engine] : "an engine that this mvm does not know",
	       kvm_check_extension(dev, MVM_CAP_MEM_EXEC) > 0 ? ", W^X of frames" : "",
	       kvm_check_extension(dev, MVM_CAP_VMCALL) > 0 ? ", VMCALL" : "",
	       kvm_check_extension(dev, MVM_CAP_CLONE) > 0 ? ", clones" : "",
	       kvm_check_extension(dev, MVM_CAP_STATS) > 0 ? ", statistics" : "");
}

/* ---- What does an exit cost? ---------------------------------------------------------------- */

#define RAM_SIZE	MVM_LARGE_SIZE
#define CODE_GPA	MVM_GPA_RT_DATA
#define CODE_VA		(MVM_VA_RT_LOW + CODE_GPA)
#define WARM_UP		16
#define EXITS		200

struct probe {
	int vm, vcpu;
	uint8_t *ram;
	struct kvm_run *run;
	size_t run_size;
};

/*
 * out %eax, (%dx); jmp back to it.  At the runtime's place in the layout of <mvm/abi.h>, with the
 * same tables as a real guest, so that what works here works there.
 */
static int fill_ram(uint8_t *ram)
{
	static const uint8_t code[] = { 0xef, 0xeb, 0xfd };
	static const struct mvm_rt_header no_runtime;
	struct pagetable pt;
	int r;

	pt_init(&pt, ram, RAM_SIZE, RAM_SIZE);
	r = pt_map(&pt, MVM_VA_RT_LOW, 0, CODE_GPA, MVM_PROT_READ | MVM_PROT_WRITE);
	if (r == 0)
		r = pt_map(&pt, CODE_VA, CODE_GPA, MVM_PAGE_SIZE, MVM_PROT_READ | MVM_PROT_EXEC);
	tables_write(ram, &no_runtime);
	memcpy(ram + CODE_GPA, code, sizeof(code));
	return r;
}

static int set_cpu(struct probe *p, struct cpu_model *m)
{
	const struct kvm_regs regs = {
		.rip = CODE_VA, .rdx = MVM_PORT_DOORBELL, .rflags = MVM_RFLAGS_INIT,
	};
	struct kvm_sregs s;
	int r = kvm_get_sregs(p->vcpu, &s);

	if (r == 0)
		r = kvm_set_cpuid(p->vcpu, m->cpuid, m->ncpuid);
	if (r < 0)
		return r;
	cpu_start_sregs(&s, m, MVM_GPA_PT);
	r = kvm_set_sregs(p->vcpu, &s);
	return r < 0 ? r : kvm_set_regs(p->vcpu, &regs);
}

/* 0, or -errno with *step saying what failed. */
static int probe_start(int dev, struct probe *p, const char **step)
{
	struct cpu_model m;
	int r;

	*step = "creating a VM";
	p->vm = kvm_create_vm(dev);
	if (p->vm < 0)
		return p->vm;
	*step = "giving it memory";
	p->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->ram == MAP_FAILED)
		return -errno;
	r = fill_ram(p->ram);
	if (r == 0)
		r = kvm_add_memslot(p->vm, 0, 0, RAM_SIZE, p->ram);
	if (r < 0)
		return r;
	*step = "creating a vCPU";
	p->vcpu = kvm_create_vcpu(p->vm);
	if (p->vcpu < 0)
		return p->vcpu;
	r = kvm_vcpu_mmap_size(dev);
	if (r < 0)
		return r;
	p->run_size = (size_t)r;
	p->run = mmap(NULL, p->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, p->vcpu, 0);
	if (p->run == MAP_FAILED)
		return -errno;
	*step = "starting it in ring 3 of 64-bit mode";
	cpu_model_init(&m);
	r = set_cpu(p, &m);
	if (r != -EINVAL)
		return r;
	cpu_model_without(&m, MVM_CPU_FSGSBASE | MVM_CPU_XSAVE);
	return set_cpu(p, &m);
}

static void probe_end(struct probe *p)
{
	if (p->run != MAP_FAILED)
		munmap(p->run, p->run_size);
	if (p->vcpu >= 0)
		close(p->vcpu);
	if (p->ram != MAP_FAILED)
		munmap(p->ram, RAM_SIZE);
	if (p->vm >= 0)
		close(p->vm);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 0 after so many exits by the `out`; else -errno, or the reason of another exit. */
static int exits(struct probe *p, int n)
{
	while (n--) {
		int r;

		do
			r = kvm_run(p->vcpu);
		while (r == -EINTR || r == -EAGAIN);
		if (r < 0)
			return r;
		if (p->run->exit_reason != KVM_EXIT_IO || p->run->io.port != MVM_PORT_DOORBELL)
			return (int)p->run->exit_reason;
	}
	return 0;
}

static void report_cost(double us)
{
	if (us < 10)
		report(VERDICT_OK, "VM exit", NULL, "%.1f us: virtualisation by hardware", us);
	else
		report(VERDICT_OK, "VM exit", NULL, "%.0f us: virtualisation in software or "
		       "nested; polled hypercalls (--poll) avoid exits", us);
}

static void check_exits(int dev, const char *name)
{
	struct probe p = { .vm = -1, .vcpu = -1, .ram = MAP_FAILED, .run = MAP_FAILED };
	const char *step = "";
	int r = probe_start(dev, &p, &step);
	double start;

	if (r == 0) {
		step = "running a guest of two instructions";
		r = exits(&p, WARM_UP);
	}
	if (r < 0) {
		report(VERDICT_FAIL, "guest", "see what the kernel says: dmesg | tail",
		       "%s: %s: %s", name, step, strerror(-r));
	} else if (r > 0) {
		report(VERDICT_FAIL, "guest", "use another device or a newer kernel",
		       "%s: %s: unexpected exit reason %d", name, step, r);
	} else {
		report(VERDICT_OK, "guest", NULL, "starts in ring 3 of 64-bit mode");
		start = seconds();
		if (exits(&p, EXITS) == 0)
			report_cost((seconds() - start) / EXITS * 1e6);
	}
	probe_end(&p);
}

void doctor_device(const struct plan *plan)
{
	const char *name = NULL;
	int dev = open_device(plan, &name);

	if (dev < 0)
		return;
	check_capabilities(dev, name);
	report_module(dev);
	check_exits(dev, name);
	close(dev);
}
