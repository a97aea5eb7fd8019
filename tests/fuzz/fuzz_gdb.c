/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a debugger, and any guest.  The first bytes change the memory of a guest that has
 * stopped, page tables and all; the others are what the debugger says.  Whatever both are, nothing
 * beside guest RAM is touched, what goes out are packets in good form, and it ends.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "finish.h"
#include "fuzz_check.h"
#include "gdb/conn.h"
#include "gdb/gdb_int.h"
#include "kvm.h"
#include "tick.h"

#define RAM		(256UL << 10)
#define TABLES		0x1000UL	/* PML4, PDPT, PD, PT: a page each */
#define DEBUG_VA	0x5000UL
#define THREADS_GPA	0x6000UL
#define STOPS_MAX	64

static uint8_t *ram;
static const uint8_t *at, *end;
static jmp_buf over;
static bool is_open;
static struct run guest_run;
static struct service service;
static struct vm vm;
static struct plan plan;
static struct mvm_ring ring;

/* ---- The connection ------------------------------------------------------------ */

/* What was written: packets, and signs between them. */
static struct {
	enum { BETWEEN, INSIDE, SUM_HIGH, SUM_LOW } state;
	size_t len;
	uint8_t sum, told;
} out;

static uint8_t hex(char c)
{
	CHECK((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void put(char c)
{
	switch (out.state) {
	case BETWEEN:
		CHECK(c == '+' || c == '-' || c == '$');
		out.state = c == '$' ? INSIDE : BETWEEN;
		out.len = 0;
		out.sum = 0;
		break;
	case INSIDE:
		CHECK(c != '$' && out.len++ <= GDB_PACKET_MAX);
		if (c == '#')
			out.state = SUM_HIGH;
		else
			out.sum += (uint8_t)c;
		break;
	case SUM_HIGH:
		out.told = (uint8_t)(hex(c) << 4);
		out.state = SUM_LOW;
		break;
	case SUM_LOW:
		CHECK(out.sum == (out.told | hex(c)));
		out.state = BETWEEN;
	}
}

void gdb_conn_put(const void *data, size_t len)
{
	for (const char *p = data; len; len--)
		put(*p++);
}

int gdb_conn_get(void)
{
	return at == end ? -1 : *at++;
}

bool gdb_conn_flush(void)
{
	return true;
}

bool gdb_conn_open(void)
{
	return is_open;
}

void gdb_conn_close(void)
{
	is_open = false;
}

bool gdb_conn_accept(bool wait)
{
	(void)wait;
	if (at == end)
		return false;
	is_open = true;
	return true;
}

enum gdb_said gdb_conn_look(void)
{
	return at == end ? GDB_GONE : *at++ & 1 ? GDB_BREAK : GDB_NOTHING;
}

void gdb_conn_begin(void)
{
}

int gdb_conn_fd(void)
{
	return 0;
}

bool gdb_conn_signalled(void)
{
	return true;
}

const char *gdb_where(void)
{
	return "here";
}

/* ---- The machine ------------------------------------------------------------ */

void tick_poke(void)
{
}

void tick_unpoke(void)
{
}

void tick_retry(void)
{
}

bool tick_possible(const struct vm *v)
{
	(void)v;
	return at != end && *at & 2;
}

int kvm_interrupt(int vcpu_fd, uint32_t vector)
{
	(void)vcpu_fd;
	(void)vector;
	return at != end && *at & 4 ? -EINTR : 0;
}

static struct kvm_debugregs registers;

int kvm_get(int fd, unsigned long request, void *to)
{
	(void)fd;
	CHECK(request == KVM_GET_DEBUGREGS);
	memcpy(to, &registers, sizeof(registers));
	return 0;
}

int kvm_set(int fd, unsigned long request, const void *from)
{
	(void)fd;
	CHECK(request == KVM_SET_DEBUGREGS);
	memcpy(&registers, from, sizeof(registers));
	return 0;
}

/* A guest that carries out a command: it touches nothing, and what it counts grows. */
bool run_once(struct run *r, struct run_end *e)
{
	struct mvm_debug d;

	(void)e;
	if (guest_read(&r->guest, r->guest.debug, &d, sizeof(d)) == sizeof(d)) {
		d.probed++;
		guest_write(&r->guest, r->guest.debug, &d, sizeof(d));
	}
	registers.dr6 |= 1;
	gdb_stop(r);
	return false;
}

_Noreturn void run_finish(const struct run_end *e)
{
	(void)e;
	longjmp(over, 1);
}

_Noreturn void finish_killed(void)
{
	longjmp(over, 1);
}

/* ---- The guest ------------------------------------------------------------ */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t *all = mmap(NULL, RAM + (128UL << 20), PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)argc;
	(void)argv;
	CHECK(all != MAP_FAILED);
	ram = all + (64UL << 20);
	CHECK(!mprotect(ram, RAM, PROT_READ | PROT_WRITE));
	return 0;
}

static void make_thread(uint64_t gpa, uint64_t next, uint32_t tid)
{
	const uint64_t words[] = { next, gpa + 0x100, 0x1000, 0, gpa + 0x200, tid, 0, 0, 0, gpa };

	memcpy(ram + gpa, words, sizeof(words));
	memcpy(ram + gpa + 56, "thread", 7);
}

/* Addresses are guest-physical ones: the first 256 KiB are mapped one to one. */
static void make_guest(void)
{
	const struct mvm_debug d = {
		.size = sizeof(d), .fpu_size = 512, .threads = THREADS_GPA - 16,
		.running = THREADS_GPA - 8, .next = 0, .regs = 8, .fs_base = 16, .gs_base = 24,
		.fpu = 32, .tid = 40, .asleep = 48, .name = 56, .sig = 72, .sig_blocked = 0,
		.why = MVM_STOP_BREAK, .tid_stopped = 2, .auxv = 0x7000, .auxv_len = 512,
	};
	const uint64_t first = THREADS_GPA, second = THREADS_GPA + 0x500;

	memset(ram, 0, RAM);
	for (uint64_t level = 0; level < 3; level++) {
		uint64_t entry = (TABLES + (level + 1) * 0x1000) | 7;

		memcpy(ram + TABLES + level * 0x1000, &entry, sizeof(entry));
	}
	for (uint64_t page = 0; page < RAM / 4096; page++) {
		uint64_t entry = page << 12 | 7;

		memcpy(ram + TABLES + 0x3000 + page * 8, &entry, sizeof(entry));
	}
	memcpy(ram + DEBUG_VA, &d, sizeof(d));
	memcpy(ram + d.threads, &first, sizeof(first));
	memcpy(ram + d.running, &first, sizeof(first));
	make_thread(first, second, 2);
	make_thread(second, 0, 3);
}

/* Where in the guest's memory (3 bytes), how many bytes, and those; where they begin with 0xff. */
static void change_guest(void)
{
	while (end - at >= 5 && at[0] == 0xff) {
		uint64_t gpa = ((uint64_t)at[1] << 8 | at[2]) % (RAM / 8) * 8;
		size_t n = at[3] % 16, have = (size_t)(end - at) - 4;

		n = n < have ? n : have;
		n = n < RAM - gpa ? n : RAM - gpa;
		memcpy(ram + gpa, at + 4, n);
		at += 4 + n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int stops = 0;

	at = data;
	end = data + size;
	memset(&out, 0, sizeof(out));
	memset(&registers, 0, sizeof(registers));
	is_open = true;
	service = (struct service){ .ring = &ring };
	vm = (struct vm){ .ram = { .hva = ram, .present = RAM, .max = RAM } };
	guest_run = (struct run){
		.plan = &plan, .vm = &vm, .service = &service,
		.guest = { .ram = &vm.ram, .pml4 = TABLES, .debug = DEBUG_VA },
	};
	gdb = (struct gdb){ .run = &guest_run };
	make_guest();
	change_guest();
	if (!setjmp(over)) {
		while (at != end && stops++ < STOPS_MAX) {
			gdb_stop(&guest_run);
			gdb_interrupted(&guest_run);
		}
		gdb_end(stops, stops % 2 ? SIGKILL : 0);
	}
	gdb_break_remove_all();
	gdb_hw_remove_all();
	CHECK(out.state == BETWEEN);
	return 0;
}
