/* SPDX-License-Identifier: MIT */
/*
 * Mappings in an AVL tree and a list, both by address.  Each node knows the largest gap in front
 * of a member of its subtree, so that finding, adding, removing and searching for room are all
 * O(log n).
 */
#include "fs/fs.h"
#include "mm/mm.h"
#include "mm/vma.h"

static struct {
	struct vma *root, *first, *last;
	u64 count, bytes;
	struct vma *spare;		/* free records, linked through next */
	u32 nspare;
	bool started;
	struct vma first_few[12];	/* a small program needs no heap page for its mappings */
} vm;

/* ---- records ---- */

static void record_free(struct vma *v)
{
	v->next = vm.spare;
	vm.spare = v;
	vm.nspare++;
}

static struct vma *record_alloc(void)
{
	struct vma *v;

	if (!vm.started) {
		vm.started = true;
		for (u32 i = 0; i < ARRAY_SIZE(vm.first_few); i++)
			record_free(&vm.first_few[i]);
	}
	v = vm.spare;
	if (v) {
		vm.spare = v->next;
		vm.nspare--;
	} else {
		v = kmalloc(sizeof(*v));
	}
	if (v)
		memset(v, 0, sizeof(*v));
	return v;
}

static void record_done(struct vma *v)
{
	bool own = v >= vm.first_few && v < vm.first_few + ARRAY_SIZE(vm.first_few);

	if (v->file)
		file_put(v->file);
	if (own || vm.nspare < ARRAY_SIZE(vm.first_few))
		record_free(v);
	else
		kfree(v);
}

/* ---- tree ---- */

static u64 gap_before(const struct vma *v)
{
	return v->start - (v->prev ? v->prev->end : 0);
}

static int height(const struct vma *v)
{
	return v ? v->height : 0;
}

static void update(struct vma *v)
{
	u64 g = gap_before(v);

	if (v->left)
		g = MAX(g, v->left->maxgap);
	if (v->right)
		g = MAX(g, v->right->maxgap);
	v->maxgap = g;
	v->height = (u16)(MAX(height(v->left), height(v->right)) + 1);
}

/* Puts b where a hangs. */
static void replace(struct vma *a, struct vma *b)
{
	struct vma *up = a->up;

	if (!up)
		vm.root = b;
	else if (up->left == a)
		up->left = b;
	else
		up->right = b;
	if (b)
		b->up = up;
}

static struct vma *rotate_left(struct vma *v)
{
	struct vma *r = v->right;

	replace(v, r);
	v->right = r->left;
	if (v->right)
		v->right->up = v;
	r->left = v;
	v->up = r;
	update(v);
	update(r);
	return r;
}

static struct vma *rotate_right(struct vma *v)
{
	struct vma *l = v->left;

	replace(v, l);
	v->left = l->right;
	if (v->left)
		v->left->up = v;
	l->right = v;
	v->up = l;
	update(v);
	update(l);
	return l;
}

/* Makes heights and gaps right from v to the root. */
static void fix_up(struct vma *v)
{
	for (; v; v = v->up) {
		int balance;

		update(v);
		balance = height(v->left) - height(v->right);
		if (balance > 1) {
			if (height(v->left->left) < height(v->left->right))
				rotate_left(v->left);
			v = rotate_right(v);
		} else if (balance < -1) {
			if (height(v->right->right) < height(v->right->left))
				rotate_right(v->right);
			v = rotate_left(v);
		}
	}
}

/* v's start, or the end of the one before it, has changed: only gaps, not the shape. */
static void fix_gaps(struct vma *v)
{
	for (; v; v = v->up)
		update(v);
}

static void link(struct vma *v)
{
	struct vma **at = &vm.root, *up = NULL, *prev = NULL;

	while (*at) {
		up = *at;
		if (v->start < up->start) {
			at = &up->left;
		} else {
			prev = up;
			at = &up->right;
		}
	}
	*at = v;
	v->up = up;
	v->prev = prev;
	v->next = prev ? prev->next : vm.first;
	if (v->prev)
		v->prev->next = v;
	else
		vm.first = v;
	if (v->next)
		v->next->prev = v;
	else
		vm.last = v;
	vm.count++;
	fix_up(v);
	fix_gaps(v->next);
}

static void unlink(struct vma *v)
{
	struct vma *next = v->next, *from;

	if (v->prev)
		v->prev->next = next;
	else
		vm.first = next;
	if (next)
		next->prev = v->prev;
	else
		vm.last = v->prev;
	vm.count--;

	if (v->left && v->right) {
		/* The next one is the leftmost of the right subtree: it takes v's place. */
		from = next->up == v ? next : next->up;
		if (next->up != v) {
			replace(next, next->right);
			next->right = v->right;
			next->right->up = next;
		}
		replace(v, next);
		next->left = v->left;
		next->left->up = next;
	} else {
		from = v->up;
		replace(v, v->left ? v->left : v->right);
	}
	fix_up(from);
	fix_gaps(next);
}

static void set_end(struct vma *v, u64 end)
{
	v->end = end;
	fix_gaps(v->next);
}

static void set_start(struct vma *v, u64 start)
{
	v->off += start - v->start;
	v->start = start;
	fix_gaps(v);
}

/* ---- interface ---- */

struct vma *vma_find(u64 addr)
{
	struct vma *v = vm.root, *best = NULL;

	while (v) {
		if (v->end > addr) {
			best = v;
			v = v->left;
		} else {
			v = v->right;
		}
	}
	return best;
}

struct vma *vma_at(u64 addr)
{
	struct vma *v = vma_find(addr);

	return v && v->start <= addr ? v : NULL;
}

struct vma *vma_first(void)
{
	return vm.first;
}

bool vma_range_free(u64 start, u64 end)
{
	struct vma *v = vma_find(start);

	return !v || v->start >= end;
}

static bool may_join(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->prot == b->prot && a->flags == b->flags &&
	       a->file == b->file && (!a->file || a->off + (a->end - a->start) == b->off);
}

static void absorb_next(struct vma *v)
{
	struct vma *n = v->next;
	u64 end = n->end;

	unlink(n);
	record_done(n);
	set_end(v, end);
}

struct vma *vma_join(struct vma *v)
{
	if (v->next && may_join(v, v->next))
		absorb_next(v);
	if (v->prev && may_join(v->prev, v)) {
		v = v->prev;
		absorb_next(v);
	}
	return v;
}

struct vma *vma_add(u64 start, u64 end, u32 prot, u32 flags, struct file *file, u64 off)
{
	struct vma *after = vma_find(start), *before = after ? after->prev : vm.last, *v;
	struct vma new = {
		.start = start, .end = end, .prot = prot, .flags = (u16)flags, .file = file,
		.off = off,
	};

	/* The common cases need no new record: growing a neighbour up or down. */
	if (before && may_join(before, &new)) {
		vm.bytes += end - start;
		set_end(before, end);
		if (after && may_join(before, after))
			absorb_next(before);
		return before;
	}
	if (after && may_join(&new, after)) {
		vm.bytes += end - start;
		set_start(after, start);
		return after;
	}
	v = record_alloc();
	if (!v)
		return NULL;
	*v = new;
	if (file)
		file_ref(file);
	vm.bytes += end - start;
	link(v);
	return v;
}

struct vma *vma_split(struct vma *v, u64 addr)
{
	struct vma *n = record_alloc();

	if (!n)
		return NULL;
	*n = *v;
	n->left = n->right = n->up = NULL;
	n->start = addr;
	n->off = v->off + (addr - v->start);
	if (n->file)
		file_ref(n->file);
	v->end = addr;
	link(n);
	return n;
}

int vma_remove(u64 start, u64 end)
{
	struct vma *v = vma_find(start), *next;

	if (!v || v->start >= end)
		return 0;
	if (v->start < start) {
		if (v->end > end) {
			if (!vma_split(v, end))
				return -ENOMEM;
		}
		vm.bytes -= v->end - start;
		next = v->next;
		set_end(v, start);
		v = next;
	}
	for (; v && v->end <= end; v = next) {
		next = v->next;
		vm.bytes -= v->end - v->start;
		unlink(v);
		record_done(v);
	}
	if (v && v->start < end) {
		vm.bytes -= end - v->start;
		set_start(v, end);
	}
	return 0;
}

struct search {
	u64 len, align, lo, hi;
	u32 budget;		/* gaps that may turn out unusable before the search gives up */
};

static u64 fit(u64 start, u64 end, const struct search *s)
{
	u64 a;

	start = MAX(start, s->lo);
	end = MIN(end, s->hi);
	if (end <= start || end - start < s->len)
		return 0;
	a = (end - s->len) & ~(s->align - 1);
	return a >= start ? a : 0;
}

/* From the right: the highest gap first.  Depth is the tree's height. */
static u64 search(const struct vma *v, struct search *s)
{
	u64 a;

	if (!v || v->maxgap < s->len || !s->budget)
		return 0;
	if (v->end < s->hi) {
		a = search(v->right, s);
		if (a || !s->budget)
			return a;
	}
	a = fit(v->start - gap_before(v), v->start, s);
	if (a)
		return a;
	if (gap_before(v) >= s->len && v->start < s->hi)
		s->budget--;
	return v->start > s->lo ? search(v->left, s) : 0;
}

u64 vma_gap(u64 len, u64 align, u64 lo, u64 hi)
{
	struct search s = { .len = len, .align = align, .lo = lo, .hi = hi, .budget = 32 };
	u64 a;

	a = fit(vm.last ? vm.last->end : 0, hi, &s);
	if (!a)
		a = search(vm.root, &s);
	if (a || align <= MVM_PAGE_SIZE)
		return a;
	/* Many gaps that are large enough only when not aligned: ask for ones that always are. */
	s.len = len + align - MVM_PAGE_SIZE;
	s.budget = UINT32_MAX;
	a = search(vm.root, &s);
	return ALIGN_UP(a, align);
}

u64 vma_count(void)
{
	return vm.count;
}

u64 vma_bytes(void)
{
	return vm.bytes;
}
