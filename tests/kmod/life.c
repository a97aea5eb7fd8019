/* SPDX-License-Identifier: MIT */
/*
 * Lives and deaths: processes killed at any point, threads that race on one VM, host memory that
 * is taken away, shared, copied or moved under a running guest.  Afterwards the device still works.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kt.h"

KT_GUEST(spin, "1: pause; jmp 1b");
/* rdi: first byte, rsi: behind the last.  Counts a word of each page up, round and round. */
KT_GUEST(walk, "1: mov %rdi, %rax; 2: incl (%rax); add $4096, %rax; cmp %rsi, %rax; jb 2b;"
	 "incq (%rbx); jmp 1b");
KT_GUEST(walk_once, "mov %rdi, %rax; 2: incl (%rax); add $4096, %rax; cmp %rsi, %rax; jb 2b;"
	 "mov $0x33, %dx; out %eax, (%dx)");

#define FIRST	KT_LARGE
#define LAST	(KT_LARGE + 64 * 4096)

static void set_walk(struct kt_vm *v)
{
	struct kvm_regs r = { .rip = KT_CODE, .rsp = KT_STACK, .rflags = 0x3202, .rdi = FIRST,
			      .rsi = LAST, .rbx = KT_DATA };

	kt_set_regs(v, &r);
}

static void works(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, walk_once);
	set_walk(&v);
	kt_run_to_port(&v, 0x33);
	kt_end(&v);
}

/* A child that sets up, runs, grows and closes VMs for ever. */
static void busy_child(void)
{
	for (;;) {
		struct kt_vm v;

		kt_start(&v, 3);
		kt_code(&v, walk_once);
		set_walk(&v);
		kt_run_to_port(&v, 0x33);
		kt_slot(v.vm, 1, KVM_MEM_LOG_DIRTY_PAGES, 1UL << 30, KT_RAM, v.ram);
		kt_slot(v.vm, 1, 0, 0, 0, NULL);
		kt_end(&v);
	}
}

/* A child that spins in its guest. */
static void spinning_child(void)
{
	struct kt_vm v;

	kt_start(&v, 3);
	kt_code(&v, spin);
	kt_run(&v);
	FAIL("a guest that spins left with %s", kt_exit_name(&v));
}

/* Forks a child, which does not end by itself, and kills it after so many microseconds. */
static void killed(void (*child)(void), unsigned int us)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0)
		child();
	usleep(us);
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void killed_anywhere(void)
{
	int rounds = kt_in_lab() ? 10 : 60;
	uint64_t seed = 42;

	for (int i = 0; i < rounds; i++)
		killed(busy_child, kt_random(&seed) % (kt_in_lab() ? 2000 : 3000));
	works();
}

static void killed_in_guest(void)
{
	for (int i = 0; i < 5; i++)
		killed(spinning_child, kt_in_lab() ? 1000 : 20000);
	works();
}

/* ---- Memory --------------------------------------------------------------------------------- */

static struct kt_vm shared;
static volatile int stop, out;
static pthread_t runner;

static void nothing(int sig)
{
	(void)sig;
}

static void *runs(void *arg)
{
	long *result = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		*result = IOCTL(shared.vcpu, KVM_RUN, 0);
		if (*result != -EINTR && *result != -EAGAIN)
			break;
	}
	__atomic_store_n(&out, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void start_runner(const struct sigaction *a, long *result)
{
	sigaction(SIGUSR1, a, NULL);
	kt_start(&shared, 3);
	kt_code(&shared, walk);
	set_walk(&shared);
	CHECK(pthread_create(&runner, NULL, runs, result) == 0);
}

static void end_runner(void)
{
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	/* Until it is out: the first may come between the look at stop and the run. */
	while (!__atomic_load_n(&out, __ATOMIC_ACQUIRE)) {
		pthread_kill(runner, SIGUSR1);
		usleep(100);
	}
	pthread_join(runner, NULL);
}

static uint64_t rounds_done(void)
{
	return __atomic_load_n((uint64_t *)(void *)(shared.ram + KT_DATA), __ATOMIC_RELAXED);
}

static void wait_for_rounds(uint64_t n)
{
	uint64_t from = rounds_done();

	while (rounds_done() < from + n)
		usleep(100);
}

static const struct sigaction ignore = { .sa_handler = nothing };

/* Pages are zeroed, written, made read-only and back, copied by fork: the guest sees it all. */
static void memory_changes(void)
{
	int rounds = kt_in_lab() ? 4 : 40;
	uint8_t *area;
	long result = 0;

	start_runner(&ignore, &result);
	area = shared.ram + FIRST;
	wait_for_rounds(2);
	for (int i = 0; i < rounds; i++) {
		pid_t pid;
		int status;

		CHECK(madvise(area, LAST - FIRST, MADV_DONTNEED) == 0);
		wait_for_rounds(2);
		CHECK(*(volatile uint32_t *)(void *)area >= 1);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			uint32_t seen = *(volatile uint32_t *)(void *)area;

			kt_pause(2000);
			/* The guest writes on; the copy does not change. */
			_exit(*(volatile uint32_t *)(void *)area == seen ? 0 : 1);
		}
		wait_for_rounds(2);
		CHECK(waitpid(pid, &status, 0) == pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			FAIL("the guest wrote to a page that fork had shared (status %#x)", status);
	}
	end_runner();
	EQUAL(result, -EINTR);
}

/* What the guest writes is in the page that the process sees: no stale frame anywhere. */
static void no_stale_frames(void)
{
	int rounds = kt_in_lab() ? 5 : 100;
	long result = 0;

	start_runner(&ignore, &result);
	for (int i = 0; i < rounds; i++) {
		volatile uint32_t *word = (void *)(shared.ram + FIRST + 4096 * (i % 64));
		uint32_t before;

		CHECK(madvise((void *)word, 4096, MADV_DONTNEED) == 0);
		before = *word;			/* the zero page, or the guest's new page */
		wait_for_rounds(3);
		if (*word <= before)
			FAIL("the guest's page is not the process's: %u, then %u", before, *word);
	}
	end_runner();
	EQUAL(result, -EINTR);
}

static void unmapped(void)
{
	long result = 0;

	start_runner(&ignore, &result);
	wait_for_rounds(2);
	CHECK(munmap(shared.ram + FIRST + 16 * 4096, 4096) == 0);
	pthread_join(runner, NULL);
	EQUAL(result, -EFAULT);
	/* With memory there again it goes on. */
	CHECK(mmap(shared.ram + FIRST + 16 * 4096, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	out = 0;
	CHECK(pthread_create(&runner, NULL, runs, &result) == 0);
	wait_for_rounds(2);
	end_runner();
	EQUAL(result, -EINTR);
}

static void write_protected(void)
{
	long result = 0;

	start_runner(&ignore, &result);
	wait_for_rounds(2);
	CHECK(mprotect(shared.ram + FIRST, 4096, PROT_READ) == 0);
	pthread_join(runner, NULL);
	EQUAL(result, -EFAULT);
}

/* A mapping moved away and another in its place. */
static void replaced(void)
{
	uint32_t *other = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	long result = 0;

	CHECK(other != MAP_FAILED);
	start_runner(&ignore, &result);
	wait_for_rounds(2);
	other[0] = 0x10000000;
	CHECK(mremap(other, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, shared.ram + FIRST) ==
	      shared.ram + FIRST);
	wait_for_rounds(2);
	CHECK(*(volatile uint32_t *)(void *)(shared.ram + FIRST) > 0x10000000);
	end_runner();
	EQUAL(result, -EINTR);
}

/* All of the memory goes while the vCPU stays: an exit or an error, then the end. */
static void memory_gone(void)
{
	long result = 0;

	start_runner(&ignore, &result);
	wait_for_rounds(1);
	CHECK(munmap(shared.ram, KT_RAM) == 0);
	pthread_join(runner, NULL);
	CHECK(result == -EFAULT || result == 0);
	works();
}

/* ---- Races ---------------------------------------------------------------------------------- */

static uint64_t seeds[4];

/* Any ioctl with any sense, on one VM and vCPU, from several threads. */
static void *racer(void *arg)
{
	uint64_t *seed = arg;
	struct kvm_regs r;
	struct kvm_sregs s;
	struct kvm_fpu f;
	unsigned long bits[KT_RAM / 4096 / 64];
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = bits };

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		switch (kt_random(seed) % 9) {
		case 0:
			IOCTL(shared.vcpu, KVM_RUN, 0);
			break;
		case 1:
			IOCTL(shared.vcpu, KVM_GET_REGS, &r);
			break;
		case 2:
			IOCTL(shared.vcpu, KVM_GET_SREGS, &s);
			break;
		case 3:
			kt_slot(shared.vm, 1, KVM_MEM_LOG_DIRTY_PAGES, 1UL << 30, KT_RAM,
				shared.ram);
			break;
		case 4:
			kt_slot(shared.vm, 1, 0, 0, 0, NULL);
			break;
		case 5:
			IOCTL(shared.vm, KVM_GET_DIRTY_LOG, &log);
			break;
		case 6:
			IOCTL(shared.vcpu, KVM_GET_FPU, &f);
			break;
		case 7:
			madvise(shared.ram + FIRST, LAST - FIRST, MADV_DONTNEED);
			break;
		case 8:
			close((int)IOCTL(shared.vm, KVM_CREATE_VCPU, kt_random(seed) % 20));
			break;
		}
	}
	return NULL;
}

KT_GUEST(walk_and_out, "1: mov %rdi, %rax; 2: incl (%rax); add $4096, %rax; cmp %rsi, %rax; jb 2b;"
	 "mov $0x33, %dx; out %eax, (%dx); jmp 1b");

static void races(void)
{
	pthread_t t[4];

	kt_start(&shared, 3);
	kt_code(&shared, walk_and_out);
	set_walk(&shared);
	for (unsigned int i = 0; i < 4; i++) {
		seeds[i] = i + 1;
		CHECK(pthread_create(&t[i], NULL, racer, &seeds[i]) == 0);
	}
	kt_pause(1000000);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	kt_run_to_port(&shared, 0x33);
	works();
}

/* A vCPU that each of several threads runs in turn: it moves between processors where there are. */
static void *turns(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		long r = kt_run(&shared);

		if (r < 0 || shared.run->exit_reason != KVM_EXIT_IO)
			FAIL("left with %ld, %s", r, kt_exit_name(&shared));
	}
	return NULL;
}

static void many_threads(void)
{
	kt_start(&shared, 3);
	kt_code(&shared, walk_and_out);
	set_walk(&shared);
	for (int i = 0; i < 8; i++) {
		pthread_t t;

		CHECK(pthread_create(&t, NULL, turns, NULL) == 0);
		pthread_join(t, NULL);
	}
	EQUAL(*(uint32_t *)(void *)(shared.ram + FIRST), 400);
}

/* The thread that made the VM ends; another goes on.  exec drops it all. */
static void exec_while_open(void)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		struct kt_vm v;

		kt_start(&v, 3);
		kt_code(&v, walk_once);
		set_walk(&v);
		kt_run_to_port(&v, 0x33);
		dup2(v.dev, 1);		/* its result line is not ours */
		execl("/proc/self/exe", "life", kt_device, "killed_in_guest", NULL);
		_exit(1);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static const struct kt_test tests[] = {
	{ .name = "killed_anywhere", .run = killed_anywhere, .seconds = 60 },
	{ .name = "killed_in_guest", .run = killed_in_guest },
	{ .name = "memory_changes", .run = memory_changes, .seconds = 60 },
	{ .name = "no_stale_frames", .run = no_stale_frames, .seconds = 60 },
	{ .name = "unmapped", .run = unmapped },
	{ .name = "protected", .run = write_protected },
	{ .name = "replaced", .run = replaced },
	{ .name = "memory_gone", .run = memory_gone },
	{ .name = "races", .run = races, .seconds = 60 },
	{ .name = "many_threads", .run = many_threads },
	{ .name = "exec_while_open", .run = exec_while_open },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/life", tests, sizeof(tests) / sizeof(tests[0]));
}
