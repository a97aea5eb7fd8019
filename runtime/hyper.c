/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of the hypercall ring: one request at a time, by poll or by kick.  Also the
 * ways out that are hypercalls themselves: rt_exit, rt_log, rt_panic, and the nucleus's gate.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include "asm.h"
#include "lib/printf.h"
#include "rt.h"
#include "upcall.h"

/*
 * How often to look for a completion before kicking after all.  A polled round trip takes some
 * hundred nanoseconds; a request that takes longer than about 20 us is one that works on the host,
 * and then the kick's cost no longer matters and the vCPU's thread had better sleep on the lock.
 */
#define SPIN_LIMIT	4000

struct mvm_ring *const hyper_ring = (struct mvm_ring *)(MVM_VA_RT_LOW + MVM_GPA_RING);
#define ring hyper_ring

static void doorbell(void)
{
	asm volatile("outl %%eax, %%dx" : : "a"(0), "d"(MVM_PORT_DOORBELL) : "memory");
}

static u32 submit(const struct mvm_sqe *e)
{
	u32 tail = ring->sq_tail;

	ring->sq[tail % MVM_RING_ENTRIES] = *e;
	__atomic_store_n(&ring->sq_tail, tail + 1, __ATOMIC_SEQ_CST);
	return ring->cq_head;
}

static bool completed(u32 head)
{
	return __atomic_load_n(&ring->cq_tail, __ATOMIC_ACQUIRE) != head;
}

static s64 take(u32 head, u64 out[2])
{
	const struct mvm_cqe *c = &ring->cq[head % MVM_RING_ENTRIES];
	s64 res = c->res;

	if (out) {
		out[0] = c->out[0];
		out[1] = c->out[1];
	}
	__atomic_store_n(&ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

/* Whatever the poller does: after a kick the request is completed, or the host broke the ABI. */
static void kick(u32 head)
{
	doorbell();
	while (!completed(head))
		doorbell();
}

s64 hyper_kick(struct mvm_sqe *e, u64 out[2])
{
	u32 head = submit(e);

	kick(head);
	return take(head, out);
}

bool hyper_polled(void)
{
	return __atomic_load_n(&ring->host_flags, __ATOMIC_SEQ_CST) & MVM_RING_POLLED;
}

s64 hyper(struct mvm_sqe *e, u64 out[2])
{
	u32 head = submit(e);

	if (hyper_polled()) {
		for (int i = 0; i < SPIN_LIMIT; i++) {
			if (completed(head))
				return take(head, out);
			asm volatile("pause");
		}
	}
	kick(head);
	return take(head, out);
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

	for (;;)
		hyper(&e, NULL);
}

static void log_line(u64 always, const char *fmt, va_list ap)
{
	char line[256];
	struct mvm_sqe e = { .op = MVM_OP_LOG, .arg = always };
	int n = rt_vsnprintf(line, sizeof(line), fmt, ap);

	e.addr.v = va_to_gpa(line);
	e.len = MIN((size_t)n, sizeof(line) - 1);
	hyper(&e, NULL);
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

void rt_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(1, fmt, ap);
	va_end(ap);
	rt_exit(125, 0, NULL);
}

void rt_cannot_run(const char *why)
{
	struct mvm_sqe e = { .op = MVM_OP_LOG, .arg = 1 };

	e.addr.v = va_to_gpa(why);
	e.len = strlen(why);
	hyper(&e, NULL);
	rt_exit(126, 0, NULL);
}

static void gate(u64 op, u64 operand, u64 count)
{
	asm volatile("call rt_gate" : "+a"(op), "+D"(operand), "+S"(count) : :
		     "rcx", "rdx", "memory", "cc");
}

void gate_invlpg(u64 va, u32 n)
{
	gate(GATE_INVLPG, va, n);
}

void gate_flush_tlb(void)
{
	gate(GATE_FLUSH, 0, 0);
}

/*
 * Software KVMs offer no FSGSBASE in CPUID, but where ring 3 runs natively the instructions work
 * all the same, and the gate costs a hundred times as much.  Where they do not, #UD says so.
 */
void rt_find_fsgsbase(void)
{
	static bool looked;

	if (looked)
		return;
	looked = true;
	rt_cpu.fsgsbase = boot->cpu_features & MVM_CPU_FSGSBASE || rt_try_fsgsbase() == 0;
}

void rt_set_fs_base(u64 base)
{
	rt_find_fsgsbase();
	current->fs_base = base;
	if (rt_cpu.fsgsbase)
		asm volatile("wrfsbase %0" : : "r"(base) : "memory");
	else
		gate(GATE_FS_BASE, base, 0);
}
