/* SPDX-License-Identifier: MIT */
/*
 * The guest's page tables over a reset.  Copying them back is a write by the host, of which nobody
 * tells the guest's processor, so what it knows of the tables of the last request has to go:
 *
 * With EPT or NPT that is its TLB.  The page of the topmost table is dropped, so that KVM takes it
 * from the second stage and flushes what was translated with it.  It is always there: after such a
 * flush nothing can be executed before the processor has walked the tables from the top.
 *
 * A KVM without keeps shadows of the tables, which it corrects when the guest writes to them and
 * not when the host does.  Where an entry that matters is another one than the image's the memslots
 * are made anew, and all shadows go with them; that is dear, and most requests change none.  Else a
 * change of CR3 makes it look again at those that the guest has written without a flush.
 *
 * /dev/mvm does either by itself when system registers are set (docs/kmod.md).
 *
 * Needs (system calls): ioctl(CONFINE_FD_VM, KVM_SET_USER_MEMORY_REGION) ioctl(CONFINE_FD_VCPU,
 *	KVM_SET_SREGS) madvise(MADV_DONTNEED)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kvm.h"
#include "snap_int.h"

#define TABLES_MAX	2048U
#define ENTRIES		512U
#define ENTRY_P		1UL
#define ENTRY_AD	0x60UL		/* accessed, dirty: the processor's own writes */
#define ENTRY_PS	0x80UL
#define ENTRY_ADDR	SNAP_CR3_PAGE
#define CR3_PWT		8UL

static struct {
	uint32_t page[TABLES_MAX];	/* GPA / 4096 of the image's tables */
	uint32_t n;			/* more than TABLES_MAX: not all are known */
	enum { BY_DEVICE, BY_TLB, BY_SHADOWS } how;
	bool changed;
	struct kvm_sregs other;		/* the image's, with another CR3 */
} tables;

static bool says_yes(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = 0;
	ssize_t n = fd < 0 ? 0 : read(fd, &c, 1);

	if (fd >= 0)
		close(fd);
	return n == 1 && (c == 'Y' || c == '1');
}

void snap_tables_arm(const struct vm *vm)
{
	if (kvm_check_extension(vm->dev_fd, MVM_CAP_ENGINE) > 0)
		tables.how = BY_DEVICE;
	else if (says_yes("/sys/module/kvm_intel/parameters/ept") ||
		 says_yes("/sys/module/kvm_amd/parameters/npt"))
		tables.how = BY_TLB;
	else
		tables.how = BY_SHADOWS;
}

/* The image may be forged: tables that contain themselves end with the room for them. */
static void find(const struct snap_image *img, uint64_t gpa, int level)
{
	const uint64_t *entry = (const void *)(img->ram + gpa);

	if (gpa >= img->len || tables.n > TABLES_MAX)
		return;
	if (tables.n < TABLES_MAX)
		tables.page[tables.n] = (uint32_t)(gpa / MVM_PAGE_SIZE);
	tables.n++;
	for (unsigned int i = 0; level > 1 && i < ENTRIES; i++)
		if (entry[i] & ENTRY_P && !(level < 4 && entry[i] & ENTRY_PS))
			find(img, entry[i] & ENTRY_ADDR, level - 1);
}

int snap_tables_ready(const struct snap_image *img, const struct vm *vm)
{
	int r;

	tables.n = 0;
	if (tables.how != BY_SHADOWS)
		return 0;
	find(img, img->head.cr3 & ENTRY_ADDR, 4);
	r = kvm_get_sregs(vm->vcpu_fd, &tables.other);
	tables.other.cr3 ^= CR3_PWT;
	return r;
}

static bool same(const uint64_t *a, const uint64_t *b)
{
	for (unsigned int i = 0; i < ENTRIES; i++)
		if ((a[i] ^ b[i]) & ~ENTRY_AD && (a[i] | b[i]) & ENTRY_P)
			return false;
	return true;
}

void snap_tables_look(const struct snap_image *img, const struct vm *vm, uint64_t gpa,
		      uint64_t len)
{
	uint64_t from = gpa / MVM_PAGE_SIZE, end = from + len / MVM_PAGE_SIZE;

	for (uint32_t i = 0; i < tables.n && i < TABLES_MAX && !tables.changed; i++)
		if (tables.page[i] >= from && tables.page[i] < end) {
			uint64_t at = tables.page[i] * MVM_PAGE_SIZE;

			tables.changed = !same((const void *)(vm->ram.hva + at),
					       (const void *)(img->ram + at));
		}
}

/* A slot of no size is none; all shadows go with it. */
static int slots_anew(const struct vm *vm)
{
	uint64_t from = 0;
	int r = 0;

	for (uint32_t i = 0; i < vm->nslots && i < VM_SLOTS_MAX && !r; i++) {
		r = kvm_add_memslot(vm->vm_fd, i, from, 0, vm->ram.hva + from);
		if (!r)
			r = kvm_add_memslot(vm->vm_fd, i, from, vm->slot_end[i] - from,
					    vm->ram.hva + from);
		from = vm->slot_end[i];
	}
	return r;
}

int snap_tables_drop(const struct snap_image *img, const struct vm *vm)
{
	bool changed = tables.changed || tables.n > TABLES_MAX;

	tables.changed = false;
	if (tables.how == BY_DEVICE)
		return 0;
	if (tables.how == BY_TLB)
		return madvise(vm->ram.hva + (img->head.cr3 & ENTRY_ADDR), MVM_PAGE_SIZE,
			       MADV_DONTNEED) ? -errno : 0;
	if (changed)
		return slots_anew(vm);
	/* Whatever it is now: snap_set_vcpu() changes it once more. */
	return kvm_set_sregs(vm->vcpu_fd, &tables.other);
}
