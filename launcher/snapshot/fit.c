/* SPDX-License-Identifier: MIT */
/* Does a snapshot fit where it shall go on: this processor, these grants? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "msg.h"
#include "snap_int.h"
#include "service/svc.h"

/* ---- The processor -------------------------------------------------------------------------- */

static const struct kvm_cpuid_entry2 *leaf(const struct cpu_model *m, uint32_t function)
{
	for (uint32_t i = 0; i < m->ncpuid; i++)
		if (m->cpuid[i].function == function && !m->cpuid[i].index)
			return &m->cpuid[i];
	return NULL;
}

/* Programs have chosen their code by these: AVX where there was AVX. */
static bool has_all(const struct cpu_model *here, const struct cpu_model *there, uint32_t function)
{
	const struct kvm_cpuid_entry2 *a = leaf(here, function), *b = leaf(there, function);
	/* Leaf 1's EBX is no set of features: brand, line size, APIC. */
	uint32_t ebx = function == 1 ? 0 : UINT32_MAX;

	if (!a || !b)
		return a == b;
	return !(b->ebx & ~a->ebx & ebx) && !(b->ecx & ~a->ecx) && !(b->edx & ~a->edx);
}

int snap_fit_host(const struct snap_image *img)
{
	static const uint32_t features[] = { 1, 7, 0x80000001 };
	const struct cpu_model *m = &img->head.model;
	struct cpu_model here;

	cpu_model_init(&here);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (!has_all(&here, m, features[i]))
			return fail(EXIT_CANNOT_RUN, "%s: the snapshot was made on a processor "
				    "with instructions that this one lacks (CPUID leaf %#x); make "
				    "it again on this host", img->name, features[i]);
	if (m->features & ~here.features || m->xcr0 & ~here.xcr0)
		return fail(EXIT_CANNOT_RUN, "%s: the snapshot was made on a processor with "
			    "register state that this one lacks (XCR0 %#llx); make it again on "
			    "this host",
			    img->name, (unsigned long long)m->xcr0);
	return 0;
}

/* ---- The grants ----------------------------------------------------------------------------- */

static const char *option_of_kind(uint32_t kind, const char *place)
{
	return kind == MVM_KIND_DISK ? "--disk" :
	       kind == MVM_KIND_UNIX ? "--connect unix:" :
	       kind == MVM_KIND_LISTENER || kind == MVM_KIND_DATAGRAM ? "--listen" :
	       !strcmp(place, "/") ? "--root" : "--dir";
}

const char *snap_place(const struct grants *g, uint32_t n)
{
	static char text[32];

	for (uint32_t i = 0; i < g->nnet; i++) {
		const struct mvm_net *net = &g->net[i];

		if (net->kind != MVM_NET_LISTEN || net->handle != (int32_t)n)
			continue;
		if (g->net_paths[i])
			return g->net_paths[i];
		snprintf(text, sizeof(text), "%s port %u",
			 net->addr.proto == MVM_PROTO_UDP ? "UDP" : "TCP", net->guest_port);
		return text;
	}
	return n < GRANTS_MAX && g->paths[n] ? g->paths[n] : "";
}

/* The grant in t that the snapshot means by x, or -1. */
static int32_t find_grant(const struct snap_image *img, const struct snap_handle *x,
			  const struct handles *t, const struct grants *g)
{
	if (x->number < 3)
		return (int32_t)x->number;
	for (uint32_t i = 3; i < t->used; i++)
		if (t->h[i].kind == x->kind && !strcmp(snap_place(g, i), img->strings + x->name))
			return (int32_t)i;
	return -1;
}

static int missing_grant(const struct snap_image *img, const struct snap_handle *x)
{
	const char *place = img->strings + x->name, *option = option_of_kind(x->kind, place);

	return fail(EXIT_MVM, "%s: the snapshot expects a grant for %s; give it, as when it was "
		    "made (%s)", img->name, place, option);
}

static int unknown_grant(const struct snap_image *img, const struct handle *h, const char *place)
{
	return fail(EXIT_MVM, "%s %s: the snapshot %s was made without it and cannot use it; leave "
		    "it away, or make the snapshot again with it", option_of_kind(h->kind, place),
		    place, img->name);
}

static int check_rights(const struct snap_image *img, const struct snap_handle *x,
			const struct handle *h)
{
	if (x->number < 3 || h->read_only == !!(x->flags & SNAP_READ_ONLY))
		return 0;
	return fail(EXIT_MVM, "%s: the snapshot expects %s to be %s; grant it like that", img->name,
		    img->strings + x->name,
		    x->flags & SNAP_READ_ONLY ? "read only (:ro)" : "writable");
}

/* The guest knows how large a disk is, and where in an archive its files are. */
static int check_size(const struct snap_image *img, const struct snap_handle *x,
		      const struct handle *h)
{
	bool fits = x->kind == MVM_KIND_DISK ? h->size >= x->size :
		    x->kind != MVM_KIND_FILE || h->size == x->size;

	if (x->number < 3 || fits)
		return 0;
	return fail(EXIT_MVM, "%s: the snapshot expects %s to have %llu bytes, not %llu; grant "
		    "the file that it was made with", img->name, img->strings + x->name,
		    (unsigned long long)x->size, (unsigned long long)h->size);
}

/* Standard streams are what they are here; the guest knows them as streams. */
static void place_grant(const struct snap_handle *x, const struct handle *from, struct handle *to)
{
	*to = *from;
	to->watched = 0;
	if (x->number < 3) {
		/* RWF_NOWAIT of a file means "not from the disk". */
		to->polled = from->polled || from->kind == MVM_KIND_FILE;
		to->kind = MVM_KIND_STREAM;
		to->rights = (x->rights & (MVM_RIGHT_READ | MVM_RIGHT_WRITE) & from->rights) |
			     MVM_RIGHT_WAIT;
	}
}

/* Takes its place among the grants as the snapshot has them, in *out and *g. */
static int fit_grants(const struct snap_image *img, const struct handles *t, struct grants *g,
		      struct handle out[GRANTS_MAX])
{
	const char *paths[GRANTS_MAX] = { NULL };
	bool used[GRANTS_MAX] = { true, true, true };

	for (uint32_t i = 0; i < img->head.nhandles; i++) {
		const struct snap_handle *x = &img->handles[i];
		int32_t n;
		int status;

		if (!(x->flags & SNAP_GRANT))
			continue;
		n = find_grant(img, x, t, g);
		if (n < 0 || (n > 2 && used[n]))
			return missing_grant(img, x);
		used[n] = true;
		status = check_rights(img, x, &t->h[n]);
		if (!status)
			status = check_size(img, x, &t->h[n]);
		if (status)
			return status;
		place_grant(x, &t->h[n], &out[x->number]);
		paths[x->number] = g->paths[n];
	}
	for (uint32_t i = 3; i < t->used && i < GRANTS_MAX; i++)
		if (!used[i])
			return unknown_grant(img, &t->h[i], snap_place(g, i));
	memcpy(g->paths, paths, sizeof(paths));
	return 0;
}

/* ---- What was open below them --------------------------------------------------------------- */

/* The snapshot may be forged, and what lies there another file than it was: as a guest's OPEN. */
static int open_again(const struct snap_image *img, const struct snap_handle *x,
		      const struct handle *dir, struct handle *to)
{
	uint32_t flags = x->open_flags & (MVM_O_APPEND | MVM_O_DIRECTORY | MVM_O_NOFOLLOW |
					  MVM_O_PATH | MVM_O_SYNC | MVM_O_DSYNC);
	struct stat st;
	int fd;

	if (flags & MVM_O_PATH)
		flags &= MVM_O_PATH | MVM_O_DIRECTORY | MVM_O_NOFOLLOW;
	else if (x->kind == MVM_KIND_FILE && x->rights & MVM_RIGHT_WRITE)
		flags |= MVM_O_WRITE | (x->rights & MVM_RIGHT_READ ? MVM_O_READ : 0);
	fd = dir_open(dir, img->strings + x->name, flags, 0, &st);
	if (fd < 0)
		return fail(EXIT_MVM, "%s: the snapshot expects %s below a directory that it was "
			    "granted, which cannot be opened: %s", img->name,
			    img->strings + x->name, strerror(-fd));
	if (S_ISDIR(st.st_mode) != (x->kind == MVM_KIND_DIR) ||
	    (x->kind == MVM_KIND_FILE && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		return fail(EXIT_MVM, "%s: the snapshot expects %s to be a %s", img->name,
			    img->strings + x->name, x->kind == MVM_KIND_DIR ? "directory" : "file");
	*to = (struct handle){
		.fd = fd, .kind = x->kind, .kept = true, .read_only = dir->read_only,
		/* no more than the grant gives now */
		.rights = x->rights & (dir->rights | MVM_RIGHT_SEEK | MVM_RIGHT_WAIT),
	};
	return 0;
}

/* One past the highest number in use; the standard streams always are. */
static uint32_t highest(const struct snap_image *img)
{
	uint32_t n = img->head.nhandles;

	return n && img->handles[n - 1].number > 2 ? img->handles[n - 1].number + 1 : 3;
}

void snap_link_free(const struct snap_image *img, struct handles *t)
{
	t->used = highest(img);
	t->free = UINT32_MAX;
	for (uint32_t i = t->used; i-- > 0;)
		if (t->h[i].fd < 0) {
			t->h[i].next_free = t->free;
			t->free = i;
		}
}

int snap_fit_grants(const struct snap_image *img, struct handles *t, struct grants *g)
{
	struct handle out[GRANTS_MAX];
	int status;

	for (uint32_t i = 0; i < GRANTS_MAX; i++)
		out[i] = (struct handle){ .fd = -1 };
	status = fit_grants(img, t, g, out);
	if (status)
		return status;
	for (uint32_t i = GRANTS_MAX; i < MVM_HANDLES_MAX && i < highest(img); i++)
		t->h[i] = (struct handle){ .fd = -1 };
	memcpy(t->h, out, sizeof(out));
	snap_link_free(img, t);
	return 0;
}

int snap_open_kept(const struct snap_image *img, struct handles *t)
{
	int status = 0;

	for (uint32_t i = 0; i < img->head.nhandles && !status; i++) {
		const struct snap_handle *x = &img->handles[i];

		if (x->flags & SNAP_GRANT)
			continue;
		status = IS_ENABLED(CONFIG_DIR) ?
			 open_again(img, x, &t->h[x->below], &t->h[x->number]) : EXIT_MVM;
	}
	snap_link_free(img, t);
	return status;
}
