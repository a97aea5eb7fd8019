/* SPDX-License-Identifier: MIT */
/*
 * The hypercall ring, the host's side: takes entries, finds their functions, completes them.
 *
 * Owns the table of all requests.  A request whose file the configuration leaves out has no
 * function here and is answered -ENOSYS: the references are weak.
 *
 * Everything in struct mvm_ring is the guest's to scribble on.  The host's own indices are in
 * struct service; an entry is copied once and only the copy is used; a store into the ring can
 * hurt nobody but the guest.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "gate.h"
#include "stats.h"
#include "svc.h"

struct request {
	request_fn *fn;			/* NULL: not in this launcher */
	const char *name;		/* for --stats */
	bool kick_only;			/* for the vCPU's thread alone */
	bool iov;			/* takes MVM_SQE_IOV */
};

/* Families that can be configured away. */
#define OPTIONAL(fn) extern request_fn fn __attribute__((weak))
OPTIONAL(svc_open);
OPTIONAL(svc_getdents);
OPTIONAL(svc_mkdir);
OPTIONAL(svc_unlink);
OPTIONAL(svc_rename);
OPTIONAL(svc_link);
OPTIONAL(svc_symlink);
OPTIONAL(svc_readlink);
OPTIONAL(svc_setattr);
OPTIONAL(svc_tty);
OPTIONAL(svc_accept);
OPTIONAL(svc_connect);
OPTIONAL(svc_shutdown);
OPTIONAL(svc_send);
OPTIONAL(svc_recv);
OPTIONAL(svc_getsockopt);
OPTIONAL(svc_setsockopt);
OPTIONAL(svc_getname);
OPTIONAL(svc_sendfile);
OPTIONAL(svc_trace);
OPTIONAL(svc_mapped);

static const struct request requests[MVM_OP_MAX] = {
	[MVM_OP_NOP]		= { svc_nop, "nop", false, false },
	[MVM_OP_EXIT]		= { svc_exit, "exit", false, false },
	[MVM_OP_LOG]		= { svc_log, "log", false, false },
	[MVM_OP_TIME]		= { svc_time, "time", true, false },
	[MVM_OP_WAIT]		= { svc_wait, "wait", true, false },
	[MVM_OP_RANDOM]		= { svc_random, "random", false, false },
	[MVM_OP_MEM_GROW]	= { svc_mem_grow, "mem_grow", true, false },
	[MVM_OP_MEM_RELEASE]	= { svc_mem_release, "mem_release", false, false },
	[MVM_OP_MEM_EXEC]	= { svc_mem_exec, "mem_exec", true, false },
	[MVM_OP_WATCH]		= { svc_watch, "watch", false, false },
	[MVM_OP_EVENTS]		= { svc_events, "events", false, false },
	[MVM_OP_READY]		= { svc_ready, "ready", false, false },
	[MVM_OP_TICK]		= { svc_tick, "tick", false, false },
	[MVM_OP_SIGNALS]	= { svc_signals, "signals", false, false },
	[MVM_OP_MISSING]	= { svc_missing, "missing", false, false },
	[MVM_OP_READ]		= { svc_read, "read", false, true },
	[MVM_OP_WRITE]		= { svc_write, "write", false, true },
	[MVM_OP_FSYNC]		= { svc_fsync, "fsync", false, false },
	[MVM_OP_FTRUNCATE]	= { svc_ftruncate, "ftruncate", false, false },
	[MVM_OP_FALLOCATE]	= { svc_fallocate, "fallocate", false, false },
	[MVM_OP_SEEK]		= { svc_seek, "seek", false, false },
	[MVM_OP_LOCK]		= { svc_lock, "lock", false, false },
	[MVM_OP_OPEN]		= { svc_open, "open", false, false },
	[MVM_OP_CLOSE]		= { svc_close, "close", false, false },
	[MVM_OP_STAT]		= { svc_stat, "stat", false, false },
	[MVM_OP_GETDENTS]	= { svc_getdents, "getdents", false, false },
	[MVM_OP_MKDIR]		= { svc_mkdir, "mkdir", false, false },
	[MVM_OP_UNLINK]		= { svc_unlink, "unlink", false, false },
	[MVM_OP_RENAME]		= { svc_rename, "rename", false, false },
	[MVM_OP_LINK]		= { svc_link, "link", false, false },
	[MVM_OP_SYMLINK]	= { svc_symlink, "symlink", false, false },
	[MVM_OP_READLINK]	= { svc_readlink, "readlink", false, false },
	[MVM_OP_SETATTR]	= { svc_setattr, "setattr", false, false },
	[MVM_OP_STATFS]		= { svc_statfs, "statfs", false, false },
	[MVM_OP_TTY]		= { svc_tty, "tty", false, false },
	[MVM_OP_ACCEPT]		= { svc_accept, "accept", false, false },
	[MVM_OP_CONNECT]	= { svc_connect, "connect", false, false },
	[MVM_OP_SHUTDOWN]	= { svc_shutdown, "shutdown", false, false },
	[MVM_OP_SEND]		= { svc_send, "send", false, true },
	[MVM_OP_RECV]		= { svc_recv, "recv", false, true },
	[MVM_OP_GETSOCKOPT]	= { svc_getsockopt, "getsockopt", false, false },
	[MVM_OP_SETSOCKOPT]	= { svc_setsockopt, "setsockopt", false, false },
	[MVM_OP_GETNAME]	= { svc_getname, "getname", false, false },
	[MVM_OP_SENDFILE]	= { svc_sendfile, "sendfile", false, false },
	[MVM_OP_TRACE]		= { svc_trace, "trace", false, false },
	[MVM_OP_MAPPED]		= { svc_mapped, "mapped", false, false },
};

/* What is dispatched from: the table, or a copy of it whose functions were wrapped. */
static const struct request *table = requests;

const char *request_name(unsigned int op)
{
	return op < MVM_OP_MAX ? requests[op].name : NULL;
}

static dispatch_fn dispatch;

void service_init(struct service *s, struct vm *vm, struct stats *stats)
{
	const struct mvm_boot *boot = (const void *)(vm->ram.hva + MVM_GPA_BOOT);

	s->dispatch = dispatch;
	s->vm = vm;
	s->ram = &vm->ram;
	s->stats = stats;
	s->ring = (struct mvm_ring *)(vm->ram.hva + MVM_GPA_RING);
	s->sq_head = 0;
	s->cq_tail = 0;
	s->cq_head = 0;
	s->anon_from = boot->magic == MVM_ABI_MAGIC ? boot->free_gpa : UINT64_MAX;
	s->pending = s->conn = -1;
	s->served = false;
	s->wait_fd = -1;
	s->leave_wait = false;
	memset(&s->ending, 0, sizeof(s->ending));
	/*
	 * A pipe that nobody reads and a file beyond RLIMIT_FSIZE are the guest's errors, EPIPE
	 * and EFBIG, and must not end the launcher.
	 */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void ring_wrap(request_fn *fn, request_fn *wrapped[MVM_OP_MAX])
{
	static struct request copy[MVM_OP_MAX];

	for (unsigned int op = 0; op < MVM_OP_MAX; op++) {
		copy[op] = table[op];
		wrapped[op] = copy[op].fn;
		if (copy[op].fn)
			copy[op].fn = fn;
	}
	table = copy;
}

static void count(struct service *s, unsigned int op, enum drain_by by)
{
	if (!s->stats)
		return;
	s->stats->requests[op]++;
	if (by == DRAIN_POLLER)
		s->stats->polled++;
	else
		s->stats->kicked++;
}

static void count_bad(struct service *s)
{
	if (s->stats)
		s->stats->bad_requests++;
}

static int64_t dispatch(struct service *s, const struct mvm_sqe *e, enum drain_by by,
			uint64_t out[2])
{
	const struct request *r = e->op < MVM_OP_MAX ? &table[e->op] : NULL;

	if (!r || !r->fn) {
		count_bad(s);
		return -ENOSYS;
	}
	if (e->flags & ~(r->iov ? MVM_SQE_IOV : 0)) {
		count_bad(s);
		return -EINVAL;
	}
	count(s, e->op, by);
	return r->fn(s, e, out);
}

/*
 * The completion ring holds what the guest has not consumed; a cq_head from nowhere is full too.
 * Its cache line is the guest's processor's: it is fetched only when the last one seen says full.
 */
static bool cq_full(struct service *s)
{
	if (s->cq_tail - s->cq_head < MVM_RING_ENTRIES)
		return false;
	s->cq_head = __atomic_load_n(&s->ring->cq_head, __ATOMIC_ACQUIRE);
	return s->cq_tail - s->cq_head >= MVM_RING_ENTRIES;
}

void ring_complete(struct service *s, uint64_t user, int64_t res, const uint64_t out[2])
{
	struct mvm_cqe *c = &s->ring->cq[s->cq_tail % MVM_RING_ENTRIES];

	c->user = user;
	c->res = res;
	c->out[0] = out[0];
	c->out[1] = out[1];
	s->cq_tail++;
	__atomic_store_n(&s->ring->cq_tail, s->cq_tail, __ATOMIC_RELEASE);
}

/* Takes the entry at the head into *e, reading each byte once. */
static void peek(const struct service *s, struct mvm_sqe *e)
{
	const struct mvm_sqe *from = &s->ring->sq[s->sq_head % MVM_RING_ENTRIES];

	memcpy(e, from, sizeof(*e));
	gate_barrier(e);
}

unsigned int ring_drain(struct service *s, enum drain_by by, bool *left)
{
	uint32_t tail = __atomic_load_n(&s->ring->sq_tail, __ATOMIC_ACQUIRE);
	uint32_t waiting = tail - s->sq_head;
	unsigned int done;

	*left = false;
	if (!waiting || s->ending.ended)
		return 0;
	if (waiting > MVM_RING_ENTRIES) {
		count_bad(s);
		return 0;
	}
	for (done = 0; done < waiting; done++) {
		struct mvm_sqe e;
		uint64_t out[2] = { 0, 0 };
		int64_t res;

		if (cq_full(s))
			break;
		peek(s, &e);
		if (by == DRAIN_POLLER && e.op < MVM_OP_MAX && requests[e.op].kick_only) {
			*left = true;
			break;
		}
		s->sq_head++;
		__atomic_store_n(&s->ring->sq_head, s->sq_head, __ATOMIC_RELEASE);
		res = s->dispatch(s, &e, by, out);
		if (s->ending.ended)
			break;
		ring_complete(s, e.user, res, out);
	}
	return done;
}
