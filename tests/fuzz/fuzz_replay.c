/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes a replay: bytes become a recording, as a file or (with whole chunks, so that they are
 * looked into) as events, and the requests of a guest that may or may not be the one recorded.
 * Whatever both are,
 *  - nothing beside guest RAM is touched (inaccessible memory lies around it),
 *  - no system call is made with a descriptor but that of the recording, standard output and error,
 *  - it ends: a request is answered, or the run is over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_request.h"
#include "gdb/gdb.h"
#include "msg.h"
#include "record/record.h"
#include "record/replay.h"
#include "service/service.h"

#define RAM_MAX		(8UL << 20)
#define AROUND		(64UL << 20)
#define ROUNDS_MAX	64
#define FD_FILE		50

static struct service s;
static struct vm vm;
static struct kvm_run run_page;
static uint8_t *memory;
uint16_t peer_port;
bool msg_verbose;

/* The requests that were put into the recording, for a guest that makes the same. */
static struct mvm_sqe recorded[ROUNDS_MAX];
static unsigned int nrecorded;

/* ---- What a replay calls --------------------------------------------------------------------- */

int vm_reserve_ram(struct vm *v, const struct plan *plan)
{
	if (plan->mem > RAM_MAX)
		return -ENOMEM;
	CHECK(mmap(memory, RAM_MAX, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	      memory);
	CHECK(mprotect(memory, plan->mem, PROT_READ | PROT_WRITE) == 0);
	v->ram = (struct guest_ram){ .hva = memory, .max = plan->mem };
	return 0;
}

int vm_grow(struct vm *v, uint64_t bytes)
{
	CHECK(bytes <= v->ram.max - v->ram.present);
	v->ram.present += bytes;
	return 0;
}

_Noreturn void finish_signal(int sig)
{
	(void)sig;
	abort();
}

int vm_set_exec(struct vm *v, uint64_t gpa, uint64_t len, uint32_t mode)
{
	(void)v, (void)gpa, (void)len, (void)mode;
	return 0;
}

int vm_time(struct vm *v, struct mvm_time *t)
{
	(void)v, (void)t;
	CHECK(!"the time is recorded");
	return 0;
}

void gdb_restored(void)
{
}

void trace_replayed(struct service *sv, const struct mvm_sqe *e, int64_t res)
{
	(void)sv, (void)e, (void)res;
}

void warn(const char *fmt, ...)
{
	CHECK(fmt);
}

int fail(int status, const char *fmt, ...)
{
	CHECK(fmt && status);
	return status;
}

/* Linked with --wrap=write and --wrap=mmap. */
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __real_write(int fd, const void *p, size_t n);
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t off);
void *__real_mmap(void *at, size_t len, int prot, int flags, int fd, off_t off);
static bool confined;

/* Where pages are in the file: anew for each input. */
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
	static uint8_t table[RAM_MAX / MVM_PAGE_SIZE * 32] __attribute__((aligned(16)));

	if (!confined || at)
		return __real_mmap(at, len, prot, flags, fd, off);
	CHECK(len <= sizeof(table));
	memset(table, 0, len);
	return table;
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	if (!confined)
		return __real_write(fd, p, n);
	CHECK(fd == STDOUT_FILENO || fd == STDERR_FILENO);
	CHECK((const uint8_t *)p >= vm.ram.hva && n <= vm.ram.present);
	return (ssize_t)n;
}

/* ---- The recording --------------------------------------------------------------------------- */

static struct record_writer w;

static void put(uint32_t type, const void *p, size_t len, size_t more)
{
	struct record_event e = { .type = type, .len = (uint32_t)(len + more) };

	record_put(&w, &e, sizeof(e));
	record_put(&w, p, len);
}

/* A guest that could have been recorded, but for some bytes. */
static void put_start(struct input *in)
{
	static uint8_t page[MVM_PAGE_SIZE];
	struct mvm_boot *boot = (void *)page;
	struct mvm_rt_header *rt = (void *)page;
	struct record_start start = {
		.abi_major = MVM_ABI_MAJOR, .abi_minor = MVM_ABI_MINOR,
		.ram_present = 3 * MVM_LARGE_SIZE, .ram_max = RAM_MAX,
		.free_gpa = 3 * MVM_LARGE_SIZE, .version = "x", .program = "x",
	};
	uint64_t gpa = MVM_GPA_BOOT;

	cpu_model_init(&start.cpu);
	if (take(in, 1) == 1)
		take_bytes(in, (uint8_t *)&start + take(in, 2) % (sizeof(start) - 8), 8);
	put(RECORD_START, &start, sizeof(start), 0);
	memset(page, 0, sizeof(page));
	boot->magic = MVM_ABI_MAGIC;
	boot->nsegments = (uint32_t)take(in, 1);
	put(RECORD_PAGES, &gpa, sizeof(gpa), sizeof(page));
	record_put(&w, page, sizeof(page));
	memset(page, 0, sizeof(page));
	rt->magic = MVM_ABI_MAGIC;
	gpa = MVM_GPA_RT_TEXT;
	put(RECORD_PAGES, &gpa, sizeof(gpa), sizeof(page));
	record_put(&w, page, sizeof(page));
	put(RECORD_READY, NULL, 0, 0);
}

static void put_pages(struct input *in)
{
	static uint8_t page[2 * MVM_PAGE_SIZE];
	uint64_t gpa = take(in, 2) * MVM_PAGE_SIZE;
	size_t len = take(in, 1) % 4 * (MVM_PAGE_SIZE / 2) % sizeof(page);

	memset(page, (int)take(in, 1), sizeof(page));
	put(RECORD_PAGES, &gpa, sizeof(gpa), len);
	record_put(&w, page, len);
}

static void put_request(struct input *in)
{
	static uint8_t bytes[70000];
	struct record_request q = { .res = (int64_t)take(in, 2), .sum = 0 };

	q.e = make_request(in, memory);
	if (nrecorded < ROUNDS_MAX)
		recorded[nrecorded++] = q.e;
	if (take(in, 1) & 1)
		q.res = -(int64_t)take(in, 1);
	q.bytes = take(in, 1) & 1 ? (uint64_t)q.res : take(in, 2);
	q.sum = take(in, 1) & 1 ? record_sum(0, "", 0) : 0;
	put(RECORD_REQUEST, &q, sizeof(q), 0);
	record_put(&w, bytes, q.bytes < sizeof(bytes) ? q.bytes : sizeof(bytes));
}

static void put_event(struct input *in)
{
	static struct record_vcpu vcpu;
	struct record_stop stop = { RECORD_BY_TIME, 124 };
	uint64_t number;

	switch (take(in, 1) % 8) {
	case 0:
		put_pages(in);
		break;
	case 1:
		put(RECORD_FORCED, &vcpu, sizeof(vcpu), 0);
		break;
	case 2:
		stop.how = (uint32_t)take(in, 1) % 4;
		put(RECORD_STOP, &stop, sizeof(stop), 0);
		break;
	case 3:
		number = take(in, 8);
		put((uint32_t)take(in, 1) % 12, &number, sizeof(number), take(in, 1));
		break;
	case 4:
		number = take(in, 8);
		put(RECORD_TICK, &number, sizeof(number), 0);
		break;
	case 5:
		number = take(in, 8);
		put(RECORD_KICK, &number, sizeof(number), 0);
		break;
	default:
		put_request(in);
	}
}

static void make_file(struct input *in)
{
	CHECK(ftruncate(FD_FILE, 0) == 0 && lseek(FD_FILE, 0, SEEK_SET) == 0);
	nrecorded = 0;
	if (take(in, 1) == 0) {
		CHECK(write(FD_FILE, in->p, in->n) == (ssize_t)in->n);
		in->n = 0;
		return;
	}
	record_begin(&w, FD_FILE);
	put_start(in);
	for (unsigned int i = take(in, 1) % ROUNDS_MAX; i && in->n; i--)
		put_event(in);
	record_flush(&w);
	CHECK(!w.err);
}

/* ---- One input ------------------------------------------------------------------------------- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t *p = mmap(NULL, RAM_MAX + 2 * AROUND, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = memfd_create("recording", MFD_CLOEXEC);

	(void)argc;
	(void)argv;
	CHECK(p != MAP_FAILED && fd >= 0 && dup2(fd, FD_FILE) == FD_FILE);
	memory = p + AROUND;
	vm.run = &run_page;
	vm.vm_fd = vm.vcpu_fd = vm.dev_fd = -1;
	return 0;
}

/* The guest: what was recorded, in its order, or something else. */
static void guest(struct run *r, struct input *in)
{
	unsigned int next = 0;

	for (int i = 0; i < ROUNDS_MAX && !s.ending.ended; i++) {
		struct mvm_sqe e = { .op = 0 };

		if (next < nrecorded && take(in, 1) != 0xff)
			e = recorded[next++];
		else
			e = make_request(in, vm.ram.hva);
		memcpy(&s.ring->sq[s.ring->sq_tail++ % MVM_RING_ENTRIES], &e, sizeof(e));
		r->hooks->interrupted(&vm, s.ring);
		if (take(in, 1) % 4 == 0)
			continue;
		if (r->hooks->kick(&s))
			break;
		s.ring->cq_head = s.cq_tail;
	}
}

static void forget(void)
{
	struct record_reader *reader = &replay.r;

	memset(&replay, 0, offsetof(struct replay, r));
	memset(reader, 0, offsetof(struct record_reader, buf));
	replay.there = false;
	memset(&s.ending, 0, sizeof(s.ending));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct plan plan = { .replay = "x" };
	struct run r = { .plan = &plan, .vm = &vm, .service = &s };
	struct cpu_model m;
	struct loaded loaded;

	CHECK(mprotect(memory, RAM_MAX, PROT_READ | PROT_WRITE) == 0);
	make_file(&in);
	forget();
	vm.mem_exec = false;
	vm.nslots = 0;
	confined = true;
	if (!replay_load(&plan, FD_FILE, &vm, &m, &loaded)) {
		CHECK(vm.ram.present <= vm.ram.max && vm.ram.max <= RAM_MAX);
		service_init(&s, &vm, NULL);
		memset(s.ring, 0, sizeof(*s.ring));
		if (!replay_start(&r, &m, loaded.boot))
			guest(&r, &in);
	}
	confined = false;
	return 0;
}
