/* SPDX-License-Identifier: MIT */
/*
 * The pages of a snapshot in the order in which a clone touches them first: found by a trial, a
 * clone that is granted nothing, so that it can change nothing, finds its input at its end, and is
 * looked at after each exit.  The file is written anew in that order; those that the trial did not
 * touch come last.  A trial that fails only leaves the order as it was.
 *
 * Needs (system calls), in the trial: ioctl(CONFINE_FD_PAGEMAP, PAGEMAP_SCAN)
 *	pread64(CONFINE_FD_PAGEMAP) write(CONFINE_FD_ORDER)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "confine/confine.h"
#include "msg.h"
#include "pagemap.h"
#include "snap_int.h"

/* ---- The trial ------------------------------------------------------------------------------ */

#define BATCH		256U

static struct {
	run_enter_fn *enter;
	const struct vm *vm;
	uint64_t end;			/* of the image */
	uint8_t *seen;			/* a bit a page */
	uint32_t batch[BATCH];		/* newly touched, to be told */
	unsigned int n;
} trial;

static void tell(void)
{
	/* Whoever does not listen any more does not want to know. */
	if (trial.n && write(CONFINE_FD_ORDER, trial.batch, trial.n * sizeof(trial.batch[0])) < 0)
		_exit(EXIT_MVM);
	trial.n = 0;
}

static int note(void *ctx, uint64_t start, uint64_t end)
{
	uint64_t hva = (uintptr_t)trial.vm->ram.hva;

	(void)ctx;
	for (uint64_t page = (start - hva) / MVM_PAGE_SIZE; page < (end - hva) / MVM_PAGE_SIZE;
	     page++) {
		if (trial.seen[page / 8] & 1U << page % 8)
			continue;
		trial.seen[page / 8] |= (uint8_t)(1U << page % 8);
		trial.batch[trial.n++] = (uint32_t)page;
		if (trial.n == BATCH)
			tell();
	}
	return 0;
}

static int enter_and_look(int vcpu)
{
	uint64_t hva = (uintptr_t)trial.vm->ram.hva;
	int r = trial.enter(vcpu);

	pagemap_present(CONFINE_FD_PAGEMAP, hva, hva + trial.end, note, NULL);
	tell();
	return r;
}

/* Handles that lead nowhere.  A listener gets one connection, which is closed already. */
int snap_trial_handles(const struct snap_image *img, struct handles *t)
{
	handles_init(t);
	snap_link_free(img, t);
	for (uint32_t i = 0; i < t->used; i++)
		t->h[i].fd = -1;
	for (uint32_t i = 0; i < img->head.nhandles; i++) {
		const struct snap_handle *x = &img->handles[i];
		struct handle *h = &t->h[x->number];
		bool stream = x->number < 3, listener = x->kind == MVM_KIND_LISTENER;

		*h = (struct handle){
			.fd = stream ? (int)x->number : open("/dev/null", O_RDWR | O_CLOEXEC),
			.kind = stream || listener ? x->kind : MVM_KIND_NONE,
			.rights = x->rights, .grant = true, .quiet = listener, .polled = true,
		};
		if (h->fd < 0)
			return fail(EXIT_MVM, "/dev/null: %s", strerror(errno));
	}
	snap_link_free(img, t);
	return 0;
}

int snap_trial_begin(const struct snap_image *img, struct run *r)
{
	int ends[2];

	trial.vm = r->vm;
	trial.end = img->len;
	trial.seen = mmap(NULL, img->len / MVM_PAGE_SIZE / 8 + 1, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (trial.seen == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return EXIT_MVM;
	close(ends[1]);
	if (img->head.ready == MVM_READY_LISTENER)
		r->service->pending = ends[0];
	trial.enter = run_wrap(r, enter_and_look);
	return 0;
}

/* ---- The order ------------------------------------------------------------------------------ */

struct order {
	const struct snap_image *img;
	uint8_t *there;			/* by page: it is in the file */
	uint64_t limit;			/* pages of RAM */
	struct snap_extent *extents;
	uint32_t nextents;
	uint64_t npages;
};

static void *zeros(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void index_pages(struct order *o)
{
	for (uint32_t i = 0; i < o->img->head.nextents; i++)
		memset(o->there + o->img->extents[i].page, 1, o->img->extents[i].count);
}

/* page comes next, if it is in the file and has not come before. */
static void add_page(struct order *o, uint64_t page, uint8_t *done)
{
	struct snap_extent *last = o->nextents ? &o->extents[o->nextents - 1] : NULL;

	if (page >= o->limit || !o->there[page] || done[page / 8] & 1U << page % 8)
		return;
	done[page / 8] |= (uint8_t)(1U << page % 8);
	o->npages++;
	if (last && last->page + (uint64_t)last->count == page)
		last->count++;
	else
		o->extents[o->nextents++] = (struct snap_extent){ (uint32_t)page, 1 };
}

/* What the trial tells, until it ends; then the rest.  The pages that it has touched. */
static uint64_t read_order(struct order *o, int in, uint8_t *done)
{
	uint32_t page;
	uint64_t first;
	size_t have = 0;
	ssize_t n;

	while ((n = read(in, (char *)&page + have, sizeof(page) - have)) > 0) {
		have += (size_t)n;
		if (have == sizeof(page)) {
			add_page(o, page, done);
			have = 0;
		}
	}
	first = o->npages;
	for (uint64_t p = 0; p < o->limit; p++)
		add_page(o, p, done);
	return first;
}

int snap_order_read(const struct snap_image *img, int in, struct snap_order *out)
{
	struct order o = { .img = img, .limit = img->head.ram_present / MVM_PAGE_SIZE };
	uint8_t *done = zeros(o.limit / 8 + 1);

	o.there = zeros(o.limit);
	o.extents = zeros(img->head.npages * sizeof(o.extents[0]));
	if (!done || !o.there || !o.extents)
		return -ENOMEM;
	index_pages(&o);
	out->first = read_order(&o, in, done);
	out->extents = o.extents;
	out->nextents = o.nextents;
	munmap(done, o.limit / 8 + 1);
	munmap(o.there, o.limit);
	return out->first ? 0 : -ENODATA;
}
