/* SPDX-License-Identifier: MIT */
/* Which page of memory is which page of a file, and how many entries lead there.  See twin.h. */
#include "fs/fs.h"
#include "mm/mm.h"
#include "mm/pt.h"
#include "mm/twin.h"

#define BUCKETS		1024U		/* a power of two */

struct twin {
	struct twin *next_file, *next_page;
	u64 dev, ino, off;
	u64 gpa;
	u64 refs;
};

static struct { struct twin *file[BUCKETS], *page[BUCKETS]; } *tables;

static u32 mix(u64 x)
{
	x *= 0x9e3779b97f4a7c15UL;
	return (u32)(x >> 40) & (BUCKETS - 1);
}

static struct twin **file_bucket(u64 dev, u64 ino, u64 off)
{
	return &tables->file[mix(dev * 31 + ino * 0x10001 + (off >> PAGE_SHIFT))];
}

static struct twin **page_bucket(u64 gpa)
{
	return &tables->page[mix(gpa >> PAGE_SHIFT)];
}

void *twin_find(struct file *file, u64 off)
{
	u64 dev, ino;
	struct twin *t;

	if (!tables)
		return NULL;
	file_identity(file, &dev, &ino);
	for (t = *file_bucket(dev, ino, off); t; t = t->next_file)
		if (t->dev == dev && t->ino == ino && t->off == off) {
			t->refs++;
			return gpa_to_va(t->gpa);
		}
	return NULL;
}

int twin_add(struct file *file, u64 off, void *p)
{
	struct twin *t = kmalloc(sizeof(*t)), **at;

	if (!tables)
		tables = kzalloc(sizeof(*tables));
	if (!t || !tables) {
		kfree(t);
		return -ENOMEM;
	}
	*t = (struct twin){ .off = off, .gpa = va_to_gpa(p), .refs = 1 };
	file_identity(file, &t->dev, &t->ino);
	at = file_bucket(t->dev, t->ino, off);
	t->next_file = *at;
	*at = t;
	at = page_bucket(t->gpa);
	t->next_page = *at;
	*at = t;
	return 0;
}

void twin_put(u64 gpa)
{
	struct twin **at = page_bucket(gpa), *t;

	while ((*at)->gpa != gpa)
		at = &(*at)->next_page;
	t = *at;
	if (--t->refs)
		return;
	*at = t->next_page;
	at = file_bucket(t->dev, t->ino, t->off);
	while (*at != t)
		at = &(*at)->next_file;
	*at = t->next_file;
	pages_free(gpa_to_va(gpa), 1);
	kfree(t);
}
