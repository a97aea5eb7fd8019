/* SPDX-License-Identifier: MIT */
/*
 * Where the host enforces W^X of frames (MVM_BOOT_EXEC): it starts with what the program's segments
 * say, and most programs never want anything else.  The first time that one maps memory to be
 * executed, or changes its own text, the host is asked to leave the application's frames to the
 * page tables, whose W^X is mmap.c's.  The runtime's own text stays what it is.
 */
#include "mm/mm.h"
#include "mm/space.h"
#include "sys/site.h"

static u64 asked;			/* frames below this GPA are left to the page tables */

static void ask(u64 from, u64 end)
{
	struct mvm_sqe e;

	memset(&e, 0, sizeof(e));
	e.op = MVM_OP_MEM_EXEC;
	e.addr.v = from;
	e.len = end - from;
	e.arg = MVM_FRAMES_RWX;
	if (hyper_kick(&e, NULL) == 0)
		asked = end;
}

void exec_wanted(void)
{
	if (unlikely(boot->flags & MVM_BOOT_EXEC) && !asked)
		ask(MVM_GPA_APP, frames_ram());
}

void exec_changes(u64 start, u64 end)
{
	const struct vma *v;
	bool any = false;

	for (v = vma_find(start); v && v->start < end; v = v->next)
		any |= v->prot & MVM_PROT_EXEC;
	if (!any)
		return;
	exec_wanted();
	if (IS_ENABLED(CONFIG_TRAP))
		site_undo(start, end);
}

void exec_grown(u64 end)
{
	if (asked && asked < end)
		ask(asked, end);
}
