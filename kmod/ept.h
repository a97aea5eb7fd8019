/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ept.c and view.c share: a VM's tables, and the views (roots) that they hang from.
 */
#ifndef MVM_EPT_H
#define MVM_EPT_H

#include <linux/list.h>
#include "core.h"

/* View 0 is all of the VM's memory; the others are MVM_SET_VIEW's. */
#define EPT_VIEWS	(IS_ENABLED(CONFIG_KMOD_VMFUNC) ? 8 : 1)

struct ept_view {
	u64 *root;			/* the table of level 4 */
	u64 eptp;			/* the root as the VMCS wants it */
	u64 hide, hide_end;		/* frames that this view lacks */
};

/* mmu_data of a VM.  Changed under mmu_lock. */
struct ept {
	struct list_head tables;	/* all tables of all views, and list, by page->lru */
	/*
	 * Tables that were cut off.  Whoever cuts one flushes before he gives mmu_lock back, so the
	 * next holder of the lock may use it again: no processor walks it any more.
	 */
	struct list_head dead;
	struct ept_view view[EPT_VIEWS];
	u64 *list;			/* page of EPTPs for VMFUNC: views that were set */
};

/* view.c.  load: what the vCPU's VMCS has of views.  current: the view that the guest left in. */
void ept_view_load(struct mvm_vcpu *vcpu, struct ept *ept);
struct ept_view *ept_view_current(struct mvm_vcpu *vcpu, struct ept *ept);

#endif
