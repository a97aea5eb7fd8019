/* SPDX-License-Identifier: MIT */
/*
 * What a directory of the tree holds: a hash table by name, and for listing an array in order
 * of insertion whose positions stay true while entries come and go.
 */
#include "fs/lower.h"
#include "fs/vfs.h"

struct dent {
	struct dent *next;		/* in its bucket */
	struct node *node;		/* a reference */
	u64 seq;			/* position in a listing: never used twice in a directory */
	u32 hash;
	u32 len;
	char name[];			/* not NUL-terminated */
};

struct slot { u64 seq; struct dent *d; };	/* d NULL: removed */

struct dir {
	struct dent **buckets;
	u32 nbuckets;			/* a power of two; 0: none yet */
	u32 count;
	struct slot *slots;		/* ascending seq */
	u32 nslots, slots_max;
	u64 next_seq;
	bool dead;			/* removed: takes no entries any more */
};

#define SEQ_FIRST	2U		/* 0 and 1 are "." and ".." */

struct dir *dir_new(void)
{
	struct dir *d = kzalloc(sizeof(*d));

	if (d)
		d->next_seq = SEQ_FIRST;
	return d;
}

/* The directory is empty, or the whole tree goes away. */
void dir_free(struct dir *d)
{
	kfree(d->buckets);
	kfree(d->slots);
	kfree(d);
}

/* Most programs never look into /proc, /dev or /etc: they are made for those that do. */
static struct dir *filled(struct node *dir)
{
	if (unlikely(dir->ops && dir->ops->fill)) {
		void (*fill)(struct node *dir) = dir->ops->fill;

		dir->ops = NULL;
		fill(dir);
	}
	return dir->dir;
}

bool dir_empty(struct node *dir)
{
	return !filled(dir)->count;
}

/* FNV-1a: names are short, and who fills a directory hurts only himself. */
static u32 hash_name(const char *name, u32 len)
{
	u32 h = 2166136261U;

	for (u32 i = 0; i < len; i++)
		h = (h ^ (u8)name[i]) * 16777619U;
	return h;
}

static struct dent **find(const struct dir *d, const char *name, u32 len, u32 hash)
{
	struct dent **p;

	if (!d->nbuckets)
		return NULL;
	for (p = &d->buckets[hash & (d->nbuckets - 1)]; *p; p = &(*p)->next)
		if ((*p)->hash == hash && (*p)->len == len && !memcmp((*p)->name, name, len))
			return p;
	return NULL;
}

struct node *dir_lookup(struct node *dir, const char *name, u32 len)
{
	struct dent **p = find(filled(dir), name, len, hash_name(name, len));

	if (p) {
		if (IS_ENABLED(CONFIG_ROOT) && (*p)->node->lower && !lower_know((*p)->node))
			return NULL;
		return node_get((*p)->node);
	}
	return dir->ops && dir->ops->lookup ? dir->ops->lookup(dir, name, len) : NULL;
}

static int grow_buckets(struct dir *d)
{
	u32 n = d->nbuckets ? d->nbuckets * 2 : 8;
	struct dent **table = kzalloc(n * sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (u32 i = 0; i < d->nbuckets; i++) {
		struct dent *e, *next;

		for (e = d->buckets[i]; e; e = next) {
			struct dent **head = &table[e->hash & (n - 1)];

			next = e->next;
			e->next = *head;
			*head = e;
		}
	}
	kfree(d->buckets);
	d->buckets = table;
	d->nbuckets = n;
	return 0;
}

/* Room for one more slot: by squeezing out the removed ones, or by growing. */
static int grow_slots(struct dir *d)
{
	if (d->count < d->nslots / 2 || (d->nslots && !d->count)) {
		u32 to = 0;

		for (u32 i = 0; i < d->nslots; i++)
			if (d->slots[i].d)
				d->slots[to++] = d->slots[i];
		d->nslots = to;
	} else {
		u32 max = d->slots_max ? d->slots_max * 2 : 8;
		struct slot *s = krealloc(d->slots, max * sizeof(*s));

		if (!s)
			return -ENOMEM;
		d->slots = s;
		d->slots_max = max;
	}
	return 0;
}

/* The first slot with a position >= seq. */
static u32 slot_from(const struct dir *d, u64 seq)
{
	u32 lo = 0, hi = d->nslots;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (d->slots[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Links n to its place: a directory knows its entry and its parent, and ".." counts as a link. */
static void attach(struct node *dir, struct dent *e, struct node *n)
{
	e->node = node_get(n);
	n->nlink++;
	if (is_dir(n)) {
		struct node *old = n->parent;

		n->nlink += !n->dent && n->nlink == 1;	/* its own "." */
		n->parent = node_get(dir);
		if (old && old != n)
			node_put(old);
		dir->nlink++;
	} else {
		n->parent = dir;
	}
	n->dent = e;
}

/* Takes n's link in dir away.  The entry's reference to n stays for the caller to drop. */
static void detach(struct node *dir, struct dent *e, struct node *n)
{
	n->nlink--;
	if (n->dent == e)
		n->dent = NULL;
	if (is_dir(n))
		dir->nlink--;
}

int dir_add(struct node *dir, const char *name, u32 len, struct node *n)
{
	struct dir *d = filled(dir);
	struct dent *e, **head;

	if (d->dead)
		return -ENOENT;
	if (d->count >= d->nbuckets && grow_buckets(d))
		return -ENOMEM;
	if (d->nslots == d->slots_max && grow_slots(d))
		return -ENOMEM;
	e = kmalloc(sizeof(*e) + len);
	if (!e)
		return -ENOMEM;
	*e = (struct dent){ .hash = hash_name(name, len), .len = len, .seq = d->next_seq++ };
	memcpy(e->name, name, len);
	attach(dir, e, n);
	head = &d->buckets[e->hash & (d->nbuckets - 1)];
	e->next = *head;
	*head = e;
	d->slots[d->nslots++] = (struct slot){ .seq = e->seq, .d = e };
	d->count++;
	dir->size += 20;
	node_now(dir, MVM_SET_MTIME);
	return 0;
}

void dir_remove(struct node *dir, const char *name, u32 len)
{
	struct dir *d = dir->dir;
	struct dent **p = find(d, name, len, hash_name(name, len));
	struct dent *e = *p;
	struct node *n = e->node;

	detach(dir, e, n);
	if (is_dir(n) && !n->dent) {
		n->nlink = 0;
		n->dir->dead = true;
	}
	*p = e->next;
	d->slots[slot_from(d, e->seq)].d = NULL;
	d->count--;
	if (!d->count)
		d->nslots = 0;
	dir->size -= 20;
	node_now(dir, MVM_SET_MTIME);
	node_now(n, 0);
	kfree(e);
	node_put(n);
}

void dir_replace(struct node *dir, const char *name, u32 len, struct node *n)
{
	struct dent *e = *find(dir->dir, name, len, hash_name(name, len));
	struct node *old = e->node;

	detach(dir, e, old);
	attach(dir, e, n);
	if (is_dir(old) && !old->dent) {
		old->nlink = 0;
		old->dir->dead = true;
	}
	node_now(dir, MVM_SET_MTIME);
	node_now(old, 0);
	node_put(old);
}

void dir_exchange(struct node *dir1, const char *name1, u32 len1,
		  struct node *dir2, const char *name2, u32 len2)
{
	struct dent *e1 = *find(dir1->dir, name1, len1, hash_name(name1, len1));
	struct dent *e2 = *find(dir2->dir, name2, len2, hash_name(name2, len2));
	struct node *n1 = e1->node, *n2 = e2->node;

	/* Attach first, so that no directory is without an entry in between. */
	attach(dir2, e2, n1);
	detach(dir1, e1, n1);
	attach(dir1, e1, n2);
	detach(dir2, e2, n2);
	node_put(n1);
	node_put(n2);
	node_now(dir1, MVM_SET_MTIME);
	node_now(dir2, MVM_SET_MTIME);
	node_now(n1, 0);
	node_now(n2, 0);
}

/* Entries from position *pos on; *pos is moved past what fitted.  As sink_put() for the end. */
int dir_list(struct node *dir, u64 *pos, struct sink *s)
{
	struct dir *d = filled(dir);
	u32 i;
	int err;

	if (*pos < SEQ_FIRST) {
		struct node *up = dir->mounted ? dir : dir->parent;

		if (*pos == 0) {
			err = sink_put(s, ".", 1, dir->ino, 1, S_IFDIR >> 12);
			if (err)
				return err;
			*pos = 1;
		}
		err = sink_put(s, "..", 2, up->ino, 2, S_IFDIR >> 12);
		if (err)
			return err;
		*pos = SEQ_FIRST;
	}
	for (i = slot_from(d, *pos); i < d->nslots; i++) {
		struct dent *e = d->slots[i].d;

		if (!e)
			continue;
		err = sink_put(s, e->name, e->len, e->node->ino, e->seq + 1,
			       (e->node->mode & S_IFMT) >> 12);
		if (err)
			return err;
		*pos = e->seq + 1;
	}
	return 0;
}

const char *node_name(const struct node *n, u32 *len)
{
	if (!n->dent)
		return NULL;
	*len = n->dent->len;
	return n->dent->name;
}
