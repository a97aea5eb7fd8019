/* SPDX-License-Identifier: MIT */
/*
 * The threads there are: their making, their numbers, their memory.  A thread's runtime stack
 * carries all that belongs to it: at its lower end the stack, above it the state that is saved
 * while it does not run.
 */
#include "debug.h"
#include "mm/mm.h"
#include "sched/fpu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sys/process.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/clock.h"

#define TID_MAX		4194304		/* /proc/sys/kernel/pid_max */
#define BUCKETS		64U
#define TIMER_SLACK_NS	50000UL

struct thread *threads_first;
u32 threads_alive;

static struct thread *threads_last, *buckets[BUCKETS];
static struct thread *dead;		/* whose memory is freed by the next one that runs */
static s32 last_tid = PROCESS_ID;

/* What lies above a thread's runtime stack; the FPU area follows. */
struct extra {
	struct thread thread;
	struct sigstate sig;
};

static u32 extra_size(void)
{
	return ALIGN_UP(sizeof(struct extra), FPU_ALIGN) + sizeof(struct fpu) +
	       ALIGN_UP(fpu_size(), FPU_ALIGN);
}

static u32 pages_of_thread(void)
{
	return ALIGN_UP(RT_STACK_SIZE + extra_size(), MVM_PAGE_SIZE) / MVM_PAGE_SIZE;
}

static struct extra *extra_of(struct thread *t)
{
	return container_of(t, struct extra, thread);
}

static struct fpu *fpu_of(struct extra *x)
{
	return (struct fpu *)((u8 *)x + ALIGN_UP(sizeof(*x), FPU_ALIGN));
}

/* ---- all of them ---- */

static void enlist(struct thread *t)
{
	t->next = NULL;
	t->prev = threads_last;
	if (threads_last)
		threads_last->next = t;
	else
		threads_first = t;
	threads_last = t;
	t->next_tid = buckets[(u32)t->tid % BUCKETS];
	buckets[(u32)t->tid % BUCKETS] = t;
	threads_alive++;
}

static void delist(struct thread *t)
{
	struct thread **at = &buckets[(u32)t->tid % BUCKETS];

	while (*at != t)
		at = &(*at)->next_tid;
	*at = t->next_tid;
	if (t->prev)
		t->prev->next = t->next;
	else
		threads_first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		threads_last = t->prev;
	threads_alive--;
}

struct thread *thread_by_tid(s32 tid)
{
	struct thread *t = tid > 0 ? buckets[(u32)tid % BUCKETS] : NULL;

	while (t && t->tid != tid)
		t = t->next_tid;
	return t;
}

static s32 new_tid(void)
{
	do
		last_tid = last_tid < TID_MAX - 1 ? last_tid + 1 : PROCESS_ID + 1;
	while (thread_by_tid(last_tid));
	return last_tid;
}

void threads_init(void)
{
	current->sched.slack_ns = current->sched.slack_default_ns = TIMER_SLACK_NS;
	current->ran_from = clock_ticks();
	if (run_recorded())
		current->work |= WORK_COUNT;
	enlist(current);
}

/* ---- birth ---- */

/* On the new thread's stack, for the first time. */
static _Noreturn void begin(void)
{
	sched_arrived();
	sys_leave(current->regs);
	rt_resume(current->regs);
}

bool thread_has_fpu_room(void)
{
	if (!current->fpu)
		current->fpu = pages_alloc(ALIGN_UP(sizeof(struct fpu) + fpu_size(),
						    MVM_PAGE_SIZE) / MVM_PAGE_SIZE, true);
	return current->fpu;
}

struct thread *thread_create(u64 stack, const u64 *tls)
{
	u8 *base = thread_has_fpu_room() ? pages_alloc(pages_of_thread(), false) : NULL;
	struct extra *x = (struct extra *)(base + RT_STACK_SIZE);
	struct thread *t = &x->thread;
	u64 *sp;

	if (!base)
		return NULL;
	memset(x, 0, extra_size());
	*t = (struct thread){
		.stack_top = (u64)x, .entry = ENTRY_UPCALL, .fs_base = current->fs_base,
		.gs_base = current->gs_base, .fpu = fpu_of(x), .tid = new_tid(),
		.sched = current->sched, .work = current->work & WORK_COUNT,
	};
	t->sched.slack_default_ns = current->sched.slack_ns;
	memcpy(t->name, current->name, sizeof(t->name));
	signal_new_thread(t, &x->sig);
	fpu_leave(t->fpu, true);
	if (rt_cpu.fsgsbase) {
		asm volatile("rdfsbase %0" : "=r"(t->fs_base));
		asm volatile("rdgsbase %0" : "=r"(t->gs_base));
	}
	if (tls)
		t->fs_base = *tls;
	t->regs = (struct regs *)(t->stack_top - sizeof(struct regs));
	*t->regs = *current->regs;
	t->regs->rax = 0;
	if (current->work & WORK_STEP)
		t->regs->rflags &= ~FLAG_TF;
	if (stack)
		t->regs->rsp = stack;
	/* As switch_stack() leaves a stack: six registers, and where to return to. */
	sp = (u64 *)t->regs;
	*--sp = (u64)begin;
	sp -= 6;
	memset(sp, 0, 6 * sizeof(*sp));
	t->rsp = (u64)sp;
	enlist(t);
	return t;
}

/* ---- death ---- */

void thread_reap(void)
{
	struct thread *t = dead;

	if (!t || t == current)
		return;
	dead = NULL;
	pages_free((u8 *)extra_of(t) - RT_STACK_SIZE, pages_of_thread());
}

/* The first thread's memory is the image's own. */
static bool has_memory(const struct thread *t)
{
	return t->stack_top == (u64)t;
}

void thread_exit(void)
{
	delist(current);
	current->state = THREAD_DEAD;
	if (has_memory(current))
		dead = current;
	sched_leave();
	__builtin_unreachable();
}
