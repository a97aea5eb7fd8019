/* SPDX-License-Identifier: MIT */
/* Follows struct mvm_debug.  See guest_info.h. */
#include "guest_info.h"

#include <errno.h>
#include <string.h>

static bool fetch(const struct guest *g, uint64_t va, void *to, uint64_t len)
{
	return guest_read(g, va, to, len) == len;
}

bool guest_debug(const struct guest *g, struct mvm_debug *d)
{
	if (!g->debug || !fetch(g, g->debug, d, sizeof(*d)) || d->size != sizeof(*d))
		return false;
	if (d->fpu_size < GUEST_FPU_MIN || d->fpu_size > GUEST_FPU_MAX)
		d->fpu_size = 0;
	return true;
}

static bool read_thread(const struct guest *g, const struct mvm_debug *d, uint64_t va,
			struct guest_thread *t)
{
	uint64_t sig = 0;
	uint32_t state;

	*t = (struct guest_thread){ .va = va };
	if (!fetch(g, va + d->tid, &t->tid, sizeof(t->tid)) ||
	    !fetch(g, va + d->asleep, &state, sizeof(state)) ||
	    !fetch(g, va + d->regs, &t->regs, sizeof(t->regs)) ||
	    !fetch(g, va + d->fpu, &t->fpu, sizeof(t->fpu)) ||
	    !fetch(g, va + d->fs_base, &t->fs_base, sizeof(t->fs_base)) ||
	    !fetch(g, va + d->gs_base, &t->gs_base, sizeof(t->gs_base)) ||
	    !fetch(g, va + d->name, t->name, sizeof(t->name)))
		return false;
	t->asleep = state == MVM_DEBUG_ASLEEP;
	t->name[sizeof(t->name) - 1] = '\0';
	if (fetch(g, va + d->sig, &sig, sizeof(sig)) && sig)
		fetch(g, sig + d->sig_blocked, &t->blocked, sizeof(t->blocked));
	return true;
}

unsigned int guest_threads(const struct guest *g, const struct mvm_debug *d,
			   struct guest_thread *out, unsigned int max)
{
	uint64_t va = 0, running = 0;
	unsigned int n = 0, seen;

	fetch(g, d->threads, &va, sizeof(va));
	fetch(g, d->running, &running, sizeof(running));
	/* A number that is none is passed over, but counts: the list may go round. */
	for (seen = 0; va && seen < max && read_thread(g, d, va, &out[n]); seen++) {
		if (out[n].va == running) {
			out[n].running = true;
			out[n].fpu = d->fpu_now;
		}
		if (!fetch(g, va + d->next, &va, sizeof(va)))
			va = 0;
		if (out[n].tid > 0)
			n++;
	}
	return n;
}

int guest_regs(const struct guest *g, const struct guest_thread *t, struct mvm_regs *r)
{
	return t->regs && fetch(g, t->regs, r, sizeof(*r)) ? 0 : -EFAULT;
}

#define FCW_OFFSET	0
#define MXCSR_OFFSET	24

void guest_fpu(const struct guest *g, const struct mvm_debug *d, const struct guest_thread *t,
	       struct guest_fpu *f)
{
	uint64_t area = t->running ? t->fpu : t->fpu + d->fpu_area;
	uint8_t whole = t->running;

	*f = (struct guest_fpu){ .size = 0 };
	if (!t->fpu || !d->fpu_size)
		return;
	if (!whole && !fetch(g, t->fpu + d->fpu_whole, &whole, sizeof(whole)))
		return;
	f->whole = whole;
	if (whole ? !fetch(g, area, f->area, d->fpu_size) :
		    !fetch(g, t->fpu + d->fpu_fcw, f->area + FCW_OFFSET, 2) ||
		    !fetch(g, t->fpu + d->fpu_mxcsr, f->area + MXCSR_OFFSET, 4))
		return;
	f->size = d->fpu_size;
}
