/* SPDX-License-Identifier: MIT */
/* What the files of --trace share: records, calls with their arguments, lines. */
#ifndef MVM_OBSERVE_TRACE_INT_H
#define MVM_OBSERVE_TRACE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mvm/abi.h>
#include "text.h"
#include "vm.h"

/* Bytes of a buffer that are shown; one more is captured, so that it is known to go on. */
#define TRACE_BYTES	32U

/* ---- record.c: what the guest has written -------------------------------------------------- */

/* A record of its own, whatever the guest does; its size and its data's lie within. */
union trace_record {
	struct mvm_trace_record r;
	uint8_t bytes[MVM_TRACE_RECORD_MAX];
};

struct trace_reader {
	const struct mvm_trace *area;
	uint64_t at;			/* bytes read, as mvm_trace.tail */
	uint64_t bad;			/* how often the records made no sense */
};

/* Takes the next record into *to.  False: there is none. */
bool record_next(struct trace_reader *t, union trace_record *to);
/* The bytes captured for an argument's piece, *size of them; NULL: none. */
const void *record_data(const union trace_record *r, unsigned int arg, unsigned int piece,
			size_t *size);

/* ---- a system call ------------------------------------------------------------------------- */

struct call {
	const union trace_record *enter;	/* NULL: its beginning was lost */
	const union trace_record *leave;	/* NULL: it is not over */
};

uint64_t call_nr(const struct call *c);
uint64_t call_arg(const struct call *c, unsigned int i);
/* Did it end without an error? */
bool call_succeeded(const struct call *c);
/* What was captured when the call was over, else when it began.  NULL: nothing. */
const void *call_data(const struct call *c, unsigned int arg, unsigned int piece, size_t *size);
/* A captured structure of this size, else the address is printed and NULL returned. */
const void *call_struct(struct text *t, const struct call *c, unsigned int i, size_t size);

/* ---- args.c: kinds of arguments ------------------------------------------------------------ */

struct arg_type {
	void (*print)(struct text *t, const struct call *c, unsigned int i);
	uint16_t capture;		/* MVM_CAPTURE_* */
	const struct name *names;	/* of flags or values, for the printers that use some */
};

/* In the table of calls.c; A_END: no more arguments; A_VOID: there are none. */
enum arg_kind {
	A_END, A_VOID, A_INT, A_LONG, A_UINT, A_SIZE, A_HEX, A_PTR, A_FD, A_AT, A_PATH, A_STR,
	A_IN, A_OUT, A_IOV_IN, A_IOV_OUT, A_MSG_IN, A_MSG_OUT, A_PATH_OUT, A_CWD_OUT,
	A_MODE, A_OPEN_MODE, A_OFLAGS, A_FDFLAGS, A_ATFLAGS, A_ACCESS, A_WHENCE, A_FCNTL,
	A_FCNTL_ARG, A_IOCTL, A_FALLOC, A_RENAME, A_STATX_MASK, A_LOCK, A_PROT, A_MAP,
	A_MREMAP, A_MREMAP_TO, A_MADVISE, A_MSYNC, A_AF, A_SOCK, A_SEND, A_SHUT, A_SOL,
	A_SOCKOPT, A_SOCKADDR_IN, A_SOCKADDR_OUT, A_SIG, A_SIGHOW, A_SIGSET_IN, A_SIGSET_OUT,
	A_SIGACT_IN, A_SIGACT_OUT, A_FUTEX, A_CLONE, A_CLOCK, A_TIMER_FLAGS, A_EPOLL_OP,
	A_EPOLL_IN, A_EPOLL_OUT, A_POLL, A_PRCTL, A_ARCH_PRCTL, A_RLIMIT, A_WAIT, A_RANDOM,
	A_EVENTFD, A_INOTIFY, A_MEMFD, A_POLICY, A_RUSAGE_WHO, A_SPLICE, A_STAT, A_STATX,
	A_STATFS, A_TIMESPEC_IN, A_TIMESPEC_OUT, A_TIMESPECS_IN, A_TIMEVAL_IN, A_TIMEVAL_OUT,
	A_ITIMERSPEC_IN, A_ITIMERSPEC_OUT, A_ITIMERVAL_IN, A_ITIMERVAL_OUT, A_RLIMIT_IN,
	A_RLIMIT_OUT, A_FDPAIR, A_INT_IN, A_INT_OUT, A_LONG_OUT, A_UTSNAME, A_KINDS
};

extern const struct arg_type arg_types[A_KINDS];

/* Printers that structs.c has for args.c. */
void print_stat(struct text *t, const struct call *c, unsigned int i);
void print_statx(struct text *t, const struct call *c, unsigned int i);
void print_statfs(struct text *t, const struct call *c, unsigned int i);
void print_timespec(struct text *t, const struct call *c, unsigned int i);
void print_timespecs(struct text *t, const struct call *c, unsigned int i);
void print_timeval(struct text *t, const struct call *c, unsigned int i);
void print_itimerspec(struct text *t, const struct call *c, unsigned int i);
void print_itimerval(struct text *t, const struct call *c, unsigned int i);
void print_sockaddr(struct text *t, const struct call *c, unsigned int i);
void print_sigset(struct text *t, const struct call *c, unsigned int i);
void print_sigaction(struct text *t, const struct call *c, unsigned int i);
void print_rlimit(struct text *t, const struct call *c, unsigned int i);
void print_epoll(struct text *t, const struct call *c, unsigned int i);
void print_epolls(struct text *t, const struct call *c, unsigned int i);
void print_pollfds(struct text *t, const struct call *c, unsigned int i);
void print_utsname(struct text *t, const struct call *c, unsigned int i);
void print_fdpair(struct text *t, const struct call *c, unsigned int i);
void print_intp(struct text *t, const struct call *c, unsigned int i);
void print_longp(struct text *t, const struct call *c, unsigned int i);
void print_iov(struct text *t, const struct call *c, unsigned int i);
void print_msg(struct text *t, const struct call *c, unsigned int i);

void put_sockaddr(struct text *t, const void *addr, size_t size);

/* flags.c: names of values */
extern const struct name names_open[], names_at[], names_access[], names_whence[], names_fcntl[],
	names_ioctl[], names_falloc[], names_rename[], names_statx[], names_lock[], names_prot[],
	names_map[], names_mremap[], names_madvise[], names_msync[], names_af[], names_sock[],
	names_msg[], names_shut[], names_sol[], names_sockopt[], names_tcpopt[], names_sighow[],
	names_sa[], names_futex[], names_clone[], names_clock[], names_timer[], names_epoll_op[],
	names_epoll[], names_poll[], names_prctl[], names_arch_prctl[], names_rlimit[],
	names_wait[], names_random[], names_eventfd[], names_inotify[], names_memfd[],
	names_policy[], names_rusage[], names_splice[], names_ftype[], names_fd[];

/* ---- calls.c: system calls ----------------------------------------------------------------- */

/* The kinds of nr's arguments, A_END behind the last; NULL: nothing is known about nr. */
const uint8_t *call_args(uint64_t nr);
/* "openat", or "syscall_500" in buf. */
const char *call_name(uint64_t nr, char buf[24]);
/* Fills the area's capture and wanted for what the plan wants. */
void calls_want(struct mvm_trace *area, const uint64_t wanted[8]);
/* Prints arguments from *next on, until one that is known only when the call is over.  */
void call_print_args(struct text *t, const struct call *c, unsigned int *next);
/* " = 3". */
void call_print_result(struct text *t, const struct call *c);

/* ---- requests.c: hypercalls ---------------------------------------------------------------- */

struct request_seen {
	const struct mvm_sqe *e;
	int64_t res;
	uint64_t out[2];
};

/* "hyper:write(handle 1, "x", 1) = 1".  ram: what its buffers are read from. */
void request_print(struct text *t, const struct guest_ram *ram, const struct request_seen *q);

/* ---- line.c: what is printed when ---------------------------------------------------------- */

struct trace_times {
	uint64_t tsc_base, mono_ns, real_ns;
	uint32_t mult, shift;
};

struct plan;

/* fd: where to; file: it is one of its own, not standard error. */
void lines_start(int fd, const struct plan *plan, const struct trace_times *times);
/* A record of the guest's. */
void lines_record(const union trace_record *r);
/* A hypercall, at and for these CLOCK_MONOTONIC ns. */
void lines_request(const struct guest_ram *ram, const struct request_seen *q, uint64_t at,
		   uint64_t took);
/* A call is under way and will be for a while: the beginning of its line. */
void lines_waiting(void);
/* The end of the run: calls that are not over, how it ended. */
void lines_end(int status, int signo);
/* What was put together so far goes out. */
void lines_flush(void);

#endif
