/* SPDX-License-Identifier: MIT */
/*
 * The start of a worker, with the stages of mvm run --snapshot (start.c), but for what the
 * supervisor has done once for all: grants, the snapshot, and the rules that follow from them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "descriptor.h"
#include "msg.h"
#include "tick.h"
#include "worker.h"

static struct vm vm;

/* Who ends the supervisor's process group or unit means the supervisor, which lets requests end. */
static void own_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGQUIT, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A server finds nothing in its standard input; others do so in their rehearsal. */
static int own_streams(const struct supervisor *s)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 || dup2(fd, 0) < 0 || (s->contract == SERVE_INETD && dup2(fd, 1) < 0))
		return fail(EXIT_MVM, "serve: /dev/null cannot be opened: %s", strerror(errno));
	close(fd);
	return 0;
}

static int open_all(struct supervisor *s, int control)
{
	int fd;

	if (fd_move(control, CONFINE_FD_CONTROL) < 0)
		return fail(EXIT_MVM, "serve: %s; raise the limit of open files (ulimit -n)",
			    strerror(errno));
	fd_close_range(SERVE_FD_WORKERS, UINT_MAX);
	if (own_streams(s) || vm_open(&vm, &s->plan) < 0)
		return EXIT_MVM;
	/* Where it cannot be opened, private memory is told to be 0. */
	fd = fd_move(open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC), CONFINE_FD_SMAPS);
	if (fd < 0)
		verbose("serve: /proc/self/smaps_rollup: %s", strerror(errno));
	return s->plan.resets && !s->plan.clones ? snap_reset_arm(&vm) : 0;
}

/* From the image. */
static int make_own(struct supervisor *s)
{
	int status = snap_map(&s->image, &vm);

	if (!status && (vm_create(&vm) < 0 || vm_add_ram(&vm) < 0 ||
			vm_protect_as(&vm, &s->image.head.exec) < 0 || vm_create_vcpu(&vm) < 0))
		status = EXIT_MVM;
	if (!status)
		status = snap_setup(&s->image, &vm);
	if (!status && s->plan.resets)
		status = snap_reset_ready(&s->image, &vm);
	return status;
}

/* From the template that the device has of it. */
static int make_clone(struct supervisor *s)
{
	int status = snap_clone(&s->image, CONFINE_FD_TEMPLATE, &vm);

	return status ? status : vm_create_vcpu(&vm) < 0 ? EXIT_MVM : 0;
}

static int make_vm(struct supervisor *s, struct run *r)
{
	int status;

	if (vm_reserve_ram(&vm, &s->plan) < 0)
		return EXIT_MVM;
	status = s->plan.clones ? make_clone(s) : make_own(s);
	if (status)
		return status;
	service_init(r->service, &vm, NULL);
	r->service->inetd = s->contract == SERVE_INETD;
	status = watch_init();
	return status ? status : tick_init(&vm);
}

static int become_confined(struct supervisor *s, struct run *r)
{
	int status;

	if (confine_privileges(s->confinement) < 0)
		return EXIT_MVM;
	status = make_vm(s, r);
	if (!status)
		status = request_init(r, &s->sockets);
	if (status)
		return status;
	confine_close_others(s->confinement);
	/* What the program has open has positions and locks in each worker of its own. */
	if (snap_open_kept(&s->image, &s->service->handles) || rehearse_init(s))
		return EXIT_MVM;
	return confine_filter(s->confinement) < 0 ? EXIT_MVM : 0;
}

void worker(struct supervisor *s, int control)
{
	struct run r = { .plan = &s->plan, .vm = &vm, .service = s->service, .stats_fd = -1 };
	int status;

	own_signals();
	status = open_all(s, control);
	if (!status)
		status = become_confined(s, &r);
	if (status)
		_exit(status);
	request_loop(s, &r);
	_exit(0);
}
