/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences, rseq(2): glibc registers an area at every start.  With one vCPU the
 * CPU number never changes; a signal or another thread's turn cuts a critical section short, and
 * then the program goes on at the section's abort address (kernel/rseq.c).
 */
#include <linux/rseq.h>

#include "mm/mm.h"
#include "sys/signal.h"
#include "sys/syscalls.h"

#define RSEQ_SIZE	32U		/* of the area in its first version, and its alignment */
#define CPU_NUMBER	0U

/* The fields of struct rseq that we touch. */
#define OFF_CPU_ID_START	0
#define OFF_CPU_ID		4
#define OFF_RSEQ_CS		8

static int write_cpu(u64 area, u32 cpu_id)
{
	const u32 start = CPU_NUMBER;

	if (put_user(start, area + OFF_CPU_ID_START) || put_user(cpu_id, area + OFF_CPU_ID))
		return -EFAULT;
	return 0;
}

static long unregister(struct sigstate *s, u64 area, u32 len, u32 flags, u32 sig)
{
	if ((flags & ~(u32)RSEQ_FLAG_UNREGISTER) || !s->rseq_area || s->rseq_area != area ||
	    s->rseq_len != len)
		return -EINVAL;
	if (s->rseq_sig != sig)
		return -EPERM;
	if (write_cpu(area, (u32)RSEQ_CPU_ID_UNINITIALIZED))
		return -EFAULT;
	s->rseq_area = 0;
	return 0;
}

long sys_rseq(u64 area, u64 len, u64 flags, u64 sig)
{
	struct sigstate *s = current->sig;

	if ((u32)flags & RSEQ_FLAG_UNREGISTER)
		return unregister(s, area, (u32)len, (u32)flags, (u32)sig);
	if ((u32)flags)
		return -EINVAL;
	if (s->rseq_area) {
		if (s->rseq_area != area || s->rseq_len != (u32)len)
			return -EINVAL;
		return s->rseq_sig == (u32)sig ? -EBUSY : -EPERM;
	}
	if ((u32)len < RSEQ_SIZE || area % RSEQ_SIZE)
		return -EINVAL;
	if (write_cpu(area, CPU_NUMBER))
		return -EFAULT;
	s->rseq_area = area;
	s->rseq_len = (u32)len;
	s->rseq_sig = (u32)sig;
	return 0;
}

/* Are the section and its abort address what they must be?  Linux: rseq_get_rseq_cs(). */
static bool valid_section(const struct rseq_cs *cs, u32 sig)
{
	u32 found;

	return cs->version == 0 && cs->abort_ip - cs->start_ip >= cs->post_commit_offset &&
	       cs->abort_ip >= sizeof(found) && !get_user(found, cs->abort_ip - sizeof(found)) &&
	       found == sig;
}

int rseq_interrupted(struct regs *r)
{
	const struct sigstate *s = current->sig;
	const u64 none = 0;
	struct rseq_cs cs;
	u64 at;

	if (likely(!s->rseq_area))
		return 0;
	if (get_user(at, s->rseq_area + OFF_RSEQ_CS))
		return -EFAULT;
	if (!at)
		return 0;
	if (copy_from_user(&cs, at, sizeof(cs)) || !valid_section(&cs, s->rseq_sig) ||
	    put_user(none, s->rseq_area + OFF_RSEQ_CS))
		return -EFAULT;
	if (r->rip - cs.start_ip < cs.post_commit_offset)
		r->rip = cs.abort_ip;
	return 0;
}
