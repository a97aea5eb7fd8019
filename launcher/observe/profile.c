/* SPDX-License-Identifier: MIT */
/*
 * --profile: samples of where the guest is.  A beat brings the vCPU out of KVM_RUN; its registers
 * and the chain of frame pointers from there are one stack.  In the runtime, which has no frame
 * pointers, the stack is the function that runs, the system call that it carries out, and the
 * application's from where that was made.  While the guest waits nothing is sampled: that time is
 * one frame of its own, [idle].
 *
 * Needs (system calls, confined): write to its file, ppoll; clock_gettime, timer_settime and
 * ioctl(vCPU, KVM_GET_REGS), which every VM has.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "clock.h"
#include "embed.h"
#include "guest_mem.h"
#include "kvm.h"
#include "msg.h"
#include "beat.h"
#include "observe.h"
#include "profile_int.h"
#include "service/gate.h"
#include "service/svc.h"

#define RATE_DEFAULT	997U		/* in step with nothing that happens 1000 times a second */

static struct {
	struct guest guest;
	const char *file;
	int fd;
	int vcpu;
	struct beat beat;
	uint64_t running;		/* VA of the pointer to the running thread */
	uint64_t idle_ns;
	run_enter_fn *enter;
	request_fn *wrapped[MVM_OP_MAX];
} p = { .fd = -1 };

/* ---- One sample ---------------------------------------------------------------------------- */

struct frames {
	unsigned int n;
	uint64_t f[FRAMES_MAX];
};

static void add(struct frames *s, uint64_t frame)
{
	if (s->n < FRAMES_MAX)
		s->f[s->n++] = frame;
}

static bool in_runtime(uint64_t addr)
{
	return addr >= MVM_VA_RT_TEXT && addr < MVM_VA_RT_END;
}

/*
 * The function at rip and, as rbp leads to them, its callers: at each frame pointer lie the
 * caller's and the return address (System V ABI for x86-64, 3.2.2).  Frames lie ever higher.
 */
static void walk(struct frames *s, uint64_t rip, uint64_t rbp)
{
	uint64_t pair[2];

	add(s, symbols_function(rip));
	while (s->n < FRAMES_MAX && rbp && rbp % 8 == 0 &&
	       guest_read(&p.guest, rbp, pair, sizeof(pair)) == sizeof(pair) && pair[1]) {
		add(s, symbols_function(pair[1] - 1));
		if (pair[0] <= rbp)
			break;
		rbp = pair[0];
	}
}

/* In Linux's struct pt_regs. */
enum { RBP = 4, ORIG_RAX = 15, RIP = 16, REGS = 21 };

/* The application's registers, where the runtime has saved them. */
static bool application(uint64_t regs[REGS])
{
	struct mvm_thread t;
	uint64_t running, size = REGS * sizeof(regs[0]);

	return guest_read(&p.guest, p.running, &running, sizeof(running)) == sizeof(running) &&
	       guest_read(&p.guest, running, &t, sizeof(t)) == sizeof(t) && t.regs &&
	       guest_read(&p.guest, t.regs, regs, size) == size;
}

static void sample(void)
{
	const struct mvm_boot *boot = (const void *)(p.guest.ram->hva + MVM_GPA_BOOT);
	struct frames s = { .n = 0 };
	struct kvm_regs regs;
	uint64_t app[REGS];

	if (kvm_get_regs(p.vcpu, &regs))
		return;
	p.guest.pml4 = boot->pml4_gpa;	/* of a snapshot: known when its memory is there */
	if (!in_runtime(regs.rip)) {
		walk(&s, regs.rip, regs.rbp);
	} else {
		add(&s, symbols_function(regs.rip));
		if (application(app)) {
			add(&s, app[ORIG_RAX] >> 32 ? FRAME_FAULT : FRAME_CALL(app[ORIG_RAX]));
			walk(&s, app[RIP], app[RBP]);
		}
	}
	stacks_add(s.f, s.n);
}

/* ---- Between the exit loop and the guest --------------------------------------------------- */

/* Also before: the beat may have come while the launcher worked for the guest. */
static int profiled_enter(int vcpu)
{
	int err;

	if (beat_taken(&p.beat))
		sample();
	err = p.enter(vcpu);
	if (beat_taken(&p.beat))
		sample();
	return err;
}

static int64_t profiled_request(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	uint64_t began;
	int64_t res;

	if (e->op != MVM_OP_WAIT)
		return p.wrapped[e->op](s, e, out);
	beat_pause(&p.beat);
	began = clock_ns(CLOCK_MONOTONIC);
	res = p.wrapped[e->op](s, e, out);
	p.idle_ns += clock_ns(CLOCK_MONOTONIC) - began;
	beat_go_on(&p.beat);
	return res;
}

/* The file's own name, behind the last slash of its path. */
static int file_name(struct service *s, const struct mvm_sqe *e, char name[256])
{
	uint64_t len = e->len - sizeof(struct mvm_mapped), n = len < 255 ? len : 255;
	const mvm_gpa_t at = { e->addr.v + e->len - n };
	const char *slash;

	if (gate_copy_in(s->ram, name, at, n))
		return -EFAULT;
	name[n] = '\0';
	slash = strrchr(name, '/');
	if (slash)
		memmove(name, slash + 1, strlen(slash));
	return 0;
}

int64_t svc_mapped(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	const struct handle *h = handle_get(&s->handles, e->handle);
	struct mvm_mapped map;
	char name[256];

	(void)out;
	if (p.fd < 0)
		return -ENOSYS;
	if (!h || h->kind != MVM_KIND_FILE || !(h->rights & MVM_RIGHT_READ))
		return -EBADF;
	if (e->len < sizeof(map) || e->len > sizeof(map) + MVM_PATH_MAX ||
	    e->off > INT64_MAX - h->base)
		return -EINVAL;
	if (gate_copy_in(s->ram, &map, e->addr, sizeof(map)) || file_name(s, e, name))
		return -EFAULT;
	symbols_mapped(&(struct program_at){ h->fd, h->base + e->off,
					     INT64_MAX - h->base - e->off }, &map, name);
	return 0;
}

int profile_start(struct run *r, const struct loaded *l, const struct grants *g)
{
	unsigned int hz = r->plan->profile_hz ? r->plan->profile_hz : RATE_DEFAULT;
	const struct plan_part *part = &r->plan->program_part;
	const struct program_at in = {
		g->program_fd, part->off, part->len ? part->len : INT64_MAX
	};

	p.guest.ram = &r->vm->ram;
	p.file = r->plan->profile;
	p.vcpu = r->vm->vcpu_fd;
	p.running = embed_header()->running;
	symbols_begin();
	/* What goes on from a snapshot or a recording was not loaded, and has no file. */
	if (l->boot && g->program_fd >= 0)
		symbols_load(&in, l->boot->app_bias);
	if (beat_make(&p.beat, "profile", 1000000000U / hz))
		return EXIT_MVM;
	p.enter = run_wrap(r, profiled_enter);
	ring_wrap(profiled_request, p.wrapped);
	p.fd = g->output[OUTPUT_PROFILE];
	beat_go_on(&p.beat);
	return 0;
}

void profile_end(void)
{
	if (p.fd < 0)
		return;
	if (!stacks_write(p.fd, p.idle_ns / p.beat.period_ns))
		warn("--profile %s: cannot write all of it: %s; name a file with room", p.file,
		     strerror(errno));
}
