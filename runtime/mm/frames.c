/* SPDX-License-Identifier: MIT */
/*
 * The frames of guest RAM: which are free, which are known to be zero, and what the host still
 * has to give or may have back.  Knows nothing of addresses of the application.
 *
 * Each 2 MiB frame has a record in one array at the start of free memory.  The host backs it
 * lazily and it reads as zero, which is FRAME_FRESH: so nothing is initialised, and a small VM
 * touches one page of it.  Fresh frames are taken by two counters: from low memory, which the
 * host backs by 4 KiB pages (a small VM stays small), and from huge_gpa on, which it backs by
 * huge pages.
 */
#include "mm/frames.h"
#include "mm/mm.h"
#include "mm/pt.h"

#define TRIM_HIGH	24U		/* dirty free frames that start a release */
#define TRIM_LOW	8U		/* and that it leaves */
/*
 * Frames that come from low memory before huge memory is preferred: on the development host the
 * first touch of a page costs 5 us there and less than 1 us in huge memory.
 */
#define LOW_FEW		4U
#define LOW_FEW_BIG	3U		/* for a mapping that is large itself */
#define GROW_MIN	(64UL << 20)
#define GROW_MAX	(1UL << 30)

static struct {
	struct frame *frame;		/* the records, by frame number */
	u64 nframes;			/* frames there is RAM for now */
	u64 nframes_max;		/* frames there may ever be */
	u64 first;			/* first frame that is the runtime's to use */
	u64 low_next, low_end;		/* fresh frames in low memory */
	u64 huge_next;			/* fresh frames in huge memory, up to nframes */
	u64 in_use;
	u32 zero_list, dirty_list;
	u32 nzero, ndirty;
	u32 partial[NR_POOLS];		/* cut frames with free pages */
	struct page_map *maps;		/* free maps, linked through used[0] */
	u32 nmaps;
	bool filling;			/* map_reserve is at work */
	struct page_map first_maps[8];
} fr;

struct frame *frame_of(u64 gpa)
{
	return &fr.frame[gpa >> LARGE_SHIFT];
}

static u32 frame_nr(const struct frame *f)
{
	return (u32)(f - fr.frame);
}

static void list_push(u32 *head, struct frame *f)
{
	f->prev = 0;
	f->next = *head;
	if (*head)
		fr.frame[*head].prev = frame_nr(f);
	*head = frame_nr(f);
}

static void list_del(u32 *head, struct frame *f)
{
	if (f->prev)
		fr.frame[f->prev].next = f->next;
	else
		*head = f->next;
	if (f->next)
		fr.frame[f->next].prev = f->prev;
	f->next = 0;
	f->prev = 0;
}

/* ---- maps ---- */

void map_free(struct page_map *m)
{
	if (!m)
		return;
	m->used[0] = (u64)fr.maps;
	fr.maps = m;
	fr.nmaps++;
}

int map_reserve(unsigned int n)
{
	/* Cutting a fresh frame for the page below takes a map itself: two more stay in hand. */
	while (fr.nmaps < n + 2 && !fr.filling) {
		struct page_map *m;
		unsigned int i;

		fr.filling = true;
		m = page_alloc(POOL_DATA, false);
		fr.filling = false;
		if (!m)
			return fr.nmaps >= n ? 0 : -ENOMEM;
		for (i = 0; i < PAGE_SIZE / sizeof(*m); i++)
			map_free(&m[i]);
	}
	return fr.nmaps >= n ? 0 : -ENOMEM;
}

struct page_map *map_alloc(void)
{
	struct page_map *m;

	if (map_reserve(1))
		return NULL;
	m = fr.maps;
	fr.maps = (struct page_map *)m->used[0];
	fr.nmaps--;
	memset(m, 0, sizeof(*m));
	return m;
}

/* ---- growth ---- */

/* Asks the host for at least need more frames. */
static bool grow(u64 need)
{
	u64 have = fr.nframes << LARGE_SHIFT, max = fr.nframes_max << LARGE_SHIFT;
	u64 step = MIN(MAX(have, GROW_MIN), GROW_MAX), out[2] = { 0, 0 }, end;
	struct mvm_sqe e;

	if (need << LARGE_SHIFT > max - have)
		return false;
	step = MIN(MAX(step, need << LARGE_SHIFT), max - have);
	/* The tables of the new part of the linear map must exist before its memory is taken. */
	if (pt_linear_prepare(have + step))
		return false;
	memset(&e, 0, sizeof(e));
	e.op = MVM_OP_MEM_GROW;
	e.arg = step;
	if (hyper_kick(&e, out) < 0)
		return false;
	end = out[0] & LARGE_MASK;
	if (end <= have || end > max)
		return false;
	pt_linear_extend(have, end);
	fr.nframes = end >> LARGE_SHIFT;
	exec_grown(end);
	return true;
}

/* ---- 2 MiB frames ---- */

static u64 fresh_frame(unsigned int flags)
{
	bool low = fr.low_next < fr.low_end, huge = fr.huge_next < fr.nframes;
	u64 few = flags & FRAME_HUGE ? LOW_FEW_BIG : LOW_FEW;

	if (huge && (!low || fr.in_use >= few))
		return fr.huge_next++;
	if (low)
		return fr.low_next++;
	return 0;
}

static void zero_dirty(u64 nr, struct frame *f)
{
	char *p = gpa_to_va(nr << LARGE_SHIFT);
	unsigned int i;

	if (!f->map) {
		memset(p, 0, LARGE_SIZE);
		return;
	}
	for (i = 0; i < PAGES_PER_LARGE; i++)
		if (bit_test(f->map->dirty, i))
			memset(p + i * PAGE_SIZE, 0, PAGE_SIZE);
}

u64 frame_alloc(unsigned int flags)
{
	struct frame *f;
	u64 nr;

	if (fr.zero_list) {
		nr = fr.zero_list;
		f = &fr.frame[nr];
		list_del(&fr.zero_list, f);
		fr.nzero--;
	} else if (fr.dirty_list && !(flags & FRAME_CHEAP)) {
		/* Clearing what the host has backed already costs less than new memory. */
		nr = fr.dirty_list;
		f = &fr.frame[nr];
		list_del(&fr.dirty_list, f);
		fr.ndirty--;
		zero_dirty(nr, f);
	} else {
		nr = fresh_frame(flags);
		if (!nr && (flags & FRAME_CHEAP || !grow(1)))
			return 0;
		if (!nr)
			nr = fresh_frame(flags);
		f = &fr.frame[nr];
	}
	map_free(f->map);
	f->map = NULL;
	f->state = FRAME_BLOCK;
	f->splits = 0;
	f->nused = 0;
	f->nrw = 0;
	fr.in_use++;
	return nr << LARGE_SHIFT;
}

static void frame_free_dirty(struct frame *f)
{
	f->state = FRAME_FREE_DIRTY;
	list_push(&fr.dirty_list, f);
	fr.ndirty++;
	fr.in_use--;
}

void frame_free(u64 gpa)
{
	frame_free_dirty(frame_of(gpa));
}

/* Takes f off the dirty list onto the zero list; the host has made it zero. */
static void frame_released(struct frame *f)
{
	list_del(&fr.dirty_list, f);
	fr.ndirty--;
	map_free(f->map);
	f->map = NULL;
	f->state = FRAME_FREE_ZERO;
	list_push(&fr.zero_list, f);
	fr.nzero++;
}

void frames_trim(void)
{
	if (fr.ndirty <= TRIM_HIGH)
		return;
	while (fr.ndirty > TRIM_LOW) {
		u64 lo = fr.dirty_list, hi, i;
		struct mvm_sqe e;

		while (lo > fr.first && fr.frame[lo - 1].state == FRAME_FREE_DIRTY)
			lo--;
		hi = lo + 1;
		while (hi < fr.nframes && hi - lo < fr.ndirty - TRIM_LOW &&
		       fr.frame[hi].state == FRAME_FREE_DIRTY)
			hi++;
		memset(&e, 0, sizeof(e));
		e.op = MVM_OP_MEM_RELEASE;
		e.addr.v = lo << LARGE_SHIFT;
		e.len = (hi - lo) << LARGE_SHIFT;
		if (hyper(&e, NULL) < 0)
			return;
		for (i = lo; i < hi; i++)
			frame_released(&fr.frame[i]);
	}
}

/* ---- 4 KiB pages ---- */

/* Index of n free pages in a row, or -1. */
static int map_find(const u64 *used, unsigned int n)
{
	unsigned int i, run = 0;

	if (n == 1) {
		for (i = 0; i < 8; i++)
			if (~used[i])
				return (int)(i * 64) + __builtin_ctzl(~used[i]);
		return -1;
	}
	for (i = 0; i < PAGES_PER_LARGE; i++) {
		run = bit_test(used, i) ? 0 : run + 1;
		if (run == n)
			return (int)(i + 1 - n);
	}
	return -1;
}

/* A frame to cut pages from, on pool's list. */
static struct frame *cut_frame(enum page_pool pool)
{
	struct page_map *m;
	struct frame *f;
	u64 gpa;

	m = map_alloc();
	if (!m)
		return NULL;
	gpa = frame_alloc(FRAME_LOW);
	if (!gpa) {
		map_free(m);
		return NULL;
	}
	f = frame_of(gpa);
	f->state = FRAME_CUT;
	f->pool = (u8)pool;
	f->map = m;
	list_push(&fr.partial[pool], f);
	return f;
}

static void *cut_take(struct frame *f, unsigned int at, unsigned int n, bool zero)
{
	char *p = gpa_to_va(((u64)frame_nr(f) << LARGE_SHIFT) + at * PAGE_SIZE);
	unsigned int i;

	for (i = at; i < at + n; i++) {
		bit_set(f->map->used, i);
		if (zero && bit_test(f->map->dirty, i))
			memset(p + (i - at) * PAGE_SIZE, 0, PAGE_SIZE);
		bit_set(f->map->dirty, i);
	}
	f->nused += (u16)n;
	if (f->nused == PAGES_PER_LARGE)
		list_del(&fr.partial[f->pool], f);
	return p;
}

static void *cut_alloc(enum page_pool pool, unsigned int n, bool zero)
{
	struct frame *f;
	unsigned int tries = 0;
	int at;
	u32 nr;

	for (nr = fr.partial[pool]; nr && tries < 16; nr = fr.frame[nr].next, tries++) {
		f = &fr.frame[nr];
		at = f->nused + n <= PAGES_PER_LARGE ? map_find(f->map->used, n) : -1;
		if (at >= 0)
			return cut_take(f, (unsigned int)at, n, zero);
	}
	f = cut_frame(pool);
	return f ? cut_take(f, 0, n, zero) : NULL;
}

void *page_alloc(enum page_pool pool, bool zero)
{
	return cut_alloc(pool, 1, zero);
}

/* Is nr free, as part of a run that may reach into the fresh frames from their start? */
static bool run_frame_free(u64 nr)
{
	if (nr >= fr.nframes)
		return false;
	if (nr >= fr.huge_next || (nr >= fr.low_next && nr < fr.low_end))
		return true;
	return fr.frame[nr].state == FRAME_FREE_ZERO || fr.frame[nr].state == FRAME_FREE_DIRTY;
}

static u64 run_find(u64 n)
{
	u64 nr, run = 0;

	for (nr = fr.first; nr < fr.nframes; nr++) {
		run = run_frame_free(nr) ? run + 1 : 0;
		if (run == n)
			return nr + 1 - n;
	}
	return 0;
}

static void run_take(u64 nr, bool zero)
{
	struct frame *f = &fr.frame[nr];

	if (nr >= fr.huge_next) {
		fr.huge_next = nr + 1;
	} else if (nr >= fr.low_next && nr < fr.low_end) {
		fr.low_next = nr + 1;
	} else if (f->state == FRAME_FREE_ZERO) {
		list_del(&fr.zero_list, f);
		fr.nzero--;
	} else {
		list_del(&fr.dirty_list, f);
		fr.ndirty--;
		if (zero)
			zero_dirty(nr, f);
		map_free(f->map);
	}
	f->map = NULL;
	f->state = FRAME_RUN;
	fr.in_use++;
}

static void *run_alloc(u64 n, bool zero)
{
	u64 nr = run_find(n), i;

	if (!nr && grow(n))
		nr = run_find(n);
	if (!nr)
		return NULL;
	for (i = nr; i < nr + n; i++)
		run_take(i, zero);
	return gpa_to_va(nr << LARGE_SHIFT);
}

void *pages_alloc(size_t npages, bool zero)
{
	if (!npages || npages > fr.nframes_max * PAGES_PER_LARGE)
		return NULL;
	if (npages >= PAGES_PER_LARGE)
		return run_alloc((npages + PAGES_PER_LARGE - 1) / PAGES_PER_LARGE, zero);
	return cut_alloc(POOL_DATA, (unsigned int)npages, zero);
}

void pages_free(void *p, size_t npages)
{
	u64 gpa = va_to_gpa(p);
	unsigned int i, at = (unsigned int)(gpa >> PAGE_SHIFT) % PAGES_PER_LARGE;
	struct frame *f = frame_of(gpa);

	if (!p)
		return;
	if (f->state == FRAME_RUN) {
		u64 n = (npages + PAGES_PER_LARGE - 1) / PAGES_PER_LARGE;

		while (n--)
			frame_free_dirty(f++);
		frames_trim();
		return;
	}
	if (f->nused == PAGES_PER_LARGE)
		list_push(&fr.partial[f->pool], f);
	for (i = at; i < at + npages; i++)
		bit_clear(f->map->used, i);
	f->nused -= (u16)npages;
	/* The last cut frame of a pool stays: the next page would cut it again. */
	if (!f->nused && (f->prev || f->next)) {
		list_del(&fr.partial[f->pool], f);
		frame_free_dirty(f);
	}
}

/* ---- start ---- */

/* Sets the frames aside that hold the records; what is left of the last one is cut into pages. */
static u64 keep_records(void)
{
	u64 bytes = ALIGN_UP(fr.nframes_max * sizeof(struct frame), PAGE_SIZE);
	u64 nr = fr.first, i;
	struct frame *f;

	for (; bytes >= LARGE_SIZE; bytes -= LARGE_SIZE)
		fr.frame[nr++].state = FRAME_RUN;
	if (!bytes)
		return nr;
	f = &fr.frame[nr];
	f->state = FRAME_CUT;
	f->pool = POOL_DATA;
	f->map = map_alloc();
	f->nused = (u16)(bytes >> PAGE_SHIFT);
	for (i = 0; i < f->nused; i++)
		bit_set(f->map->used, (unsigned int)i);
	list_push(&fr.partial[POOL_DATA], f);
	return nr + 1;
}

void frames_init(void)
{
	u64 avail = boot->ram_size - boot->free_gpa, huge, i;

	for (i = 0; i < ARRAY_SIZE(fr.first_maps); i++)
		map_free(&fr.first_maps[i]);
	fr.nframes = boot->ram_size >> LARGE_SHIFT;
	fr.nframes_max = MAX(MIN(boot->ram_max, MVM_LINEAR_MAX) >> LARGE_SHIFT, fr.nframes);
	/* What could not be recorded in a quarter of the memory at hand is never asked for. */
	fr.nframes_max = MIN(fr.nframes_max, MAX(fr.nframes, avail / 4 / sizeof(struct frame)));
	fr.frame = gpa_to_va(boot->free_gpa);
	fr.first = boot->free_gpa >> LARGE_SHIFT;
	if (fr.first >= fr.nframes)
		rt_panic("no free memory");
	fr.low_next = keep_records();
	fr.in_use = fr.low_next - fr.first;
	/* Memory that the host adds later lies behind the huge part, and so belongs to it. */
	huge = boot->huge_gpa ? MIN(boot->huge_gpa >> LARGE_SHIFT, fr.nframes) : fr.nframes;
	fr.low_end = MAX(huge, fr.low_next);
	fr.huge_next = fr.low_end;
}

u64 frames_in_use(void)
{
	return fr.in_use;
}

u64 frames_free_bytes(void)
{
	return (fr.nframes_max - fr.first - fr.in_use) << LARGE_SHIFT;
}

u64 frames_ram(void)
{
	return fr.nframes << LARGE_SHIFT;
}

u64 frames_ram_max(void)
{
	return fr.nframes_max << LARGE_SHIFT;
}
