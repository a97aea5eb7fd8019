/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MVM_GET_STATS: a VM's counters, summed over its vCPUs.  Counting itself is mvm_count().
 */
#include <linux/uaccess.h>

#include "core.h"

#define NCOUNTERS	(sizeof(struct mvm_stats) / sizeof(u64))

/*
 * A vCPU's counters are read while it counts: each is a whole number of its own, and the sum is
 * of about one moment, which is what a statistic needs.
 */
long mvm_stats_get(struct mvm_vm *vm, struct mvm_stats __user *arg)
{
	u64 sum[NCOUNTERS];
	u64 size;
	unsigned int i, j, n;

	if (get_user(size, &arg->size))
		return -EFAULT;
	if (size < sizeof(u64))
		return -EINVAL;
	size = min_t(u64, size, sizeof(sum));

	memcpy(sum, &vm->stats, sizeof(sum));
	n = smp_load_acquire(&vm->nvcpus);
	for (i = 0; i < n; i++) {
		const u64 *counters = (const u64 *)&vm->vcpus[i]->stats;

		for (j = 1; j < NCOUNTERS; j++)
			sum[j] += READ_ONCE(counters[j]);
	}
	sum[0] = size;
	return copy_to_user(arg, sum, size) ? -EFAULT : 0;
}
