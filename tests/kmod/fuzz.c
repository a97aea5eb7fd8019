/* SPDX-License-Identifier: MIT */
/*
 * Random ioctls with random arguments, from several threads of several processes, each with a
 * fixed seed and a bounded number of steps (MVM_FUZZ_STEPS a thread).  What they answer does not
 * matter; afterwards the device must work, and the kernel must have said nothing (the lab looks).
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

#define THREADS	3
#define FDS	8
#define BUFFER	8192

static const unsigned long known[] = {
	KVM_GET_API_VERSION, KVM_CHECK_EXTENSION, KVM_CREATE_VM, KVM_GET_VCPU_MMAP_SIZE,
	KVM_GET_SUPPORTED_CPUID, KVM_GET_MSR_INDEX_LIST, KVM_CREATE_VCPU,
	KVM_SET_USER_MEMORY_REGION, KVM_GET_DIRTY_LOG, KVM_IOEVENTFD, KVM_RUN, KVM_GET_REGS,
	KVM_SET_REGS, KVM_GET_SREGS, KVM_SET_SREGS, KVM_GET_MSRS, KVM_SET_MSRS,
	KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, KVM_GET_XSAVE, KVM_SET_XSAVE, KVM_GET_XCRS,
	KVM_SET_XCRS, KVM_GET_FPU, KVM_SET_FPU, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS,
	KVM_GET_MP_STATE, KVM_SET_MP_STATE, KVM_SET_CPUID2, KVM_GET_CPUID2, KVM_GET_TSC_KHZ,
	KVM_SET_TSC_KHZ, KVM_INTERRUPT, KVM_SET_SIGNAL_MASK, KVM_SET_GUEST_DEBUG,
}, ours[] = {
	MVM_SET_EXEC, MVM_SET_VMCALL, MVM_FREEZE, MVM_CLONE, MVM_RESET, MVM_ZERO, MVM_GET_STATS,
	MVM_SET_VIEW,
};

struct fuzzer {
	uint64_t seed;
	unsigned long steps;
	uint8_t *buffer;		/* BUFFER bytes that end where memory does */
};

static struct kt_vm v;
static int fds[FDS];			/* device, VM, vCPU, and what came of ioctls */
static bool is_mvm;
KT_GUEST(busy, "1: incl (%rdi); add $4096, %rdi; and $0x3fffff, %edi; or $0x20000, %edi;"
	 "mov $0x33, %dx; out %eax, (%dx); jmp 1b");

static uint64_t rnd(struct fuzzer *f)
{
	return kt_random(&f->seed);
}

/* Numbers that mean something somewhere. */
static uint64_t value(struct fuzzer *f)
{
	static const uint64_t special[] = {
		0, 1, 2, 4095, 4096, 8192, 0x200000, 0x40000000, KT_RAM, KT_CODE, ~0UL, 1UL << 31,
		1UL << 32, 1UL << 47, 1UL << 63, 0xffff, 0xc0000080, 0xc0000082, 0x80050033, 0x6a0,
		0xd01, 0x10,
	};

	switch (rnd(f) % 5) {
	case 0:
		return rnd(f);
	case 1:
		return rnd(f) % 64;
	case 2:
		return (uintptr_t)v.ram + (rnd(f) % KT_RAM & ~4095UL);
	default:
		return special[rnd(f) % (sizeof(special) / sizeof(special[0]))];
	}
}

/* What the request would answer with one word, or some, changed; or words of chance. */
static void fill(struct fuzzer *f, int fd, unsigned long request, uint8_t *p, size_t room)
{
	unsigned int n = rnd(f) % 4;

	if (_IOC_DIR(request) == _IOC_WRITE && rnd(f) % 2 && request != KVM_SET_SIGNAL_MASK)
		ioctl(fd, _IOC(_IOC_READ, _IOC_TYPE(request), _IOC_NR(request) - 1,
			       _IOC_SIZE(request)), p);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t x = value(f);

		memcpy(p + (rnd(f) % (room / 8)) * 8, &x, 8);
	}
	if (rnd(f) % 4 == 0)
		for (size_t i = 0; i + 8 <= 64 && i + 8 <= room; i += 8) {
			uint64_t x = value(f);

			memcpy(p + i, &x, 8);
		}
}

static void keep(struct fuzzer *f, long fd)
{
	int old;

	if (fd < 3)
		return;
	old = __atomic_exchange_n(&fds[3 + rnd(f) % (FDS - 3)], (int)fd, __ATOMIC_SEQ_CST);
	if (old >= 0)
		close(old);
}

static void one_ioctl(struct fuzzer *f)
{
	unsigned int n = sizeof(known) / sizeof(known[0]);
	unsigned int m = is_mvm ? sizeof(ours) / sizeof(ours[0]) : 0;
	unsigned int pick = (unsigned int)(rnd(f) % (n + m + 2));
	int fd = __atomic_load_n(&fds[rnd(f) % 3 ? rnd(f) % 3 : rnd(f) % FDS], __ATOMIC_RELAXED);
	unsigned long request = pick < n ? known[pick] : pick < n + m ? ours[pick - n] :
				_IOC(rnd(f) % 4, KVMIO, rnd(f) % 256, rnd(f) % 512);
	size_t size = rnd(f) % 8 ? _IOC_SIZE(request) + 512 : rnd(f) % 512 + 8;
	uint8_t *p = f->buffer + BUFFER - (size > BUFFER ? BUFFER : size);
	unsigned long arg = (uintptr_t)p;
	long r;

	if (request == KVM_CREATE_VM && rnd(f) % 16)
		return;				/* dear, and not the point */
	if (request == KVM_RUN && rnd(f) % 8)
		arg = 0;
	else if (!_IOC_SIZE(request))
		arg = rnd(f) % 4 ? rnd(f) % 24 : value(f);
	else if (rnd(f) % 32 == 0)
		arg = value(f);
	else
		fill(f, fd, request, p, size > BUFFER ? BUFFER : size & ~7UL);
	if (request == KVM_RUN)
		v.run->immediate_exit = rnd(f) % 4 == 0;
	r = IOCTL(fd, request, arg);
	if (request == KVM_CREATE_VM || request == KVM_CREATE_VCPU || request == MVM_CLONE)
		keep(f, r);
}

static void memory(struct fuzzer *f)
{
	uint8_t *p = v.ram + (rnd(f) % KT_RAM & ~4095UL);
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202, .rdi = KT_LARGE };
	struct kvm_sregs s;

	switch (rnd(f) % 6) {
	case 0:
		madvise(p, 4096, MADV_DONTNEED);
		break;
	case 1:
		mprotect(p, 4096, rnd(f) % 2 ? PROT_READ : PROT_READ | PROT_WRITE);
		break;
	case 2:
		mmap(p, 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
		break;
	case 3:
		((uint8_t *)v.run)[rnd(f) % 16] = (uint8_t)rnd(f);
		memcpy((uint8_t *)v.run + 288 + rnd(f) % 200 * 8, &f->seed, 8);
		break;
	default:
		/* A guest that runs again. */
		mprotect(v.ram, KT_RAM, PROT_READ | PROT_WRITE);
		kt_tables(v.ram);
		kt_code(&v, busy);
		if (ioctl(v.vcpu, KVM_GET_SREGS, &s) == 0) {
			kt_sregs(&v, &s, 3);
			ioctl(v.vcpu, KVM_SET_SREGS, &s);
		}
		ioctl(v.vcpu, KVM_SET_REGS, &r);
		kt_slot(v.vm, 0, 0, 0, KT_RAM, v.ram);
		break;
	}
}

static void *fuzz(void *arg)
{
	struct fuzzer *f = arg;

	while (f->steps--) {
		if (rnd(f) % 16)
			one_ioctl(f);
		else
			memory(f);
	}
	return NULL;
}

static void nothing(int sig)
{
	(void)sig;
}

/* A guest may spin for ever: an alarm every now and then takes it out. */
static void process(uint64_t seed, unsigned long steps)
{
	struct sigaction a = { .sa_handler = nothing };
	struct fuzzer f[THREADS];
	pthread_t t[THREADS];
	timer_t timer;
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	const struct itimerspec often = { { 0, 2000000 }, { 0, 2000000 } };

	sigaction(SIGUSR2, &a, NULL);
	kt_start(&v, 3);
	is_mvm = kt_is_mvm(v.dev);
	kt_code(&v, busy);
	fds[0] = v.dev;
	fds[1] = v.vm;
	fds[2] = v.vcpu;
	for (int i = 3; i < FDS; i++)
		fds[i] = -1;
	CHECK(timer_create(CLOCK_MONOTONIC, &e, &timer) == 0);
	CHECK(timer_settime(timer, 0, &often, NULL) == 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		uint8_t *edge = kt_edge(BUFFER);

		f[i] = (struct fuzzer){ .seed = seed * THREADS + i + 1, .steps = steps,
					.buffer = edge };
		CHECK(pthread_create(&t[i], NULL, fuzz, &f[i]) == 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		while (pthread_kill(t[i], 0) == 0 && f[i].steps != ~0UL) {
			pthread_kill(t[i], SIGUSR2);
			usleep(1000);
		}
	_exit(0);
}

static unsigned long steps_wanted(void)
{
	const char *s = getenv("MVM_FUZZ_STEPS");

	return s ? strtoul(s, NULL, 10) : kt_in_lab() ? 300 : 3000;
}

static void processes(void)
{
	const unsigned int n = kt_in_lab() ? 3 : 4;
	struct kt_vm after;

	for (unsigned int i = 0; i < n; i += 2) {
		pid_t pid[2];
		int status;

		for (unsigned int j = 0; j < 2; j++) {
			pid[j] = fork();
			CHECK(pid[j] >= 0);
			if (pid[j] == 0)
				process(i + j + 1, steps_wanted());
		}
		/* One ends by itself, the other is killed where it stands. */
		CHECK(waitpid(pid[0], &status, 0) == pid[0]);
		kill(pid[1], SIGKILL);
		CHECK(waitpid(pid[1], &status, 0) == pid[1]);
	}
	kt_start(&after, 3);
	kt_code(&after, busy);
	kt_run_to_port(&after, 0x33);
}

static const struct kt_test tests[] = {
	{ .name = "processes", .run = processes, .seconds = 120 },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/fuzz", tests, sizeof(tests) / sizeof(tests[0]));
}
