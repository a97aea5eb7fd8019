/* SPDX-License-Identifier: MIT */
/*
 * mvm run, stage by stage: grants, privileges, load, VM, filter, run.  One thread does it
 * all: creating the VM beside the rest was tried and gained nothing, for both change the same
 * address space, and waking a thread on a processor that sleeps costs what is won.
 */
#include "confine.h"
#include "cpu.h"
#include "embed.h"
#include "finish.h"
#include "grants.h"
#include "load.h"
#include "msg.h"
#include "poller.h"
#include "record.h"
#include "run.h"
#include "service.h"
#include "start.h"
#include "tick.h"
#include "vm.h"

static struct vm vm = { .dev_fd = -1, .vm_fd = -1, .vcpu_fd = -1 };
static struct service service;
static struct grants grants;
static struct plan *plan;

static struct cpu_model model;
static struct loaded loaded;

/* All that needs a privilege or a name: files, and the rules that follow from them. */
static int grant(struct run *r)
{
	int status = grants_open(plan, &service.handles, &grants);

	if (status)
		return status;
	embed_open();
	stats_stage(r->stats, STAGE_GRANTS);
	r->stats_fd = grants.stats_fd;
	r->confinement = confine_plan(plan, &grants, &service.handles, vm.mem_exec);
	return r->confinement && confine_compile(r->confinement) == 0 ? 0 : EXIT_MVM;
}

/* The program is read when nothing is left that a mistake in reading it could abuse. */
static int load_program(struct run *r)
{
	int status = EXIT_MVM;

	if (plan->replay)
		status = replay_load(plan, grants.record_fd, &vm, &model, &loaded);
	else if (vm_reserve_ram(&vm, plan) == 0)
		status = load(plan, &grants, &service.handles, &vm.ram, &loaded);
	if (!status)
		service_init(&service, &vm, r->stats);
	stats_stage(r->stats, STAGE_LOAD);
	return status;
}

static int make_vm(struct run *r)
{
	if (vm_create(&vm) < 0 || vm_add_ram(&vm) < 0 ||
	    vm_protect(&vm, loaded.rt, loaded.boot) < 0 || vm_create_vcpu(&vm) < 0)
		return EXIT_MVM;
	stats_stage(r->stats, STAGE_VM);
	record_model(plan, &model);
	if (vm_setup(&vm, &model, loaded.rt, loaded.boot) < 0 || watch_init() || tick_init(&vm))
		return EXIT_MVM;
	stats_stage(r->stats, STAGE_SETUP);
	return 0;
}

static int show_confinement(void)
{
	struct confinement *c;
	int status = grants_open(plan, &service.handles, &grants);

	if (status)
		return status;
	c = confine_plan(plan, &grants, &service.handles, vm_offers_exec(plan));
	if (!c)
		return EXIT_MVM;
	confine_print(c, stdout);
	return fflush(stdout) == 0 ? 0 : EXIT_MVM;
}

static int run_program(struct stats *counted)
{
	struct run r = { .plan = plan, .vm = &vm, .service = &service, .stats = counted };
	int status;

	status = grants_begin(plan, &grants);
	if (!status)
		status = record_open_file(plan, &grants.record_fd);
	if (status)
		return status;
	if (plan->show_confinement)
		return show_confinement();
	if (vm_open(&vm, plan) < 0)
		return EXIT_MVM;
	status = grant(&r);
	if (status)
		return status;
	service.verbose = plan->verbose;
	service.connects = plan->connects;
	service.nconnects = plan->nconnects;
	if (confine_privileges(r.confinement) < 0 || run_start_poller(&r))
		return EXIT_MVM;
	status = load_program(&r);
	if (!status)
		status = make_vm(&r);
	if (!status)
		status = record_start(&r, grants.record_fd, &model, loaded.boot);
	if (status)
		return status;
	confine_close_others(r.confinement);
	finish_arm(&r);
	poller_wait();
	if (confine_filter(r.confinement) < 0)
		return EXIT_MVM;
	stats_stage(r.stats, STAGE_CONFINE);
	run(&r);
}

int start(const struct plan *p, struct stats *stats)
{
	static struct plan own;		/* a replay's program is named in its recording */

	own = *p;
	plan = &own;
	stats->plan = plan;
	stats->exit_status = run_program(p->stats ? stats : NULL);
	stats_write(p->stats ? stats : NULL, grants.stats_fd, NULL, NULL);
	return stats->exit_status;
}
