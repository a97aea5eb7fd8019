/* SPDX-License-Identifier: MIT */
/*
 * Recording a run: all that the host tells the guest is written down in the order in which it is
 * told.  Requests come only with kicks (--poll=never), the time only moves with them, and ticks are
 * told by the guest's own count of its system calls; so the same answers make the same run.
 *
 * Needs (system calls): those of stream.c on the file; write, read(the remover)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <generated/version.h>

#include "clock.h"
#include "errand.h"
#include "msg.h"
#include "output.h"
#include "poller.h"
#include "record.h"
#include "format.h"
#include "ram.h"
#include "snapshot/pagemap.h"
#include "span.h"
#include "stream.h"
#include "replay.h"
#include "same_file.h"
#include "tick.h"

#define FLUSH_NS	10000000UL	/* what is recorded is in the file after this, or a wait */
/*
 * A guest that makes no call is interrupted after this long, or so much longer than it takes to
 * record its state.
 */
#define FORCE_NS	100000000UL
#define FORCE_SHARE	10
#define FORCE_RETRY_NS	500000UL	/* the runtime was running: when to look again */
#define RATE_SHIFT	24		/* of the recorded clock: a tick is a nanosecond */

static struct {
	struct record_writer w;
	const char *path;		/* NULL: nothing is recorded */
	bool removable;			/* the file was made for this run */
	bool busy;			/* in the middle of an event: for signal handlers */
	struct service *service;
	dispatch_fn *dispatch;		/* the service's own */
	uint64_t clock;			/* as the guest knows it */
	uint64_t flushed;
	uint64_t tick_at;		/* ring.attention_at, 0: it has been noticed */
	uint64_t tick_since;
	uint64_t force_ns;
	uint32_t signals;		/* for the guest, with the next kick */
} rec;

/* ---- Writing --------------------------------------------------------------------------------- */

static void put_event(enum record_type type, const void *data, size_t len, uint64_t more)
{
	struct record_event e = { .type = type, .len = (uint32_t)(len + more) };

	record_put(&rec.w, &e, sizeof(e));
	record_put(&rec.w, data, len);
}

/* Half a recording is none, and stream.c has emptied the file: what became of that. */
static const char *taken_away(void)
{
	bool gone = rec.removable && !errand_run(CONFINE_FD_REMOVER);

	rec.removable = false;
	return gone ? "it was removed" : "it is empty now";
}

/* True, and said once: nothing is recorded any more.  The guest goes on. */
static bool failed(void)
{
	if (rec.w.err && rec.path) {
		warn("--record %s: cannot write it: %s; %s, and the program goes on without being "
		     "recorded", rec.path, strerror(rec.w.err), taken_away());
		rec.path = NULL;
	}
	return !rec.path;
}

static void put_request(const struct mvm_sqe *e, int64_t res, const uint64_t out[2], uint64_t sum,
			const struct spans *s)
{
	struct record_request q = {
		.e = *e, .res = res, .out = { out[0], out[1] }, .sum = sum,
		.bytes = spans_bytes(s),
	};

	rec.busy = true;
	put_event(RECORD_REQUEST, &q, sizeof(q), 0);
	for (unsigned int i = 0; i < s->n; i++)
		record_put(&rec.w, s->v[i].iov_base, s->v[i].iov_len);
	rec.busy = false;
}

static void put_number(enum record_type type, uint64_t value)
{
	rec.busy = true;
	put_event(type, &value, sizeof(value), 0);
	rec.busy = false;
}

static void flush(void)
{
	rec.busy = true;
	record_flush(&rec.w);
	rec.flushed = rec.clock;
	rec.busy = false;
}

/* ---- While the guest runs -------------------------------------------------------------------- */

/* The recorded clock is CLOCK_MONOTONIC itself, but that it always moves. */
static void move_clock(void)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	rec.clock = now > rec.clock ? now : rec.clock + 1;
}

static void tell_time(struct mvm_time *t)
{
	*t = (struct mvm_time){
		.tsc_base = rec.clock, .mono_ns = rec.clock, .mult = 1U << RATE_SHIFT,
		.shift = RATE_SHIFT,
	};
	t->boot_ns = rec.clock + (clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC));
	t->real_ns = rec.clock + (clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
}

static int64_t time_request(struct service *s, const struct mvm_sqe *e)
{
	struct mvm_time t;

	move_clock();
	tell_time(&t);
	return gate_copy_out(s->ram, e->addr, e->len, &t, sizeof(t));
}

static int64_t carry_out(struct service *s, const struct mvm_sqe *e, enum drain_by by,
			 uint64_t out[2])
{
	return e->op == MVM_OP_TIME && !e->flags ? time_request(s, e) :
						   rec.dispatch(s, e, by, out);
}

static int64_t record_dispatch(struct service *s, const struct mvm_sqe *e, enum drain_by by,
			       uint64_t out[2])
{
	struct spans in, written;
	uint64_t sum;
	int64_t res;

	if (failed())
		return carry_out(s, e, by, out);
	spans_in(s->ram, e, &in);
	spans_out(s->ram, e, &written);
	sum = spans_sum(&in);
	if (e->op == MVM_OP_WAIT)
		flush();
	res = carry_out(s, e, by, out);
	spans_done(e, s->ending.ended ? -1 : res, &written);
	put_request(e, res, out, sum, &written);
	return res;
}

static void publish_clock(void)
{
	move_clock();
	__atomic_store_n(&rec.service->ring->clock, rec.clock, __ATOMIC_RELEASE);
}

/* The guest kicks when it has noticed a tick; it asks for the next one after that. */
static void see_whether_noticed(const struct mvm_ring *ring)
{
	if (!rec.tick_at || __atomic_load_n(&ring->entries, __ATOMIC_SEQ_CST) < rec.tick_at)
		return;
	rec.tick_at = 0;
	tick_arm(0);
}

/* The guest looks for them after WAIT, and when it has noticed a tick: after a kick. */
static void pass_signals(struct mvm_ring *ring)
{
	uint32_t set = __atomic_exchange_n(&rec.signals, 0, __ATOMIC_ACQUIRE);

	if (!set)
		return;
	__atomic_or_fetch(&ring->signals, set, __ATOMIC_RELEASE);
	if (!failed())
		put_number(RECORD_SIGNALS, set);
}

uint32_t *record_signals(struct mvm_ring *ring)
{
	return rec.service ? &rec.signals : &ring->signals;
}

static bool record_kick(struct service *s)
{
	bool ended;

	see_whether_noticed(s->ring);
	ended = poller_kick(s);
	if (ended)
		return true;
	publish_clock();
	if (!failed())
		put_number(RECORD_KICK, rec.clock);
	pass_signals(s->ring);
	if (!failed() && rec.clock - rec.flushed > FLUSH_NS)
		flush();
	return false;
}

/*
 * The guest computes, and has not looked for the tick since it was asked to: it is interrupted
 * where it is, and its state is recorded, for nobody can say how it got there.  False: not now.
 */
static bool force(const struct vm *vm, struct mvm_ring *ring)
{
	static struct record_vcpu v;
	uint64_t began = clock_ns(CLOCK_MONOTONIC);

	if (!tick_possible(vm) || record_vcpu_get(vm, &v) || !tick_inject(vm))
		return false;
	rec.tick_at = 0;
	ring->attention_at = 0;
	if (failed())
		return true;
	rec.busy = true;
	record_ram_put(&rec.w, &vm->ram, vm->ram.present);
	put_event(RECORD_FORCED, &v, sizeof(v), 0);
	rec.busy = false;
	rec.force_ns = FORCE_SHARE * (clock_ns(CLOCK_MONOTONIC) - began);
	if (rec.force_ns < FORCE_NS)
		rec.force_ns = FORCE_NS;
	return true;
}

/* The guest notices when it has left its runtime once more: it has not, where it stands now. */
static void ask(struct mvm_ring *ring, uint64_t entries, uint64_t now)
{
	rec.tick_at = entries + 1;
	rec.tick_since = now;
	__atomic_store_n(&ring->attention_at, rec.tick_at, __ATOMIC_SEQ_CST);
	if (!failed())
		put_number(RECORD_TICK, rec.tick_at);
}

/* The tick's signal.  A guest that has noticed the last one, and not kicked yet, is about to. */
static void record_interrupted(const struct vm *vm, struct mvm_ring *ring)
{
	uint64_t entries = __atomic_load_n(&ring->entries, __ATOMIC_SEQ_CST);
	uint64_t now = clock_ns(CLOCK_MONOTONIC), due;

	if (!tick_taken())
		return;
	if (!rec.tick_at)
		ask(ring, entries, now);
	due = rec.tick_since + rec.force_ns;
	if (now >= due && rec.tick_at == entries + 1 && force(vm, ring))
		return;
	tick_arm(now < due ? due - now : FORCE_RETRY_NS);
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static int open_failed(const char *option, const char *path, const char *do_this)
{
	return fail(EXIT_MVM, "--%s %s: cannot open it: %s; %s", option, path, strerror(errno),
		    do_this);
}

static int not_a_file(const char *option, const char *path)
{
	return fail(EXIT_MVM, "--%s %s: is not a regular file; name one", option, path);
}

/* Unless it has become somebody else's meanwhile. */
static int remove_empty(int dir, const char *name, int fd, bool told)
{
	struct stat st, named;

	(void)told;
	if (fstat(fd, &st) || st.st_size)
		return ENOTEMPTY;
	if (fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) || !same_file(&st, &named))
		return ENOENT;
	return unlinkat(dir, name, 0) ? errno : 0;
}

/* 0600: what a guest knows is nobody else's.  O_NONBLOCK: a FIFO may have no other end. */
static int open_file(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
}

/*
 * A file that is made for the recording is removed when that comes to nothing, also when mvm is
 * killed before.  One that was there stays, for its owner and mode are somebody's choice.
 */
static int make_file(const char *path)
{
	int fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL), err;

	if (fd < 0 && errno == EEXIST)
		return open_file(path, O_WRONLY | O_CREAT);
	err = fd < 0 ? 0 : errand_start(CONFINE_FD_REMOVER, path, fd, remove_empty);
	rec.removable = fd >= 0 && !err;
	if (err)
		verbose("--record %s: cannot start the process that would remove it: %s", path,
			strerror(-err));
	return fd;
}

int record_open_file(const struct plan *plan, int *fd)
{
	const char *path = plan->record ? plan->record : plan->replay;
	const char *option = plan->record ? "record" : "replay";
	bool dry = plan->record && plan->show_confinement;
	struct stat st;

	*fd = -1;
	if (!path)
		return 0;
	*fd = plan->record && !dry ? make_file(path) :
	      open_file(path, dry ? O_WRONLY : O_RDONLY);
	if (*fd < 0 && dry && errno == ENOENT) {
		*fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		return 0;
	}
	if (*fd < 0 && errno == ENXIO)
		return not_a_file(option, path);
	if (*fd < 0)
		return open_failed(option, path, plan->record ?
				   "name a file that can be written" :
				   "name a file that mvm run --record has written");
	if (fstat(*fd, &st) || !S_ISREG(st.st_mode))
		return not_a_file(option, path);
	/* Without it all memory is looked at. */
	if (plan->record)
		pagemap_try();
	return output_claim(option, path, *fd);
}

void record_model(const struct plan *plan, struct cpu_model *m)
{
	if (plan->replay)
		return;
	cpu_model_init(m);
	if (plan->record)
		cpu_model_recorded(m);
}

/* Populating is one call in place of a fault a page; an older kernel refuses, and they come. */
static void put_memory(const struct guest_ram *ram, const struct loaded *l)
{
	for (unsigned int i = 0; i < l->nfiles; i++) {
		uint64_t gpa = l->file[i].gpa, len = l->file[i].len;

		madvise(ram->hva + gpa, len, MADV_POPULATE_READ);
		record_ram_put_all(&rec.w, ram, gpa, gpa + len);
	}
	record_ram_put(&rec.w, ram, l->boot->free_gpa);
}

static void put_start(const struct run *r, const struct cpu_model *m, const struct loaded *l)
{
	static struct record_start s;

	s = (struct record_start){
		.abi_major = MVM_ABI_MAJOR, .abi_minor = MVM_ABI_MINOR,
		.mem_exec = r->vm->mem_exec, .ram_present = r->vm->ram.present,
		.ram_max = r->vm->ram.max, .free_gpa = l->boot->free_gpa, .clock = rec.clock,
		.cpu = *m, .version = MVM_VERSION,
	};

	strncpy(s.program, r->plan->program, sizeof(s.program) - 1);
	put_event(RECORD_START, &s, sizeof(s), 0);
	put_memory(&r->vm->ram, l);
	put_event(RECORD_READY, NULL, 0, 0);
	record_flush(&rec.w);
}

int record_start(struct run *r, int fd, const struct cpu_model *m, const struct loaded *loaded)
{
	struct mvm_boot *boot = loaded->boot;
	static const struct run_hooks hooks = { record_kick, record_interrupted };
	int err;

	if (r->plan->replay)
		return replay_start(r, m, boot);
	if (!r->plan->record)
		return 0;
	rec.path = r->plan->record;
	rec.service = r->service;
	rec.dispatch = r->service->dispatch;
	rec.force_ns = FORCE_NS;
	err = record_ram_init(r->vm->ram.max);
	if (err)
		return fail(EXIT_MVM, "--record %s: no memory to remember what was written: %s; "
			    "give a smaller --mem", rec.path, strerror(-err));
	output_empty(rec.path, fd);
	record_begin(&rec.w, fd);
	boot->flags |= MVM_BOOT_RECORD;
	publish_clock();
	tell_time(&boot->time);
	put_start(r, m, loaded);
	if (rec.w.err)
		return fail(EXIT_MVM, "--record %s: cannot write it: %s; %s", rec.path,
			    strerror(rec.w.err), taken_away());
	r->service->dispatch = record_dispatch;
	r->hooks = &hooks;
	return 0;
}

void record_stop(int status, bool by_time)
{
	struct record_stop s = {
		.how = by_time ? RECORD_BY_TIME : RECORD_BY_GUEST, .status = status,
	};

	/* A signal may have come in the middle of writing: then it ends where the file does. */
	if (!rec.path || rec.busy)
		return;
	put_event(RECORD_STOP, &s, sizeof(s), 0);
	record_flush(&rec.w);
	failed();
	rec.path = NULL;
}
