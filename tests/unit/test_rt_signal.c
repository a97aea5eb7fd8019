/* SPDX-License-Identifier: MIT */
/*
 * runtime/sys/sigframe.c: frames are what the host's C library knows of Linux's, on any stack,
 * with and without XSAVE; the way back restores everything, and refuses what would fault.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include "sig_layout.h"

#define RESTORER	0x04000000	/* SA_RESTORER: not in libc's headers */
#define IOPL_CPL3	0x3000UL
#define MAGIC1		0x46505853U
#define MAGIC2		0x46505845U

static unsigned char stack[65536] __attribute__((aligned(64)));
static unsigned char other[65536] __attribute__((aligned(64)));
static bool memory_is_bad;
static uint64_t mask_set;
static jmp_buf died;

/* ---- the rest of the runtime ---- */

int copy_to_user(uint64_t dst, const void *src, size_t n)
{
	if (memory_is_bad)
		return -14;
	memcpy((void *)dst, src, n);
	return 0;
}

int copy_from_user(void *dst, uint64_t src, size_t n)
{
	if (memory_is_bad)
		return -14;
	memcpy(dst, (void *)src, n);
	return 0;
}

void *pages_alloc(size_t n, bool zero)
{
	(void)zero;
	return aligned_alloc(4096, n * 4096);
}

void signal_set_mask(uint64_t mask)
{
	mask_set = mask;
}

_Noreturn void signal_die(void)
{
	longjmp(died, 1);
}

/* ---- layout ---- */

static void test_layout(void **state)
{
	static const int greg[] = { REG_R8, REG_R15, REG_RDI, REG_RSP, REG_RIP, REG_EFL,
				    REG_CSGSFS, REG_ERR, REG_TRAPNO, REG_OLDMASK, REG_CR2 };
	const struct sig_layout *l = &sig_layout;

	(void)state;
	assert_int_equal(l->uc, 8);
	assert_int_equal(l->info, 8 + 304);
	assert_int_equal(l->frame_size, 8 + 304 + 128);
	assert_int_equal(l->uc_stack, offsetof(ucontext_t, uc_stack));
	assert_int_equal(l->uc_mcontext, offsetof(ucontext_t, uc_mcontext));
	assert_int_equal(l->uc_sigmask, offsetof(ucontext_t, uc_sigmask));
	assert_int_equal(l->stack_size, sizeof(stack_t));
	assert_int_equal(l->info_size, sizeof(siginfo_t));
	assert_int_equal(l->pid, offsetof(siginfo_t, si_pid));
	assert_int_equal(l->uid, offsetof(siginfo_t, si_uid));
	assert_int_equal(l->value, offsetof(siginfo_t, si_value));
	assert_int_equal(l->addr, offsetof(siginfo_t, si_addr));
	for (size_t i = 0; i < sizeof(greg) / sizeof(greg[0]); i++)
		assert_int_equal(l->gregs[i], offsetof(mcontext_t, gregs) + 8 * (size_t)greg[i]);
	assert_int_equal(l->fpstate, offsetof(mcontext_t, fpregs));
}

/* ---- frames ---- */

static void use_xsave(bool on)
{
	uint32_t a = 13, b, c = 0, d;

	memset(&test_boot, 0, sizeof(test_boot));
	if (!on)
		return;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	test_boot.cpu_features = MVM_CPU_XSAVE;
	test_boot.xsave_size = b;
	c = 0;
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(c));
	test_boot.xcr0 = (uint64_t)d << 32 | a;
}

static bool have_xsave(void)
{
	uint32_t a = 1, b, c, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	return c >> 27 & 1;
}

static void check_frame(uint64_t rsp, uint64_t top, const uint64_t args[3])
{
	const ucontext_t *uc = (void *)args[2];
	const siginfo_t *si = (void *)args[1];
	const struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;

	assert_int_equal(rsp % 16, 8);
	assert_int_equal(*(uint64_t *)rsp, 0x5678);
	assert_int_equal(args[0], SIGSEGV);
	assert_int_equal(args[2], rsp + 8);
	assert_int_equal(args[1], rsp + 312);
	assert_int_equal(si->si_signo, SIGSEGV);
	assert_int_equal(si->si_code, SEGV_MAPERR);
	assert_ptr_equal(si->si_addr, (void *)0xdead0);
	assert_int_equal(uc->uc_mcontext.gregs[REG_R12], 12);
	assert_int_equal(uc->uc_mcontext.gregs[REG_RBX], 24);
	assert_int_equal(uc->uc_mcontext.gregs[REG_RIP], 29);
	assert_int_equal(uc->uc_mcontext.gregs[REG_TRAPNO], 14);
	assert_int_equal(uc->uc_mcontext.gregs[REG_ERR], 6);
	assert_int_equal(uc->uc_mcontext.gregs[REG_CR2], 0xdead0);
	assert_int_equal(uc->uc_mcontext.gregs[REG_CSGSFS], 0x002b000000000033);
	assert_int_equal((uintptr_t)fp % 64, 0);
	assert_true((uintptr_t)fp >= rsp + 440 && (uintptr_t)fp + 512 <= top);
	assert_int_equal(fp->mxcsr & 0xffc0, 0x1f80);	/* less the sticky flags */
}

static void frame_on_own_stack(void)
{
	uint64_t top = (uint64_t)stack + sizeof(stack), rsp, args[3];

	for (unsigned int shift = 0; shift < 70; shift++) {
		uint64_t sp = top - 1000 - shift;

		memset(stack, 0xee, sizeof(stack));
		test_start();
		test_alt_stack(0, 0);
		assert_int_equal(test_build(sp, RESTORER, 0x55, &rsp, args), 0);
		check_frame(rsp, sp - 128, args);
		/* The red zone and what is above it belong to the program. */
		for (uint64_t p = sp - 128; p < top; p++)
			assert_int_equal(*(unsigned char *)p, 0xee);
		assert_true(test_return(rsp + 8));
		assert_int_equal(test_rsp(), sp);
		assert_int_equal(mask_set, 0x55);
		assert_int_equal(test_work() & 2, 2);
	}
}

static void test_own_stack(void **state)
{
	(void)state;
	use_xsave(false);
	frame_on_own_stack();
}

static void test_xsave(void **state)
{
	uint64_t rsp, args[3], sp = (uint64_t)stack + 60000;
	const ucontext_t *uc;
	const uint32_t *sw;

	(void)state;
	if (!have_xsave())
		skip();
	use_xsave(true);
	frame_on_own_stack();
	test_start();
	assert_int_equal(test_build(sp, RESTORER, 0, &rsp, args), 0);
	uc = (void *)args[2];
	assert_int_equal(uc->uc_flags, 7);
	sw = (const uint32_t *)((const char *)uc->uc_mcontext.fpregs + 464);
	assert_int_equal(sw[0], MAGIC1);
	assert_int_equal(sw[1], test_boot.xsave_size + 4);
	assert_int_equal(*(const uint64_t *)(sw + 2), test_boot.xcr0);
	assert_int_equal(sw[4], test_boot.xsave_size);
	assert_int_equal(*(const uint32_t *)((const char *)uc->uc_mcontext.fpregs + sw[4]), MAGIC2);
}

/* Bits that are the machine's do not come back from the frame; the program's own do. */
static void test_flags(void **state)
{
	uint64_t rsp, args[3];
	ucontext_t *uc;

	(void)state;
	use_xsave(false);
	test_start();
	assert_int_equal(test_build((uint64_t)stack + 60000, RESTORER, 0, &rsp, args), 0);
	uc = (void *)args[2];
	uc->uc_mcontext.gregs[REG_EFL] = (greg_t)0xffffffffffffffff;
	uc->uc_mcontext.gregs[REG_CSGSFS] = 0x10;
	assert_true(test_return(rsp + 8));
	assert_int_equal(test_rflags() & ~(uint64_t)MVM_RFLAGS_INIT,
			 0x50dd5 & ~(uint64_t)MVM_RFLAGS_INIT);
	assert_int_equal(test_rflags() & 0x100000 /* VIP */, 0);
	assert_int_equal(test_rflags() & IOPL_CPL3, MVM_RFLAGS_INIT & IOPL_CPL3);
}

static void test_alternate(void **state)
{
	uint64_t rsp, args[3], sp = (uint64_t)stack + 60000;
	uint64_t alt = (uint64_t)other, size = 8192;

	(void)state;
	use_xsave(false);
	test_start();
	test_alt_stack(alt, size);
	assert_int_equal(test_build(sp, RESTORER | SA_ONSTACK, 0, &rsp, args), 0);
	assert_true(rsp > alt && rsp < alt + size);
	check_frame(rsp, alt + size, args);
	/* Already there: below what is in use, and not off its end. */
	assert_int_equal(test_build(rsp, RESTORER | SA_ONSTACK, 0, &rsp, args), 0);
	assert_true(rsp > alt && rsp < alt + size - 1024);
	assert_int_equal(test_build(alt + 600, RESTORER | SA_ONSTACK, 0, &rsp, args), -14);
	assert_int_equal(test_build(alt + 600, RESTORER, 0, &rsp, args), -14);
	/* Without SA_ONSTACK the program's own. */
	assert_int_equal(test_build(sp, RESTORER, 0, &rsp, args), 0);
	assert_true(rsp < sp && rsp > (uint64_t)stack);
}

static void return_dies(uint64_t rsp)
{
	if (!setjmp(died)) {
		test_return(rsp + 8);
		fail();
	}
}

static void test_refused(void **state)
{
	const uint64_t sp = (uint64_t)stack + 60000;
	uint64_t rsp, args[3];
	ucontext_t *uc;

	(void)state;
	use_xsave(have_xsave());
	test_start();
	test_alt_stack(0, 0);
	assert_int_equal(test_build(sp, 0, 0, &rsp, args), -14);
	memory_is_bad = true;
	assert_int_equal(test_build(sp, RESTORER, 0, &rsp, args), -14);
	memory_is_bad = false;

	/* Reserved bits of MXCSR would make the restore fault. */
	assert_int_equal(test_build(sp, RESTORER, 0, &rsp, args), 0);
	uc = (void *)args[2];
	uc->uc_mcontext.fpregs->mxcsr = 0xffffffff;
	return_dies(rsp);
	/* So would a header that is not a valid one. */
	for (size_t at = 512; have_xsave() && at < 576; at += 8) {
		assert_int_equal(test_build(sp, RESTORER, 0, &rsp, args), 0);
		uc = (void *)args[2];
		*(uint64_t *)((char *)uc->uc_mcontext.fpregs + at) = UINT64_MAX;
		return_dies(rsp);
	}
	memory_is_bad = true;
	return_dies(rsp);
	memory_is_bad = false;
}

/* Vector registers survive a handler that uses them. */
static void test_vectors(void **state)
{
	uint64_t rsp, args[3], in[2] = { 0x1122334455667788, 0x99aabbccddeeff00 }, out[2];

	(void)state;
	for (int xsave = 0; xsave <= have_xsave(); xsave++) {
		use_xsave(xsave);
		test_start();
		__asm__ volatile("movdqu %0, %%xmm13" : : "m"(in) : "xmm13");
		assert_int_equal(test_build((uint64_t)stack + 60000, RESTORER, 0, &rsp, args), 0);
		__asm__ volatile("pxor %%xmm13, %%xmm13" : : : "xmm13");
		test_return(rsp + 8);
		__asm__ volatile("movdqu %%xmm13, %0" : "=m"(out) : : "xmm13");
		assert_memory_equal(in, out, sizeof(in));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_own_stack),
		cmocka_unit_test(test_xsave),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_alternate),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
