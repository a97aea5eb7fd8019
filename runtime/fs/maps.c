/* SPDX-License-Identifier: MIT */
/*
 * /proc/self/maps: the address space as proc(5) prints it.  glibc looks for its stack there,
 * sanitizers and debuggers for everything.
 */
#include "fs/proc.h"
#include "lib/printf.h"
#include "mm/mm.h"
#include "sys/about.h"

#define NAME_COLUMN	73		/* where Linux puts the name */
#define LINE_MAX	160U		/* without a name */

/* What is mapped, into buf of FS_PATH_MAX bytes. */
static void name_of(const struct mm_map *m, char *buf)
{
	static const char *const names[] = {
		[MM_MAP_ANON] = "", [MM_MAP_HEAP] = "[heap]", [MM_MAP_STACK] = "[stack]",
	};

	if (m->file && proc_file_text(m->file, buf) >= 0)
		return;
	if (m->kind == MM_MAP_IMAGE)
		str_copy(buf, about_exe(), FS_PATH_MAX);
	else
		str_copy(buf, names[m->kind], FS_PATH_MAX);
}

static u32 print_map(char *at, u32 max, const struct mm_map *m, const char *name)
{
	u64 dev = 0, ino = 0;
	u32 n;

	if (m->file)
		file_identity(m->file, &dev, &ino);
	n = (u32)rt_snprintf(at, max, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", m->start, m->end,
			     m->prot & MVM_PROT_READ ? 'r' : '-',
			     m->prot & MVM_PROT_WRITE ? 'w' : '-',
			     m->prot & MVM_PROT_EXEC ? 'x' : '-', m->shared ? 's' : 'p', m->off,
			     (u32)(dev >> 8) & 0xff, (u32)dev & 0xff, ino);
	while (*name && n < NAME_COLUMN)
		at[n++] = ' ';
	return n + (u32)rt_snprintf(at + n, max - n, "%s\n", name);
}

long proc_maps(struct node *n, char **text)
{
	char *name = kmalloc(FS_PATH_MAX), *more;
	u64 room = 4096, used = 0;
	struct mm_map m;

	(void)n;
	*text = kmalloc(room);
	for (u64 at = 0; name && *text && mm_map_next(at, &m); at = m.end) {
		name_of(&m, name);
		if (used + LINE_MAX + strlen(name) > room) {
			room = room * 2 + LINE_MAX + FS_PATH_MAX;
			more = krealloc(*text, room);
			if (!more)
				kfree(*text);
			*text = more;
			if (!more)
				break;
		}
		used += print_map(*text + used, (u32)(room - used), &m, name);
	}
	kfree(name);
	if (name && *text)
		return (long)used;
	kfree(*text);
	return -ENOMEM;
}
