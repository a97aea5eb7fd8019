/* SPDX-License-Identifier: MIT */
/*
 * From the launcher's register state to the application's first instruction.
 */
#include "asm.h"
#include "debug.h"
#include "fs/fs.h"
#include "mm/mm.h"
#include "rt.h"
#include "sched/ready.h"
#include "sys/exec.h"
#include "sys/sys.h"
#include "upcall.h"

extern char rt_boot_stack_top[];

static struct thread first_thread = {
	.stack_top = (u64)rt_boot_stack_top,
	.tid = 1,
};

struct rt_cpu rt_cpu = { .running = &first_thread };

const struct mvm_boot *const boot = (const struct mvm_boot *)(MVM_VA_LINEAR + MVM_GPA_BOOT);

#define SAME(a, b) _Static_assert((a) == (b), "asm.h: " #a)
SAME(ASM_RT_STACK_SIZE, RT_STACK_SIZE);
SAME(REGS_R10, offsetof(struct regs, r10));
SAME(REGS_R9, offsetof(struct regs, r9));
SAME(REGS_R8, offsetof(struct regs, r8));
SAME(REGS_RAX, offsetof(struct regs, rax));
SAME(REGS_RDX, offsetof(struct regs, rdx));
SAME(REGS_RSI, offsetof(struct regs, rsi));
SAME(REGS_RDI, offsetof(struct regs, rdi));
SAME(REGS_RIP, offsetof(struct regs, rip));
SAME(REGS_RFLAGS, offsetof(struct regs, rflags));
SAME(REGS_RSP, offsetof(struct regs, rsp));
SAME(REGS_SIZE, sizeof(struct regs));
SAME(THREAD_STACK_TOP, offsetof(struct thread, stack_top));
SAME(THREAD_ENTRY, offsetof(struct thread, entry));
SAME(THREAD_REGS, offsetof(struct thread, regs));
SAME(ASM_ENTRY_CALL, ENTRY_CALL);
SAME(ASM_ENTRY_TRAP, ENTRY_TRAP);
SAME(ASM_ENTRY_UPCALL, ENTRY_UPCALL);
SAME(CPU_CURRENT, offsetof(struct rt_cpu, running));
SAME(CPU_SCRATCH, offsetof(struct rt_cpu, scratch));
SAME(offsetof(struct mvm_thread, stack_top), offsetof(struct thread, stack_top));
SAME(offsetof(struct mvm_thread, regs), offsetof(struct thread, regs));
_Static_assert(sizeof(struct mvm_trace) <= MVM_TRACE_MAX, "the trace's area");
_Static_assert(sizeof(struct mvm_sqe) == 64 && sizeof(struct mvm_cqe) == 32, "ring entries");

void rt_start(void)
{
	struct regs r = {
		.cs = MVM_SEL_USER_CS,
		.ss = MVM_SEL_USER_DS,
		.rflags = MVM_RFLAGS_INIT,
	};

	if (boot->magic != MVM_ABI_MAGIC || boot->abi_major != MVM_ABI_MAJOR)
		rt_panic("the launcher speaks ABI %u, the runtime %u", boot->abi_major,
			 MVM_ABI_MAJOR);
	mm_init();
	program_init();
	sys_init();
	fs_init();
	ready_init();
	if (IS_ENABLED(CONFIG_ROOT) && !program.entry)
		exec_load();
	r.rip = program.entry;
	r.rsp = stack_build();
	if (debug_on())
		debug_start(&r);
	rt_resume(&r);
}
