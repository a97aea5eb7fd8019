/* SPDX-License-Identifier: MIT */
/*
 * Resource limits.  RLIMIT_NOFILE is enforced by fs/, RLIMIT_SIGPENDING by the signal queue;
 * the others are kept for the program to read back, because what bounds a VM is --mem.
 */
#include <linux/capability.h>
#include <linux/resource.h>

#include "fs/fs.h"
#include "mm/mm.h"
#include "sys/about.h"
#include "sys/creds.h"
#include "sys/process.h"
#include "sys/syscalls.h"
#include "sys/system.h"

#define UNLIMITED	(~0UL)
#define SIGPENDING_MAX	4096UL
#define MEMLOCK_MAX	(8 * 1024 * 1024UL)
#define MQ_BYTES	819200UL
#define CORE_SOFT	0UL

static struct rlimit64 limits[RLIM_NLIMITS];

void limits_init(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		limits[i] = (struct rlimit64){ UNLIMITED, UNLIMITED };
	limits[RLIMIT_STACK].rlim_cur = boot->stack_size;
	limits[RLIMIT_CORE].rlim_cur = CORE_SOFT;
	limits[RLIMIT_NOFILE] = (struct rlimit64){ FS_NOFILE_SOFT, FS_NOFILE_HARD };
	limits[RLIMIT_SIGPENDING] = (struct rlimit64){ SIGPENDING_MAX, SIGPENDING_MAX };
	limits[RLIMIT_MEMLOCK] = (struct rlimit64){ MEMLOCK_MAX, MEMLOCK_MAX };
	limits[RLIMIT_MSGQUEUE] = (struct rlimit64){ MQ_BYTES, MQ_BYTES };
	limits[RLIMIT_NICE] = (struct rlimit64){ 0, 0 };
	limits[RLIMIT_RTPRIO] = (struct rlimit64){ 0, 0 };
}

u64 limit_soft(int which)
{
	return limits[which].rlim_cur;
}

u64 about_limit(u32 which, u64 *hard)
{
	if (hard)
		*hard = limits[which].rlim_max;
	return limits[which].rlim_cur;
}

static long set_limit(u32 which, const struct rlimit64 *new)
{
	struct rlimit64 *old = &limits[which];

	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > FS_NOFILE_HARD)
		return -EPERM;
	if (new->rlim_max > old->rlim_max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	*old = *new;
	if (which == RLIMIT_NOFILE)
		fs_nofile = (u32)new->rlim_cur;
	return 0;
}

long sys_prlimit64(u64 pid, u64 which, u64 new, u64 old)
{
	struct rlimit64 n, o;
	long err;

	if ((u32)which >= RLIM_NLIMITS)
		return -EINVAL;
	if (new && copy_from_user(&n, new, sizeof(n)))
		return -EFAULT;
	if (!pid_is_self(pid))
		return -ESRCH;
	o = limits[(u32)which];
	if (new) {
		err = set_limit((u32)which, &n);
		if (err)
			return err;
	}
	if (old && copy_to_user(old, &o, sizeof(o)))
		return -EFAULT;
	return 0;
}

long sys_getrlimit(u64 which, u64 buf)
{
	if ((u32)which >= RLIM_NLIMITS)
		return -EINVAL;
	return copy_to_user(buf, &limits[(u32)which], sizeof(limits[0]));
}

long sys_setrlimit(u64 which, u64 buf)
{
	struct rlimit64 n;

	if (copy_from_user(&n, buf, sizeof(n)))
		return -EFAULT;
	if ((u32)which >= RLIM_NLIMITS)
		return -EINVAL;
	return set_limit((u32)which, &n);
}
