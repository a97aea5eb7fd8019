/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What template.c and clone.c share.
 *
 * A template is the frozen VM itself: nothing of it changes any more, so its clones, which hold a
 * reference of it, read its slots, its pages and its vCPUs without a lock.
 */
#ifndef MVM_CLONE_H
#define MVM_CLONE_H

#include "vcpu.h"

/* The template's page of a clone's gfn. */
static inline struct page *mvm_template_page(struct mvm_vm *vm, u64 gfn)
{
	return (struct page *)xa_load(&vm->template->pages, gfn) ?: vm->template->zero;
}

/* A new page, counted in mvm_live, like from.  May sleep; NULL: no memory. */
struct page *mvm_page_copy(struct page *from);
/* NULL: nothing.  Somebody may have the page mapped, or pinned, and keep it so a little longer. */
void mvm_page_free(struct page *page);
/* All that the VM has as a template or as a clone. */
void mvm_pages_free(struct mvm_vm *vm);

/*
 * The clone's own page for gfn, made if there is none.  map: of a mvm_map_get() under way, whose
 * sequence number goes along with the change; may be NULL.  May sleep; ERR_PTR.
 */
struct page *mvm_clone_privatize(struct mvm_vm *vm, u64 gfn, struct mvm_map *map);
/* gfn is another page now than old: the host faults again where it had that one. */
void mvm_clone_host_unmap(struct mvm_vm *vm, u64 gfn, struct page *old);

#endif
