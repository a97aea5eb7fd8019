/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of the hypercall ring: requests that are waited for, by poll or by kick, and
 * some that are only begun.  Also the ways out that are hypercalls themselves: rt_exit, rt_log,
 * rt_panic, and the nucleus's gate.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include "asm.h"
#include "lib/printf.h"
#include "rt.h"
#include "upcall.h"

/*
 * How often to look for a completion before kicking after all; a look takes 15 to 60 ns.  A poller
 * that has its processor takes a request within a microsecond: when nothing is taken for a while,
 * somebody else has it, and a kick is the shorter way.  One that works at a request is waited for
 * as long as that costs less than to sleep on the lock.
 */
#define SPIN_LIMIT	4000
#define SPIN_STEP	64		/* looks, and then one whether it works */
#define STEPS_IDLE	4
#define IN_VAIN_MAX	255U

struct mvm_ring *const hyper_ring = (struct mvm_ring *)(MVM_VA_RT_LOW + MVM_GPA_RING);
#define ring hyper_ring

u64 hyper_heard;
static u32 outstanding;		/* submitted, and the completion not yet taken */

struct hyper_gatherer *hyper_gatherer;

static void hyper_make_room(void);
static void submit_later(void);

static bool gathered(void)
{
	return unlikely(hyper_gatherer) && hyper_gatherer->pending;
}

static void doorbell(void)
{
	asm volatile("outl %%eax, %%dx" : : "a"(0), "d"(MVM_PORT_DOORBELL) : "memory");
}

static void submit(const struct mvm_sqe *e)
{
	u32 tail = ring->sq_tail;

	ring->sq[tail % MVM_RING_ENTRIES] = *e;
	__atomic_store_n(&ring->sq_tail, tail + 1, __ATOMIC_SEQ_CST);
	outstanding++;
}

static bool completed(void)
{
	return __atomic_load_n(&ring->cq_tail, __ATOMIC_ACQUIRE) != ring->cq_head;
}

/* Takes one completion.  True: it is that of a caller who waits, in *res and out. */
static bool take(s64 *res, u64 out[2])
{
	u32 head = ring->cq_head;
	struct mvm_cqe c = ring->cq[head % MVM_RING_ENTRIES];
	struct hyper_async *async = (struct hyper_async *)c.user;

	__atomic_store_n(&ring->cq_head, head + 1, __ATOMIC_RELEASE);
	outstanding--;
	if (unlikely(async)) {
		async->done(async, c.res);
		return false;
	}
	*res = c.res;
	if (out) {
		out[0] = c.out[0];
		out[1] = c.out[1];
	}
	return true;
}

/* Requests whose results say nothing about the world outside. */
static bool quiet(u16 op)
{
	return 1UL << op & (1UL << MVM_OP_TICK | 1UL << MVM_OP_WATCH | 1UL << MVM_OP_SIGNALS |
			    1UL << MVM_OP_MEM_GROW | 1UL << MVM_OP_MEM_RELEASE |
			    1UL << MVM_OP_WRITE | 1UL << MVM_OP_SENDFILE | 1UL << MVM_OP_CLOSE |
			    1UL << MVM_OP_SETSOCKOPT | 1UL << MVM_OP_SHUTDOWN);
}

static void count(const struct mvm_sqe *e)
{
	hyper_heard += !quiet(e->op);
}

/* Until one that waits is completed, which it is after a kick, whatever the poller does. */
static s64 kick(u64 out[2])
{
	s64 res;

	doorbell();
	for (;;) {
		if (!completed())
			doorbell();
		else if (take(&res, out))
			return res;
	}
}

s64 hyper_kick(struct mvm_sqe *e, u64 out[2])
{
	submit_later();
	hyper_make_room();
	submit(e);
	count(e);
	return kick(out);
}

bool hyper_polled(void)
{
	return __atomic_load_n(&ring->host_flags, __ATOMIC_SEQ_CST) & MVM_RING_POLLED;
}

/* Has the host taken a request that is not completed? */
static bool at_work(void)
{
	return __atomic_load_n(&ring->sq_head, __ATOMIC_RELAXED) !=
	       __atomic_load_n(&ring->cq_tail, __ATOMIC_RELAXED);
}

/*
 * A poller that is said to look but does not answer has lost its processor to somebody: to wait for
 * it costs more than the kick.  After each time in vain, twice as many requests do not wait.
 */
static bool poller_answers(void)
{
	static u32 in_vain, skip;
	u32 idle = 0;

	if (skip) {
		skip--;
		return false;
	}
	for (u32 i = 1; i <= SPIN_LIMIT && idle < STEPS_IDLE; i++) {
		if (completed()) {
			in_vain = 0;
			return true;
		}
		asm volatile("pause");
		if (i % SPIN_STEP == 0)
			idle = at_work() ? 0 : idle + 1;
	}
	in_vain = MIN(in_vain * 2 + 1, IN_VAIN_MAX);
	skip = in_vain;
	return false;
}

s64 hyper(struct mvm_sqe *e, u64 out[2])
{
	s64 res;

	submit_later();
	hyper_make_room();
	submit(e);
	count(e);
	while (hyper_polled() && poller_answers())
		if (take(&res, out))
			return res;
	return kick(out);
}

u32 hyper_outstanding(void)
{
	return outstanding;
}

void hyper_drain(void)
{
	s64 res;

	if (gathered())
		hyper_gatherer->begin();
	while (outstanding) {
		if (!completed() && !(hyper_polled() && poller_answers()))
			doorbell();
		while (completed())
			take(&res, NULL);
	}
}

/* What was begun and not waited for must leave a place for one that is. */
static void hyper_make_room(void)
{
	if (unlikely(outstanding >= MVM_RING_ENTRIES))
		hyper_drain();
}

void hyper_begin(struct mvm_sqe *e, struct hyper_async *async)
{
	e->user = (u64)async;
	hyper_make_room();
	submit(e);
	current->work |= WORK_TICK;
}

/* ---- requests whose result nobody waits for ---- */

static struct mvm_sqe later[8];
static u32 nlater, untold;

static void told(struct hyper_async *a, s64 res)
{
	(void)a, (void)res;
	untold--;
}

static struct hyper_async nobody = { .done = told };

u32 hyper_untold(void)
{
	return untold;
}

void hyper_tell(struct mvm_sqe *e)
{
	untold++;
	hyper_begin(e, &nobody);
}

static void submit_later(void)
{
	u32 n = nlater;

	if (gathered())
		hyper_gatherer->begin();
	for (nlater = 0; unlikely(n); n--) {
		later[n - 1].user = (u64)&nobody;
		untold++;
		hyper_make_room();
		submit(&later[n - 1]);
	}
}

void hyper_later(struct mvm_sqe *e)
{
	if (nlater < ARRAY_SIZE(later))
		later[nlater++] = *e;
	else
		hyper(e, NULL);
}

u32 hyper_mark(void)
{
	return ring->sq_tail;
}

void rt_exit(int status, int signo, const struct mvm_crash *crash)
{
	struct mvm_sqe e = {
		.op = MVM_OP_EXIT,
		.arg = status,
		.len2 = signo,
		.addr.v = crash ? va_to_gpa(crash) : 0,
		.len = crash ? sizeof(*crash) : 0,
	};

	for (;;) {
		if (unlikely(hyper_gatherer)) {
			/* What is gathered goes along, and must not be lost. */
			hyper_gatherer->wait();
			e.handle = hyper_gatherer->handle;
			e.arg = (u32)status | (gathered() ? MVM_EXIT_BEHIND : 0);
		}
		hyper(&e, NULL);
	}
}

static void log_line(u64 always, const char *fmt, va_list ap)
{
	char line[512];
	struct mvm_sqe e = { .op = MVM_OP_LOG, .arg = always };
	int n = rt_vsnprintf(line, sizeof(line), fmt, ap);

	e.addr.v = va_to_gpa(line);
	e.len = MIN((size_t)n, sizeof(line) - 1);
	hyper(&e, NULL);
}

void rt_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(1, fmt, ap);
	va_end(ap);
}

void rt_log(const char *fmt, ...)
{
	va_list ap;

	if (!(boot->flags & MVM_BOOT_VERBOSE))
		return;
	va_start(ap, fmt);
	log_line(0, fmt, ap);
	va_end(ap);
}

void rt_refuse(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(1, fmt, ap);
	va_end(ap);
	rt_exit(status, 0, NULL);
}

void rt_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(1, fmt, ap);
	va_end(ap);
	rt_exit(125, 0, NULL);
}

/* The operations of nucleus.S: addresses there. */
extern const char nucleus_flush[], nucleus_fs_base[], nucleus_invlpg_end[];

#define INVLPG_BYTES	7U		/* of each INVLPG in front of nucleus_invlpg_end */
#define IA32_FS_BASE	0xc0000100U

/* edx and ecx as the operation wants them. */
static void gate(const char *op, u64 rdi, u64 rdx, u64 rcx)
{
	asm volatile("call rt_gate" : "+a"(op), "+D"(rdi), "+d"(rdx), "+c"(rcx) : : "memory", "cc");
}

void gate_invlpg(u64 va, u32 n)
{
	gate(nucleus_invlpg_end - n * INVLPG_BYTES, va, 0, 0);
}

void gate_flush_tlb(void)
{
	gate(nucleus_flush, 0, 0, 0);
}

/*
 * Software KVMs offer no FSGSBASE in CPUID, but where ring 3 runs natively the instructions work
 * all the same, and the gate costs a hundred times as much.  Where they do not, #UD says so.
 */
void rt_find_fsgsbase(bool again)
{
	static bool looked;

	if (looked && !again)
		return;
	looked = true;
	rt_cpu.fsgsbase = boot->cpu_features & MVM_CPU_FSGSBASE || rt_try_fsgsbase() == 0;
}

void rt_set_fs_base(u64 base)
{
	rt_find_fsgsbase(false);
	current->fs_base = base;
	if (rt_cpu.fsgsbase)
		asm volatile("wrfsbase %0" : : "r"(base) : "memory");
	else
		gate(nucleus_fs_base, base, base >> 32, IA32_FS_BASE);
}
