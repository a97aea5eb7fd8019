/* SPDX-License-Identifier: MIT */
/*
 * mvm run, stage by stage: grants, privileges, load, VM, filter, run.  One thread does it
 * all, but that the polling thread, which is made anyway, compiles the filter first: 0.2 ms of
 * two.  Creating the VM beside the rest was tried and gained nothing, for both change the same
 * address space, and waking a thread on a processor that sleeps costs what is won.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "confine/confine.h"
#include "core/core.h"
#include "cpu.h"
#include "embed.h"
#include "finish.h"
#include "gdb/gdb.h"
#include "grants.h"
#include "kvm.h"
#include "load.h"
#include "msg.h"
#include "observe/observe.h"
#include "poller.h"
#include "record/record.h"
#include "run.h"
#include "service/service.h"
#include "snapshot/snap.h"
#include "start.h"
#include "tick.h"
#include "usage.h"
#include "vm.h"

static struct vm vm;
static struct service service;
static struct grants grants;
static struct plan *plan;

static struct cpu_model model;
static struct loaded loaded;
static struct snap_image snapshot;	/* --snapshot */

static bool from_snapshot(void)
{
	return IS_ENABLED(CONFIG_SNAPSHOT) && plan->snapshot;
}

static bool to_snapshot(void)
{
	return IS_ENABLED(CONFIG_SNAPSHOT) && plan->snap_out;
}

static bool on_trial(void)
{
	return IS_ENABLED(CONFIG_SNAPSHOT) && plan->trial;
}

static int open_grants(void)
{
	struct handles *t = &service.handles;
	int status = on_trial() ? snap_trial_handles(&snapshot, t) :
		     grants_open(plan, t, &grants);

	/* Who connects already is for a clone. */
	for (uint32_t i = 0; to_snapshot() && !status && i < t->used; i++)
		t->h[i].quiet = t->h[i].kind == MVM_KIND_LISTENER;
	return status || !from_snapshot() || on_trial() ? status :
	       snap_fit_grants(&snapshot, &service.handles, &grants);
}

/* What snapshots decide for the other stages. */
static int plan_snapshot(void)
{
	int status = 0;

	if (to_snapshot() || on_trial())
		plan->poll = POLL_NEVER; /* nobody else may touch memory when it is written */
	if (from_snapshot()) {
		status = on_trial() ? snap_open(plan->snapshot, CONFINE_FD_SNAP, &snapshot) :
			 snap_open_plan(plan, &snapshot);
		if (!status && OUTPUT_FILES && snapshot.file >= 0)
			status = output_claim(NULL, plan->snapshot, snapshot.file);
		if (!status)
			status = snap_fit_host(&snapshot);
		plan->mem = snapshot.head.ram_max;
	}
	return status;
}

/* All that needs a privilege or a name: files, and the rules that follow from them. */
static int grant(struct run *r)
{
	int status = open_grants();

	if (!status && to_snapshot())
		status = snap_take_arm(plan, &vm, &service, &grants);
	if (!status && on_trial())
		status = snap_reset_arm(&vm);
	if (status)
		return status;
	status = gdb_open(plan);
	if (!status)
		status = core_open(plan);
	if (status)
		return status;
	embed_open();
	stats_stage(r->stats, STAGE_GRANTS);
	r->stats_fd = grants.stats_fd;
	r->confinement = confine_plan(plan, &grants, &service.handles, vm.mem_exec);
	return r->confinement ? 0 : EXIT_MVM;
}

/* For who looks at the guest from outside; it is complete, and has not run here. */
static void describe_guest(struct run *r)
{
	struct mvm_boot *boot = (struct mvm_boot *)(void *)(vm.ram.hva + MVM_GPA_BOOT);
	/* A recording has a runtime of its own. */
	const struct mvm_rt_header *rt = plan->replay ? loaded.rt : embed_header();

	r->guest = (struct guest){ &vm.ram, boot->pml4_gpa, rt ? rt->debug : 0 };
	if (plan->gdb.text)
		boot->flags |= MVM_BOOT_DEBUG;
	if (plan->core)
		boot->flags |= MVM_BOOT_CORE;
}

/* The program is read when nothing is left that a mistake in reading it could abuse. */
static int load_program(struct run *r)
{
	int status = EXIT_MVM;

	if (plan->replay)
		status = replay_load(plan, grants.record_fd, &vm, &model, &loaded);
	else if (vm_reserve_ram(&vm, plan) == 0)
		status = from_snapshot() ? snap_map(&snapshot, &vm) :
			 load(plan, &grants, &service.handles, &vm.ram, &loaded);
	if (!status)
		service_init(&service, &vm, r->stats);
	if (!status)
		describe_guest(r);
	stats_stage(r->stats, STAGE_LOAD);
	return status;
}

static int set_vcpu_up(void)
{
	if (from_snapshot())
		return snap_setup(&snapshot, &vm);
	record_model(plan, &model);
	if (vm_setup(&vm, &model, loaded.rt, loaded.boot) < 0)
		return EXIT_MVM;
	if (to_snapshot())
		snap_take_model(&model, loaded.rt->lstar);
	return 0;
}

static int make_vm(struct run *r)
{
	int status;

	if (vm_create(&vm) < 0 || vm_add_ram(&vm) < 0 ||
	    (from_snapshot() ? vm_protect_as(&vm, &snapshot.head.exec) :
			       vm_protect(&vm, loaded.rt, loaded.boot)) < 0 ||
	    vm_create_vcpu(&vm) < 0)
		return EXIT_MVM;
	stats_stage(r->stats, STAGE_VM);
	status = set_vcpu_up();
	if (status)
		return status;
	if (watch_init() || tick_init(&vm) || (on_trial() && snap_trial_begin(&snapshot, r)))
		return EXIT_MVM;
	stats_stage(r->stats, STAGE_SETUP);
	return 0;
}

/*
 * The program had written this much when the snapshot was made; then it goes on from there.  Who
 * reads no more is no error yet: the program hears of it when it writes the next.
 */
static int continue_snapshot(void)
{
	static const volatile sig_atomic_t never;
	const struct handle *out = &service.handles.h[STDOUT_FILENO];
	int err = out->rights & MVM_RIGHT_WRITE ? snap_replay_output(&snapshot, out->fd) : 0;

	if (err && err != -EPIPE)
		return fail(EXIT_MVM, "standard output: cannot be written: %s; redirect it to "
			    "somewhere with room", strerror(-err));
	err = snap_begin(&snapshot, &vm, &service, &never);
	return err ? fail(EXIT_MVM, "%s: cannot go on: %s", snapshot.name, strerror(-err)) : 0;
}

static int show_confinement(void)
{
	struct confinement *c;
	int status = open_grants();

	if (status)
		return status;
	c = confine_plan(plan, &grants, &service.handles, vm_offers(plan, MVM_CAP_MEM_EXEC));
	if (!c)
		return EXIT_MVM;
	confine_print(c, stdout);
	return usage_end();
}

static int run_program(struct stats *counted)
{
	struct run r = { .vm = &vm, .service = &service, .stats = counted };
	int status;

	status = grants_begin(plan, &grants);
	if (!status)
		status = record_open_file(plan, &grants.record_fd);
	if (!status)
		status = plan_snapshot();
	if (status)
		return status;
	if (plan->show_confinement)
		return show_confinement();
	if (vm_open(&vm, plan) < 0)
		return EXIT_MVM;
	r.plan = plan;
	vm.notes_exec = to_snapshot();
	status = grant(&r);
	if (status)
		return status;
	service.verbose = plan->verbose;
	service.connects = plan->connects;
	service.nconnects = plan->nconnects;
	if (confine_privileges(r.confinement) < 0 || run_start_poller(&r))
		return EXIT_MVM;
	status = load_program(&r);
	if (!status && OUTPUT_FILES)
		grants_empty_outputs(plan, &grants);
	if (!status)
		status = make_vm(&r);
	if (!status)
		status = observe_start(&r, &loaded, &grants);
	if (!status)
		status = record_start(&r, grants.record_fd, &model, &loaded);
	if (status)
		return status;
	/* From here on the thread that compiled the filter opens nothing. */
	if (poller_wait())
		return EXIT_MVM;
	confine_close_others(r.confinement);
	status = from_snapshot() && !on_trial() ? snap_open_kept(&snapshot, &service.handles) : 0;
	if (status)
		return status;
	finish_arm(&r);
	gdb_begin(&r);
	if (confine_filter(r.confinement) < 0)
		return EXIT_MVM;
	stats_stage(r.stats, STAGE_CONFINE);
	status = from_snapshot() ? continue_snapshot() : 0;
	if (status)
		return status;
	run(&r);
}

int start(const struct plan *p, struct stats *stats)
{
	static struct plan own;		/* a replay's program is named in its recording */

	own = *p;
	plan = &own;
	stats->plan = plan;
	stats->exit_status = run_program(p->stats || p->timeline ? stats : NULL);
	if (IS_ENABLED(CONFIG_STATS) && p->stats && !p->show_confinement) {
		output_empty(p->stats, grants.stats_fd);
		stats_write(stats, grants.stats_fd, NULL, NULL);
	}
	return stats->exit_status;
}
