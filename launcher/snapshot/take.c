/* SPDX-License-Identifier: MIT */
/*
 * Writes a VM that has come to its ready point to a file: called by WAIT on the vCPU's thread,
 * out of KVM_RUN, when nobody else touches guest memory.  Runs confined and without memory to
 * allocate; sums and the program's output are added outside (make.c).
 *
 * Which pages the guest has touched is what the host knows (/proc/self/pagemap); pages of zeros
 * are left out.
 *
 * Needs (system calls), with mvm snapshot only:
 *	ioctl(CONFINE_FD_PAGEMAP, PAGEMAP_SCAN) pread64(CONFINE_FD_PAGEMAP)
 *	pwrite64(CONFINE_FD_SNAP)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "clock.h"
#include "confine/confine.h"
#include "embed.h"
#include "service/gate.h"
#include "kvm.h"
#include "msg.h"
#include "pagemap.h"
#include "signals.h"
#include "snap_int.h"
#include "service/svc.h"
#include "zero.h"

#define EXTENTS		512U

/* What was opened below a grant: where, and how. */
struct opened {
	int32_t below;
	uint32_t flags;
	char *path;
};

static struct {
	const struct plan *plan;
	struct vm *vm;
	const struct grants *grants;
	struct snap_head head;
	struct opened *opened;		/* by handle, SNAP_HANDLES_MAX */
	uint8_t *touched;		/* a bit a page */
	char strings[SNAP_STRINGS_MAX];
} take;

static _Noreturn void give_up(int status)
{
	_exit(status);
}

static void put(const void *data, size_t len, uint64_t off)
{
	const char *p = data;

	while (len) {
		ssize_t n = pwrite(CONFINE_FD_SNAP, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			give_up(fail(EXIT_MVM, "%s: the snapshot cannot be written: %s; name a "
				     "file where there is room with -o", take.plan->snap_out,
				     n ? strerror(errno) : "nothing was taken"));
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
}

/* ---- Pages ---------------------------------------------------------------------------------- */

static int note_touched(void *ctx, uint64_t start, uint64_t end)
{
	uint64_t hva = (uintptr_t)take.vm->ram.hva, page = (start - hva) / MVM_PAGE_SIZE;

	(void)ctx;
	for (; page < (end - hva) / MVM_PAGE_SIZE; page++)
		take.touched[page / 8] |= (uint8_t)(1U << page % 8);
	return 0;
}

static void find_touched(void)
{
	uint64_t hva = (uintptr_t)take.vm->ram.hva;
	int err = pagemap_present(CONFINE_FD_PAGEMAP, hva, hva + take.vm->ram.present,
				  note_touched, NULL);

	if (err)
		give_up(fail(EXIT_MVM, "/proc/self/pagemap: cannot be read: %s; mvm snapshot needs "
			     "to know which memory the program has touched", strerror(-err)));
}

/* The program's file and the runtime's text show through where nobody has touched them. */
static bool in_file(uint64_t page)
{
	uint64_t gpa = page * MVM_PAGE_SIZE;

	return gpa >= MVM_GPA_RT_TEXT && gpa < take.head.anon_from;
}

static bool wanted(uint64_t page)
{
	return (in_file(page) || take.touched[page / 8] & 1U << page % 8) &&
	       !all_zero(take.vm->ram.hva + page * MVM_PAGE_SIZE, MVM_PAGE_SIZE);
}

/* The first from *next on; *next is behind it then. */
static bool next_extent(uint64_t *next, struct snap_extent *x)
{
	uint64_t end = take.vm->ram.present / MVM_PAGE_SIZE;

	while (*next < end && !wanted(*next))
		++*next;
	if (*next == end)
		return false;
	x->page = (uint32_t)*next;
	while (*next < end && wanted(*next))
		++*next;
	x->count = (uint32_t)(*next - x->page);
	return true;
}

static void count_pages(struct snap_head *h)
{
	struct snap_extent x;
	uint64_t next = 0;

	while (next_extent(&next, &x)) {
		h->nextents++;
		h->npages += x.count;
	}
}

static void put_pages(uint64_t pages_off)
{
	static struct snap_extent some[EXTENTS];
	uint64_t extents_off = SNAP_HEAD, next = 0;
	unsigned int n = 0;

	while (next_extent(&next, &some[n])) {
		uint64_t len = some[n].count * MVM_PAGE_SIZE;

		put(take.vm->ram.hva + some[n].page * MVM_PAGE_SIZE, len, pages_off);
		pages_off += len;
		if (++n == EXTENTS) {
			put(some, sizeof(some), extents_off);
			extents_off += sizeof(some);
			n = 0;
		}
	}
	put(some, n * sizeof(some[0]), extents_off);
}

/* ---- Handles -------------------------------------------------------------------------------- */

static uint32_t add_string(const char *s)
{
	size_t len = strlen(s) + 1;
	uint32_t at = take.head.strings_len;

	if (len > SNAP_STRINGS_MAX - at)
		give_up(fail(EXIT_CANNOT_RUN, "%s: holds open files with longer paths than a "
			     "snapshot keeps; let it close some before it is ready",
			     take.plan->program));
	memcpy(take.strings + at, s, len);
	take.head.strings_len += (uint32_t)len;
	return at;
}

/* svc_open() tells it: handle n is path below handle dir. */
static void note_open(struct service *s, int32_t dir, const char *path, uint32_t flags, int32_t n)
{
	const struct opened *base = dir < (int32_t)SNAP_HANDLES_MAX ? &take.opened[dir] : NULL;
	struct opened *o;
	size_t room;

	if (n >= (int32_t)SNAP_HANDLES_MAX)
		return;
	o = &take.opened[n];
	o->flags = flags;
	o->below = s->handles.h[dir].grant ? dir : base ? base->below : -1;
	if (s->handles.h[dir].grant || !base || !base->path)
		base = NULL;
	room = strlen(path) + 1 + (base ? strlen(base->path) + 1 : 0);
	o->path = realloc(o->path, room);
	if (!o->path)
		o->below = -1;
	else if (base)
		stpcpy(stpcpy(stpcpy(o->path, base->path), "/"), path);
	else
		strcpy(o->path, path);
}

static void describe_opened(struct snap_handle *x, const struct opened *o)
{
	if (x->kind != MVM_KIND_FILE && x->kind != MVM_KIND_DIR)
		give_up(fail(EXIT_CANNOT_RUN, "%s: holds a connection of the network when it is "
			     "ready, which a snapshot cannot keep; let it connect afterwards",
			     take.plan->program));
	if (o->below < 0 || o->flags & MVM_O_TMPFILE)
		give_up(fail(EXIT_CANNOT_RUN, "%s: holds a file open that has no name, or too many "
			     "files, which a snapshot cannot keep; let it open them afterwards",
			     take.plan->program));
	x->below = o->below;
	x->open_flags = o->flags & ~(MVM_O_CREATE | MVM_O_EXCL | MVM_O_TRUNC);
	x->name = add_string(o->path);
}

static uint64_t put_handles(const struct service *s, uint64_t off)
{
	for (uint32_t i = 0; i < s->handles.used; i++) {
		const struct handle *h = &s->handles.h[i];
		struct snap_handle x = {
			.number = i, .kind = h->kind, .rights = h->rights,
			.flags = (h->grant ? SNAP_GRANT : 0) |
				 (h->read_only ? SNAP_READ_ONLY : 0),
			.watched = h->watched, .below = -1, .size = h->size,
		};

		if (h->fd < 0)
			continue;
		if (!h->grant && i >= SNAP_HANDLES_MAX)
			describe_opened(&x, &(struct opened){ .below = -1 });
		else if (!h->grant)
			describe_opened(&x, &take.opened[i]);
		else
			x.name = add_string(snap_place(take.grants, i));
		put(&x, sizeof(x), off);
		off += sizeof(x);
		take.head.nhandles++;
	}
	return off;
}

/* ---- The VM --------------------------------------------------------------------------------- */

/*
 * The doorbell's `out` is completed by the next KVM_RUN, which is told to do no more than that
 * (Documentation/virt/kvm/api.rst, immediate_exit).
 */
static void read_vcpu(struct snap_head *h)
{
	struct kvm_sregs s;
	int err;

	take.vm->run->immediate_exit = 1;
	err = kvm_run(take.vm->vcpu_fd);
	if (err == -EINTR)
		err = kvm_get_regs(take.vm->vcpu_fd, &h->regs);
	if (!err)
		err = kvm_get_sregs(take.vm->vcpu_fd, &s);
	if (err)
		give_up(fail(EXIT_MVM, "--device %s: does not tell the vCPU's state: %s; see mvm "
			     "doctor", take.vm->device, strerror(err < 0 ? -err : EIO)));
	h->cr3 = s.cr3;
	h->fs_base = s.fs.base;
	h->gs_base = s.gs.base;
}

static _Noreturn void take_now(struct service *s, const struct mvm_sqe *e)
{
	struct snap_head *h = &take.head;
	uint64_t off;

	h->ready = (uint32_t)e->len2;
	h->wait = *e;
	h->sq_head = s->sq_head;
	h->cq_tail = s->cq_tail;
	h->cq_head = s->cq_head;
	h->signals = signals_taken();
	h->ram_max = take.vm->ram.max;
	h->ram_present = take.vm->ram.present;
	h->anon_from = s->anon_from;
	h->exec = take.vm->exec;
	h->mono_ns = clock_ns(CLOCK_MONOTONIC);
	h->boot_ns = clock_ns(CLOCK_BOOTTIME);
	h->real_ns = clock_ns(CLOCK_REALTIME);
	read_vcpu(h);
	h->program = add_string(take.plan->program);
	find_touched();
	count_pages(h);
	off = put_handles(s, SNAP_HEAD + h->nextents * sizeof(struct snap_extent));
	put(take.strings, h->strings_len, off);
	off = (off + h->strings_len + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);
	put_pages(off);
	h->file_size = off + h->npages * MVM_PAGE_SIZE;
	put(h, sizeof(*h), 0);
	_exit(0);
}

int snap_take_arm(const struct plan *plan, struct vm *vm, struct service *s,
		  const struct grants *g)
{
	if (pagemap_open("mvm snapshot needs"))
		return EXIT_MVM;
	take.opened = calloc(SNAP_HANDLES_MAX, sizeof(*take.opened));
	take.touched = calloc(plan->mem / MVM_PAGE_SIZE / 8 + 1, 1);
	if (!take.opened || !take.touched)
		return fail(EXIT_MVM, "out of memory");
	take.plan = plan;
	take.vm = vm;
	take.grants = g;
	memcpy(take.head.magic, SNAP_MAGIC, sizeof(take.head.magic));
	take.head.version = SNAP_VERSION;
	take.head.head_size = sizeof(take.head);
	take.head.abi_major = MVM_ABI_MAJOR;
	take.head.abi_minor = MVM_ABI_MINOR;
	s->ready = take_now;
	s->opened = note_open;
	return 0;
}

void snap_take_model(const struct cpu_model *m, uint64_t lstar)
{
	take.head.model = *m;
	take.head.lstar = lstar;
}
