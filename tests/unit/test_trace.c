/* SPDX-License-Identifier: MIT */
/*
 * --trace: lines from records.  What well-formed records look like in words, and that records of
 * any bytes, as a hostile guest writes them, hurt nobody (this is what ASan is for) and bring
 * nothing to the terminal but printable characters.
 */
#include "msg.h"	/* before cmocka.h, which has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <netinet/in.h>
#include <cmocka.h>
#include <asm/unistd.h>
#include "capture.h"
#include "observe/observe.h"
#include "observe/trace_int.h"
#include "service/service.h"

#define BAD_ROUNDS	50000

/* Of the ring; two that are enough for the filter. */
const char *request_name(unsigned int op)
{
	return op == MVM_OP_WAIT ? "wait" : op == MVM_OP_WRITE ? "write" : NULL;
}

/* ---- records of our own -------------------------------------------------------------------- */

static union trace_record enter, leave;

static void begin(union trace_record *r, uint16_t kind, uint64_t nr, const uint64_t *args)
{
	memset(r, 0, sizeof(*r));
	r->r = (struct mvm_trace_record){ .size = sizeof(r->r), .kind = kind, .tid = 2, .nr = nr };
	memcpy(r->r.args, args, sizeof(r->r.args));
}

static void data(union trace_record *r, uint8_t arg, uint8_t piece, const void *bytes, size_t n)
{
	struct mvm_trace_data d = { .arg = arg, .piece = piece, .size = (uint16_t)n };

	memcpy(r->bytes + r->r.size, &d, sizeof(d));
	memcpy(r->bytes + r->r.size + sizeof(d), bytes, n);
	r->r.size = (uint16_t)(r->r.size + sizeof(d) + ((n + 7) & ~7UL));
}

static void call(uint64_t nr, int64_t result, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t args[6] = { a, b, c, d, 0, 0 };

	begin(&enter, MVM_TRACE_ENTER, nr, args);
	begin(&leave, MVM_TRACE_LEAVE, nr, args);
	leave.r.result = (uint64_t)result;
}

/* The call as a line, without time. */
static const char *line(void)
{
	static struct text t;
	struct call c = { &enter, &leave };
	unsigned int next = 0;
	char buf[24];

	text_start(&t);
	text_put(&t, "%s(", call_name(call_nr(&c), buf));
	call_print_args(&t, &c, &next);
	text_add(&t, ")");
	call_print_result(&t, &c);
	t.s[t.used] = '\0';
	return t.s;
}

static void strings(void **state)
{
	(void)state;
	call(SYS_openat, 3, (uint64_t)AT_FDCWD, 0x1000, O_RDONLY | O_CLOEXEC, 0);
	data(&enter, 1, 0, "/data/x", 7);
	assert_string_equal(line(), "openat(AT_FDCWD, \"/data/x\", O_RDONLY|O_CLOEXEC) = 3");
	call(SYS_open, -2, 0x1000, O_WRONLY | O_CREAT | O_EXCL, 0640, 0);
	data(&enter, 0, 0, "a\x1b[31m\"\n\x01" "2\xff", 11);
	assert_string_equal(line(), "open(\"a\\33[31m\\\"\\n\\0012\\377\", "
				    "O_WRONLY|O_CREAT|O_EXCL, 0640) = -1 ENOENT (No such file or "
				    "directory)");
	call(SYS_open, -14, 0x1000, O_RDWR, 0640, 0);
	assert_string_equal(line(), "open(0x1000, O_RDWR) = -1 EFAULT (Bad address)");
}

static void buffers(void **state)
{
	static const char bytes[64] = "0123456789012345678901234567890123456789";

	(void)state;
	call(SYS_read, 3, 0, 0x2000, 100, 0);
	data(&leave, 1, 0, "abc", 3);
	assert_string_equal(line(), "read(0, \"abc\", 100) = 3");
	call(SYS_read, 40, 0, 0x2000, 100, 0);
	data(&leave, 1, 0, bytes, 40);
	assert_string_equal(line(), "read(0, \"01234567890123456789012345678901\"..., 100) = 40");
	call(SYS_write, 40, 1, 0x2000, 40, 0);
	data(&enter, 1, 0, bytes, 40);
	assert_string_equal(line(), "write(1, \"01234567890123456789012345678901\"..., 40) = 40");
	call(SYS_read, -11, 0, 0x2000, 100, 0);
	assert_string_equal(line(), "read(0, 0x2000, 100) = -1 EAGAIN (Resource temporarily "
				    "unavailable)");
}

static void flags(void **state)
{
	(void)state;
	call(SYS_mmap, 0x7000, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	enter.r.args[4] = leave.r.args[4] = (uint64_t)-1;
	assert_string_equal(line(), "mmap(NULL, 4096, PROT_READ|PROT_WRITE, "
				    "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7000");
	call(SYS_mprotect, 0, 0x7000, 4096, 0, 0);
	assert_string_equal(line(), "mprotect(0x7000, 4096, PROT_NONE) = 0");
	call(SYS_mprotect, 0, 0x7000, 4096, 0x104, 0);
	assert_string_equal(line(), "mprotect(0x7000, 4096, PROT_EXEC|0x100) = 0");
	call(SYS_access, 0, 0, 0, 0, 0);
	assert_string_equal(line(), "access(NULL, F_OK) = 0");
	call(SYS_futex, 1, 0x10, 129, 7, 0x55);
	assert_string_equal(line(), "futex(0x10, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 7) = 1");
	call(SYS_fcntl, 2, 3, F_GETFL, 0x55, 0);
	assert_string_equal(line(), "fcntl(3, F_GETFL) = 2");
	call(SYS_socket, 3, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 17, 0);
	assert_string_equal(line(), "socket(AF_INET, SOCK_DGRAM|SOCK_NONBLOCK, 17) = 3");
	call(SYS_getpid, 2, 1, 2, 3, 4);
	assert_string_equal(line(), "getpid() = 2");
	call(SYS_lseek, -512, 1, (uint64_t)-5, SEEK_END, 0);
	assert_string_equal(line(), "lseek(1, -5, SEEK_END) = ? ERESTARTSYS (To be restarted if "
				    "SA_RESTART is set)");
}

static void unknown_calls(void **state)
{
	(void)state;
	call(500, -38, 1, 2, 0, 0);
	assert_string_equal(line(), "syscall_0x1f4(0x1, 0x2, 0, 0, 0, 0) = -1 ENOSYS (Function not "
				    "implemented)");
	call(UINT64_MAX, 0, 0, 0, 0, 0);
	assert_string_equal(line(), "syscall_0xffffffff(0, 0, 0, 0, 0, 0) = 0");
}

#ifndef __NR_cachestat
#define __NR_cachestat	451
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2	452
#endif

/* Every system call that the runtime has is known here. */
static void all_calls(void **state)
{
	static const struct { const char *name; unsigned int nr; } there[] = {
#define CALL(name, group)	{ #name, __NR_##name },
#define ALIAS(name, fn, group)	{ #name, __NR_##name },
#define NONE(name)
#define LACKS(name, what)
#include "sys/calls.h"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		if (!call_args(there[i].nr))
			fail_msg("launcher/observe/calls.c does not know %s", there[i].name);
}

static void structures(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(8080) };
	struct pollfd fds[2] = { { 3, POLLIN, POLLIN | POLLHUP }, { -1, 0, 0 } };
	struct stat st = { .st_mode = S_IFREG | 0644, .st_size = 7 };
	const uint64_t spec[2] = { 1, 500 }, mask = 1 | 1 << 14;
	const uint64_t iov[4] = { 0x1000, 5, 0x2000, 9 };

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	call(SYS_connect, -111, 3, 0x10, sizeof(in), 0);
	data(&enter, 1, 0, &in, sizeof(in));
	assert_string_equal(line(), "connect(3, {sa_family=AF_INET, sin_port=htons(8080), "
				    "sin_addr=inet_addr(\"127.0.0.1\")}, 16) = -1 ECONNREFUSED "
				    "(Connection refused)");
	call(SYS_bind, 0, 3, 0x10, 6, 0);
	data(&enter, 1, 0, "\1\0\0abc", 6);
	assert_string_equal(line(), "bind(3, {sa_family=AF_UNIX, sun_path=@\"abc\"}, 6) = 0");
	call(SYS_poll, 1, 0x10, 2, (uint64_t)-1, 0);
	data(&leave, 0, 0, fds, sizeof(fds));
	assert_string_equal(line(), "poll([{fd=3, events=POLLIN, revents=POLLIN|POLLHUP}, {fd=-1, "
				    "events=0}], 2, -1) = 1");
	call(SYS_fstat, 0, 3, 0x10, 0, 0);
	data(&leave, 1, 0, &st, sizeof(st));
	assert_string_equal(line(), "fstat(3, {st_mode=S_IFREG|0644, st_size=7, ...}) = 0");
	call(SYS_fstat, 0, 3, 0x10, 0, 0);
	data(&leave, 1, 0, &st, sizeof(st) - 1);
	assert_string_equal(line(), "fstat(3, 0x10) = 0");
	call(SYS_nanosleep, 0, 0x10, 0, 0, 0);
	data(&enter, 0, 0, spec, sizeof(spec));
	assert_string_equal(line(), "nanosleep({tv_sec=1, tv_nsec=500}, NULL) = 0");
	call(SYS_rt_sigprocmask, 0, 0, 0x10, 0, 8);
	data(&enter, 1, 0, &mask, sizeof(mask));
	assert_string_equal(line(), "rt_sigprocmask(SIG_BLOCK, [HUP TERM], NULL, 8) = 0");
	call(SYS_writev, 5, 1, 0x10, 2, 0);
	data(&enter, 1, 0, iov, sizeof(iov));
	data(&enter, 1, 1, "hello", 5);
	assert_string_equal(line(), "writev(1, [{iov_base=\"hello\", iov_len=5}, "
				    "{iov_base=0x2000, iov_len=9}], 2) = 5");
}

/* ---- out of the guest's memory ------------------------------------------------------------- */

static struct mvm_trace area;
static union trace_record got;

static void put(uint64_t at, const union trace_record *r)
{
	memcpy(&area.ring[at % MVM_TRACE_RING], r->bytes, r->r.size);
}

static void reading(void **state)
{
	struct trace_reader t = { .area = &area };

	(void)state;
	memset(&area, 0, sizeof(area));
	assert_false(record_next(&t, &got));
	call(SYS_open, 3, 0x1000, O_RDONLY, 0, 0);
	data(&enter, 0, 0, "/x", 2);
	put(0, &enter);
	put(enter.r.size, &leave);
	area.tail = enter.r.size + leave.r.size;
	assert_true(record_next(&t, &got));
	assert_int_equal(got.r.kind, MVM_TRACE_ENTER);
	assert_memory_equal(got.bytes, enter.bytes, enter.r.size);
	assert_true(record_next(&t, &got));
	assert_int_equal(got.r.kind, MVM_TRACE_LEAVE);
	assert_false(record_next(&t, &got));

	/* The rest of the ring is left away, and the next record is at its beginning. */
	memset(&area.ring[area.tail], 0, 8);
	put(0, &enter);
	area.tail = MVM_TRACE_RING + enter.r.size;
	assert_true(record_next(&t, &got));
	assert_memory_equal(got.bytes, enter.bytes, enter.r.size);
	assert_false(record_next(&t, &got));
	assert_int_equal(t.bad, 0);
}

static void damaged(void **state)
{
	static const uint64_t tails[] = { MVM_TRACE_RING + 8, UINT64_MAX, 4, 1, 8, 16 };

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct trace_reader t = { .area = &area };

		memset(&area, 0xff, sizeof(area));
		area.tail = tails[i];
		assert_false(record_next(&t, &got));
		assert_true(t.bad);
	}
	/* A size that is too small, not aligned, too large, beyond the tail. */
	for (uint16_t size = 1; size && size != 80; size++) {
		struct trace_reader t = { .area = &area };

		memcpy(area.ring, &size, sizeof(size));
		area.tail = 80;
		if (record_next(&t, &got))
			assert_true(size == 72 || size == 80);
		else
			assert_int_equal(t.bad, 1);
	}
}

/* ---- any bytes ----------------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252ULL;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Mostly small numbers, which lead somewhere. */
static uint64_t some(void)
{
	uint64_t r = random64();

	return r >> 60 ? r & 0xff : r & 1 ? UINT64_MAX - (r & 0xfff) : r;
}

static void any_record(union trace_record *r)
{
	uint64_t args[6];

	for (int i = 0; i < 6; i++)
		args[i] = some();
	begin(r, (uint16_t)(random64() % 5), random64() % 470, args);
	r->r.tid = (int32_t)(random64() % 100);
	r->r.result = some();
	r->r.tsc = random64();
	for (uint64_t n = random64() % 4; n; n--) {
		uint8_t bytes[600];
		uint8_t piece = random64() % 3 ? 0 : (uint8_t)(250 + random64() % 8);

		for (size_t i = 0; i < sizeof(bytes); i += 8)
			memcpy(bytes + i, &(uint64_t){ some() }, 8);
		data(r, (uint8_t)(random64() % 6), piece, bytes, random64() % sizeof(bytes));
	}
	/* And some that were not put together by anybody. */
	if (random64() % 8 == 0)
		for (size_t i = sizeof(r->r); i < r->r.size; i += 1 + random64() % 32)
			r->bytes[i] = (uint8_t)random64();
}

/* Nothing but lines of printable ASCII. */
static void check_file(int fd)
{
	char buf[65536];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_true(buf[i] == '\n' || (buf[i] >= ' ' && buf[i] < 0x7f));
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
}

static void any_bytes(void **state)
{
	const struct trace_times times = { .mult = 1 << 24, .shift = 24 };
	struct plan plan = { .trace = "x", .trace_time = TRACE_TIME_ABSOLUTE };
	int fd = memfd_create("trace", 0);
	union trace_record r;

	(void)state;
	lines_start(fd, &plan, &times);
	for (int i = 0; i < BAD_ROUNDS; i++) {
		any_record(&r);
		lines_record(&r);
		if (random64() % 64 == 0)
			lines_waiting();
		if (i % 10000 == 0) {
			lines_flush();
			check_file(fd);
		}
	}
	lines_end(0, 11);
	check_file(fd);
	close(fd);
}

/* A hypercall whose addresses are the guest's own invention. */
static void any_requests(void **state)
{
	static uint8_t ram_bytes[2 * MVM_PAGE_SIZE];
	const struct guest_ram ram = { .hva = ram_bytes, .present = sizeof(ram_bytes) };
	static struct text t;

	(void)state;
	for (int i = 0; i < BAD_ROUNDS; i++) {
		struct mvm_sqe e;
		struct request_seen q = { .e = &e, .res = (int64_t)some() };

		for (size_t k = 0; k < sizeof(e); k += 8)
			memcpy((char *)&e + k, &(uint64_t){ some() }, 8);
		e.op = (uint16_t)(random64() % MVM_OP_MAX);
		e.flags &= MVM_SQE_IOV;
		text_start(&t);
		request_print(&t, &ram, &q);
		text_end(&t);
		for (size_t k = 0; k + 1 < t.used; k++)
			assert_true(t.s[k] >= ' ' && t.s[k] < 0x7f);
	}
}

/* ---- the filter ---------------------------------------------------------------------------- */

static struct plan plan;

static int filter(const char *list)
{
	static const struct option_desc o = { .name = "trace-filter", .example = "openat" };
	char copy[200];
	int status;

	snprintf(copy, sizeof(copy), "%s", list);
	capture_begin();
	status = trace_filter(&plan, &o, copy);
	assert_int_equal(capture_end(), status != 0);
	return status;
}

static bool wants(unsigned int nr)
{
	return plan.trace_calls[nr / 64] >> nr % 64 & 1;
}

static void filters(void **state)
{
	(void)state;
	assert_int_equal(filter("openat,read"), 0);
	assert_true(wants(SYS_openat) && wants(SYS_read) && !wants(SYS_write));
	assert_true(!plan.trace_requests);
	assert_int_equal(filter("!read,!hyper:wait"), 0);
	assert_true(wants(SYS_openat) && !wants(SYS_read));
	assert_true(plan.trace_requests == ~(1ULL << MVM_OP_WAIT));
	assert_int_equal(filter("%file,!openat,hyper:write"), 0);
	assert_true(wants(SYS_stat) && wants(SYS_unlinkat) && wants(SYS_getcwd));
	assert_true(!wants(SYS_openat) && !wants(SYS_read));
	assert_true(plan.trace_requests == 1ULL << MVM_OP_WRITE);
	assert_int_equal(filter("%network"), 0);
	assert_true(wants(SYS_socket) && wants(SYS_sendmsg) && !wants(SYS_read));
	assert_int_equal(filter("%hypercall"), 0);
	assert_true(!trace_wants_calls(&plan) && plan.trace_requests == UINT64_MAX);
	assert_int_equal(filter("%syscall,!%memory"), 0);
	assert_true(wants(SYS_read) && !wants(SYS_mmap) && !plan.trace_requests);
	assert_int_equal(filter("%desc"), 0);
	assert_true(wants(SYS_read) && wants(SYS_pipe) && !wants(SYS_stat));
}

static void bad_filters(void **state)
{
	static const struct { const char *list, *says; } bad[] = {
		{ "opnat", "did you mean openat?" }, { "", "'': no such system call" },
		{ "read,,write", "'': no such" }, { "%nothing", "no such group" },
		{ "hyper:nothing", "no such hypercall" }, { "!", "no such" },
		{ "read,xyzzyxyzzy", "xyzzyxyzzy: no such system call" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(filter(bad[i].list), EXIT_MVM);
		assert_non_null(strstr(captured, bad[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings), cmocka_unit_test(buffers), cmocka_unit_test(flags),
		cmocka_unit_test(unknown_calls), cmocka_unit_test(all_calls),
		cmocka_unit_test(structures),
		cmocka_unit_test(reading), cmocka_unit_test(damaged),
		cmocka_unit_test(any_bytes), cmocka_unit_test(any_requests),
		cmocka_unit_test(filters), cmocka_unit_test(bad_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
