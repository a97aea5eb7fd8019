/* SPDX-License-Identifier: MIT */
/*
 * What --show-confinement prints is what the kernel enforces: the filter is run here, by a small
 * interpreter, on system calls near and far from the rules, and must allow exactly what the rules
 * as data allow; and both compilers' filters say the same.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <cmocka.h>
#undef fail			/* cmocka's; msg.h has a function of that name */
#include "confine/confine_int.h"
#include "kvm.h"
#include "net/unixto.h"
#include "service/service.h"
#include "signals.h"

const unsigned long signals_default[4];	/* of signals.c */

#define TRIES	400000

static struct handles handles;
static struct grants grants;
static struct plan plan;
static struct confinement *c;

void tty_restore(void)
{
}

/* ---- The kernel's side ---------------------------------------------------------------------- */

/* As kernel/seccomp.c runs a classic filter; anything it would not accept fails the test. */
static uint32_t run_filter(const struct sock_filter *f, unsigned int len,
			   const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (unsigned int pc = 0; pc < len; pc++) {
		const struct sock_filter *i = &f[pc];
		bool yes;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k + 4 <= sizeof(*d) && i->k % 4 == 0);
			memcpy(&a, (const char *)d + i->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			assert_true(false);
			return 0;
		}
		pc += yes ? i->jt : i->jf;
	}
	assert_true(false);		/* ran off the end */
	return 0;
}

/* ---- The rules' side ------------------------------------------------------------------------ */

static bool arg_matches(const struct rule_arg *a, uint64_t v)
{
	switch (a->test) {
	case ARG_BELOW:
		return v < a->value;
	case ARG_MASKED:
		return (v & a->mask) == a->value;
	default:
		return (uint32_t)v == (uint32_t)a->value;
	}
}

static bool rules_allow(const struct seccomp_data *d)
{
	for (size_t i = 0; i < c->nrules; i++) {
		const struct rule *r = &c->rules[i];
		bool all = (int)r->nr == d->nr;

		for (unsigned int n = 0; n < r->nargs; n++)
			all &= arg_matches(&r->args[n], d->args[r->args[n].n]);
		if (all)
			return true;
	}
	return false;
}

/* ---- Calls to try ---------------------------------------------------------------------------- */

static uint64_t any(void)
{
	static uint64_t x = 88172645463325252ULL;	/* xorshift: the same in every run */

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* A value near the ones that decide: in the rules, around them, or with other upper halves. */
static uint64_t near(uint64_t v)
{
	switch (any() % 8) {
	case 0: return v + 1;
	case 1: return v - 1;
	case 2: return v | 1ULL << (any() % 64);
	case 3: return v | 0xffffffff00000000ULL;
	case 4: return any() % 128;
	case 5: return any();
	default: return v;
	}
}

static struct seccomp_data some_call(void)
{
	const struct rule *r = &c->rules[any() % c->nrules];
	struct seccomp_data d = { .nr = (int)r->nr, .arch = AUDIT_ARCH_X86_64 };

	for (int i = 0; i < 6; i++)
		d.args[i] = any() % 2 ? any() : any() % 2;
	for (unsigned int i = 0; i < r->nargs; i++)
		d.args[r->args[i].n] = near(r->args[i].value);
	if (any() % 16 == 0)
		d.nr = (int)(any() % 512);
	return d;
}

/* ---- The other filter ------------------------------------------------------------------------ */

/* The launcher does not take libseccomp's context down: its process ends with the VM. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* The tests have the C library's heap. */
void arena_passing(size_t bytes)
{
	(void)bytes;
}

void arena_passed(void)
{
}

int compile_with_libseccomp(struct confinement *c);
#define confine_compile	compile_with_libseccomp
#include "../../launcher/confine/libseccomp.c"
#undef confine_compile

static struct confinement theirs;

static void make_theirs(void)
{
	theirs = *c;
	assert_int_equal(compile_with_libseccomp(&theirs), 0);
}

/* ---- Comparisons ----------------------------------------------------------------------------- */

static void filter_is_the_rules(unsigned int tries)
{
	unsigned int allowed = 0;

	for (unsigned int i = 0; i < tries; i++) {
		struct seccomp_data d = some_call();
		uint32_t got = run_filter(c->filter, c->filter_len, &d);
		bool want = rules_allow(&d);

		assert_int_equal(got, run_filter(theirs.filter, theirs.filter_len, &d));
		allowed += want;
		if (d.nr == SYS_seccomp)
			assert_int_equal(got, SECCOMP_RET_KILL_PROCESS);
		else if ((got == SECCOMP_RET_ALLOW) != want)
			print_error("call %d (%#llx, %#llx, %#llx, %#llx, %#llx, %#llx): %#x\n",
				    d.nr, (unsigned long long)d.args[0],
				    (unsigned long long)d.args[1], (unsigned long long)d.args[2],
				    (unsigned long long)d.args[3], (unsigned long long)d.args[4],
				    (unsigned long long)d.args[5], got);
		assert_true(d.nr == SYS_seccomp || (got == SECCOMP_RET_ALLOW) == want);
	}
	assert_in_range(allowed, tries / 10, tries - tries / 10);
}

/* Calls of the 32-bit and x32 kind are killed whatever their number. */
static void other_kinds_are_killed(void)
{
	for (int nr = 0; nr < 512; nr++) {
		struct seccomp_data d = { .nr = nr, .arch = AUDIT_ARCH_I386 };

		assert_int_equal(run_filter(c->filter, c->filter_len, &d),
				 SECCOMP_RET_KILL_PROCESS);
		d.arch = AUDIT_ARCH_X86_64;
		d.nr |= 0x40000000;
		assert_int_equal(run_filter(c->filter, c->filter_len, &d),
				 SECCOMP_RET_KILL_PROCESS);
	}
}

static void check_filter(unsigned int tries)
{
	assert_int_equal(confine_compile(c), 0);
	make_theirs();
	filter_is_the_rules(tries);
	other_kinds_are_killed();
}

static void check_plan(void)
{
	c = confine_plan(&plan, &grants, &handles, false);
	assert_non_null(c);
	check_filter(TRIES);
}

static bool any_rule(int nr)
{
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i].nr == nr)
			return true;
	return false;
}

/* ---- The tests ------------------------------------------------------------------------------- */

static int setup(void **state)
{
	(void)state;
	memset(&grants, 0, sizeof(grants));
	memset(&plan, 0, sizeof(plan));
	grants.program_fd = grants.stats_fd = grants.record_fd = -1;
	handles_init(&handles);
	handle_add(&handles, 0, MVM_KIND_STREAM, MVM_RIGHT_READ | MVM_RIGHT_WAIT);
	handle_add(&handles, 1, MVM_KIND_STREAM, MVM_RIGHT_WRITE | MVM_RIGHT_WAIT);
	handle_add(&handles, 2, MVM_KIND_STREAM, MVM_RIGHT_WRITE | MVM_RIGHT_WAIT);
	return 0;
}

static void no_grants(void **state)
{
	static const int never[] = {
		SYS_open, SYS_openat, SYS_openat2, SYS_creat, SYS_socket, SYS_connect, SYS_bind,
		SYS_execve, SYS_execveat, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_mmap,
		SYS_mprotect, SYS_ptrace, SYS_kill, SYS_rt_sigprocmask, SYS_sigaltstack,
		SYS_prctl, SYS_dup, SYS_dup2, SYS_fcntl, SYS_close, SYS_bpf, SYS_unlinkat,
	};

	(void)state;
	check_plan();
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_false(any_rule(never[i]));
}

static bool filter_allows(const struct seccomp_data *d)
{
	return run_filter(c->filter, c->filter_len, d) == SECCOMP_RET_ALLOW;
}

/* What mvm dies of may be given its default action, by the constant, and nothing else may. */
static void only_dying(void **state)
{
	struct seccomp_data d = { .nr = SYS_rt_sigaction, .arch = AUDIT_ARCH_X86_64 };

	(void)state;
	check_plan();
	for (d.args[0] = 1; d.args[0] <= 64; d.args[0]++) {
		d.args[1] = (uintptr_t)signals_default;
		assert_int_equal(filter_allows(&d), d.args[0] <= SIGTERM);
		d.args[1] += sizeof(signals_default);
		assert_false(filter_allows(&d));
		d.args[1] = 0;
		assert_false(filter_allows(&d));
	}
	d = (struct seccomp_data){ .nr = SYS_tgkill, .arch = AUDIT_ARCH_X86_64 };
	d.args[0] = (uint64_t)getpid();
	assert_true(filter_allows(&d));
	d.args[0]++;
	assert_false(filter_allows(&d));
}

static void streams_of_every_kind(void **state)
{
	(void)state;
	handles_init(&handles);
	handle_add(&handles, 8, MVM_KIND_TTY, MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_TTY);
	handle_add(&handles, 1, MVM_KIND_FILE, MVM_RIGHT_WRITE | MVM_RIGHT_OFFSET);
	handle_add(&handles, 2, MVM_KIND_FILE, MVM_RIGHT_READ | MVM_RIGHT_WRITE);
	plan.stats = "s";
	grants.stats_fd = 3;
	check_plan();
	assert_true(any_rule(SYS_tgkill));
}

/* Stream n closed, or of a kind, with a descriptor that another run would not have. */
static void add_stream(int n, unsigned int kind)
{
	static const struct { uint32_t kind, rights; } kinds[] = {
		{ MVM_KIND_STREAM, 0 },
		{ MVM_KIND_STREAM, MVM_RIGHT_READ | MVM_RIGHT_WRITE },
		{ MVM_KIND_TTY, MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_TTY },
		{ MVM_KIND_FILE, MVM_RIGHT_WRITE },
	};

	handle_add(&handles, kind ? n + 3 * (int)kind : -1, kinds[kind].kind, kinds[kind].rights);
}

/* Every kind of standard streams, with and without a --dir. */
static void streams_and_dirs(void **state)
{
	(void)state;
	for (unsigned int run = 0; run < 4 * 4 * 4 * 3; run++) {
		handles_init(&handles);
		add_stream(0, run % 4);
		add_stream(1, run / 4 % 4);
		add_stream(2, run / 16 % 4);
		if (run / 64)
			handle_add(&handles, 20, MVM_KIND_DIR, MVM_RIGHT_READ);
		handles.h[3].read_only = run / 64 == 1;
		c = confine_plan(&plan, &grants, &handles, run % 7 > 3);
		assert_non_null(c);
		check_filter(TRIES / 100);
	}
}

static void disks(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		handle_add(&handles, 10 + i, MVM_KIND_DISK,
			   MVM_RIGHT_READ | (i & 1 ? MVM_RIGHT_WRITE : 0));
	check_plan();
}

static void directory(void **state)
{
	(void)state;
	handle_add(&handles, 50, MVM_KIND_DIR, MVM_RIGHT_READ | MVM_RIGHT_WRITE);
	check_plan();
	assert_true(any_rule(SYS_openat2) && any_rule(SYS_mkdirat));
	assert_false(any_rule(SYS_openat) || any_rule(SYS_socket) || any_rule(SYS_fchmodat));
}

static void read_only_directory(void **state)
{
	(void)state;
	handles.h[handle_add(&handles, 50, MVM_KIND_DIR, MVM_RIGHT_READ)].read_only = true;
	check_plan();
	assert_true(any_rule(SYS_openat2));
	assert_false(any_rule(SYS_mkdirat) || any_rule(SYS_unlinkat) || any_rule(SYS_pwrite64));
}

static void listeners(void **state)
{
	(void)state;
	handle_add(&handles, 20, MVM_KIND_LISTENER, MVM_RIGHT_WAIT);
	handle_add(&handles, 21, MVM_KIND_DATAGRAM, MVM_RIGHT_READ | MVM_RIGHT_WRITE);
	check_plan();
	assert_true(any_rule(SYS_accept4) && any_rule(SYS_recvmsg) && any_rule(SYS_sendmsg));
	assert_true(any_rule(SYS_close) && any_rule(SYS_setsockopt));
	assert_false(any_rule(SYS_socket) || any_rule(SYS_connect) || any_rule(SYS_bind) ||
		     any_rule(SYS_listen) || any_rule(SYS_accept) || any_rule(SYS_openat2));
}

/* With a directory besides: each descriptor may be of either. */
static void connections(void **state)
{
	struct plan_connect to = { .proto = MVM_PROTO_TCP, .first = 80, .last = 80 };

	(void)state;
	plan.connects = &to;
	plan.nconnects = 1;
	check_plan();
	assert_true(any_rule(SYS_socket) && any_rule(SYS_connect) && any_rule(SYS_sendmsg));
	assert_false(any_rule(SYS_accept4) || any_rule(SYS_bind) || any_rule(SYS_sendto) ||
		     any_rule(SYS_socketpair));
	handle_add(&handles, 50, MVM_KIND_DIR, MVM_RIGHT_READ | MVM_RIGHT_WRITE);
	handle_add(&handles, 20, MVM_KIND_LISTENER, MVM_RIGHT_WAIT);
	check_plan();
	assert_true(any_rule(SYS_openat2) && any_rule(SYS_connect) && any_rule(SYS_accept4));
}

/* A directory and an address each, and none else. */
static void to_unix(void **state)
{
	socklen_t len;
	int32_t n;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(unix_to_note((size_t)i, i ? "other" : "name"), 0);
		n = handle_add(&handles, 30 + i, MVM_KIND_UNIX, 0);
		handles.h[n].base = (uint64_t)i;
	}
	check_plan();
	assert_true(any_rule(SYS_fchdir) && any_rule(SYS_socket) && any_rule(SYS_connect));
	assert_false(any_rule(SYS_chdir) || any_rule(SYS_sendmsg) || any_rule(SYS_accept4) ||
		     any_rule(SYS_openat2));
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i].nr == SYS_connect) {
			assert_int_equal(c->rules[i].nargs, 3);
			assert_int_equal(c->rules[i].args[1].mask, UINT64_MAX);
		} else if (c->rules[i].nr == SYS_socket) {
			assert_int_equal(c->rules[i].args[0].value, AF_UNIX);
		}
	unix_to(&handles.h[n], &len);
	assert_int_equal(len, 2 + strlen("other") + 1);
	assert_int_equal(unix_to_note(0, ""), -EINVAL);
}

/* The number of rules for ioctl(2) on fd with this request; 0: with any. */
static unsigned int ioctls(uint64_t fd, uint64_t request)
{
	unsigned int n = 0;

	for (size_t i = 0; i < c->nrules; i++)
		n += c->rules[i].nr == SYS_ioctl && c->rules[i].args[0].value == fd &&
		     (!request || c->rules[i].args[1].value == request);
	return n;
}

/* What a reset needs depends on who does it. */
static void resets(void **state)
{
	unsigned int plain, vm;

	(void)state;
	check_plan();
	plain = ioctls(CONFINE_FD_VCPU, 0);
	vm = ioctls(CONFINE_FD_VM, 0);
	assert_int_equal(ioctls(CONFINE_FD_VM, KVM_SET_USER_MEMORY_REGION), 1);
	assert_int_equal(ioctls(CONFINE_FD_VM, MVM_RESET) + ioctls(CONFINE_FD_VM, MVM_ZERO), 0);
	plan.resets = true;
	check_plan();
	assert_true(ioctls(CONFINE_FD_VCPU, 0) > plain);
	assert_int_equal(ioctls(CONFINE_FD_VM, 0), vm);
	assert_int_equal(ioctls(CONFINE_FD_PAGEMAP, 0), 1);
	plan.clones = true;
	check_plan();
	assert_int_equal(ioctls(CONFINE_FD_VCPU, 0), plain);
	assert_int_equal(ioctls(CONFINE_FD_VM, MVM_RESET), 1);
	assert_int_equal(ioctls(CONFINE_FD_VM, MVM_ZERO), 1);
	assert_int_equal(ioctls(CONFINE_FD_VM, KVM_SET_USER_MEMORY_REGION), 0);
	assert_int_equal(ioctls(CONFINE_FD_PAGEMAP, 0), 0);
	/* --reset=process */
	plan.resets = false;
	check_plan();
	assert_int_equal(ioctls(CONFINE_FD_VM, MVM_RESET), 0);
}

/* More rules than the kernel takes instructions. */
static void too_many(void **state)
{
	(void)state;
	c = confine_plan(&plan, &grants, &handles, false);
	assert_non_null(c);
	while (c->nrules < RULES_MAX)
		arg_is(allow(c, SYS_read, "test", NULL), 0, c->nrules, NULL);
	assert_int_equal(confine_compile(c), 0);
	for (size_t i = 0; i < c->nrules; i++)
		c->rules[i] = (struct rule){ .nr = SYS_read, .nargs = 2, .args = {
			{ .n = 0, .test = ARG_MASKED, .value = i, .mask = UINT64_MAX },
			{ .n = 1, .test = ARG_MASKED, .value = i, .mask = UINT64_MAX } } };
	assert_int_equal(confine_compile(c), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_grants, setup),
		cmocka_unit_test_setup(only_dying, setup),
		cmocka_unit_test_setup(streams_of_every_kind, setup),
		cmocka_unit_test_setup(streams_and_dirs, setup),
		cmocka_unit_test_setup(disks, setup),
		cmocka_unit_test_setup(directory, setup),
		cmocka_unit_test_setup(read_only_directory, setup),
		cmocka_unit_test_setup(listeners, setup),
		cmocka_unit_test_setup(connections, setup),
		cmocka_unit_test_setup(to_unix, setup),
		cmocka_unit_test_setup(resets, setup),
		cmocka_unit_test_setup(too_many, setup),
	};

	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
