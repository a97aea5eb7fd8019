/* SPDX-License-Identifier: MIT */
/* Crash reports: what they say, and that nothing the guest claims breaks them. */
#include "msg.h"	/* before cmocka.h, which has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <cmocka.h>
#include "capture.h"
#include "crash.h"
#include "signame.h"

static int report(const struct ending *e)
{
	capture_begin();
	crash_print("app.elf", e);
	return capture_end();
}

static void says(const char *text)
{
	if (!strstr(captured, text))
		fail_msg("no '%s' in: %s", text, captured);
}

static struct ending fault(int signo, int code)
{
	struct ending e = {
		.ended = true, .status = 128 + signo, .signo = signo, .has_crash = true,
	};

	e.crash.signo = (uint32_t)signo;
	e.crash.code = (uint32_t)code;
	e.crash.vector = 14;
	e.crash.error = 6;
	e.crash.addr = 0x18;
	e.crash.rip = 0x401234;
	e.crash.r15 = 0xdeadbeef;
	return e;
}

static void faults(void **state)
{
	struct ending e = fault(SIGSEGV, SEGV_MAPERR);

	(void)state;
	assert_true(report(&e) > 5);
	says("mvm: app.elf: killed by SIGSEGV (address not mapped) at address 0x18, "
	     "rip 0x401234\n");
	says("exception 14 (page fault), error code 0x6 (write, page not present)\n");
	says("R15: 00000000deadbeef\n");
	e = fault(SIGSEGV, SEGV_ACCERR);
	e.crash.error = 0x15;
	report(&e);
	says("(access not permitted)");
	says("(execute, page protected)");
	e = fault(SIGFPE, FPE_INTDIV);
	e.crash.vector = 0;
	report(&e);
	says("SIGFPE (integer division by zero)");
	says("exception 0 (divide error)");
	e = fault(SIGSEGV, SI_KERNEL);
	report(&e);
	says("SIGSEGV (general protection)");
}

static void sent_signals(void **state)
{
	struct ending e = fault(SIGABRT, SI_TKILL);

	(void)state;
	assert_int_equal(report(&e), 1);
	says("mvm: app.elf: killed by SIGABRT (6), sent by itself\n");
	e.has_crash = false;
	assert_int_equal(report(&e), 1);
	says("mvm: app.elf: killed by SIGABRT (6)\n");
	e.signo = SIGINT;
	assert_int_equal(report(&e), 0);
	e.signo = SIGPIPE;
	assert_int_equal(report(&e), 0);
	msg_verbose = true;
	assert_int_equal(report(&e), 1);
	msg_verbose = false;
}

static void nonsense_from_the_guest(void **state)
{
	static const int signals[] = { 0, -1, 64, 65, 31, 32, INT32_MAX, INT32_MIN };
	struct ending e;

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		memset(&e, 0xff, sizeof(e));
		e.ended = e.has_crash = true;
		e.signo = signals[i];
		assert_true(report(&e) >= 1);
		e.crash.code = 0x7fffffff;
		report(&e);
	}
	for (int signo = -2; signo < 70; signo++) {
		assert_non_null(signal_name(signo));
		for (int code = -70; code < 200; code++)
			signal_reason(signo, code);
	}
}

static void the_vm(void **state)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	(void)state;
	memset(&regs, 0xff, sizeof(regs));
	memset(&sregs, 0xff, sizeof(sregs));
	capture_begin();
	crash_print_vm("app.elf", "triple-faulted", 0, &regs, &sregs);
	assert_true(capture_end() > 8);
	says("mvm: app.elf: the VM triple-faulted; it was ended\n");
	says("CR2: ffffffffffffffff");
	capture_begin();
	crash_print_vm("app.elf", "cannot be entered, hardware reason", 0x21, NULL, NULL);
	assert_int_equal(capture_end(), 1);
	says("hardware reason 0x21; it was ended\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults), cmocka_unit_test(sent_signals),
		cmocka_unit_test(nonsense_from_the_guest), cmocka_unit_test(the_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
