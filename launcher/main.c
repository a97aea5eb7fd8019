/* SPDX-License-Identifier: MIT */
/*
 * mvm run, stage by stage, each finished before the next: options, grants, VM, load, confine,
 * run.  VM creation takes the kernel longer than all the rest together, so it happens on a
 * thread of its own that ends before confinement.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "confine.h"
#include "cpu.h"
#include "doctor.h"
#include "grants.h"
#include "load.h"
#include "msg.h"
#include "options.h"
#include "run.h"
#include "service.h"
#include "stats.h"
#include "usage.h"
#include "vm.h"

static struct vm vm = { .dev_fd = -1, .vm_fd = -1, .vcpu_fd = -1 };
static struct service service;
static struct stats stats;
static struct grants grants;
static struct plan plan;

static void *create_thread(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)vm_create(&vm, &plan);
}

/* What the creation of the VM does not need, done beside it. */
static int prepare(struct confinement **c, struct cpu_model *model, struct loaded *loaded)
{
	int status;

	if (vm_reserve_ram(&vm, &plan) < 0)
		return EXIT_MVM;
	status = load(&plan, &grants, &service.handles, &vm.ram, loaded);
	if (status)
		return status;
	cpu_model_init(model);
	*c = confine_plan(&plan, &grants, &service.handles);
	if (!*c || confine_compile(*c) < 0)
		return EXIT_MVM;
	return 0;
}

static int run_program(void)
{
	struct stats *counted = plan.stats ? &stats : NULL;
	struct run r = { .plan = &plan, .vm = &vm, .service = &service, .stats = counted };
	struct confinement *c;
	struct cpu_model model;
	struct loaded loaded;
	pthread_t creating;
	void *created;
	int status;

	handles_init(&service.handles);
	status = grants_open(&plan, &service.handles, &grants);
	if (status)
		return status;
	stats_stage(counted, STAGE_GRANTS);
	if (plan.show_confinement) {
		c = confine_plan(&plan, &grants, &service.handles);
		if (!c)
			return EXIT_MVM;
		confine_print(c, stdout);
		return fflush(stdout) == 0 ? 0 : EXIT_MVM;
	}
	msg_first_only = true;
	if (pthread_create(&creating, NULL, create_thread, NULL))
		return fail(EXIT_MVM, "cannot start a thread; raise the limit of processes (ulimit -u)");
	status = prepare(&c, &model, &loaded);
	stats_stage(counted, STAGE_LOAD);
	pthread_join(creating, &created);
	stats_stage(counted, STAGE_VM);
	if (status || created)
		return status ? status : EXIT_MVM;
	if (vm_setup(&vm, &model, loaded.rt, loaded.boot) < 0)
		return EXIT_MVM;
	stats_stage(counted, STAGE_SETUP);
	service_init(&service, &vm, counted);
	service.verbose = plan.verbose;
	if (confine_privileges(c) < 0)
		return EXIT_MVM;
	r.stats_fd = grants.stats_fd;
	r.confinement = c;
	run(&r);
}

int main(int argc, char **argv)
{
	int status;

	stats_begin(&stats);
	status = plan_parse(argc, argv, &plan);
	if (status)
		return status;
	stats_stage(&stats, STAGE_OPTIONS);
	switch (plan.command) {
	case PLAN_RUN:
		stats.plan = &plan;
		stats.exit_status = run_program();
		stats_write(plan.stats ? &stats : NULL, grants.stats_fd, NULL, NULL);
		return stats.exit_status;
	case PLAN_DOCTOR:
		return doctor(&plan);
	case PLAN_HELP:
	case PLAN_VERSION:
		break;
	}
	return usage(&plan);
}
