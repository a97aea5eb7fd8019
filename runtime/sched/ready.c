/* SPDX-License-Identifier: MIT */
/* The ready point, and what a clone does first: see ready.h. */
#include "sched/ready.h"

#include <mvm.h>

#include "fs/vfs.h"
#include "mm/mm.h"
#include "sched/hostfd.h"
#include "sched/sched.h"
#include "sys/clock.h"
#include "sys/exec.h"
#include "sys/random.h"
#include "sys/sys.h"
#include "sys/syscalls.h"

bool ready_wanted;

static bool asked;
static u64 generation;		/* the program may know its address */

void ready_init(void)
{
	ready_wanted = boot->flags & MVM_BOOT_READY;
}

static bool awaited(struct hostfd *const *watched, u32 n, u32 handle)
{
	return handle < n && watched[handle] && !waitq_empty(&watched[handle]->q);
}

static bool listener_awaited(struct hostfd *const *watched, u32 n)
{
	const struct mvm_grant *g = (const void *)((const u8 *)boot + boot->grants_off);

	for (u32 i = 0; i < boot->ngrants; i++)
		if (g[i].kind == MVM_KIND_LISTENER && awaited(watched, n, (u32)g[i].handle))
			return true;
	return false;
}

u32 ready_before(struct hostfd *const *watched, u32 n)
{
	u32 why = asked ? MVM_READY_ASKED :
		  awaited(watched, n, 0) ? MVM_READY_STDIN :
		  listener_awaited(watched, n) ? MVM_READY_LISTENER : 0;

	if (!why)
		return 0;
	/* The tree is made when it is first needed: by a clone, most likely; now all have it. */
	root_dir();
	return sched_park() ? why : 0;
}

/*
 * What was random before is known to every clone: the generator starts anew, and so do the bytes of
 * AT_RANDOM, which programs take keys from.
 */
static void become_clone(void)
{
	u8 fresh[16];

	generation = boot->generation;
	rt_find_fsgsbase(true);
	random_init((u8 *)boot->random);
	random_bytes(fresh, sizeof(fresh));
	/* A program that has unmapped its first stack has no use for them. */
	if (program.random_at)
		copy_to_user(program.random_at, fresh, sizeof(fresh));
	memset(fresh, 0, sizeof(fresh));
	clock_continue();
	if (IS_ENABLED(CONFIG_SERVE) && boot->flags & MVM_BOOT_INETD)
		stream_inetd();
}

bool ready_after(void)
{
	bool clone = boot->generation != generation;

	ready_wanted = false;
	if (clone)
		become_clone();
	sched_unpark();
	return clone;
}

/* mvm_ready() of <mvm.h> */
long sys_mvm_ready(void)
{
	if (!ready_wanted)
		return 0;
	asked = true;
	hostfd_idle(0);
	return 0;
}

/* mvm_generation() */
long sys_mvm_generation(void)
{
	return (long)&generation;
}
