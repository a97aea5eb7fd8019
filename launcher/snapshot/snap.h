/* SPDX-License-Identifier: MIT */
/*
 * Snapshots: a program's VM as it was at its ready point, and VMs that go on from there.
 *
 *	make.c	mvm snapshot, outside: the child that runs the program, the file
 *	take.c	inside that child, confined: writes the VM to the file
 *	open.c	a file, checked, becomes a struct snap_image
 *	fit.c	does it fit this host and these grants?
 *	vm.c	a VM from an image, its vCPU, its beginning
 *	order.c	the order in which a clone touches its pages
 *	reset.c	the same VM at its beginning again
 *	device.c the same two where the device makes clones and resets them (/dev/mvm)
 *
 * Messages are printed here; statuses are exit statuses (msg.h) unless stated otherwise.
 */
#ifndef MVM_SNAP_H
#define MVM_SNAP_H

#include <signal.h>
#include "grants.h"
#include "plan.h"
#include "service/service.h"
#include "format.h"
#include "vm.h"

struct stats;

/* A snapshot that has been checked.  Shared by all VMs that are made from it; never changed. */
struct snap_image {
	const char *name;		/* for messages */
	uint64_t base, size;		/* where in the file it is, bytes; size 0: all of it */
	struct snap_head head;
	struct snap_extent *extents;	/* head.nextents */
	struct snap_handle *handles;	/* head.nhandles */
	const char *strings;		/* head.strings_len, the last one 0 */
	const char *output;		/* head.output_len */
	int fd;				/* sealed memfd: memory from GPA 0 on; -1: see file */
	uint64_t len;			/* its bytes, a multiple of 2 MiB */
	const uint8_t *ram;		/* the same, mapped read-only */
	int file;			/* not copied: the file itself, whose pages ... */
	uint64_t file_off;		/* ... begin here; else -1 */
};

/*
 * The snapshot of what the plan runs goes to fd, open for reading and writing, from its beginning:
 * the heart of mvm snapshot, for others that want one.
 */
int snap_write(const struct plan *plan, struct stats *stats, int fd);
/* mvm snapshot. */
int snap_make(const struct plan *plan, struct stats *stats);
/*
 * The child's half of it: s is about to run the guest and shall write a snapshot to the descriptor
 * CONFINE_FD_SNAP and end the process with status 0 when the guest is ready.  Before
 * confine_privileges(): opens CONFINE_FD_PAGEMAP.
 */
int snap_take_arm(const struct plan *plan, struct vm *vm, struct service *s,
		  const struct grants *g);
/* The processor that the VM was set up with, of snap_take_arm()'s VM. */
void snap_take_model(const struct cpu_model *m, uint64_t lstar);

/*
 * Reads and checks what path names (fd -1), or fd, which has no other name than path in messages.
 * Fills *img.
 */
int snap_open(const char *path, int fd, struct snap_image *img);
/*
 * The same of plan->snapshot, which may be a part of an appliance, for one VM that is never reset:
 * where pages can be mapped from the file they are, as a program's are, and not copied (img->file).
 */
int snap_open_plan(const struct plan *plan, struct snap_image *img);
/* Gives back what it has, also where snap_open() failed.  VMs that were made from it go on. */
void snap_close(struct snap_image *img);

/* Can this host and this mvm go on from it?  Asks the processor. */
int snap_fit_host(const struct snap_image *img);
/*
 * The grants in t, as grants_open() made them, get the numbers that the snapshot knows them by.
 * Refused: a grant that the snapshot expects and that is not there, or that it does not know.
 */
int snap_fit_grants(const struct snap_image *img, struct handles *t, struct grants *g);
/*
 * What was open below them is opened again, as a guest opens it: with the rights that are left
 * after confine_privileges(), and where no descriptor with a number of its own (confine.h) is made
 * any more.  Before the filter, which may not have openat2(2) for it.
 */
int snap_open_kept(const struct snap_image *img, struct handles *t);

/*
 * Guest RAM: a private view of the image, or of the file's pages, and empty memory behind it.
 * Instead of load(), after vm_reserve_ram() with plan->mem = head.ram_max.
 */
int snap_map(const struct snap_image *img, struct vm *vm);
/* The vCPU in the image's state.  Instead of vm_setup(). */
int snap_setup(const struct snap_image *img, struct vm *vm);
/*
 * The guest's handles are watched as they were, the ring is the image's, clocks and randomness are
 * new; then waits for what the guest waited for, and lets it go on at the next KVM_RUN.  After
 * service_init() and watch_init(); makes only system calls that every filter allows.
 * A signal ends the wait only when *stop is not 0 then: -EINTR.  0, or -errno.
 */
int snap_begin(const struct snap_image *img, struct vm *vm, struct service *s,
	       const volatile sig_atomic_t *stop);

/* What a reset did, in pages that had become private. */
struct snap_reset_stats {
	uint64_t pages;			/* all */
	uint64_t dropped;		/* of these, given back instead of copied */
};

/*
 * Where the device has MVM_CAP_CLONE: the VM of the image, made from nothing, is a template from
 * then on, whose descriptor is vm->vm_fd.  After vm_open(); plan->mem = head.ram_max.
 */
int snap_freeze(const struct snap_image *img, const struct plan *plan, struct vm *vm);
/*
 * A clone of that template: memory, what may be executed of it, and, when it is created, its vCPU
 * are the image's.  After vm_reserve_ram(); instead of snap_map(), vm_create(), vm_add_ram() and
 * snap_setup().
 */
int snap_clone(const struct snap_image *img, int template, struct vm *vm);

/*
 * For VMs that are reset by copying.  Before the vCPU is made and privileges are dropped: opens
 * CONFINE_FD_PAGEMAP, asks the device which MSRs it has.
 */
int snap_reset_arm(struct vm *vm);
/* After snap_setup(), before the filter: notes what a fresh vCPU holds. */
int snap_reset_ready(const struct snap_image *img, struct vm *vm);
/*
 * The VM, which does not run, is as snap_setup() left it, its handles are the image's; snap_begin()
 * comes next.  keep: at most so many private pages stay this process's own.  0, or -errno: this VM
 * cannot be used any more.
 */
int snap_reset(const struct snap_image *img, struct vm *vm, struct service *s, uint64_t keep,
	       struct snap_reset_stats *stats);

/*
 * The trial of a new snapshot (order.c), a clone whose handles lead nowhere and that tells the
 * pages that it touches to CONFINE_FD_ORDER.  Instead of snap_fit_grants(); before run_loop().
 */
struct run;
int snap_trial_handles(const struct snap_image *img, struct handles *t);
int snap_trial_begin(const struct snap_image *img, struct run *r);

/* Writes what the program had written to descriptor fd, as far as it can be.  0 or -errno. */
int snap_replay_output(const struct snap_image *img, int fd);

#endif
