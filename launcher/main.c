/* SPDX-License-Identifier: MIT */
/*
 * mvm run, stage by stage: options, grants, VM, load, confine, run.  The kernel takes as long to
 * create a VM as all the rest together, so that happens on a thread of its own, beside grants,
 * loading and confinement; it is gone before the guest's first instruction.
 */
#include <pthread.h>
#include <semaphore.h>
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

#define VM_THREAD_STACK	(64 * 1024)

static struct vm vm = { .dev_fd = -1, .vm_fd = -1, .vcpu_fd = -1 };
static struct service service;
static struct stats stats;
static struct grants grants;
static struct plan plan;

/* What the two threads of the start wait for, and what one makes for the other. */
static struct {
	sem_t vm_done;			/* KVM_CREATE_VM is over, well or badly */
	sem_t load_done;
	sem_t confined;			/* the main thread has all its descriptors and its filter */
	const struct confinement *confinement;
	struct cpu_model model;
	struct loaded loaded;
} start;

static struct stats *counted(void)
{
	return plan.stats ? &stats : NULL;
}

static void wait_for(sem_t *s)
{
	while (sem_wait(s) < 0)
		;			/* a signal */
}

/*
 * All that the kernel is slow at.  Waits for the loader where it must.  The last thread without a
 * filter, so it is the one that closes what is left open.
 */
static void *vm_thread(void *unused)
{
	int err = vm_create(&vm);

	(void)unused;
	sem_post(&start.vm_done);
	if (!err)
		err = vm_create_vcpu(&vm);
	stats_stage(counted(), STAGE_VM);
	if (err < 0)
		return (void *)(intptr_t)err;
	wait_for(&start.load_done);
	err = vm_setup(&vm, &start.model, start.loaded.rt, start.loaded.boot);
	stats_stage(counted(), STAGE_SETUP);
	wait_for(&start.confined);
	confine_close_others(start.confinement);
	return (void *)(intptr_t)err;
}

/* A stack of our own: joining must not unmap anything, the joiner is confined already. */
static int create_vm_thread(pthread_t *t)
{
	static _Alignas(64) char stack[VM_THREAD_STACK];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, sizeof(stack));
	return pthread_create(t, &attr, vm_thread, NULL);
}

/*
 * The filter is compiled while the kernel creates the VM, for which it locks the address space:
 * that is no time to map things.
 */
static int grant_and_load(struct run *r)
{
	int status = grants_open(&plan, &service.handles, &grants);

	if (status)
		return status;
	stats_stage(counted(), STAGE_GRANTS);
	r->stats_fd = grants.stats_fd;
	r->confinement = confine_plan(&plan, &grants, &service.handles);
	if (!r->confinement || confine_compile(r->confinement) < 0 ||
	    vm_reserve_ram(&vm, &plan) < 0)
		return EXIT_MVM;
	status = load(&plan, &grants, &service.handles, &vm.ram, &start.loaded);
	if (status)
		return status;
	cpu_model_init(&start.model);
	sem_post(&start.load_done);
	stats_stage(counted(), STAGE_LOAD);
	return 0;
}

/* Beside the VM's thread: all else, up to the filter that is in force when this returns. */
static int prepare(struct run *r)
{
	int status = grant_and_load(r);

	if (status)
		return status;
	wait_for(&start.vm_done);
	if (vm.vm_fd < 0 || vm_add_ram(&vm) < 0)
		return EXIT_MVM;
	service_init(&service, &vm, counted());
	service.verbose = plan.verbose;
	if (confine_privileges(r->confinement) < 0)
		return EXIT_MVM;
	status = run_prepare(r);
	if (!status)
		status = run_confine(r);
	start.confinement = r->confinement;
	sem_post(&start.confined);
	return status;
}

static int show_confinement(void)
{
	struct confinement *c;
	int status = grants_open(&plan, &service.handles, &grants);

	if (status)
		return status;
	c = confine_plan(&plan, &grants, &service.handles);
	if (!c)
		return EXIT_MVM;
	confine_print(c, stdout);
	return fflush(stdout) == 0 ? 0 : EXIT_MVM;
}

static int run_program(void)
{
	struct run r = { .plan = &plan, .vm = &vm, .service = &service, .stats = counted() };
	pthread_t creating;
	void *err;
	int status;

	status = grants_begin(&plan, &grants);
	if (status)
		return status;
	if (plan.show_confinement)
		return show_confinement();
	if (vm_open(&vm, &plan) < 0)
		return EXIT_MVM;
	msg_first_only = true;
	if (sem_init(&start.vm_done, 0, 0) || sem_init(&start.confined, 0, 0) ||
	    sem_init(&start.load_done, 0, 0) || create_vm_thread(&creating))
		return fail(EXIT_MVM, "cannot start a thread; raise the limit of processes (ulimit -u)");
	status = prepare(&r);
	if (status)
		return status;		/* the other thread ends with the process */
	pthread_join(creating, &err);
	if (err)
		return EXIT_MVM;
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
