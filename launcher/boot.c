/* SPDX-License-Identifier: MIT */
/*
 * Boot information.  See boot.h.
 *
 * Layout: the structure, the grants, then strings: arguments, environment, and after them the
 * paths.  Everything is bounded by MVM_BOOT_MAX, where the ring begins.
 */
#include "boot.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "msg.h"
#include "options/options.h"

struct writer {
	char *base;
	size_t used;
	size_t wanted;			/* what it would have been without the bound */
};

/* Appends a string.  Its offset; 0, which is never a string's, when there is no room. */
static uint32_t put_string(struct writer *w, const char *s)
{
	size_t len = strlen(s) + 1;
	size_t at = w->used;

	w->wanted += len;
	if (len > MVM_BOOT_MAX - w->used)
		return 0;
	memcpy(w->base + at, s, len);
	w->used += len;
	return (uint32_t)at;
}

static void put_grants(struct writer *w, struct mvm_boot *b, const struct plan *plan,
		       const struct grants *grants, const struct handles *handles)
{
	struct mvm_grant *out = (struct mvm_grant *)(void *)(w->base + w->used);
	uint32_t n = 0;

	b->grants_off = (uint32_t)w->used;
	for (uint32_t i = 0; i < handles->used; i++) {
		if (handles->h[i].fd < 0)
			continue;
		out[n].handle = (int32_t)i;
		out[n].kind = handles->h[i].kind;
		out[n].rights = handles->h[i].rights;
		out[n].size = handles->h[i].size;
		n++;
	}
	for (size_t i = 0; i < plan->ntmpfs; i++)
		out[n++] = (struct mvm_grant){
			.handle = -1, .kind = MVM_KIND_TMPFS, .size = plan->tmpfs[i].size,
		};
	b->ngrants = n;
	w->used += n * sizeof(*out);
	w->wanted = w->used;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t h = (uint32_t)out[i].handle;

		if (out[i].kind == MVM_KIND_TMPFS)
			out[i].path_off = put_string(w, plan->tmpfs[i - (n - plan->ntmpfs)].path);
		else if (h < sizeof(grants->paths) / sizeof(grants->paths[0]) && grants->paths[h])
			out[i].path_off = put_string(w, grants->paths[h]);
	}
}

/* What of the network is granted. */
static void put_net(struct writer *w, struct mvm_boot *b, const struct grants *grants)
{
	size_t pad = -w->used & 7, size = grants->nnet * sizeof(struct mvm_net);
	struct mvm_net *out = (struct mvm_net *)(void *)(w->base + w->used + pad);

	w->wanted += pad + size;
	if (pad + size > MVM_BOOT_MAX - w->used)
		return;
	w->used += pad + size;
	b->net_off = (uint32_t)(w->used - size);
	b->nnet = grants->nnet;
	for (uint32_t i = 0; i < grants->nnet; i++) {
		out[i] = grants->net[i];
		if (grants->net_paths[i])
			out[i].path_off = put_string(w, grants->net_paths[i]);
	}
}

static void put_args(struct writer *w, struct mvm_boot *b, const struct plan *plan)
{
	b->args_off = (uint32_t)w->used;
	b->argc = (uint32_t)plan->argc;
	b->envc = (uint32_t)plan->nenv;
	for (int i = 0; i < plan->argc; i++)
		put_string(w, plan->argv[i]);
	for (size_t i = 0; i < plan->nenv; i++)
		put_string(w, plan->env[i]);
	b->strings_len = (uint32_t)(w->used - b->args_off);
}

int boot_write(const struct plan *plan, const struct grants *grants, const struct handles *handles,
	       struct guest_ram *ram)
{
	struct mvm_boot *b = (struct mvm_boot *)(void *)(ram->hva + MVM_GPA_BOOT);
	struct writer w = { .base = (char *)b, .used = (sizeof(*b) + 63) & ~(size_t)63 };

	_Static_assert(sizeof(*b) + (GRANTS_MAX + PLAN_GRANTS_MAX) * sizeof(struct mvm_grant) <
		       MVM_BOOT_MAX, "grants fit");
	put_grants(&w, b, plan, grants, handles);
	put_net(&w, b, grants);
	b->cwd_off = put_string(&w, plan->cwd ? plan->cwd : "/");
	b->hostname_off = put_string(&w, plan->hostname ? plan->hostname : "mvm");
	b->exec_off = put_string(&w, plan->program);
	put_args(&w, b, plan);
	if (w.wanted > MVM_BOOT_MAX)
		return fail(EXIT_CANNOT_RUN, "%s: its arguments and variables take %zu KiB, and "
			    "%lu is the most; pass fewer, or in a file", plan->program,
			    (w.wanted + 1023) >> 10, MVM_BOOT_MAX >> 10);

	if (getrandom(b->random, sizeof(b->random), 0) != sizeof(b->random))
		return fail(EXIT_MVM, "getrandom: the host gives no random numbers; "
			    "a kernel from 3.17 on is needed");
	b->magic = MVM_ABI_MAGIC;
	b->abi_major = MVM_ABI_MAJOR;
	b->abi_minor = MVM_ABI_MINOR;
	b->size = sizeof(*b);
	b->flags = (plan->verbose ? MVM_BOOT_VERBOSE : 0) | (plan->allow_wx ? MVM_BOOT_WX : 0) |
		   (plan->nconnects ? MVM_BOOT_CONNECT : 0) |
		   (plan->snap_out ? MVM_BOOT_READY : 0) |
		   (trace_wants_calls(plan) ? MVM_BOOT_TRACE : 0) |
		   (plan->profile ? MVM_BOOT_MAPPED : 0);
	b->ncpus = 1;
	b->stack_size = plan->stack;
	b->uid = plan->has_user ? plan->uid : grants->uid;
	b->gid = plan->has_user ? plan->gid : grants->gid;
	return 0;
}
