/* SPDX-License-Identifier: MIT */
/* What a core dump tells of a process beyond its memory: see launcher/core/core.c. */
#include "debug.h"

#include "fs/proc.h"
#include "mm/mm.h"
#include "sys/sigqueue.h"

void debug_crash(const struct regs *r, int signo, int code, u64 addr)
{
	struct ksiginfo info = { .signo = signo, .code = code, .fault.addr = addr };
	char *text = NULL;
	/* Without the list the launcher looks at the page tables. */
	long len = IS_ENABLED(CONFIG_PROC) ? proc_maps(NULL, &text) : 0;

	current->regs = (struct regs *)r;
	memcpy(rt_debug.siginfo, &info, sizeof(rt_debug.siginfo));
	debug_save();
	rt_debug.tid_stopped = current->tid;
	rt_debug.maps = len > 0 ? (u64)text : 0;
	rt_debug.maps_len = len > 0 ? (u64)len : 0;
	rt_debug.why = MVM_STOP_CRASH;
}
