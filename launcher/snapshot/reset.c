/* SPDX-License-Identifier: MIT */
/*
 * A VM at its beginning again.  Memory is made equal to the image where it may differ: in the
 * pages that have become this process's own, which the host's kernel knows (PAGEMAP_SCAN, or
 * /proc/self/pagemap); the guest is not asked.  They are copied back in place: nothing is unmapped,
 * so nothing is faulted in again, which is 13 to 75 times cheaper than mapping anew.
 *
 * What was kept is private memory of an idle VM; beyond a number of pages it is given back instead.
 *
 * Needs (system calls), for VMs that are reset: ioctl(CONFINE_FD_PAGEMAP, PAGEMAP_SCAN)
 *	pread64(CONFINE_FD_PAGEMAP) madvise(MADV_DONTNEED) close lseek(*, *, SEEK_SET)
 *	fcntl(*, F_OFD_SETLK, *), and those of state.c
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "confine/confine.h"
#include "kvm.h"
#include "msg.h"
#include "pagemap.h"
#include "snap_int.h"
#include "service/svc.h"
#include "tick.h"
#include "zero.h"

struct reset {
	const struct snap_image *img;
	struct vm *vm;
	uint64_t keep;			/* pages that may still be kept */
	struct snap_reset_stats *stats;
};

int snap_reset_arm(struct vm *vm)
{
	if (pagemap_open("resetting VMs needs"))
		return EXIT_MVM;
	vm->nmsrs = kvm_msr_list(vm->dev_fd, vm->msrs);
	snap_tables_arm(vm);
	vm->sync_regs = kvm_check_extension(vm->dev_fd, KVM_CAP_SYNC_REGS);
	return 0;
}

int snap_reset_ready(const struct snap_image *img, struct vm *vm)
{
	int r;

	snap_state_read(vm);
	r = snap_tables_ready(img, vm);
	return r ? fail(EXIT_MVM, "--device %s: does not tell the vCPU's state: %s; see mvm doctor",
			vm->device, strerror(-r)) : 0;
}

/* ---- Memory --------------------------------------------------------------------------------- */

/* [gpa, gpa + len) is private: on one side of the image's end. */
static int restore_range(struct reset *r, uint64_t gpa, uint64_t len)
{
	uint8_t *to = r->vm->ram.hva + gpa;
	uint64_t pages = len / MVM_PAGE_SIZE;

	r->stats->pages += pages;
	snap_tables_look(r->img, r->vm, gpa, len);
	if (pages > r->keep) {
		r->stats->dropped += pages;
		return madvise(to, len, MADV_DONTNEED) ? -errno : 0;
	}
	r->keep -= pages;
	if (gpa < r->img->len)
		memcpy(to, r->img->ram + gpa, len);
	else if (!all_zero(to, len))	/* the kernel's page of zeros must not become one's own */
		memset(to, 0, len);
	return 0;
}

static int restore(void *ctx, uint64_t start, uint64_t end)
{
	struct reset *r = ctx;
	uint64_t gpa = start - (uintptr_t)r->vm->ram.hva, len = end - start;
	uint64_t below = gpa < r->img->len ? r->img->len - gpa : 0;
	int err = 0;

	if (below > len)
		below = len;
	if (below)
		err = restore_range(r, gpa, below);
	return err || below == len ? err : restore_range(r, gpa + below, len - below);
}

static int restore_memory(struct reset *r)
{
	uint64_t from = (uintptr_t)r->vm->ram.hva;
	int err = pagemap_private(CONFINE_FD_PAGEMAP, from, from + r->vm->ram.slotted, restore, r);

	r->vm->ram.present = r->img->head.ram_present;
	return err;
}

/* ---- The rest ------------------------------------------------------------------------------- */

/* An I/O exit that was not completed would be, at the next KVM_RUN, on the new registers. */
static void complete_io(struct vm *vm)
{
	vm->run->immediate_exit = 1;
	kvm_run(vm->vcpu_fd);
	vm->run->immediate_exit = 0;
}

/*
 * Of a handle that stays: what is listed begins anew, the guest says from where; locks are no
 * longer held, which closing would have released; and of what was written last nothing is known.
 */
static void renew(struct handle *h)
{
	struct flock all = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	if (h->kind == MVM_KIND_DIR && h->rights & MVM_RIGHT_READ && !h->grant)
		lseek(h->fd, 0, SEEK_SET);
	if (h->locked)
		fcntl(h->fd, F_OFD_SETLK, &all);
	h->locked = h->came_short = false;
}

/* What the guest has opened since.  The image's own handles cannot be closed by the guest. */
static void close_handles(const struct snap_image *img, struct service *s)
{
	const struct snap_handle *x = img->handles, *end = x + img->head.nhandles;

	for (uint32_t i = 0; i < s->handles.used; i++) {
		struct handle *h = handle_get(&s->handles, (int32_t)i);

		while (x < end && x->number < i)
			x++;
		if (!h)
			continue;
		if (x < end && x->number == i) {
			renew(h);
			continue;
		}
		watch_end(h);
		h->grant = h->kept = false;
		handle_close(&s->handles, (int32_t)i);
	}
	/* Not even the numbers tell the next one how many there were. */
	snap_link_free(img, &s->handles);
}

int snap_reset(const struct snap_image *img, struct vm *vm, struct service *s, uint64_t keep,
	       struct snap_reset_stats *stats)
{
	struct reset r = { .img = img, .vm = vm, .keep = keep, .stats = stats };
	int err;

	*stats = (struct snap_reset_stats){ 0 };
	tick_cancel();
	if (!vm->cloned)
		complete_io(vm);
	close_handles(img, s);
	s->conn = s->pending = -1;
	s->served = false;
	memset(&s->ending, 0, sizeof(s->ending));
	if (vm->cloned)
		return snap_device_reset(img, vm, keep, stats);
	err = restore_memory(&r);
	if (!err && vm->exec_changed)
		err = vm_protect_again(vm, &img->head.exec);
	if (!err)
		err = snap_tables_drop(img, vm);
	return err ? err : snap_set_vcpu(img, vm, false);
}
