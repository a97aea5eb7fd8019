/* SPDX-License-Identifier: MIT */
/*
 * TICK: one timer interrupt for the guest, by which its runtime takes the vCPU from a thread that
 * does not give it up.  A POSIX timer's signal brings the vCPU's thread out of KVM_RUN; there the
 * interrupt is injected, but only into the application: the runtime is never preempted, so that
 * neither its entries nor its upcalls have to expect an interrupt.
 *
 * Needs (system calls, under every set of grants):
 *	timer_settime(*, 0, ...) ioctl(vCPU, KVM_INTERRUPT) ioctl(vCPU, KVM_GET_REGS)
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kvm.h"
#include "msg.h"
#include "service/svc.h"
#include "tick.h"

#define RETRY_NS	500000UL	/* the runtime was running: when to look again */
#define MAX_NS		(1000000000UL * 86400 * 365)

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define DUE_TICK	1U		/* the timer's signal came */
#define DUE_POKE	2U		/* tick_poke() */

static struct {
	int timer;
	struct kvm_run *run;
	uint32_t due;			/* DUE_*: why KVM_RUN is to return at once */
	bool armed;
} tick;

/* Also when the signal comes between the last look and KVM_RUN, that returns at once. */
static void hurry(uint32_t why)
{
	__atomic_fetch_or(&tick.due, why, __ATOMIC_RELAXED);
	__atomic_store_n(&tick.run->immediate_exit, 1, __ATOMIC_RELAXED);
}

void tick_break(void)
{
	hurry(DUE_TICK);
}

static void on_tick(int sig)
{
	(void)sig;
	tick_break();
}

void tick_poke(void)
{
	hurry(DUE_POKE);
}

void tick_unpoke(void)
{
	__atomic_fetch_and(&tick.due, ~DUE_POKE, __ATOMIC_RELAXED);
}

int tick_init(const struct vm *vm)
{
	struct sigaction sa = { .sa_handler = on_tick };
	/* The kernel's struct sigevent; C libraries hide the thread's number in it. */
	struct {
		void *value;
		int signo, notify, tid, pad[11];
	} ev = { .signo = SIGRTMIN, .notify = SIGEV_SIGNAL | SIGEV_THREAD_ID };
	sigset_t mask;

	tick.run = vm->run;
	ev.tid = (int)syscall(SYS_gettid);
	sigaction(SIGRTMIN, &sa, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN);
	pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &tick.timer))
		return fail(EXIT_MVM, "cannot make a timer: %s; raise the limit of pending signals "
			    "(ulimit -i)", strerror(errno));
	return 0;
}

static void arm(uint64_t ns)
{
	struct itimerspec t = {
		.it_value = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) }
	};

	__atomic_store_n(&tick.armed, ns != 0, __ATOMIC_RELAXED);
	syscall(SYS_timer_settime, tick.timer, 0, &t, NULL);
}

int64_t svc_tick(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	(void)s;
	(void)out;
	tick_arm(e->arg);
	return 0;
}

void tick_arm(uint64_t ns)
{
	arm(ns < MAX_NS ? ns : MAX_NS);
}

void tick_cancel(void)
{
	if (__atomic_load_n(&tick.armed, __ATOMIC_RELAXED))
		arm(0);
	__atomic_fetch_and(&tick.due, ~DUE_TICK, __ATOMIC_RELAXED);
}

void tick_enter(const struct vm *vm)
{
	__atomic_store_n(&vm->run->immediate_exit, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	/* The guest's instruction was not finished when the signal came: once more around. */
	if (__atomic_load_n(&tick.due, __ATOMIC_RELAXED))
		__atomic_store_n(&vm->run->immediate_exit, 1, __ATOMIC_RELAXED);
}

bool tick_possible(const struct vm *vm)
{
	struct kvm_regs regs;

	return vm->run->ready_for_interrupt_injection && !kvm_get_regs(vm->vcpu_fd, &regs) &&
	       (regs.rip < MVM_VA_RT_TEXT || regs.rip >= MVM_VA_RT_END);
}

bool tick_inject(const struct vm *vm)
{
	if (kvm_interrupt(vm->vcpu_fd, MVM_VECTOR_TICK))
		return false;
	__atomic_store_n(&tick.armed, false, __ATOMIC_RELAXED);
	return true;
}

bool tick_taken(void)
{
	return __atomic_fetch_and(&tick.due, ~DUE_TICK, __ATOMIC_RELAXED) & DUE_TICK;
}

void tick_retry(void)
{
	arm(RETRY_NS);
}

void tick_interrupted(const struct vm *vm, struct mvm_ring *ring)
{
	if (!tick_taken())
		return;
	if (tick_possible(vm) && tick_inject(vm))
		return;
	__atomic_store_n(&ring->attention, 1, __ATOMIC_RELEASE);
	tick_retry();
}
