/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What /dev/mvm has beyond the KVM UAPI: ioctls under a magic of our own, each announced by a
 * capability of our own.  Everything else is <linux/kvm.h>, same numbers and structures.
 */
#ifndef UAPI_MVM_H
#define UAPI_MVM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MVM_MAGIC		0xB7

/* KVM_CHECK_EXTENSION on the device or a VM: positive where there. */
#define MVM_CAP_BASE		0x6d766d00	/* "mvm", far from KVM's small numbers */
#define MVM_CAP_MEM_EXEC	(MVM_CAP_BASE + 1)	/* MVM_SET_EXEC; EPT only */
#define MVM_CAP_VMCALL		(MVM_CAP_BASE + 2)	/* MVM_SET_VMCALL */
#define MVM_CAP_CLONE		(MVM_CAP_BASE + 3)	/* MVM_FREEZE, _CLONE, _RESET, _ZERO */
#define MVM_CAP_STATS		(MVM_CAP_BASE + 4)	/* MVM_GET_STATS */
#define MVM_CAP_VMFUNC		(MVM_CAP_BASE + 5)	/* MVM_SET_VIEW and VMFUNC leaf 0 */
#define MVM_CAP_ENGINE		(MVM_CAP_BASE + 6)	/* 1: EPT, 2: vMMU */
#define MVM_CAP_RUN_SEEK	(MVM_CAP_BASE + 7)	/* MVM_RUN_SEEK */

/*
 * vCPU: lseek(vcpu, 0, MVM_RUN_SEEK) is ioctl(vcpu, KVM_RUN, 0), with the same answers.  lseek(2)
 * has the shortest way to a file's owner that a system call has: no security module is asked at
 * each exit, as each is by ioctl(2), no table of requests is searched.  The number is SEEK_DATA's.
 */
#define MVM_RUN_SEEK		3

/*
 * VM: whether guest frames may be executed.  gpa and size are multiples of 4096 inside one
 * memslot.  A frame of a new slot may be.  With MVM_EXEC_RX it also cannot be written.
 */
struct mvm_exec {
	__u64 gpa;
	__u64 size;
	__u32 mode;
	__u32 pad;			/* 0 */
};
#define MVM_EXEC_NX		0	/* readable, writable, not executable */
#define MVM_EXEC_RX		1	/* readable, executable, not writable */
#define MVM_EXEC_RWX		2	/* the default */
#define MVM_SET_EXEC		_IOW(MVM_MAGIC, 0x01, struct mvm_exec)

/*
 * VM: what VMCALL does at any privilege level.  Without it, and at first, #UD.
 * MVM_VMCALL_USER: KVM_EXIT_HYPERCALL with nr = RAX and args = RDI, RSI, RDX, R10, R8, R9; RAX
 * takes hypercall.ret at the next KVM_RUN.  MVM_VMCALL_EVENTFD: adds 1 to the eventfd inside the
 * kernel and goes on, RAX = 0.
 */
struct mvm_vmcall {
	__u32 mode;
	__s32 fd;
};
#define MVM_VMCALL_UD		0
#define MVM_VMCALL_USER		1
#define MVM_VMCALL_EVENTFD	2
#define MVM_SET_VMCALL		_IOW(MVM_MAGIC, 0x02, struct mvm_vmcall)

/*
 * VM: makes it a template.  Its memory and its vCPUs' state are kept as they are (EBUSY while one
 * runs); what would change them gives EPERM from then on, as KVM_RUN does.
 */
#define MVM_FREEZE		_IO(MVM_MAGIC, 0x03)
/*
 * Template VM, in any process that has its descriptor, also when the one that froze it has ended: a
 * new VM of the calling process whose memslots are the template's, copy on write.  Returns its
 * descriptor.  The host reaches the clone's memory by mmap() of that descriptor, offset = GPA.
 * KVM_CREATE_VCPU on it gives a vCPU in the template's state.
 */
#define MVM_CLONE		_IO(MVM_MAGIC, 0x04)
/*
 * Clone: memory, what of it may be executed, and vCPU are the template's again.  arg is a number:
 * so many private pages at most stay with the clone, with the template's content, which costs less
 * than to free one and to copy it again when it is written; the others are freed.  Returns how many
 * private pages there were.  EBUSY while it runs.
 */
#define MVM_RESET		_IO(MVM_MAGIC, 0x05)

/*
 * Clone: this memory, inside one memslot, in multiples of 4096, is zero, and private pages that are
 * not needed for that are freed.  EBUSY while it runs.
 */
struct mvm_range {
	__u64 gpa;
	__u64 size;
};
#define MVM_ZERO		_IOW(MVM_MAGIC, 0x08, struct mvm_range)

/* VM: the counters since its creation; all zero without CONFIG_KMOD_STATS. */
struct mvm_stats {
	__u64 size;			/* in: sizeof of the caller's; out: bytes filled */
	__u64 entries;			/* VMLAUNCH and VMRESUME */
	__u64 exits;			/* those that left the inner loop included */
	__u64 exits_user;		/* returns from KVM_RUN */
	__u64 exit_irq, exit_io, exit_pf, exit_ept, exit_cr, exit_invlpg, exit_msr, exit_cpuid,
	      exit_vmcall, exit_hlt, exit_other;
	__u64 faults_guest;		/* #PF given to the guest by the vMMU */
	__u64 fills;			/* leaves written by an engine */
	__u64 roots_hit, roots_miss;	/* vMMU: loads of CR3 and the like: root known, or not */
	__u64 flushes;			/* INVEPT and INVVPID executed */
	__u64 private_pages;		/* clone: pages that are its own now */
};
#define MVM_GET_STATS		_IOWR(MVM_MAGIC, 0x06, struct mvm_stats)

/*
 * VM, with MVM_CAP_VMFUNC: view 1..7 of the EPTP list, the VM's memory without the range (size 0:
 * all of it).  View 0 is the VM's own, in which a vCPU starts.
 */
struct mvm_view {
	__u32 index;
	__u32 pad;
	__u64 hide_gpa;
	__u64 hide_size;
};
#define MVM_SET_VIEW		_IOW(MVM_MAGIC, 0x07, struct mvm_view)

#endif
