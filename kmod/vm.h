/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM and its memslots: what the ioctls change and what the memory engines read.
 *
 * Locks, outermost first: vm->lock (mutex: slots, vCPU creation, freeze) -> vcpu->lock (mutex:
 * one ioctl at a time on a vCPU) -> mmap_lock (taken by get_user_pages) -> vm->mmu_lock
 * (spinlock: slots, engine tables, notifier sequence).  A holder of mmu_lock does not sleep.
 */
#ifndef MVM_VM_H
#define MVM_VM_H

#include "kernel.h"
#include "uapi/mvm.h"

#define MVM_MAX_VCPUS	16
#define MVM_MAX_SLOTS	512		/* KVM_CAP_NR_MEMSLOTS */
#define MVM_GFN_BITS	(46 - 12)	/* GPAs are below 2^46, or the CPU's width */

struct mvm_vcpu;

/* A memslot.  Written under vm->lock and mmu_lock both; read under either. */
struct mvm_slot {
	struct rb_node node;		/* in mvm_vm.slots */
	u64 gfn;			/* first frame */
	u64 npages;
	unsigned long hva;		/* of the first frame; 0 in a clone */
	u32 id;
	u32 flags;			/* KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY */
	unsigned long *dirty;		/* a bit a frame, NULL without dirty logging */
	unsigned long *nx, *rx;		/* MVM_SET_EXEC: as well, one allocation; NULL: all RWX */
	bool borrowed;			/* nx and rx are the template's */
};

/* What the host is about to do: so many invalidations, and a range that covers them all. */
struct mvm_inval {
	unsigned int count;
	unsigned long start, end;
};

struct mvm_vm {
	struct kref ref;		/* the VM's file and each vCPU's file hold one */
	struct mm_struct *mm;		/* whose memory it is; EIO for another's ioctls */
	struct mutex lock;

	spinlock_t mmu_lock;
	struct rb_root slots;		/* by gfn */
	unsigned long mmu_seq;		/* raised when what was looked at may have changed */
	struct mvm_inval inval;		/* under way */
	struct hlist_node mm_node;	/* in the notifier of its mm */
	void *notifier;			/* notifier.c */

	const struct mvm_mmu_ops *mmu;	/* the engine, never changes */
	void *mmu_data;			/* the engine's */

	struct mvm_vcpu *vcpus[MVM_MAX_VCPUS];
	unsigned int nvcpus;		/* published with release after the pointer */

	struct list_head ioeventfds;	/* doorbell.c, RCU */
	u32 vmcall_mode;		/* MVM_VMCALL_* */
	struct eventfd_ctx __rcu *vmcall_fd;

	bool frozen;			/* a template: nothing of it changes any more */
	struct mvm_vm *template;	/* of a clone, which holds a reference; NULL in other VMs */
	struct xarray pages;		/* by gfn: a template's that are not zero, a clone's own */
	struct page *zero;		/* of a template, in place of all others */
	struct inode *inode;		/* of a clone's descriptor, since it was first mapped */
	u64 ledger_owed;		/* ledger.h */
	struct mvm_stats stats;		/* what no vCPU counts; not atomic */
};

/* The engine of every VM, chosen at module load; NULL before. */
extern const struct mvm_mmu_ops *mvm_engine;

/*
 * Objects with a lifetime of their own (VMs, vCPUs, slots, eventfds, notifiers), counted so that
 * the module can say at its exit whether one was leaked.
 */
extern atomic_t mvm_live;
static inline void mvm_live_inc(void) { atomic_inc(&mvm_live); }
static inline void mvm_live_dec(void) { atomic_dec(&mvm_live); }

/* main.c, vm.c */
long mvm_vm_create(struct mvm_vm *template);	/* NULL: no clone.  A descriptor, or -errno */
void mvm_vm_put(struct mvm_vm *vm);
int mvm_check_extension(long cap);		/* main.c: as KVM_CHECK_EXTENSION */

/* What an ioctl of the VM's calls, here and in other headers, has vm->lock held (vm.c). */

/* memslot.c.  find: the caller holds vm->lock or mmu_lock; NULL: no memory there. */
struct mvm_slot *mvm_slot_find(struct mvm_vm *vm, u64 gfn);
#define mvm_for_each_slot(slot, vm)						\
	for (slot = rb_entry_safe(rb_first(&(vm)->slots), struct mvm_slot, node); slot;	\
	     slot = rb_entry_safe(rb_next(&slot->node), struct mvm_slot, node))
/* The slot in which gpa to gpa + size, whole frames, lies; NULL: none, or not whole frames. */
struct mvm_slot *mvm_slot_of_range(struct mvm_vm *vm, u64 gpa, u64 size);
int mvm_slot_set(struct mvm_vm *vm, const struct kvm_userspace_memory_region *mem);
int mvm_slot_get_dirty_log(struct mvm_vm *vm, struct kvm_dirty_log *log);
int mvm_slot_set_exec(struct mvm_vm *vm, const struct mvm_exec *exec);
void mvm_slots_destroy(struct mvm_vm *vm);
/*
 * mmu_lock held.  Nothing of [gfn, gfn + npages) stays mapped for a guest, and nobody may map what
 * it read before.
 */
void mvm_zap(struct mvm_vm *vm, u64 gfn, u64 npages);
/*
 * A clone's slots: as the template's, whose bitmaps of what may be executed are borrowed until the
 * clone changes them; and, vm->lock held, with the template's bitmaps again.
 */
int mvm_slots_clone(struct mvm_vm *vm);
void mvm_slots_reset_exec(struct mvm_vm *vm);

/*
 * Where a guest frame lies on the host: the only way from GPA to HPA.
 *
 *	again:	err = mvm_map_get(vm, gfn, write, &map);	may sleep, no lock held
 *		if (err) ...					-EFAULT: no memory, or no writing;
 *								-EINTR, -ENOMEM, -EHWPOISON
 *		spin_lock(&vm->mmu_lock);
 *		if (mvm_map_stale(vm, &map)) { unlock; put; goto again; }
 *		...write the leaf: map.pfn, map.prot, up to map.level...
 *		spin_unlock(&vm->mmu_lock);
 *		mvm_map_put(&map);
 *
 * prot is what slot, host mapping, dirty log and MVM_SET_EXEC together allow: dirty logging and a
 * read fault on a copy-on-write host page withhold MVM_PROT_W.  A write that dirty logging withheld
 * marks the frame and is allowed (mvm_map_get with write).  With write, the slot's dirty bit is set
 * by mvm_map_stale() when it answers false.
 */
#define MVM_ENOHOST	ENODATA		/* the host's mapping does not allow it: KVM_RUN's EFAULT */
#define MVM_PROT_R	1
#define MVM_PROT_W	2
#define MVM_PROT_X	4
#define MVM_MAP_PAGES	8		/* at most, that one fault maps */

struct mvm_map {
	u64 gfn;
	u64 pfn;			/* host frame of gfn */
	u8 prot;			/* MVM_PROT_* */
	u8 level;			/* 1: 4 KiB; 2: gfn's 2 MiB may be mapped with this prot */
	bool write;
	unsigned long hva;		/* of no meaning in a clone */
	unsigned long seq;
	struct mvm_slot *slot;		/* while seq is the VM's */
	/*
	 * The host's, of gfn and of frames behind it that it has at hand and for which prot holds
	 * as well; referenced until mvm_map_put().
	 */
	struct page *page[MVM_MAP_PAGES];
	unsigned int npages;
};
int mvm_map_get(struct mvm_vm *vm, u64 gfn, bool write, struct mvm_map *map);
bool mvm_map_stale(struct mvm_vm *vm, struct mvm_map *map);
void mvm_map_put(struct mvm_map *map);

/* Bytes that the entry spans at which a walk of the process's page tables for hva ends now. */
unsigned long mvm_host_entry(struct mm_struct *mm, unsigned long hva, bool *empty);

/*
 * Guest memory as the vMMU's walker reads it: 8 bytes at a GPA that is a multiple of 8.  May sleep;
 * current->mm is vm->mm.  Errors are mvm_map_get()'s.  cmpxchg: -EAGAIN when it was not old.
 * peek: mmu_lock held, does not sleep; -EFAULT also where there is no memory at this moment.
 */
int mvm_gpa_peek64(struct mvm_vm *vm, u64 gpa, u64 *val);
int mvm_gpa_read64(struct mvm_vm *vm, u64 gpa, u64 *val);
int mvm_gpa_cmpxchg64(struct mvm_vm *vm, u64 gpa, u64 old, u64 new);

/* notifier.c: one mmu notifier a process, shared by its VMs. */
int mvm_notifier_attach(struct mvm_vm *vm);	/* from KVM_CREATE_VM */
void mvm_notifier_detach(struct mvm_vm *vm);
void mvm_notifier_exit(void);			/* module exit: waits for what is queued */

/* ept.c, CONFIG_KMOD_VMFUNC: MVM_SET_VIEW; 0 or -errno. */
long mvm_view_set(struct mvm_vm *vm, const struct mvm_view *view);

/*
 * clone.c: MVM_FREEZE, MVM_RESET (so many private pages stay; the number that there were) and
 * MVM_ZERO; or -errno.
 */
long mvm_template_ioctl(struct mvm_vm *vm, unsigned int cmd, unsigned long keep,
			const struct mvm_range *range);

/* and */
int mvm_clone_init(struct mvm_vm *vm, struct mvm_vm *template);
int mvm_clone_mmap(struct file *file, struct vm_area_struct *vma);
/* mvm_map_get() in a clone, when the slot has said what it allows. */
int mvm_clone_look(struct mvm_vm *vm, struct mvm_map *map);
int mvm_clone_vcpu_init(struct mvm_vcpu *vcpu);	/* a clone's new vCPU is as the template's */
void mvm_clone_destroy(struct mvm_vm *vm);	/* a template's or clone's own, at the last put */
/* Eight bytes of a clone, mmu_lock held, without sleeping; -EFAULT: no memory there. */
int mvm_clone_peek(struct mvm_vm *vm, u64 gpa, u64 *val);

/* doorbell.c */
int mvm_ioeventfd_set(struct mvm_vm *vm, const struct kvm_ioeventfd *args);
int mvm_vmcall_set(struct mvm_vm *vm, const struct mvm_vmcall *args);
void mvm_ioeventfd_destroy(struct mvm_vm *vm);

#endif
