/* SPDX-License-Identifier: MIT */
/*
 * The system calls that a run needs, derived from its grants.  This file is the list; how it is
 * enforced is filter.c's.  The service's files say in their opening comments what they
 * call.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine_int.h"
#include "kvm.h"
#include "snapshot/pagemap.h"
#include "signals.h"
#include "service/svc.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#define SYS_fchmodat2_	452		/* Linux 6.6; newer than the headers */

/* ---- Building one rule ---------------------------------------------------------------------- */

struct rule *allow(struct confinement *c, int nr, const char *why, const char *name)
{
	static struct rule spare;
	struct rule *r;

	if (c->nrules == RULES_MAX) {
		c->overflow = true;
		return &spare;
	}
	r = &c->rules[c->nrules++];
	*r = (struct rule) { .nr = (uint16_t)nr, .why = why, .name = name };
	return r;
}

void arg(struct rule *r, unsigned int n, enum arg_test test, uint64_t value, uint64_t mask,
		const char *shown)
{
	r->args[r->nargs++] = (struct rule_arg) {
		.n = (uint8_t)n, .test = (uint8_t)test, .value = value, .mask = mask,
		.shown = shown,
	};
}

void arg_is(struct rule *r, unsigned int n, uint64_t value, const char *shown)
{
	arg(r, n, ARG_EQUAL, value, 0, shown);
}

/* ---- Calls on a descriptor ------------------------------------------------------------------ */

#define STREAM	(1U << MVM_KIND_STREAM | 1U << MVM_KIND_TTY)
#define TTY	(1U << MVM_KIND_TTY)
#define FILE_	(1U << MVM_KIND_FILE)
#define DISK	(1U << MVM_KIND_DISK)
#define DIR_	(1U << MVM_KIND_DIR)
#define SOCKET	(1U << MVM_KIND_SOCKET)
#define DGRAM	(1U << MVM_KIND_DATAGRAM)
#define LISTENER (1U << MVM_KIND_LISTENER)
#define UNIX	(1U << MVM_KIND_UNIX)
#define ANY	(STREAM | FILE_ | DISK | DIR_ | SOCKET | DGRAM | LISTENER | UNIX)
#define R	MVM_RIGHT_READ
#define W	MVM_RIGHT_WRITE

/* argument extra.n, when it is not 0, is pinned too: mask 0 means that it equals value */
struct fd_call {
	uint16_t nr, kinds;
	uint8_t rights, extra;
	uint64_t value, mask;
	const char *shown;
};

#define RWF_NOWAIT_	0x08
#define RWF_APPEND_	0x10

static const struct fd_call fd_calls[] = {
	{ .nr = SYS_fstat, .kinds = ANY },
	{ .nr = SYS_fstatfs, .kinds = ANY },
	{ .nr = SYS_pread64, .kinds = FILE_ | DISK, .rights = R },
	{ .nr = SYS_preadv, .kinds = FILE_ | DISK, .rights = R },
	{ .nr = SYS_read, .kinds = FILE_, .rights = R },
	{ .nr = SYS_readv, .kinds = FILE_ | STREAM | SOCKET, .rights = R },
	{ .nr = SYS_preadv2, .kinds = STREAM, .rights = R, .extra = 5, .value = RWF_NOWAIT_,
	  .shown = "RWF_NOWAIT" },
	{ .nr = SYS_pwrite64, .kinds = FILE_ | DISK, .rights = W },
	{ .nr = SYS_pwritev, .kinds = FILE_ | DISK, .rights = W },
	{ .nr = SYS_write, .kinds = FILE_, .rights = W },
	{ .nr = SYS_writev, .kinds = FILE_ | STREAM | SOCKET, .rights = W },
	{ .nr = SYS_pwritev2, .kinds = STREAM, .rights = W, .extra = 5, .value = RWF_NOWAIT_,
	  .shown = "RWF_NOWAIT" },
	{ .nr = SYS_pwritev2, .kinds = FILE_, .rights = W, .extra = 5, .value = RWF_APPEND_,
	  .shown = "RWF_APPEND" },
	{ .nr = SYS_lseek, .kinds = FILE_ | DISK | DIR_ },
	{ .nr = SYS_fsync, .kinds = FILE_ | DISK | DIR_ },
	{ .nr = SYS_fdatasync, .kinds = FILE_ | DISK | DIR_ },
	{ .nr = SYS_ftruncate, .kinds = FILE_, .rights = W },
	{ .nr = SYS_fallocate, .kinds = FILE_ | DISK, .rights = W, .extra = 1, .value = 0,
	  .mask = UINT32_MAX & ~(uint64_t)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE),
	  .shown = "KEEP_SIZE|PUNCH_HOLE" },
	{ .nr = SYS_fcntl, .kinds = FILE_, .extra = 1, .value = F_OFD_SETLK,
	  .shown = "F_OFD_SETLK" },
	{ .nr = SYS_fcntl, .kinds = FILE_, .extra = 1, .value = F_OFD_GETLK,
	  .shown = "F_OFD_GETLK" },
	{ .nr = SYS_ioctl, .kinds = TTY, .extra = 1, .value = TCGETS, .shown = "TCGETS" },
	{ .nr = SYS_ioctl, .kinds = TTY, .extra = 1, .value = TCSETS, .shown = "TCSETS" },
	{ .nr = SYS_ioctl, .kinds = TTY, .extra = 1, .value = TCSETSW, .shown = "TCSETSW" },
	{ .nr = SYS_ioctl, .kinds = TTY, .extra = 1, .value = TCSETSF, .shown = "TCSETSF" },
	{ .nr = SYS_ioctl, .kinds = TTY, .extra = 1, .value = TIOCGWINSZ, .shown = "TIOCGWINSZ" },
	{ .nr = SYS_ioctl, .kinds = TTY, .extra = 1, .value = TCFLSH, .shown = "TCFLSH" },
	{ .nr = SYS_accept4, .kinds = LISTENER, .extra = 3, .value = SOCK_NONBLOCK | SOCK_CLOEXEC,
	  .shown = "SOCK_NONBLOCK|SOCK_CLOEXEC" },
	{ .nr = SYS_sendmsg, .kinds = DGRAM, .extra = 2, .value = MSG_DONTWAIT | MSG_NOSIGNAL,
	  .shown = "MSG_DONTWAIT|MSG_NOSIGNAL" },
	{ .nr = SYS_recvmsg, .kinds = SOCKET | DGRAM, .extra = 2, .value = MSG_DONTWAIT,
	  .mask = UINT32_MAX & ~(uint64_t)(MSG_PEEK | MSG_TRUNC),
	  .shown = "MSG_DONTWAIT|PEEK|TRUNC" },
	{ .nr = SYS_getsockname, .kinds = SOCKET | DGRAM | LISTENER },
	{ .nr = SYS_getpeername, .kinds = SOCKET | DGRAM | LISTENER },
	{ .nr = SYS_shutdown, .kinds = SOCKET },
	{ .nr = SYS_ioctl, .kinds = SOCKET | DGRAM, .extra = 1, .value = FIONREAD,
	  .shown = "FIONREAD" },
	{ .nr = SYS_ioctl, .kinds = SOCKET | DGRAM, .extra = 1, .value = TIOCOUTQ,
	  .shown = "TIOCOUTQ" },
};

/*
 * Descriptors of opened files come and go, so --dir pins the range instead of the number: the
 * bound keeps AT_FDCWD out, with which a path would start at the working directory.
 */
void pin_fd(const struct confinement *c, struct rule *r, unsigned int n, int fd)
{
	if (fd < 0)
		arg(r, n, ARG_BELOW, c->files_max, 0, NULL);
	else
		arg_is(r, n, (uint64_t)fd, NULL);
}

/* Is the call allowed already for every descriptor, with the same further arguments? */
static bool covered(const struct confinement *c, const struct fd_call *call)
{
	for (size_t i = 0; i < c->nrules; i++) {
		const struct rule *r = &c->rules[i];

		if (r->nr == call->nr && r->nargs && r->args[0].test == ARG_BELOW &&
		    r->nargs == 1U + !!call->extra &&
		    (!call->extra || r->args[1].value == call->value))
			return true;
	}
	return false;
}

/* What may be done with a descriptor of these kinds and rights; fd -1: with any. */
void allow_fd(struct confinement *c, int fd, unsigned int kinds, uint32_t rights,
		     const char *why, const char *name)
{
	for (size_t i = 0; i < sizeof(fd_calls) / sizeof(fd_calls[0]); i++) {
		const struct fd_call *call = &fd_calls[i];
		struct rule *r;

		if (!(call->kinds & kinds) || (call->rights & rights) != call->rights ||
		    covered(c, call))
			continue;
		r = allow(c, call->nr, why, name);
		pin_fd(c, r, 0, fd);
		if (call->extra && call->mask)
			arg(r, call->extra, ARG_MASKED, call->value, call->mask, call->shown);
		else if (call->extra)
			arg_is(r, call->extra, call->value, call->shown);
	}
}

/* ---- --dir ---------------------------------------------------------------------------------- */

/* A call that takes a path below the directory in argument n (and in m, when that is not 0). */
static struct rule *allow_at(struct confinement *c, int nr, unsigned int n, unsigned int m)
{
	struct rule *r = allow(c, nr, "--dir", NULL);

	pin_fd(c, r, n, -1);
	if (m)
		pin_fd(c, r, m, -1);
	return r;
}

static void only_flags(struct rule *r, unsigned int n, uint64_t flags, const char *shown)
{
	arg(r, n, ARG_MASKED, 0, ~flags & UINT32_MAX, shown);
}

/* Argument 1 is path_empty: the call acts on the descriptor and can name nothing else. */
static struct rule *empty_path(struct rule *r)
{
	arg(r, 1, ARG_MASKED, (uintptr_t)path_empty, UINT64_MAX, "\"\"");
	return r;
}

static void allow_dirs_rw(struct confinement *c)
{
	allow_at(c, SYS_mkdirat, 0, 0);
	only_flags(allow_at(c, SYS_unlinkat, 0, 0), 2, AT_REMOVEDIR, "AT_REMOVEDIR");
	only_flags(allow_at(c, SYS_renameat2, 0, 2), 4, RENAME_NOREPLACE | RENAME_EXCHANGE,
		   "NOREPLACE|EXCHANGE");
	arg_is(allow_at(c, SYS_linkat, 0, 2), 4, 0, NULL);
	allow_at(c, SYS_symlinkat, 1, 0);
	allow_at(c, SYS_fchmod, 0, 0);
	arg_is(empty_path(allow_at(c, SYS_fchmodat2_, 0, 0)), 3, AT_EMPTY_PATH, "AT_EMPTY_PATH");
	allow_at(c, SYS_fchown, 0, 0);
	arg_is(empty_path(allow_at(c, SYS_fchownat, 0, 0)), 4, AT_EMPTY_PATH, "AT_EMPTY_PATH");
	arg_is(empty_path(allow_at(c, SYS_utimensat, 0, 0)), 3, AT_EMPTY_PATH, "AT_EMPTY_PATH");
	arg(allow_at(c, SYS_utimensat, 0, 0), 1, ARG_MASKED, 0, UINT64_MAX, "NULL");
}

static void allow_dirs(struct confinement *c)
{
	uint32_t rights = MVM_RIGHT_READ | (c->any_dir_rw ? MVM_RIGHT_WRITE : 0);
	struct rule *r;

	allow_fd(c, -1, FILE_ | DIR_, rights, "--dir", "files opened below it");
	r = allow_at(c, SYS_openat2, 0, 0);
	arg_is(r, 3, sizeof(struct open_how), "sizeof(open_how)");
	r = allow_at(c, SYS_newfstatat, 0, 0);
	arg_is(r, 3, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, "AT_SYMLINK_NOFOLLOW|AT_NO_AUTOMOUNT");
	allow_at(c, SYS_readlinkat, 0, 0);
	allow_at(c, SYS_getdents64, 0, 0);
	allow_at(c, SYS_close, 0, 0);
	if (c->any_dir_rw)
		allow_dirs_rw(c);
}

/* ---- Every VM ------------------------------------------------------------------------------- */

void allow_ioctl(struct confinement *c, int fd, unsigned long request, const char *shown)
{
	struct rule *r = allow(c, SYS_ioctl, "KVM", NULL);

	arg_is(r, 0, (uint64_t)fd, fd == CONFINE_FD_VM ? "the VM" : "the vCPU");
	arg_is(r, 1, request, shown);
}

static void allow_run(struct confinement *c)
{
	if (!kvm_run_seeks()) {
		allow_ioctl(c, CONFINE_FD_VCPU, KVM_RUN, "KVM_RUN");
		return;
	}
	/* Any other seek there does nothing, and an argument costs each start its compilation. */
	arg_is(allow(c, SYS_lseek, "KVM", NULL), 0, CONFINE_FD_VCPU, "the vCPU");
}

static void allow_kvm(struct confinement *c)
{
	allow_run(c);
	allow_ioctl(c, CONFINE_FD_VCPU, KVM_INTERRUPT, "KVM_INTERRUPT");
	allow_ioctl(c, CONFINE_FD_VCPU, KVM_GET_MSRS, "KVM_GET_MSRS");
	allow_ioctl(c, CONFINE_FD_VCPU, KVM_GET_TSC_KHZ, "KVM_GET_TSC_KHZ");
	allow_ioctl(c, CONFINE_FD_VCPU, KVM_GET_REGS, "KVM_GET_REGS");
	allow_ioctl(c, CONFINE_FD_VCPU, KVM_GET_SREGS, "KVM_GET_SREGS");
	if (c->plan->clones)
		allow_ioctl(c, CONFINE_FD_VM, MVM_ZERO, "MVM_ZERO");
	else
		allow_ioctl(c, CONFINE_FD_VM, KVM_SET_USER_MEMORY_REGION,
			    "KVM_SET_USER_MEMORY_REGION");
	if (c->mem_exec)
		allow_ioctl(c, CONFINE_FD_VM, MVM_SET_EXEC, "MVM_SET_EXEC");
}

static void allow_always(struct confinement *c)
{
	static const char every[] = "every VM";
	struct rule *r;

	allow(c, SYS_exit_group, every, NULL);
	allow(c, SYS_rt_sigreturn, every, NULL);
	allow(c, SYS_restart_syscall, every, "going on after SIGSTOP and SIGCONT");
	allow(c, SYS_futex, every, "vCPU and poller wait for each other");
	allow(c, SYS_clock_gettime, every, "where the vDSO cannot");
	if (c->plan->poll != POLL_NEVER)
		allow(c, SYS_sched_yield, "--poll", "the poller lets others go first");
	allow(c, SYS_ppoll, every, "waiting");
	r = allow(c, SYS_madvise, every, "guest memory given back");
	arg_is(r, 2, MADV_DONTNEED, "MADV_DONTNEED");
	r = allow(c, SYS_write, every, "messages");
	arg_is(r, 0, STDERR_FILENO, NULL);
}

/* What a guest asks of the host without a grant; a replay has it in its file. */
static void allow_live(struct confinement *c)
{
	static const char every[] = "every VM";
	struct rule *r;

	r = allow(c, SYS_epoll_ctl, every, "what the guest waits for");
	arg_is(r, 0, CONFINE_FD_EVENTS, "events");
	r = allow(c, SYS_epoll_pwait, every, "what the guest waits for");
	arg_is(r, 0, CONFINE_FD_EVENTS, "events");
	r = allow(c, SYS_timer_settime, every, "the guest's timer interrupt");
	arg_is(r, 1, 0, NULL);
	r = allow(c, SYS_getrandom, every, NULL);
	arg_is(r, 2, GRND_NONBLOCK, "GRND_NONBLOCK");
}

static void allow_pagemap(struct confinement *c, const char *why, const char *shown)
{
	struct rule *r = allow(c, SYS_ioctl, why, shown);

	arg_is(r, 0, CONFINE_FD_PAGEMAP, NULL);
	arg_is(r, 1, PAGEMAP_SCAN_NR, "PAGEMAP_SCAN");
	arg_is(allow(c, SYS_pread64, why, shown), 0, CONFINE_FD_PAGEMAP, NULL);
}

static void allow_record(struct confinement *c)
{
	int fd = c->grants->record_fd;

	if (fd < 0)
		return;
	if (c->plan->replay) {
		allow_ioctl(c, CONFINE_FD_VCPU, KVM_SET_REGS, "KVM_SET_REGS");
		allow_ioctl(c, CONFINE_FD_VCPU, KVM_SET_SREGS, "KVM_SET_SREGS");
		allow_ioctl(c, CONFINE_FD_VCPU, KVM_SET_XSAVE, "KVM_SET_XSAVE");
		allow_ioctl(c, CONFINE_FD_VCPU, KVM_SET_FPU, "KVM_SET_FPU");
		arg_is(allow(c, SYS_pread64, "--replay", c->plan->replay), 0, (uint64_t)fd, NULL);
		arg_is(allow(c, SYS_write, "--replay", "what the program wrote"), 0, STDOUT_FILENO,
		       NULL);
	} else {
		allow_ioctl(c, CONFINE_FD_VCPU, KVM_GET_XSAVE, "KVM_GET_XSAVE");
		allow_ioctl(c, CONFINE_FD_VCPU, KVM_GET_FPU, "KVM_GET_FPU");
		arg_is(allow(c, SYS_write, "--record", c->plan->record), 0, (uint64_t)fd, NULL);
		arg_is(allow(c, SYS_ftruncate, "--record", c->plan->record), 0, (uint64_t)fd, NULL);
		arg_is(allow(c, SYS_write, "--record", "who removes it"), 0, CONFINE_FD_REMOVER,
		       NULL);
		arg_is(allow(c, SYS_read, "--record", "who removes it"), 0, CONFINE_FD_REMOVER,
		       NULL);
		allow_pagemap(c, "--record", "memory that the guest touched");
	}
}

static void allow_stats(struct confinement *c)
{
	struct rule *r;

	if (c->grants->stats_fd < 0)
		return;
	r = allow(c, SYS_write, "--stats", c->plan->stats);
	arg_is(r, 0, (uint64_t)c->grants->stats_fd, NULL);
	allow(c, SYS_mincore, "--stats", "memory that the guest touched");
}

static void allow_outputs(struct confinement *c)
{
	const char *const options[OUTPUT_COUNT] = { "--trace", "--profile", "--timeline" };
	const char *const names[OUTPUT_COUNT] = { c->plan->trace, c->plan->profile,
						  c->plan->timeline };

	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		if (names[i] && c->grants->output[i] != STDERR_FILENO)
			arg_is(allow(c, SYS_write, options[i], names[i]), 0,
			       (uint64_t)c->grants->output[i], NULL);
}

/*
 * How mvm dies of a signal, when the terminal is as it was: it gives it the action that it has by
 * default, and sends it to itself once more.  SIGSYS, whose handler tells of violations, is beyond
 * the limit.
 */
static void allow_dying(struct confinement *c)
{
	struct rule *r = allow(c, SYS_rt_sigaction, "every VM", "dying of a signal");

	arg(r, 0, ARG_BELOW, SIGTERM + 1, 0, NULL);
	arg(r, 1, ARG_MASKED, (uintptr_t)signals_default, UINT64_MAX, "SIG_DFL");
	r = allow(c, SYS_tgkill, "every VM", "dying of a signal");
	arg(r, 0, ARG_EQUAL, (uint64_t)getpid(), 0, "this process");
}

static const char *grant_option(const struct handle *h)
{
	return h->kind == MVM_KIND_DISK ? "--disk" :
	       h->kind == MVM_KIND_UNIX ? "--connect" :
	       h->kind == MVM_KIND_FILE ? "--root" : "--listen";
}

static void allow_handles(struct confinement *c)
{
	static const char *const streams[] = { "standard input", "standard output",
					       "standard error" };

	for (uint32_t i = 0; i < c->handles->used; i++) {
		const struct handle *h = &c->handles->h[i];

		if (h->fd < 0 || h->kind == MVM_KIND_DIR)
			continue;
		allow_fd(c, h->fd, 1U << h->kind, h->rights, i < 3 ? streams[i] : grant_option(h),
			 i < 3 || i >= GRANTS_MAX ? NULL : c->grants->paths[i]);
	}
}

static void allow_snapshot(struct confinement *c)
{
	if (!c->plan->snap_out)
		return;
	arg_is(allow(c, SYS_pwrite64, "mvm snapshot", "the snapshot"), 0, CONFINE_FD_SNAP, NULL);
	allow_pagemap(c, "mvm snapshot", "memory that the guest touched");
}

/* What snapshot/reset.c and snapshot/state.c need, or snapshot/device.c alone. */
static void allow_resets(struct confinement *c)
{
	static const struct { unsigned long request; const char *shown; } sets[] = {
		{ KVM_SET_REGS, "KVM_SET_REGS" }, { KVM_SET_SREGS, "KVM_SET_SREGS" },
		{ KVM_SET_MSRS, "KVM_SET_MSRS" }, { KVM_SET_XSAVE, "KVM_SET_XSAVE" },
		{ KVM_SET_FPU, "KVM_SET_FPU" }, { KVM_SET_XCRS, "KVM_SET_XCRS" },
		{ KVM_SET_DEBUGREGS, "KVM_SET_DEBUGREGS" },
		{ KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS" },
		{ KVM_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR" },
	};

	if (c->plan->resets && c->plan->clones) {
		allow_ioctl(c, CONFINE_FD_VM, MVM_RESET, "MVM_RESET");
		return;
	}
	for (size_t i = 0; c->plan->resets && i < sizeof(sets) / sizeof(sets[0]); i++)
		allow_ioctl(c, CONFINE_FD_VCPU, sets[i].request, sets[i].shown);
	if (c->plan->trial)
		arg_is(allow(c, SYS_write, "trial", "pages that were touched"), 0, CONFINE_FD_ORDER,
		       NULL);
	if (c->plan->resets || c->plan->trial)
		allow_pagemap(c, "reset", "memory that the guest changed");
}

void confine_rules(struct confinement *c)
{
	c->nrules = 0;
	allow_always(c);
	/* A worker of mvm serve ignores them; and the process that this would name is another. */
	if (c->plan->command != PLAN_SERVE)
		allow_dying(c);
	if (!c->plan->replay)
		allow_live(c);
	allow_kvm(c);
	if (IS_ENABLED(CONFIG_DIR) && c->any_dir)
		allow_dirs(c);
	confine_net(c);
	confine_debug(c);
	allow_handles(c);
	allow_stats(c);
	if (IS_ENABLED(CONFIG_SERVE) && c->plan->command == PLAN_SERVE)
		confine_serve(c);
	allow_record(c);
	allow_snapshot(c);
	allow_resets(c);
	allow_outputs(c);
}
