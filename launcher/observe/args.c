/* SPDX-License-Identifier: MIT */
/*
 * Kinds of arguments: how each is printed, and what of the guest's memory it takes.  Structures
 * are printed by structs.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/limits.h>
#include "trace_int.h"
#include "signame.h"

typedef unsigned long long ull;

/* ---- The call ------------------------------------------------------------------------------ */

static const struct mvm_trace_record *either(const struct call *c)
{
	return c->leave ? &c->leave->r : &c->enter->r;
}

uint64_t call_nr(const struct call *c)
{
	return either(c)->nr;
}

uint64_t call_arg(const struct call *c, unsigned int i)
{
	return either(c)->args[i];
}

bool call_succeeded(const struct call *c)
{
	return c->leave && (int64_t)c->leave->r.result >= 0;
}

const void *call_data(const struct call *c, unsigned int arg, unsigned int piece, size_t *size)
{
	const void *p = c->leave ? record_data(c->leave, arg, piece, size) : NULL;

	return p || !c->enter ? p : record_data(c->enter, arg, piece, size);
}

/* ---- Numbers ------------------------------------------------------------------------------- */

static void print_ptr(struct text *t, const struct call *c, unsigned int i)
{
	if (call_arg(c, i))
		text_put(t, "%#llx", (ull)call_arg(c, i));
	else
		text_add(t, "NULL");
}

static void print_int(struct text *t, const struct call *c, unsigned int i)
{
	text_put(t, "%d", (int)call_arg(c, i));
}

static void print_long(struct text *t, const struct call *c, unsigned int i)
{
	text_put(t, "%lld", (long long)call_arg(c, i));
}

static void print_uint(struct text *t, const struct call *c, unsigned int i)
{
	text_put(t, "%u", (unsigned int)call_arg(c, i));
}

static void print_size(struct text *t, const struct call *c, unsigned int i)
{
	text_put(t, "%llu", (ull)call_arg(c, i));
}

static void print_hex(struct text *t, const struct call *c, unsigned int i)
{
	text_put(t, "%#llx", (ull)call_arg(c, i));
}

static void print_mode(struct text *t, const struct call *c, unsigned int i)
{
	unsigned int mode = (unsigned int)call_arg(c, i);

	if (mode >> 12) {
		text_flags(t, mode & 0170000, names_ftype);
		text_add(t, "|");
	}
	text_put(t, mode & 07777 ? "0%03o" : "0%o", mode & 07777);
}

static void print_at(struct text *t, const struct call *c, unsigned int i)
{
	if ((int)call_arg(c, i) == AT_FDCWD)
		text_add(t, "AT_FDCWD");
	else
		print_int(t, c, i);
}

/* The kind of an argument, whose names are to be used. */
static const struct name *names_of(const struct call *c, unsigned int i)
{
	return arg_types[call_args(call_nr(c))[i]].names;
}

static void print_flags(struct text *t, const struct call *c, unsigned int i)
{
	text_flags(t, (uint32_t)call_arg(c, i), names_of(c, i));
}

static void print_enum(struct text *t, const struct call *c, unsigned int i)
{
	text_enum(t, (uint32_t)call_arg(c, i), names_of(c, i));
}

static void print_signal(struct text *t, const struct call *c, unsigned int i)
{
	if (call_arg(c, i) && call_arg(c, i) <= 64)
		text_add(t, signal_name((int)call_arg(c, i)));
	else
		print_int(t, c, i);
}

/* What the command before it takes. */
static void print_fcntl_arg(struct text *t, const struct call *c, unsigned int i)
{
	switch (call_arg(c, i - 1)) {
	case F_SETFL:
		text_flags(t, (uint32_t)call_arg(c, i), names_open);
		break;
	case F_SETFD:
		text_add(t, call_arg(c, i) & FD_CLOEXEC ? "FD_CLOEXEC" : "0");
		break;
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		print_int(t, c, i);
		break;
	default:
		print_ptr(t, c, i);
	}
}

static void print_sockopt(struct text *t, const struct call *c, unsigned int i)
{
	uint32_t level = (uint32_t)call_arg(c, i - 1);

	if (level == 1)
		text_enum(t, (uint32_t)call_arg(c, i), names_sockopt);
	else if (level == 6)
		text_enum(t, (uint32_t)call_arg(c, i), names_tcpopt);
	else
		print_int(t, c, i);
}

/* ---- Bytes --------------------------------------------------------------------------------- */

static void print_string(struct text *t, const struct call *c, unsigned int i)
{
	size_t size;
	const char *s = call_data(c, i, 0, &size);

	if (s)
		text_quoted(t, s, size, size >= PATH_MAX);
	else
		print_ptr(t, c, i);
}

/* The buffer had all bytes that are shown of it, or more. */
static void print_bytes(struct text *t, const struct call *c, unsigned int i, uint64_t all)
{
	size_t size;
	const char *s = call_data(c, i, 0, &size);

	if (!s) {
		print_ptr(t, c, i);
		return;
	}
	if (size > TRACE_BYTES)
		size = TRACE_BYTES;
	text_quoted(t, s, size, all > size);
}

static void print_in(struct text *t, const struct call *c, unsigned int i)
{
	print_bytes(t, c, i, call_arg(c, i + 1));
}

static void print_out(struct text *t, const struct call *c, unsigned int i)
{
	if (call_succeeded(c))
		print_bytes(t, c, i, c->leave->r.result);
	else
		print_ptr(t, c, i);
}

/* getcwd's result counts the NUL. */
static void print_cwd(struct text *t, const struct call *c, unsigned int i)
{
	size_t size;
	const char *s = call_succeeded(c) ? call_data(c, i, 0, &size) : NULL;

	if (s)
		text_quoted(t, s, strnlen(s, size), false);
	else
		print_ptr(t, c, i);
}

/* ---- The table ----------------------------------------------------------------------------- */

#define IN(how, n)	MVM_CAPTURE(MVM_CAPTURE_##how, MVM_CAPTURE_IN, n)
#define OUT(how, n)	MVM_CAPTURE(MVM_CAPTURE_##how, MVM_CAPTURE_OUT, n)
#define FLAGS(list)	{ print_flags, 0, list }
#define ENUM(list)	{ print_enum, 0, list }

const struct arg_type arg_types[A_KINDS] = {
	[A_INT] = { print_int, 0, NULL },
	[A_LONG] = { print_long, 0, NULL },
	[A_UINT] = { print_uint, 0, NULL },
	[A_SIZE] = { print_size, 0, NULL },
	[A_HEX] = { print_hex, 0, NULL },
	[A_PTR] = { print_ptr, 0, NULL },
	[A_FD] = { print_int, 0, NULL },
	[A_AT] = { print_at, 0, NULL },
	[A_PATH] = { print_string, IN(STRING, 0), NULL },
	[A_STR] = { print_string, IN(STRING, 0), NULL },
	[A_IN] = { print_in, IN(COUNT, 1), NULL },
	[A_OUT] = { print_out, OUT(RESULT, 1), NULL },
	[A_IOV_IN] = { print_iov, IN(IOV, 0), NULL },
	[A_IOV_OUT] = { print_iov, OUT(IOV, 0), NULL },
	[A_MSG_IN] = { print_msg, IN(MSG, 0), NULL },
	[A_MSG_OUT] = { print_msg, OUT(MSG, 0), NULL },
	[A_PATH_OUT] = { print_out, OUT(RESULT, 1), NULL },
	[A_CWD_OUT] = { print_cwd, OUT(STRING, 0), NULL },
	[A_MODE] = { print_mode, 0, NULL },
	[A_OPEN_MODE] = { print_mode, 0, NULL },
	[A_OFLAGS] = FLAGS(names_open),
	[A_FDFLAGS] = FLAGS(names_fd),
	[A_ATFLAGS] = FLAGS(names_at),
	[A_ACCESS] = FLAGS(names_access),
	[A_WHENCE] = ENUM(names_whence),
	[A_FCNTL] = ENUM(names_fcntl),
	[A_FCNTL_ARG] = { print_fcntl_arg, 0, NULL },
	[A_IOCTL] = ENUM(names_ioctl),
	[A_FALLOC] = FLAGS(names_falloc),
	[A_RENAME] = FLAGS(names_rename),
	[A_STATX_MASK] = FLAGS(names_statx),
	[A_LOCK] = FLAGS(names_lock),
	[A_PROT] = FLAGS(names_prot),
	[A_MAP] = FLAGS(names_map),
	[A_MREMAP] = FLAGS(names_mremap),
	[A_MREMAP_TO] = { print_ptr, 0, NULL },
	[A_MADVISE] = ENUM(names_madvise),
	[A_MSYNC] = FLAGS(names_msync),
	[A_AF] = ENUM(names_af),
	[A_SOCK] = FLAGS(names_sock),
	[A_SEND] = FLAGS(names_msg),
	[A_SHUT] = ENUM(names_shut),
	[A_SOL] = ENUM(names_sol),
	[A_SOCKOPT] = { print_sockopt, 0, NULL },
	[A_SOCKADDR_IN] = { print_sockaddr, IN(COUNT, 1), NULL },
	[A_SOCKADDR_OUT] = { print_sockaddr, OUT(LENGTH, 0), NULL },
	[A_SIG] = { print_signal, 0, NULL },
	[A_SIGHOW] = ENUM(names_sighow),
	[A_SIGSET_IN] = { print_sigset, IN(FIXED, 8), NULL },
	[A_SIGSET_OUT] = { print_sigset, OUT(FIXED, 8), NULL },
	[A_SIGACT_IN] = { print_sigaction, IN(FIXED, 32), NULL },
	[A_SIGACT_OUT] = { print_sigaction, OUT(FIXED, 32), NULL },
	[A_FUTEX] = FLAGS(names_futex),
	[A_CLONE] = FLAGS(names_clone),
	[A_CLOCK] = ENUM(names_clock),
	[A_TIMER_FLAGS] = FLAGS(names_timer),
	[A_EPOLL_OP] = ENUM(names_epoll_op),
	[A_EPOLL_IN] = { print_epoll, IN(FIXED, 12), NULL },
	[A_EPOLL_OUT] = { print_epolls, OUT(RESULT, 12), NULL },
	[A_POLL] = { print_pollfds, OUT(COUNT, 8), NULL },
	[A_PRCTL] = ENUM(names_prctl),
	[A_ARCH_PRCTL] = ENUM(names_arch_prctl),
	[A_RLIMIT] = ENUM(names_rlimit),
	[A_WAIT] = FLAGS(names_wait),
	[A_RANDOM] = FLAGS(names_random),
	[A_EVENTFD] = FLAGS(names_eventfd),
	[A_INOTIFY] = FLAGS(names_inotify),
	[A_MEMFD] = FLAGS(names_memfd),
	[A_POLICY] = ENUM(names_policy),
	[A_RUSAGE_WHO] = ENUM(names_rusage),
	[A_SPLICE] = FLAGS(names_splice),
	[A_STAT] = { print_stat, OUT(FIXED, 144), NULL },
	[A_STATX] = { print_statx, OUT(FIXED, 256), NULL },
	[A_STATFS] = { print_statfs, OUT(FIXED, 120), NULL },
	[A_TIMESPEC_IN] = { print_timespec, IN(FIXED, 16), NULL },
	[A_TIMESPEC_OUT] = { print_timespec, OUT(FIXED, 16), NULL },
	[A_TIMESPECS_IN] = { print_timespecs, IN(FIXED, 32), NULL },
	[A_TIMEVAL_IN] = { print_timeval, IN(FIXED, 16), NULL },
	[A_TIMEVAL_OUT] = { print_timeval, OUT(FIXED, 16), NULL },
	[A_ITIMERSPEC_IN] = { print_itimerspec, IN(FIXED, 32), NULL },
	[A_ITIMERSPEC_OUT] = { print_itimerspec, OUT(FIXED, 32), NULL },
	[A_ITIMERVAL_IN] = { print_itimerval, IN(FIXED, 32), NULL },
	[A_ITIMERVAL_OUT] = { print_itimerval, OUT(FIXED, 32), NULL },
	[A_RLIMIT_IN] = { print_rlimit, IN(FIXED, 16), NULL },
	[A_RLIMIT_OUT] = { print_rlimit, OUT(FIXED, 16), NULL },
	[A_FDPAIR] = { print_fdpair, OUT(FIXED, 8), NULL },
	[A_INT_IN] = { print_intp, IN(FIXED, 4), NULL },
	[A_INT_OUT] = { print_intp, OUT(FIXED, 4), NULL },
	[A_LONG_OUT] = { print_longp, OUT(FIXED, 8), NULL },
	[A_UTSNAME] = { print_utsname, OUT(FIXED, 390), NULL },
};
