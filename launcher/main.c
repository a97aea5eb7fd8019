/* SPDX-License-Identifier: MIT */
/*
 * mvm run, stage by stage: options, grants, privileges, load, VM, filter, run.  One thread does it
 * all: creating the VM beside the rest was tried and gained nothing, for both change the same
 * address space, and waking a thread on a processor that sleeps costs what is won.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "confine.h"
#include "cpu.h"
#include "doctor.h"
#include "embed.h"
#include "finish.h"
#include "grants.h"
#include "load.h"
#include "msg.h"
#include "options.h"
#include "poller.h"
#include "run.h"
#include "service.h"
#include "stats.h"
#include "tick.h"
#include "usage.h"
#include "vm.h"

static struct vm vm = { .dev_fd = -1, .vm_fd = -1, .vcpu_fd = -1 };
static struct service service;
static struct stats stats;
static struct grants grants;
static struct plan plan;

static struct cpu_model model;
static struct loaded loaded;

static struct stats *counted(void)
{
	return plan.stats ? &stats : NULL;
}

/* All that needs a privilege or a name: files, and the rules that follow from them. */
static int grant(struct run *r)
{
	int status = grants_open(&plan, &service.handles, &grants);

	if (status)
		return status;
	embed_open();
	stats_stage(counted(), STAGE_GRANTS);
	r->stats_fd = grants.stats_fd;
	r->confinement = confine_plan(&plan, &grants, &service.handles, vm.mem_exec);
	if (!r->confinement || confine_compile(r->confinement) < 0 ||
	    vm_reserve_ram(&vm, &plan) < 0)
		return EXIT_MVM;
	return 0;
}

/* The program is read when nothing is left that a mistake in reading it could abuse. */
static int load_program(void)
{
	int status = load(&plan, &grants, &service.handles, &vm.ram, &loaded);

	stats_stage(counted(), STAGE_LOAD);
	return status;
}

static int make_vm(void)
{
	if (vm_create(&vm) < 0 || vm_add_ram(&vm) < 0 ||
	    vm_protect(&vm, loaded.rt, loaded.boot) < 0 || vm_create_vcpu(&vm) < 0)
		return EXIT_MVM;
	stats_stage(counted(), STAGE_VM);
	cpu_model_init(&model);
	if (vm_setup(&vm, &model, loaded.rt, loaded.boot) < 0 || watch_init() || tick_init(&vm))
		return EXIT_MVM;
	stats_stage(counted(), STAGE_SETUP);
	return 0;
}

static int show_confinement(void)
{
	struct confinement *c;
	int status = grants_open(&plan, &service.handles, &grants);

	if (status)
		return status;
	c = confine_plan(&plan, &grants, &service.handles, vm_offers_exec(&plan));
	if (!c)
		return EXIT_MVM;
	confine_print(c, stdout);
	return fflush(stdout) == 0 ? 0 : EXIT_MVM;
}

static int run_program(void)
{
	struct run r = { .plan = &plan, .vm = &vm, .service = &service, .stats = counted() };
	int status;

	status = grants_begin(&plan, &grants);
	if (status)
		return status;
	if (plan.show_confinement)
		return show_confinement();
	if (vm_open(&vm, &plan) < 0)
		return EXIT_MVM;
	status = grant(&r);
	if (status)
		return status;
	service_init(&service, &vm, counted());
	service.verbose = plan.verbose;
	service.connects = plan.connects;
	service.nconnects = plan.nconnects;
	if (confine_privileges(r.confinement) < 0 || run_start_poller(&r))
		return EXIT_MVM;
	status = load_program();
	if (!status)
		status = make_vm();
	if (status)
		return status;
	confine_close_others(r.confinement);
	finish_arm(&r);
	poller_wait();
	if (confine_filter(r.confinement) < 0)
		return EXIT_MVM;
	stats_stage(counted(), STAGE_CONFINE);
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
