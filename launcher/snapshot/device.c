/* SPDX-License-Identifier: MIT */
/*
 * VMs of a snapshot where the device makes them itself (MVM_CAP_CLONE of /dev/mvm): one is frozen
 * as a template, by a process that ends then; each other process makes clones of it, copy on write
 * inside the kernel, and puts them back with one ioctl.  Guest RAM is a mapping of the clone's
 * descriptor.
 *
 * There is one memslot, of all that the guest may ever have: a clone's slots cannot be changed, and
 * what nobody has touched costs nothing.
 *
 * Needs (system calls), for clones that are reset: ioctl(CONFINE_FD_VM, MVM_RESET)
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "confine/confine.h"
#include "descriptor.h"
#include "kvm.h"
#include "msg.h"
#include "snap_int.h"

static int refused(const struct vm *vm, const char *what, int err)
{
	return fail(EXIT_MVM, "--device %s: cannot %s: %s; --reset=copy does without", vm->device,
		    what, strerror(err));
}

/* ---- The template --------------------------------------------------------------------------- */

/* Only what the image has: the template keeps no page that was never touched. */
static void copy_pages(const struct snap_image *img, uint8_t *ram)
{
	for (uint32_t i = 0; i < img->head.nextents; i++) {
		uint64_t from = img->extents[i].page * MVM_PAGE_SIZE;

		memcpy(ram + from, img->ram + from, img->extents[i].count * MVM_PAGE_SIZE);
	}
}

int snap_freeze(const struct snap_image *img, const struct plan *plan, struct vm *vm)
{
	int r;

	if (vm_reserve_ram(vm, plan) < 0)
		return EXIT_MVM;
	copy_pages(img, vm->ram.hva);
	vm->ram.present = vm->ram.max;
	if (vm_create(vm) < 0 || vm_add_ram(vm) < 0 || vm_protect_as(vm, &img->head.exec) < 0 ||
	    vm_create_vcpu(vm) < 0 || snap_setup(img, vm))
		return EXIT_MVM;
	r = kvm_freeze(vm->vm_fd);
	return r < 0 ? refused(vm, "make a template of the snapshot", -r) : 0;
}

/* ---- Clones --------------------------------------------------------------------------------- */

int snap_clone(const struct snap_image *img, int template, struct vm *vm)
{
	struct guest_ram *ram = &vm->ram;
	int r = kvm_clone(template);

	if (r >= 0 && fd_move(r, CONFINE_FD_VM) < 0)
		r = -errno;
	if (r < 0)
		return refused(vm, "make a clone", -r);
	vm->vm_fd = CONFINE_FD_VM;
	if (mmap(ram->hva, ram->max, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, vm->vm_fd,
		 0) == MAP_FAILED)
		return refused(vm, "map a clone's memory", errno);
	ram->present = ram->max;
	vm_slot_added(vm);
	ram->present = img->head.ram_present;
	vm->exec = img->head.exec;
	vm->cloned = true;
	return 0;
}

int snap_device_reset(const struct snap_image *img, struct vm *vm, uint64_t keep,
		      struct snap_reset_stats *stats)
{
	int n = kvm_reset(vm->vm_fd, keep);

	if (n < 0)
		return n;
	stats->pages = (uint64_t)n;
	stats->dropped = stats->pages > keep ? stats->pages - keep : 0;
	vm->private_pages = stats->pages - stats->dropped;
	vm->ram.present = img->head.ram_present;
	vm->exec = img->head.exec;
	return 0;
}
