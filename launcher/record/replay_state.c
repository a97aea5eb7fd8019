/* SPDX-License-Identifier: MIT */
/*
 * The beginning of a replay: the recording is checked as a whole, and guest RAM and the model of
 * the processor become what they were.  The file is hostile; what is taken from it is the guest's
 * own, but for the sizes, which are checked here.
 */
#include <string.h>

#include "msg.h"
#include "record.h"
#include "ram.h"
#include "replay.h"

#define EVENT_MAX	(1U << 30)	/* of bytes behind the head of one */

struct replay replay;

int replay_damaged(void)
{
	return fail(EXIT_MVM, "--replay %s: the recording is damaged; record the program again",
		    replay.path);
}

bool replay_next(void)
{
	replay.there = record_get(&replay.r, &replay.next, sizeof(replay.next));
	if (replay.there && replay.next.len > EVENT_MAX) {
		replay.r.state = RECORD_DAMAGED;
		replay.there = false;
	}
	return replay.there;
}

bool replay_take(void *data, size_t len)
{
	replay.there = false;
	if (replay.next.len == len && record_get(&replay.r, data, len))
		return true;
	replay.r.state = RECORD_DAMAGED;
	return false;
}

static bool sizes_are_sane(const struct record_start *s)
{
	return s->ram_present >= MVM_GPA_APP + MVM_LARGE_SIZE && s->ram_present <= s->ram_max &&
	       s->ram_max <= MVM_LINEAR_MAX && !(s->ram_present % MVM_LARGE_SIZE) &&
	       !(s->ram_max % MVM_LARGE_SIZE) && s->free_gpa <= s->ram_present &&
	       !(s->free_gpa % MVM_PAGE_SIZE) && s->cpu.ncpuid <= CPU_CPUID_MAX &&
	       !s->version[sizeof(s->version) - 1] && !s->program[sizeof(s->program) - 1];
}

static int read_start(void)
{
	struct record_start *s = &replay.start;

	if (!replay_next() || replay.next.type != RECORD_START || !replay_take(s, sizeof(*s)))
		return replay_damaged();
	if (s->abi_major != MVM_ABI_MAJOR || s->abi_minor > MVM_ABI_MINOR)
		return fail(EXIT_MVM, "--replay %s: was recorded by mvm %.31s, whose guests speak "
			    "another ABI (%u.%u); replay it with that one", replay.path,
			    s->version, s->abi_major, s->abi_minor);
	return sizes_are_sane(s) ? 0 : replay_damaged();
}

static int read_ram(const struct guest_ram *ram)
{
	while (replay_next() && replay.next.type == RECORD_PAGES)
		if (!replay_ram_take(ram, replay.start.free_gpa))
			return replay_damaged();
	if (!replay.there || replay.next.type != RECORD_READY || !replay_take(NULL, 0))
		return replay_damaged();
	return 0;
}

/* Was the memory that was recorded that of a guest at its start? */
static int find_guest(const struct guest_ram *ram, struct loaded *out)
{
	const struct mvm_rt_header *rt = (const void *)(ram->hva + MVM_GPA_RT_TEXT);
	struct mvm_boot *boot = (void *)(ram->hva + MVM_GPA_BOOT);

	if (rt->magic != MVM_ABI_MAGIC || boot->magic != MVM_ABI_MAGIC ||
	    rt->text_size > MVM_RT_TEXT_MAX || boot->nsegments > MVM_SEGMENTS_MAX)
		return replay_damaged();
	replay.boot = *boot;
	out->rt = rt;
	out->boot = boot;
	return 0;
}

static int check_cpu(struct cpu_model *m)
{
	const char *lacking = cpu_model_lacks(m, &replay.start.cpu);

	if (!lacking)
		return 0;
	return fail(EXIT_MVM, "--replay %s: was recorded on a processor with %s, which this one "
		    "lacks; replay it on one like that", replay.path, lacking);
}

int replay_load(struct plan *plan, int fd, struct vm *vm, struct cpu_model *m, struct loaded *out)
{
	const char *why;
	int status;

	replay.path = plan->replay;
	cpu_model_init(m);
	why = record_open(&replay.r, fd);
	if (why)
		return fail(EXIT_MVM, "--replay %s: %s", replay.path, why);
	if (!record_verify(&replay.r))
		return replay_damaged();
	status = read_start();
	if (!status)
		status = check_cpu(m);
	if (status)
		return status;
	*m = replay.start.cpu;
	/* What the guest does not know of must not be enforced. */
	vm->mem_exec &= !!replay.start.mem_exec;
	plan->program = replay.start.program;
	plan->mem = replay.start.ram_max;
	if (vm_reserve_ram(vm, plan) < 0)
		return EXIT_MVM;
	status = replay_ram_init(vm->ram.max);
	if (status)
		return fail(EXIT_MVM, "--replay %s: no memory to remember where pages are: %s",
			    replay.path, strerror(-status));
	vm->ram.present = replay.start.ram_present;
	status = read_ram(&vm->ram);
	return status ? status : find_guest(&vm->ram, out);
}
