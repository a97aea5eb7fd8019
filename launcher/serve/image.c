/* SPDX-License-Identifier: MIT */
/*
 * What is served: a snapshot, from a file or made by running the program to its ready point, as mvm
 * snapshot does it.  A child runs it, confined; here its result is checked like any other file.
 *
 * The program is granted the real listening sockets, with connections kept from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arena.h"
#include "command.h"
#include "image.h"
#include "kvm.h"
#include "msg.h"
#include "stats.h"
#include "template.h"
#include "vm.h"

#define READY_NS	60000000000ULL	/* a program may take so long to become ready */

static struct {
	struct handle h[GRANTS_MAX];
	uint32_t files, all;		/* without listeners, and with them */
	const char *paths[GRANTS_MAX];
} granted;

static int made = -1;			/* memfd of image_begin() */

void image_granted(const struct supervisor *s, uint32_t files)
{
	const struct handles *t = &s->service->handles;

	granted.files = files;
	granted.all = t->used;
	memcpy(granted.h, t->h, granted.all * sizeof(granted.h[0]));
	memcpy(granted.paths, s->grants.paths, sizeof(granted.paths));
}

/* ---- Making it ------------------------------------------------------------------------------ */

/* The plan of the child: the same program and grants, whose listening sockets are open already. */
static int make(const struct supervisor *s, int fd)
{
	static struct plan_listen listens[SERVE_LISTENERS_MAX];
	static struct stats stats;
	struct plan plan = *s->options;

	for (unsigned int i = 0; i < s->sockets.n; i++) {
		listens[i] = s->sockets.at[i];
		listens[i].fd = CONFINE_FD_LISTEN + (int)i;
	}
	plan.command = PLAN_SNAPSHOT;
	plan.snap_out = plan.program;
	plan.listens = listens;
	plan.nlistens = s->sockets.n;
	plan.timeout_ns = READY_NS;
	plan.show_confinement = false;
	return snap_write(&plan, &stats, fd);
}

/* Is the program a snapshot?  The descriptor of the file then, else -1. */
static int open_snapshot(const char *path)
{
	char magic[sizeof(((struct snap_head *)0)->magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	    !memcmp(magic, SNAP_MAGIC, sizeof(magic)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int new_memfd(void)
{
	int fd = memfd_create("mvm-serve", MFD_CLOEXEC);

	if (fd < 0)
		fail(EXIT_MVM, "serve: no memory for a snapshot: %s", strerror(errno));
	return fd;
}

/* ---- What follows from it ------------------------------------------------------------------- */

static bool has_listener(const struct snap_image *img)
{
	for (uint32_t i = 0; i < img->head.nhandles; i++)
		if (img->handles[i].kind == MVM_KIND_LISTENER)
			return true;
	return false;
}

/* mvm_ready() tells nothing of what comes next: who watches a listener will accept. */
static bool awaits_connection(const struct snap_image *img)
{
	if (img->head.ready != MVM_READY_ASKED)
		return img->head.ready == MVM_READY_LISTENER;
	for (uint32_t i = 0; i < img->head.nhandles; i++)
		if (img->handles[i].kind == MVM_KIND_LISTENER && img->handles[i].watched)
			return true;
	return false;
}

static int check_contract(const struct supervisor *s, enum serve_contract is)
{
	enum serve_contract wanted = s->options->serve.contract;

	if (is == SERVE_INETD && s->options->serve.requests_per_vm > 1)
		return fail(EXIT_CANNOT_RUN, "%s: --requests-per-vm=%llu: the program reads one "
			    "connection as its standard input, and no other; leave "
			    "--requests-per-vm away", s->options->program,
			    (unsigned long long)s->options->serve.requests_per_vm);
	if (wanted == SERVE_AUTO || wanted == is)
		return 0;
	return fail(EXIT_CANNOT_RUN, "%s: --contract=%s: the program waits for %s; leave "
		    "--contract away", s->options->program,
		    wanted == SERVE_INETD ? "inetd" : "server",
		    is == SERVE_INETD ? "its standard input" : "connections by itself");
}

/* The grants as they were. */
static void offer_grants(struct supervisor *s, bool listeners)
{
	struct handles *t = &s->service->handles;

	handles_init(t);
	t->used = listeners ? granted.all : granted.files;
	memcpy(t->h, granted.h, t->used * sizeof(t->h[0]));
	memcpy(s->grants.paths, granted.paths, sizeof(granted.paths));
}

/*
 * What the program has open each worker opens for itself; whether that is there is to be known
 * before all of them try.
 */
static int try_kept(const struct snap_image *img, struct handles *t)
{
	int status = snap_open_kept(img, t);

	for (uint32_t i = 0; i < t->used; i++)
		if (t->h[i].fd >= 0 && t->h[i].kept) {
			close(t->h[i].fd);
			t->h[i].fd = -1;
		}
	return status;
}

static int fit_grants(struct supervisor *s, const struct snap_image *img)
{
	struct handles *t = &s->service->handles;
	int status;

	offer_grants(s, has_listener(img));
	status = snap_fit_grants(img, t, &s->grants);
	if (!status)
		status = try_kept(img, t);
	/* Connections are accepted for the guest. */
	for (uint32_t i = 0; i < t->used && !status; i++)
		t->h[i].quiet = t->h[i].kind == MVM_KIND_LISTENER;
	return status;
}

static int fit_filter(struct supervisor *s, const struct snap_image *img)
{
	size_t mark = arena_mark();
	bool ok;

	s->plan.mem = img->head.ram_max;
	s->confinement = confine_plan(&s->plan, &s->grants, &s->service->handles,
				      vm_offers(&s->plan, MVM_CAP_MEM_EXEC));
	ok = s->confinement && confine_compile(s->confinement) == 0;
	arena_release(mark);
	return ok ? 0 : EXIT_MVM;
}

/* Who makes clones and resets them: the device, where it can and nobody has chosen otherwise. */
static int choose_reset(struct supervisor *s)
{
	enum serve_reset how = s->options->serve.reset;
	bool offered = how != RESET_COPY && vm_offers(&s->plan, MVM_CAP_CLONE);

	if (how == RESET_DEVICE && !offered)
		return fail(EXIT_MVM, "--reset=device: the device makes no clones, only /dev/mvm "
			    "does; leave --reset away, or see mvm doctor");
	s->plan.clones = offered;
	s->plan.resets = how != RESET_PROCESS;
	return 0;
}

/* The snapshot in fd becomes what is served. */
static int adopt(struct supervisor *s, int fd)
{
	struct snap_image img;
	enum serve_contract contract;
	int status = snap_open(s->options->program, fd, &img);

	if (!status)
		status = snap_fit_host(&img);
	contract = !status && awaits_connection(&img) ? SERVE_SERVER : SERVE_INETD;
	if (!status)
		status = check_contract(s, contract);
	if (!status)
		status = choose_reset(s);
	if (!status)
		status = fit_grants(s, &img);
	if (!status)
		status = fit_filter(s, &img);
	if (!status && s->plan.clones)
		status = template_make(s, &img);
	if (status) {
		snap_close(&img);
		if (s->image.fd >= 0 && (fit_grants(s, &s->image) || fit_filter(s, &s->image)))
			s->over = true;		/* the old one does not fit any more either */
		return status;
	}
	snap_close(&s->image);
	s->image = img;
	s->contract = contract;
	s->rehearse = s->plan.resets;
	s->generation++;
	return 0;
}

/* ---- Both ----------------------------------------------------------------------------------- */

int image_load(struct supervisor *s)
{
	const struct plan *p = s->options;
	int fd = open_snapshot(p->program), status = 0;

	if (fd >= 0 && p->argc > 1)
		status = fail(EXIT_MVM, "serve %s: it takes no '%s': the snapshot has its program "
			      "and its arguments already", p->program, p->argv[1]);
	else if (fd >= 0)
		status = refuse_kept(p, p->program);
	if (fd < 0) {
		fd = new_memfd();
		status = fd < 0 ? EXIT_MVM : make(s, fd);
	}
	if (!status)
		status = adopt(s, fd);
	if (fd >= 0)
		close(fd);
	return status;
}

pid_t image_begin(struct supervisor *s)
{
	int ready = open_snapshot(s->options->program);
	pid_t pid;

	made = ready < 0 ? new_memfd() : ready;
	if (made < 0)
		return -1;
	pid = fork();
	if (!pid)
		_exit(ready < 0 ? make(s, made) : 0);
	if (pid < 0) {
		fail(EXIT_MVM, "serve: cannot make a process: %s", strerror(errno));
		close(made);
	}
	return pid;
}

int image_end(struct supervisor *s, int status)
{
	int r = !WIFEXITED(status) ? EXIT_MVM : WEXITSTATUS(status) ? WEXITSTATUS(status) :
		adopt(s, made);

	close(made);
	return r;
}
