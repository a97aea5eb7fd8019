/* SPDX-License-Identifier: MIT */
/*
 * Signals that mvm is sent, outside of the VM, and passes on.  The host is told which when the
 * application first cares for one, and not when it ceases to: a signal that is passed on after that
 * does here what it does by default, which is what the host would do, and then does.
 */
#include "sys/hostsig.h"

#include "sys/signal.h"

void hostsig_wants(u64 set)
{
	static u32 told;
	u32 wanted = told | ((u32)set & MVM_SIGNALS);
	struct mvm_sqe e = { .op = MVM_OP_SIGNALS, .arg = wanted };

	if (wanted == told)
		return;
	hyper(&e, NULL);
	told = wanted;
}

/* As from another process, whose number means nothing here: signal(7) has 0 then. */
void hostsig_collect(void)
{
	struct ksiginfo info = { .code = SI_USER };
	u32 set;

	if (!__atomic_load_n(&hyper_ring->signals, __ATOMIC_RELAXED))
		return;
	set = __atomic_exchange_n(&hyper_ring->signals, 0, __ATOMIC_ACQUIRE);
	for (info.signo = 1; set; info.signo++, set >>= 1)
		if (set & 1)
			signal_queue(&sig_shared, &info);
}
