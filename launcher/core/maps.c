/* SPDX-License-Identifier: MIT */
/*
 * What is mapped in the guest: the runtime's list, which is text as of /proc/self/maps, or what the
 * page tables show.  Either is the guest's: copied once, checked, cut off where it has no end.
 */
#include <stdlib.h>
#include <string.h>
#include "core_int.h"
#include "program_path.h"

#define TEXT_MAX	(16UL << 20)
#define MAPS_LINE_MAX	4352U		/* a path and what stands before it */
#define VA_END		(1UL << 47)
#define STEPS_MAX	(1UL << 20)	/* through page tables */

struct core_maps core_maps;

/* What the guest knows the program's file by, and where that is; empty: not known. */
static const char *called = "";
static char program[PATH_MAX];

void core_maps_program(const struct plan *plan)
{
	if (plan->root)
		return;				/* names are the tree's: gdb's `set sysroot` */
	called = plan->program;
	program_path(plan, program);
}

static void add(const struct core_map *m)
{
	struct core_maps *c = &core_maps;

	if (c->n == CORE_MAPS_MAX)
		c->cut = true;
	else
		c->map[c->n++] = *m;
}

/* ---- The list ------------------------------------------------------------------------------- */

/* The path, which is the last word and absolute or one of the host; 0: none, or no room. */
static uint32_t add_name(const char *name)
{
	struct core_maps *c = &core_maps;
	uint32_t at = c->names_len;
	size_t len;

	if (!strcmp(name, called) && *program)
		name = program;
	len = strlen(name) + 1;
	if (len == 1 || *name == '[' || len > CORE_NAMES_MAX - c->names_len)
		return 0;
	memcpy(c->names + at, name, len);
	c->names_len += (uint32_t)len;
	return at;
}

static const char *number(const char *s, uint64_t *value)
{
	char *end;

	*value = strtoull(s, &end, 16);
	return end == s ? NULL : end;
}

/* START-END PERM OFF DEV INODE [NAME].  False: it is no such line. */
static bool parse(const char *s, struct core_map *m)
{
	const char *perm;

	*m = (struct core_map){ .start = 0 };
	s = number(s, &m->start);
	s = s && *s == '-' ? number(s + 1, &m->end) : NULL;
	if (!s || *s != ' ' || strlen(s) < 6)
		return false;
	perm = s + 1;
	m->prot = (perm[0] == 'r' ? MVM_PROT_READ : 0) | (perm[1] == 'w' ? MVM_PROT_WRITE : 0) |
		  (perm[2] == 'x' ? MVM_PROT_EXEC : 0);
	s = number(perm + 5, &m->off);
	for (int i = 0; s && i < 2; i++) {		/* device and inode */
		s += strspn(s, " ");
		s += strcspn(s, " ");
	}
	if (!s)
		return false;
	m->name = add_name(s + strspn(s, " "));
	return true;
}

/* Page aligned, not empty, and behind the one before. */
static bool sensible(const struct core_map *m)
{
	uint64_t from = core_maps.n ? core_maps.map[core_maps.n - 1].end : 0;

	return m->start >= from && m->start < m->end && m->end <= VA_END &&
	       !((m->start | m->end | m->off) % MVM_PAGE_SIZE);
}

/* One line of the text at va into line; the bytes taken, 0: no more, or too long. */
static size_t get_line(const struct guest *g, uint64_t va, uint64_t left, char line[MAPS_LINE_MAX])
{
	size_t n = left < MAPS_LINE_MAX - 1 ? left : MAPS_LINE_MAX - 1;
	char *end;

	n = guest_read(g, va, line, n);
	end = memchr(line, '\n', n);
	if (!end)
		return 0;
	*end = '\0';
	return (size_t)(end - line) + 1;
}

static void read_list(const struct guest *g, uint64_t va, uint64_t len)
{
	static char line[MAPS_LINE_MAX];
	struct core_map m;
	size_t n;

	for (len = len < TEXT_MAX ? len : TEXT_MAX; len; va += n, len -= n) {
		n = get_line(g, va, len, line);
		if (!n || strlen(line) + 1 != n || !parse(line, &m) || !sensible(&m)) {
			core_maps.cut = true;
			return;
		}
		add(&m);
	}
}

/* ---- Page tables ---------------------------------------------------------------------------- */

/* All that is mapped in [from, end), in pieces of the same permissions. */
static void read_tables(const struct guest *g, uint64_t from, uint64_t end)
{
	struct guest_piece p;
	struct core_map m = { .start = 0 };
	uint64_t next;

	for (unsigned long i = 0; from && from < end && i < STEPS_MAX; i++) {
		if (!guest_piece(g, from, &p, &next)) {
			from = next;
			continue;
		}
		if (m.end != from || m.prot != p.prot) {
			if (m.end)
				add(&m);
			m = (struct core_map){ .start = from, .prot = p.prot };
		}
		from = m.end = from + p.len;
	}
	if (m.end)
		add(&m);
}

void core_maps_read(const struct guest *g, const struct mvm_debug *d)
{
	core_maps.names_len = 1;
	if (d && d->maps)
		read_list(g, d->maps, d->maps_len);
	if (!core_maps.n) {
		read_tables(g, MVM_VA_USER_MIN, MVM_VA_USER_END);
		read_tables(g, MVM_VA_MMAP_MIN, VA_END);
	}
}
