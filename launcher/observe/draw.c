/* SPDX-License-Identifier: MIT */
/*
 * The picture of --timeline: above, the stages of the start on a scale of their own; below, the
 * whole run with a lane for each thing that happened: the guest running, exits by reason,
 * hypercalls by name.  Owns the layout; the form of a file is svg.c's.
 */
#include <stdio.h>
#include <string.h>
#include "svg.h"
#include "timeline_int.h"
#include "service/service.h"

#define LEFT		130.0		/* of the lanes; names stand before */
#define WIDTH		((double)COLUMNS * 1.5)
#define RIGHT		170.0		/* for numbers behind */
#define ROW		18.0
#define BAR		14.0
#define TOP		60.0
#define GAP		56.0		/* between the two parts: an axis and a heading */
#define LEGEND		44.0
#define TICKS_MIN	5.0

static struct svg svg;			/* too large for a signal handler's stack */

/* ---- Time ---------------------------------------------------------------------------------- */

/* A time in the unit that fits it. */
static const char *duration(double ns, char buf[32])
{
	if (ns < 1e4)
		snprintf(buf, 32, "%.2f us", ns / 1e3);
	else if (ns < 1e6)
		snprintf(buf, 32, "%.1f us", ns / 1e3);
	else if (ns < 1e9)
		snprintf(buf, 32, "%.2f ms", ns / 1e6);
	else
		snprintf(buf, 32, "%.2f s", ns / 1e9);
	return buf;
}

/* 1, 2 or 5 times a power of ten: the largest that gives enough ticks. */
static double tick_length(double total)
{
	double step = 1;

	while (step * 10 * TICKS_MIN <= total)
		step *= 10;
	if (step * 5 * TICKS_MIN <= total)
		return step * 5;
	return step * 2 * TICKS_MIN <= total ? step * 2 : step;
}

static const char *tick_label(double ns, double step, char buf[32])
{
	double unit = step >= 1e9 ? 1e9 : step >= 1e6 ? 1e6 : 1e3;
	const char *name = step >= 1e9 ? "s" : step >= 1e6 ? "ms" : "us";

	snprintf(buf, 32, step < 1e3 ? "%.2f %s" : "%.0f %s", ns / unit, name);
	return buf;
}

/* Ticks from top to bottom, their times below. */
static void draw_axis(double top, double bottom, double total)
{
	double step = tick_length(total);
	char buf[32];

	for (double t = 0; t <= total; t += step) {
		double x = LEFT + WIDTH * t / total;

		svg_line(&svg, "grid", x, top, x, bottom);
		svg_text(&svg, "middle small", x, bottom + 13, "%s", tick_label(t, step, buf));
	}
	svg_line(&svg, "axis", LEFT, bottom, LEFT + WIDTH, bottom);
}

/* ---- The start ----------------------------------------------------------------------------- */

/* The stages that were reached but for the run, in the order in which they ended. */
static unsigned int sorted_stages(const struct stats *s, enum stage order[STAGE_COUNT])
{
	unsigned int n = 0;

	for (unsigned int st = 0; st < STAGE_COUNT; st++) {
		unsigned int i = n;

		if (st == STAGE_RUN || !s->stage_ns[st])
			continue;
		for (; i && s->stage_ns[order[i - 1]] > s->stage_ns[st]; i--)
			order[i] = order[i - 1];
		order[i] = st;
		n++;
	}
	return n;
}

static void draw_stages(const struct stats *s, const enum stage *order, unsigned int n, double y)
{
	uint64_t begin = s->start_ns, end = n ? s->stage_ns[order[n - 1]] : begin + 1;
	double total = (double)(end - s->start_ns);
	char buf[32];

	svg_text(&svg, "head", LEFT, y - 8, "Start-up: from the first instruction of mvm to the "
		 "guest's");
	draw_axis(y, y + n * ROW, total);
	for (unsigned int i = 0; i < n; i++, y += ROW) {
		double from = (double)(begin - s->start_ns), to;

		to = (double)(s->stage_ns[order[i]] - s->start_ns);
		svg_text(&svg, "end", LEFT - 8, y + 13, "%s", stats_stage_name(order[i]));
		svg_rect(&svg, i % 2 ? "stage1" : "stage0", LEFT + WIDTH * from / total, y + 2,
			 WIDTH * (to - from) / total, BAR);
		svg_text(&svg, "start", LEFT + WIDTH + 8, y + 13, "%s", duration(to - from, buf));
		begin = s->stage_ns[order[i]];
	}
}

/* ---- The run ------------------------------------------------------------------------------- */

/* How high a column's bar is, 0 to 1: its share of the time or, of points, of the most. */
static double level(const struct timeline *tl, const struct column *c, bool points, uint64_t most)
{
	double share = points ? (double)c->count / (double)most :
				(double)c->busy_ns / (double)tl->column_ns;

	if (!c->count && !c->busy_ns)
		return 0;
	return share > 1 ? 1 : share < 0.15 ? 0.15 : share;
}

static void draw_lane(const struct timeline *tl, const struct lane *l, const char *class,
		      const char *name, double y)
{
	bool points = !strcmp(class, "exit");
	double column = WIDTH * (double)tl->column_ns / (double)tl->total_ns;
	uint64_t most = 1;
	unsigned int i = 0;
	char buf[32];

	for (unsigned int k = 0; k < COLUMNS; k++)
		most = l->columns[k].count > most ? l->columns[k].count : most;
	svg_rect(&svg, "lane", LEFT, y + 2, WIDTH, BAR);
	svg_text(&svg, "end", LEFT - 8, y + 13, "%s", name);
	while (i < COLUMNS) {
		double h = level(tl, &l->columns[i], points, most), x = LEFT + column * i, w;
		unsigned int from = i;

		while (i < COLUMNS && level(tl, &l->columns[i], points, most) == h)
			i++;
		w = column * (i - from);
		if (x + w > LEFT + WIDTH)
			w = LEFT + WIDTH - x;
		if (h > 0 && w > 0)
			svg_rect(&svg, class, x, y + 2 + BAR * (1 - h), w, BAR * h);
	}
	if (points)
		svg_text(&svg, "start", LEFT + WIDTH + 8, y + 13, "%llu",
			 (unsigned long long)l->count);
	else
		svg_text(&svg, "start", LEFT + WIDTH + 8, y + 13, "%llu, %s",
			 (unsigned long long)l->count, duration((double)l->busy_ns, buf));
}

/* What a lane is called and drawn as. */
static const char *lane_class(unsigned int i, char name[40])
{
	if (i == LANE_GUEST) {
		snprintf(name, 40, "guest runs");
		return "guest";
	}
	if (i < LANE_REQUEST(0)) {
		const char *reason = stats_exit_name(i - LANE_EXIT(0));

		if (reason)
			snprintf(name, 40, "exit: %s", reason);
		else
			snprintf(name, 40, "exit: %u", i - LANE_EXIT(0));
		return "exit";
	}
	snprintf(name, 40, "hyper:%s", request_name(i - LANE_REQUEST(0)));
	return i == LANE_REQUEST(MVM_OP_WAIT) ? "idle" : "request";
}

static unsigned int used_lanes(const struct timeline *tl)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < LANES; i++)
		n += tl->lanes[i].count != 0;
	return n;
}

static void draw_run(const struct timeline *tl, double y)
{
	char name[40];

	svg_text(&svg, "head", LEFT, y - 8, "The run: a lane for each thing that happened, how "
		 "often and how long");
	draw_axis(y, y + used_lanes(tl) * ROW, (double)tl->total_ns);
	for (unsigned int i = 0; i < LANES; i++) {
		const char *class;

		if (!tl->lanes[i].count)
			continue;
		class = lane_class(i, name);
		draw_lane(tl, &tl->lanes[i], class, name, y);
		y += ROW;
	}
}

static void draw_legend(double y)
{
	static const char *const items[][2] = {
		{ "guest", "the guest runs" }, { "exit", "exits from the VM" },
		{ "request", "hypercalls" }, { "idle", "the guest waits" },
	};

	for (unsigned int i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		double x = LEFT + i * 150;

		svg_rect(&svg, items[i][0], x, y, 12, 12);
		svg_text(&svg, "start", x + 18, y + 11, "%s", items[i][1]);
	}
	svg_text(&svg, "small", LEFT, y + 30, "A bar is as high as the share of its column (%u of "
		 "them) that it takes; of exits, as the column has the most.", COLUMNS);
}

int timeline_draw(const struct timeline *tl)
{
	enum stage order[STAGE_COUNT];
	unsigned int n = sorted_stages(tl->stats, order), lanes = used_lanes(tl);
	double height = TOP + n * ROW + GAP + lanes * ROW + 2 * LEGEND;
	char title[300], buf[32];

	snprintf(title, sizeof(title), "mvm run %.200s: %s, status %d", tl->program,
		 duration((double)tl->total_ns, buf), tl->status);
	svg_open(&svg, tl->fd, (unsigned int)(LEFT + WIDTH + RIGHT), (unsigned int)height, title);
	svg_text(&svg, "head", LEFT, 22, "%s", title);
	draw_stages(tl->stats, order, n, TOP);
	draw_run(tl, TOP + n * ROW + GAP);
	draw_legend(TOP + n * ROW + GAP + lanes * ROW + 26);
	svg_close(&svg);
	return svg.err;
}
