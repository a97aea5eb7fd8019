/* SPDX-License-Identifier: MIT */
/*
 * Replaying: each request must be the one that was recorded, and is answered as it was then.  The
 * host carries out none but those that are about the VM itself; it has nothing else to give.
 *
 * Needs (system calls): pread64 on the file; write on standard output and error
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gdb/gdb.h"
#include "msg.h"
#include "observe/observe.h"
#include "output.h"
#include "poller.h"
#include "record.h"
#include "ram.h"
#include "span.h"
#include "replay.h"
#include "tick.h"

static struct run *the_run;
static struct service *service;
static dispatch_fn *dispatch;		/* the service's own */
static uint64_t requests;		/* that were answered */
static struct record_stop stopped;	/* how 0: not yet known */

/* ---- Divergence ------------------------------------------------------------------------------ */

/* The recording is over, and the guest had not come to its end. */
static bool ends_early(void)
{
	return !replay.there && stopped.how != RECORD_BY_GUEST;
}

/* Ends the run: as the guest would. */
static int64_t stop(int status)
{
	service->ending = (struct ending){ .ended = true, .status = status };
	return -EIO;
}

static const char *name(const struct mvm_sqe *e)
{
	const char *n = request_name(e->op);

	return n ? n : "?";
}

static int64_t diverged(const struct mvm_sqe *was, const struct mvm_sqe *is)
{
	if (!memcmp(was, is, sizeof(*was)))
		return stop(fail(EXIT_MVM, "--replay %s: the run diverges at request %llu: the "
				 "bytes that it passes to %s differ from those recorded",
				 replay.path, (unsigned long long)requests + 1, name(is)));
	return stop(fail(EXIT_MVM, "--replay %s: the run diverges at request %llu: recorded was %s "
			 "(handle %d, addr %#llx, len %llu, off %#llx, arg %#llx), now it is %s "
			 "(handle %d, addr %#llx, len %llu, off %#llx, arg %#llx)", replay.path,
			 (unsigned long long)requests + 1, name(was), was->handle,
			 (unsigned long long)was->addr.v,
			 (unsigned long long)was->len, (unsigned long long)was->off,
			 (unsigned long long)was->arg,
			 name(is), is->handle, (unsigned long long)is->addr.v,
			 (unsigned long long)is->len, (unsigned long long)is->off,
			 (unsigned long long)is->arg));
}

/* The recording ends before the guest did. */
static void ended_early(void)
{
	unsigned long long n = requests;

	if (replay.r.state == RECORD_DAMAGED)
		stop(replay_damaged());
	else if (stopped.status)
		stop(fail(stopped.status, "--replay %s: the time limit (--timeout) ended it here, "
			  "after request %llu", replay.path, n));
	else
		stop(fail(EXIT_MVM, "--replay %s: the recording ends here, after request %llu: mvm "
			  "was killed then, or is still running", replay.path, n));
}

/* There is no request in the recording where the guest makes one. */
static int64_t no_request(const struct mvm_sqe *is)
{
	if (ends_early())
		ended_early();
	else
		stop(fail(EXIT_MVM, "--replay %s: the run diverges after request %llu: now there "
			  "is another one, %s", replay.path, (unsigned long long)requests,
			  name(is)));
	return -EIO;
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* What the program said is said again. */
static void say(const struct mvm_sqe *e, int64_t res, const struct spans *in)
{
	if (e->op != MVM_OP_WRITE || (e->handle != STDOUT_FILENO && e->handle != STDERR_FILENO))
		return;
	for (unsigned int i = 0; i < in->n && res > 0; i++) {
		size_t len = in->v[i].iov_len < (uint64_t)res ? in->v[i].iov_len : (size_t)res;

		res -= (int64_t)len;
		/* Who reads no more of it, or closed it, still learns how the run ended. */
		if (!output_write(e->handle, in->v[i].iov_base, len) && errno != EPIPE &&
		    errno != EBADF)
			stop(fail(EXIT_MVM, "--replay %s: standard %s cannot be written: %s; "
				  "redirect it to somewhere with room", replay.path,
				  e->handle == STDOUT_FILENO ? "output" : "error",
				  strerror(errno)));
	}
}

/* Those that change the VM: the host has what they need. */
static bool of_memory(unsigned int op)
{
	return op == MVM_OP_MEM_GROW || op == MVM_OP_MEM_RELEASE ||
	       (op == MVM_OP_MEM_EXEC && service->vm->mem_exec);
}

/* Those that tell the host something, which it makes of it what it wants. */
static bool told(unsigned int op)
{
	return op == MVM_OP_EXIT || op == MVM_OP_LOG || op == MVM_OP_MISSING || op == MVM_OP_TRACE;
}

static bool read_written(const struct record_request *q, const struct guest_ram *ram)
{
	struct spans s;

	spans_out(ram, &q->e, &s);
	spans_done(&q->e, q->res, &s);
	if (spans_bytes(&s) != q->bytes)
		return false;
	for (unsigned int i = 0; i < s.n; i++)
		if (!record_get(&replay.r, s.v[i].iov_base, s.v[i].iov_len))
			return false;
	return true;
}

static int64_t replay_dispatch(struct service *s, const struct mvm_sqe *e, enum drain_by by,
			       uint64_t out[2])
{
	struct record_request q;
	struct spans in;
	int64_t res;
	bool here;			/* it is carried out, too */

	if (!replay.there || replay.next.type != RECORD_REQUEST)
		return no_request(e);
	if (!replay_take(&q, sizeof(q)))
		return stop(replay_damaged());
	spans_in(s->ram, e, &in);
	if (memcmp(&q.e, e, sizeof(*e)) || q.sum != spans_sum(&in))
		return diverged(&q.e, e);
	say(e, q.res, &in);
	here = told(e->op) || of_memory(e->op);
	if (here) {
		res = dispatch(s, e, by, out);
		if (res < 0 && q.res >= 0 && of_memory(e->op))
			return stop(fail(EXIT_MVM, "--replay %s: %s fails here, unlike when it was "
					 "recorded: %s", replay.path, name(e),
					 strerror((int)-res)));
	}
	if (!read_written(&q, s->ram))
		return stop(replay_damaged());
	if (IS_ENABLED(CONFIG_TRACE) && !here)
		trace_replayed(s, e, q.res);
	requests++;
	replay_next();
	out[0] = q.out[0];
	out[1] = q.out[1];
	return q.res;
}

/* ---- Between requests ------------------------------------------------------------------------ */

/*
 * The boot information as it was recorded: setting the VM up has changed it.  A debugger is none of
 * the recording's, and stops the guest where that changes nothing.
 */
static void set_boot(struct mvm_boot *boot)
{
	*boot = replay.boot;
	boot->flags &= ~MVM_BOOT_DEBUG;
	if (the_run->plan->gdb.text)
		boot->flags |= MVM_BOOT_DEBUG;
}

/* What is there by the debugger's will is not in the recording. */
static void keep_debugger(const struct vm *vm)
{
	struct mvm_boot *boot = (void *)(vm->ram.hva + MVM_GPA_BOOT);

	if (!the_run->plan->gdb.text)
		return;
	boot->flags |= MVM_BOOT_DEBUG;
	gdb_restored();
}

/* A tick interrupted the application: the guest is put where it was then.  False: it cannot be. */
static bool interrupt(void)
{
	static struct record_vcpu v;
	struct vm *vm = service->vm;
	int err;

	while (replay.there && replay.next.type == RECORD_PAGES) {
		if (!replay_ram_take(&vm->ram, vm->ram.present))
			break;
		replay_next();
	}
	if (!replay.there || replay.next.type != RECORD_FORCED || !replay_take(&v, sizeof(v)) ||
	    !replay_ram_restore(&vm->ram, vm->ram.present)) {
		stop(replay_damaged());
		return false;
	}
	keep_debugger(vm);
	err = replay_vcpu_set(vm, &v);
	if (!err && !tick_inject(vm))
		err = -EIO;
	if (err)
		stop(fail(EXIT_MVM, "--replay %s: the device refuses the state in which the guest "
			  "was interrupted: %s", replay.path, strerror(-err)));
	replay_next();
	return !err;
}

static void set_tick(void)
{
	uint64_t at;

	if (replay_take(&at, sizeof(at)))
		__atomic_store_n(&service->ring->attention_at, at, __ATOMIC_SEQ_CST);
	replay_next();
}

static void pass_signals(void)
{
	uint64_t set;

	if (replay_take(&set, sizeof(set)))
		__atomic_or_fetch(&service->ring->signals, (uint32_t)set, __ATOMIC_RELEASE);
	replay_next();
}

/* What the host did before the guest's next request.  True: the run is over. */
static bool look_ahead(void)
{
	while (replay.there) {
		if (replay.next.type == RECORD_TICK)
			set_tick();
		else if (replay.next.type == RECORD_SIGNALS)
			pass_signals();
		else if (replay.next.type != RECORD_PAGES && replay.next.type != RECORD_FORCED)
			break;
		else if (!interrupt())
			return true;
	}
	if (replay.there && replay.next.type == RECORD_STOP)
		replay_take(&stopped, sizeof(stopped));
	/* A debugger may want to see what it does there. */
	if (!ends_early() || the_run->plan->gdb.text)
		return false;
	ended_early();
	return true;
}

static bool replay_kick(struct service *s)
{
	uint64_t clock;

	if (poller_kick(s))
		return true;
	if (!replay.there || replay.next.type != RECORD_KICK)
		return look_ahead();
	if (!replay_take(&clock, sizeof(clock))) {
		stop(replay_damaged());
		return true;
	}
	__atomic_store_n(&s->ring->clock, clock, __ATOMIC_RELEASE);
	replay_next();
	return look_ahead();
}

/* Nobody asks for a tick here. */
static void replay_interrupted(const struct vm *vm, struct mvm_ring *ring)
{
	(void)vm;
	(void)ring;
	tick_taken();
}

int replay_start(struct run *r, const struct cpu_model *m, struct mvm_boot *boot)
{
	static const struct run_hooks hooks = { replay_kick, replay_interrupted };

	if (m->features != replay.start.cpu.features || m->xcr0 != replay.start.cpu.xcr0)
		return fail(EXIT_MVM, "--replay %s: was recorded on a device that offers FSGSBASE "
			    "and XSAVE, which %s refuses; replay it on one like that",
			    replay.path, r->vm->device);
	the_run = r;
	set_boot(boot);
	requests = 0;
	stopped = (struct record_stop){ 0 };
	service = r->service;
	dispatch = service->dispatch;
	service->dispatch = replay_dispatch;
	service->ring->clock = replay.start.clock;
	r->hooks = &hooks;
	replay_next();
	return look_ahead() ? service->ending.status : 0;
}
