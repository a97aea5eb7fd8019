/* SPDX-License-Identifier: MIT */
/* From the command line to the command. */
#include <stdint.h>
#include <sys/mman.h>
#include "doctor.h"
#include "msg.h"
#include "options/options.h"
#include "pack/appliance.h"
#include "pack/pack.h"
#include "serve/serve.h"
#include "snapshot/snap.h"
#include "start.h"
#include "stats.h"
#include "usage.h"

#define PAGE	4096UL

/*
 * A kernel that is set to use huge pages for everything (Debian's is) would zero 2 MiB for each
 * variable that is touched, of some 20 MiB that only few runs use.
 */
static void small_pages(void)
{
	extern char __bss_start[], _end[];
	uintptr_t from = ((uintptr_t)__bss_start + PAGE - 1) & -PAGE;

	madvise((void *)from, (uintptr_t)_end - from, MADV_NOHUGEPAGE);
}

int main(int argc, char **argv)
{
	static struct stats stats;
	static struct plan plan;
	int status;

	small_pages();
	stats_begin(&stats);
	if (appliance_here())
		return appliance_main(argc, argv, &plan, &stats);
	status = plan_parse(argc, argv, &plan);
	if (status)
		return status;
	stats_stage(&stats, STAGE_OPTIONS);
	switch (plan.command) {
	case PLAN_RUN:
		return start(&plan, &stats);
	case PLAN_SERVE:
		return IS_ENABLED(CONFIG_SERVE) ? serve(&plan) : EXIT_MVM;
	case PLAN_SNAPSHOT:
		return snap_make(&plan, &stats);
	case PLAN_PACK:
		return pack(&plan);
	case PLAN_INSPECT:
		return inspect(&plan);
	case PLAN_UNPACK:
		return unpack(&plan);
	case PLAN_DOCTOR:
		return doctor(&plan);
	default:
		return usage(&plan);
	}
}
