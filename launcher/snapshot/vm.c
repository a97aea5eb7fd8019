/* SPDX-License-Identifier: MIT */
/* A VM that goes on from a snapshot: its memory, its vCPU, and its beginning. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "cpu.h"
#include "service/gate.h"
#include "kvm.h"
#include "msg.h"
#include "populate.h"
#include "signals.h"
#include "snap_int.h"
#include "service/svc.h"
#include "tick.h"

/* What a clone touches at once is there when it does: a call for each piece, not a fault a page. */
static void prefault(const struct snap_image *img, const struct guest_ram *ram)
{
	uint64_t left = img->head.nfirst;

	for (uint32_t i = 0; i < img->head.nextents && left; i++) {
		const struct snap_extent *x = &img->extents[i];
		uint64_t n = x->count < left ? x->count : left;

		madvise(ram->hva + x->page * MVM_PAGE_SIZE, n * MVM_PAGE_SIZE, MADV_POPULATE_READ);
		left -= n;
	}
}

/* len bytes of fd, from off on, are at gpa, and may be written without changing what fd has. */
static bool view(const struct guest_ram *ram, uint64_t gpa, uint64_t len, int fd, uint64_t off)
{
	return mmap(ram->hva + gpa, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, (off_t)off) != MAP_FAILED;
}

static bool view_file(const struct snap_image *img, const struct guest_ram *ram)
{
	uint64_t off = img->file_off;
	bool fine = true;

	for (uint32_t i = 0; i < img->head.nextents && fine; i++) {
		uint64_t len = img->extents[i].count * MVM_PAGE_SIZE;

		fine = view(ram, img->extents[i].page * MVM_PAGE_SIZE, len, img->file, off);
		off += len;
	}
	return fine;
}

int snap_map(const struct snap_image *img, struct vm *vm)
{
	struct guest_ram *ram = &vm->ram;

	ram->present = img->head.ram_present;
	if (!(img->fd < 0 ? view_file(img, ram) : view(ram, 0, img->len, img->fd, 0)))
		return fail(EXIT_MVM, "%s: cannot be mapped: %s", img->name, strerror(errno));
	prefault(img, ram);
	return 0;
}

int snap_set_vcpu(const struct snap_image *img, struct vm *vm, bool first)
{
	static struct kvm_sregs fresh;	/* with what a new vCPU has in the rest */
	const struct snap_head *h = &img->head;
	struct kvm_sregs s;
	int r = first ? kvm_get_sregs(vm->vcpu_fd, &fresh) : 0;

	if (r)
		return r;
	s = fresh;
	cpu_start_sregs(&s, &h->model, h->cr3);
	s.fs.base = h->fs_base;
	s.gs.base = h->gs_base;
	if (!first)
		return snap_state_write(vm, h->model.xcr0, &h->regs, &s);
	r = vm_set_cpu(vm, &h->model, &s);
	return r ? r : vm_set_registers(vm, &h->regs, h->lstar);
}

int snap_setup(const struct snap_image *img, struct vm *vm)
{
	int r = snap_set_vcpu(img, vm, true);

	if (r)
		return fail(EXIT_CANNOT_RUN, "%s: --device %s refuses the snapshot's vCPU: %s; "
			    "make the snapshot again with this device", img->name, vm->device,
			    strerror(-r));
	return 0;
}

/* ---- The beginning -------------------------------------------------------------------------- */

/*
 * CLOCK_MONOTONIC stands still between the snapshot and this, CLOCK_BOOTTIME goes on where the
 * host's real time did, as both do when a machine sleeps (clock_gettime(2)).
 */
static void continue_clocks(const struct snap_head *h, struct vm *vm)
{
	uint64_t real = clock_ns(CLOCK_REALTIME);

	vm->mono_off = h->mono_ns - clock_ns(CLOCK_MONOTONIC);
	vm->boot_off = h->boot_ns - clock_ns(CLOCK_BOOTTIME);
	if (real > h->real_ns)
		vm->boot_off += real - h->real_ns;
}

static int64_t new_random(struct mvm_boot *b)
{
	struct {
		uint8_t random[sizeof(b->random)];
		uint64_t generation;
	} r = { .generation = 0 };

	while (!r.generation)
		if (UNINTERRUPTED(getrandom(&r, sizeof(r), GRND_NONBLOCK)) < 0)
			return -EAGAIN;
	memcpy(b->random, r.random, sizeof(b->random));
	b->generation = r.generation;
	return 0;
}

static void set_ring(const struct snap_image *img, struct service *s)
{
	const struct snap_head *h = &img->head;

	s->sq_head = h->sq_head;
	s->cq_tail = h->cq_tail;
	s->cq_head = h->cq_head;
	/* The image shows through where memory is given back below its end. */
	s->anon_from = img->len > h->anon_from ? img->len : h->anon_from;
	__atomic_store_n(&s->ring->host_flags, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->ring->attention, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->ring->signals, 0, __ATOMIC_RELAXED);
	signals_take(h->signals);
}

static int watch_all(const struct snap_image *img, struct service *s)
{
	for (uint32_t i = 0; i < img->head.nhandles; i++) {
		const struct snap_handle *x = &img->handles[i];
		struct handle *h = handle_get(&s->handles, (int32_t)x->number);
		int64_t r;

		if (!h)
			continue;
		if (!x->watched) {
			watch_end(h);
			continue;
		}
		r = watch(h, (int32_t)x->number, x->watched);
		/* A file, or a device without poll(2), is always ready: the guest will find out. */
		if (r && r != -EPERM)
			return (int)r;
	}
	return 0;
}

/*
 * What the guest waited for.  A stream that cannot be watched, such as a file that the standard
 * input was redirected from, is reported at once; so is the connection that was accepted for it.
 */
static int64_t wait_first(const struct snap_image *img, struct service *s, uint64_t out[2])
{
	const struct mvm_sqe *e = &img->head.wait;
	struct mvm_wait w[GRANTS_MAX];
	uint64_t n = 0;

	for (uint32_t i = 0; i < img->head.nhandles && n < GRANTS_MAX && n < e->len; i++) {
		const struct snap_handle *x = &img->handles[i];
		const struct handle *h = handle_get(&s->handles, (int32_t)x->number);

		if (h && h->quiet ? s->pending >= 0 : x->watched && h && !h->watched)
			w[n++] = (struct mvm_wait){ .handle = (int32_t)x->number,
						    .revents = MVM_WAIT_IN | MVM_WAIT_OUT };
	}
	if (!n)
		return svc_wait(s, e, out);
	if (e->off)
		tick_arm(e->off);
	return gate_copy_out(s->ram, e->addr, e->len * sizeof(w[0]), w, n * sizeof(w[0])) ?
	       -EFAULT : (int64_t)n;
}

int snap_begin(const struct snap_image *img, struct vm *vm, struct service *s,
	       const volatile sig_atomic_t *stop)
{
	const struct snap_head *h = &img->head;
	struct mvm_boot *b = (void *)(vm->ram.hva + MVM_GPA_BOOT);
	uint64_t out[2] = { 0, 0 };
	int64_t res;
	int err;

	set_ring(img, s);
	b->flags &= ~(MVM_BOOT_EXEC | MVM_BOOT_INETD);
	b->flags |= (vm->mem_exec ? MVM_BOOT_EXEC : 0) | (s->inetd ? MVM_BOOT_INETD : 0);
	continue_clocks(h, vm);
	err = watch_all(img, s);
	if (err)
		return err;
	do
		res = wait_first(img, s, out);
	while (res == -EINTR && !*stop);
	if (res == -EINTR)
		return -EINTR;
	if (s->inetd)
		tick_arm(MVM_INETD_TICK_NS);
	err = (int)new_random(b);
	if (!err && vm_time(vm, &b->time))
		b->time.mult = 0;
	if (!err)
		ring_complete(s, h->wait.user, res, out);
	return err;
}

int snap_replay_output(const struct snap_image *img, int fd)
{
	struct iovec v = { (void *)(uintptr_t)img->output, img->head.output_len };

	while (v.iov_len) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n = writev(fd, &v, 1);

		if (n < 0 && errno == EAGAIN)
			ppoll(&p, 1, NULL, NULL);
		else if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			v.iov_base = (char *)v.iov_base + n;
			v.iov_len -= (size_t)n;
		}
	}
	return 0;
}
