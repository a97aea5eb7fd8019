/* SPDX-License-Identifier: MIT */
/*
 * Requests about the VM itself: its end, its memory, time, randomness, what it has to say.
 *
 * Needs (system calls, under every set of grants):
 *	write(2, ...)			LOG, through msg.c
 *	ppoll				LOG: a full pipe at standard error loses the line
 *					instead of stopping the VM
 *	getrandom(*, <= 256, GRND_NONBLOCK)	RANDOM
 *	madvise(in guest RAM, *, MADV_DONTNEED)	MEM_RELEASE
 * and what vm_time(), vm_grow() and vm_set_exec() need.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"
#include "kvm.h"
#include "msg.h"
#include "stats.h"
#include "svc.h"

#define LOG_MAX		400U		/* bytes of a line; the rest is dropped */
#define RANDOM_MAX	256U

int64_t svc_nop(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	(void)s;
	(void)e;
	(void)out;
	return 0;
}

int64_t svc_exit(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	const struct handle *h = handle_get(&s->handles, e->handle);
	struct ending *end = &s->ending;

	(void)out;
	if (e->arg & MVM_EXIT_BEHIND && h && h->came_short)
		return -EAGAIN;
	end->ended = true;
	end->status = e->arg & 0xff;
	end->signo = e->len2 <= 64 ? (int)e->len2 : 0;
	end->has_crash = end->signo && e->len >= sizeof(end->crash) &&
			 !gate_copy_in(s->ram, &end->crash, e->addr, sizeof(end->crash));
	return 0;
}

static bool stderr_ready(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	struct timespec now = { 0, 0 };

	return ppoll(&p, 1, &now, NULL) == 1;
}

int64_t svc_log(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	char line[LOG_MAX + 1];
	size_t len = e->len < LOG_MAX ? e->len : LOG_MAX;

	(void)out;
	if (e->arg > 1)
		return -EINVAL;
	if (!e->arg && !s->verbose)
		return 0;
	if (gate_copy_in(s->ram, line, e->addr, len))
		return -EFAULT;
	while (len && line[len - 1] == '\n')
		len--;
	line[len] = '\0';
	/* msg.c lets no control character through to somebody's terminal. */
	if (stderr_ready())
		warn("guest: %s", line);
	return 0;
}

int64_t svc_time(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct mvm_time t;
	int err = vm_time(s->vm, &t);

	(void)out;
	return err ? err : gate_copy_out(s->ram, e->addr, e->len, &t, sizeof(t));
}

int64_t svc_random(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	void *to;

	(void)out;
	if (e->len > RANDOM_MAX)
		return -EINVAL;
	to = gate(s->ram, e->addr, e->len);
	if (!to)
		return -EFAULT;
	return UNINTERRUPTED(getrandom(to, e->len, GRND_NONBLOCK));
}

int64_t svc_mem_grow(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	int err;

	if (!e->arg || e->arg % MVM_LARGE_SIZE)
		return -EINVAL;
	if (e->arg > s->ram->max - s->ram->present)
		return -ENOMEM;
	err = vm_grow(s->vm, e->arg);
	if (err)
		return err;
	out[0] = s->ram->present;
	if (s->stats)
		s->stats->grown_bytes += e->arg;
	return 0;
}

/*
 * Anonymous memory is given back.  Below anon_from lie private mappings of the program's file or of
 * a snapshot, where MADV_DONTNEED would bring the file's bytes back: those are overwritten, and
 * stay.  A clone's memory is the device's.
 */
int64_t svc_mem_release(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	uint64_t end = e->addr.v + e->len, anon = s->anon_from;
	uint8_t *p = gate(s->ram, e->addr, e->len);

	(void)out;
	if (!p)
		return -EFAULT;
	if (e->addr.v % MVM_PAGE_SIZE || e->len % MVM_PAGE_SIZE)
		return -EINVAL;
	if (s->vm->cloned)
		return kvm_zero(s->vm->vm_fd, e->addr.v, e->len);
	if (e->addr.v < anon) {
		uint64_t low = (end < anon ? end : anon) - e->addr.v;

		memset(p, 0, low);
		p += low;
	}
	if (end > anon || e->addr.v >= anon) {
		uint64_t high = end - (e->addr.v > anon ? e->addr.v : anon);

		if (high && madvise(p, high, MADV_DONTNEED))
			return -errno;
		if (s->stats)
			s->stats->released_bytes += high;
	}
	return 0;
}

/* Frames of the ABI's own areas and of the runtime's text stay as they are for the VM's life. */
int64_t svc_mem_exec(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	static const uint32_t modes[] = {
		[MVM_FRAMES_RW] = MVM_EXEC_NX,
		[MVM_FRAMES_RX] = MVM_EXEC_RX,
		[MVM_FRAMES_RWX] = MVM_EXEC_RWX,
	};

	(void)out;
	if (e->arg > MVM_FRAMES_RWX || !e->len || e->addr.v % MVM_PAGE_SIZE ||
	    e->len % MVM_PAGE_SIZE)
		return -EINVAL;
	if (!gate(s->ram, e->addr, e->len))
		return -EFAULT;
	if (e->addr.v < MVM_GPA_APP)
		return -EPERM;
	return vm_set_exec(s->vm, e->addr.v, e->len, modes[e->arg]);
}

/* The guest itself names it for -v (sys/dispatch.c). */
int64_t svc_missing(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	unsigned int nr = e->arg < 511 ? (unsigned int)e->arg : 511;

	(void)out;
	if (s->stats)
		s->stats->missing[nr] += e->len ? e->len : 1;
	return 0;
}
