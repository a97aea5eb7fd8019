/* SPDX-License-Identifier: MIT */
/*
 * --stats: always one JSON object on one line, whatever was counted and whatever bytes are in
 * the names.  Judged by a JSON checker of its own (RFC 8259), because a test must not depend on
 * the writer's idea of JSON.
 */
#include "msg.h"	/* before cmocka.h, which has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "capture.h"
#include "plan.h"
#include "service/service.h"
#include "stats.h"
#include "vm.h"

/* ---- A JSON checker ------------------------------------------------------------------------- */

static const char *value(const char *p);

static const char *blanks(const char *p)
{
	return p ? p + strspn(p, " \t\n\r") : NULL;
}

static const char *string(const char *p)
{
	if (!p || *p++ != '"')
		return NULL;
	for (; *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p != '\\')
			continue;
		if (*++p != 'u') {
			if (!*p || !strchr("\"\\/bfnrt", *p))
				return NULL;
			continue;
		}
		for (int i = 0; i < 4; i++)
			if (!isxdigit((unsigned char)*++p))
				return NULL;
	}
	return p + 1;
}

static const char *object(const char *p)
{
	p = blanks(p + 1);
	if (*p == '}')
		return p + 1;
	for (;;) {
		p = blanks(string(p));
		if (!p || *p != ':')
			return NULL;
		p = blanks(value(blanks(p + 1)));
		if (!p || (*p != ',' && *p != '}'))
			return NULL;
		if (*p == '}')
			return p + 1;
		p = blanks(p + 1);
	}
}

static const char *number(const char *p)
{
	const char *start = p;

	p += strspn(p, "0123456789");
	if (p == start || (*start == '0' && p > start + 1))
		return NULL;
	if (*p == '.') {
		start = ++p;
		p += strspn(p, "0123456789");
		if (p == start)
			return NULL;
	}
	return p;
}

static const char *value(const char *p)
{
	if (!p)
		return NULL;
	if (*p == '{')
		return object(p);
	if (*p == '"')
		return string(p);
	if (!strncmp(p, "null", 4))
		return p + 4;
	return number(p);
}

/* ring.c's, which has all requests. */
const char *request_name(unsigned int op)
{
	return op == MVM_OP_READ ? "read" : op == MVM_OP_GETDENTS ? "getdents" : NULL;
}

/* ---- The object ----------------------------------------------------------------------------- */

static char json[65536];

static void write_stats(const struct stats *s, const struct ending *e, const struct vm *vm)
{
	int fd = memfd_create("stats", 0);
	const char *end;
	ssize_t n;

	stats_write(s, fd, e, vm);
	n = pread(fd, json, sizeof(json) - 1, 0);
	close(fd);
	assert_true(n > 0);
	json[n] = '\0';
	end = object(json);
	if (!end || strcmp(end, "\n") || strchr(json, '\n') != json + n - 1)
		fail_msg("not JSON: %s", json);
}

static void contains(const char *text)
{
	if (!strstr(json, text))
		fail_msg("no %s in %s", text, json);
}

static void nothing_counted(void **state)
{
	struct stats s = { 0 };

	(void)state;
	stats_begin(&s);
	write_stats(&s, NULL, NULL);
	contains("\"stages_us\": {}, \"exits\": {}, \"requests\": {}");
	contains("\"missing_system_calls\": {}");
	contains("\"device\": null");
	contains("\"ended_by\": \"mvm\"");
}

static void everything_counted(void **state)
{
	struct ending e = { .ended = true, .status = 7 };
	struct plan plan = { .program = "app.elf", .mem = 64 << 20, .poll = POLL_NEVER };
	struct stats s = { 0 };

	(void)state;
	stats_begin(&s);
	s.plan = &plan;
	s.exit_status = 7;
	s.start_ns = 1000;
	for (int i = 0; i < STAGE_COUNT; i++)
		s.stage_ns[i] = 1000 + 1234567 * (uint64_t)(i + 1);
	for (size_t i = 0; i < sizeof(s.exits) / sizeof(s.exits[0]); i++)
		s.exits[i] = UINT64_MAX - i;
	for (size_t i = 0; i < MVM_OP_MAX; i++)
		s.requests[i] = UINT64_MAX - i;
	for (size_t i = 0; i < sizeof(s.missing) / sizeof(s.missing[0]); i++)
		s.missing[i] = i + 1;
	write_stats(&s, &e, NULL);
	contains("\"program\": \"app.elf\"");
	contains("\"poll\": \"never\"");
	contains("\"memory_limit_bytes\": 67108864");
	contains("\"options\": 1234.567");
	contains("\"exit_status\": 7");
	contains("\"ended_by\": \"exit\", \"signal\": null");
	contains("\"io\": 18446744073709551613");
	contains("\"other\": ");
	contains("\"getdents\": ");
	contains("\"read\": 18446744073709551599, \"17\": 18446744073709551598");
	contains("\"read\": 1, \"write\": 2");
	contains("\"511\": 512");
}

static void endings(void **state)
{
	struct ending e = { .ended = true, .status = 139, .signo = SIGSEGV };
	struct stats s = { 0 };

	(void)state;
	stats_begin(&s);
	s.exit_status = 139;
	write_stats(&s, &e, NULL);
	contains("\"ended_by\": \"signal\", \"signal\": \"SIGSEGV\"");
	e.signo = 12345;		/* the guest may claim anything */
	write_stats(&s, &e, NULL);
	e.ended = false;
	s.exit_status = EXIT_TIMEOUT;
	write_stats(&s, &e, NULL);
	contains("\"ended_by\": \"timeout\"");
	s.exit_status = EXIT_CANNOT_RUN;
	write_stats(&s, &e, NULL);
	contains("\"ended_by\": \"mvm\"");
}

static void names_of_any_bytes(void **state)
{
	static const struct {
		const char *name, *json;
	} cases[] = {
		{ "a\"b\\c", "\"a\\u0022b\\u005cc\"" },
		{ "\x01\n\x1f\x7f", "\"\\u0001\\u000a\\u001f\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xff", "\"\\ufffd\"" },
		{ "\xc3", "\"\\ufffd\"" },
		{ "\xc0\x80", "\"\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf4\x90\x80\x80x", "\\ufffdx\"" },
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },
		{ "", "\"program\": \"\"" },
	};
	struct plan plan = { 0 };
	struct stats s = { 0 };

	(void)state;
	stats_begin(&s);
	s.plan = &plan;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* on the heap, so that ASan sees a look beyond its end */
		char *name = strdup(cases[i].name);

		plan.program = name;
		write_stats(&s, NULL, NULL);
		contains(cases[i].json);
		free(name);
	}
}

static void a_long_name(void **state)
{
	struct plan plan = { 0 };
	char *name = malloc(10001);
	struct stats s = { 0 };

	(void)state;
	memset(name, 1, 10000);
	name[10000] = '\0';
	stats_begin(&s);
	s.plan = &plan;
	plan.program = name;
	write_stats(&s, NULL, NULL);
	free(name);
}

static void memory(void **state)
{
	const size_t size = 64 << 20;
	struct vm vm = { .device = "/dev/kvm" };
	struct stats s = { 0 };

	(void)state;
	vm.ram.hva = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(vm.ram.hva != MAP_FAILED);
	madvise(vm.ram.hva, size, MADV_NOHUGEPAGE);
	vm.ram.present = size;
	for (size_t i = 0; i < 300; i++)
		vm.ram.hva[i * 3 * 4096] = 1;
	stats_begin(&s);
	write_stats(&s, NULL, &vm);
	contains("\"device\": \"/dev/kvm\"");
	contains("\"memory_present_bytes\": 67108864");
	contains("\"memory_touched_bytes\": 1228800");
	munmap(vm.ram.hva, size);
}

static void nowhere_to_write(void **state)
{
	struct stats s = { 0 };
	int full[2];

	(void)state;
	stats_begin(&s);
	stats_write(NULL, 1, NULL, NULL);
	stats_write(&s, -1, NULL, NULL);
	assert_int_equal(pipe(full), 0);
	close(full[0]);
	signal(SIGPIPE, SIG_IGN);
	capture_begin();
	stats_write(&s, full[1], NULL, NULL);
	assert_int_equal(capture_end(), 1);
	assert_non_null(strstr(captured, "Broken pipe"));
	close(full[1]);
}

static void exits_beyond_the_table(void **state)
{
	struct stats s = { 0 };

	(void)state;
	stats_begin(&s);
	stats_exit(&s, UINT32_MAX);
	stats_exit(&s, 63);
	stats_exit(&s, 2);
	stats_exit(NULL, 2);
	write_stats(&s, NULL, NULL);
	contains("\"exits\": {\"io\": 1, \"other\": 2}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_counted), cmocka_unit_test(everything_counted),
		cmocka_unit_test(endings), cmocka_unit_test(names_of_any_bytes),
		cmocka_unit_test(a_long_name), cmocka_unit_test(memory),
		cmocka_unit_test(nowhere_to_write), cmocka_unit_test(exits_beyond_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
