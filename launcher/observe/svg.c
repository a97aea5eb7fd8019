/* SPDX-License-Identifier: MIT */
/* SVG 1.1, of rectangles, lines and texts.  See svg.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "svg.h"
#include "output.h"

static void flush(struct svg *s)
{
	if (s->used && !s->err && !output_write(s->fd, s->buf, s->used))
		s->err = errno;
	s->used = 0;
}

__attribute__((format(printf, 2, 3)))
static void put(struct svg *s, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;			/* no element of ours is that long */
	if ((size_t)n > sizeof(s->buf) - s->used)
		flush(s);
	memcpy(s->buf + s->used, line, (size_t)n);
	s->used += (size_t)n;
}

/* Any bytes as characters of XML, which has no control characters and no bytes but UTF-8's. */
static void put_escaped(struct svg *s, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			put(s, "&lt;");
			break;
		case '>':
			put(s, "&gt;");
			break;
		case '&':
			put(s, "&amp;");
			break;
		default:
			put(s, "%c", *text >= ' ' && *text < 0x7f ? *text : '?');
		}
}

void svg_open(struct svg *s, int fd, unsigned int width, unsigned int height, const char *title)
{
	s->fd = fd;
	s->used = 0;
	s->err = 0;
	put(s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
	    "viewBox=\"0 0 %u %u\">\n<title>", width, height, width, height);
	put_escaped(s, title);
	put(s, "</title>\n<style>\n"
	    "text { font: 12px sans-serif; fill: #222 } .head { font-size: 16px }\n"
	    ".end { text-anchor: end } .middle { text-anchor: middle } .small { font-size: 10px }\n"
	    ".paper { fill: #fff } .lane { fill: #f4f4f4 } .axis { stroke: #888 }\n"
	    ".grid { stroke: #ddd } .stage0 { fill: #4e79a7 } .stage1 { fill: #a0cbe8 }\n");
	put(s, ".guest { fill: #59a14f } .idle { fill: #d4d4d4 } .exit { fill: #e15759 }\n"
	    ".request { fill: #f28e2b } .polled { fill: #b07aa1 }\n</style>\n");
	svg_rect(s, "paper", 0, 0, width, height);
}

void svg_close(struct svg *s)
{
	put(s, "</svg>\n");
	flush(s);
}

void svg_rect(struct svg *s, const char *class, double x, double y, double w, double h)
{
	put(s, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n",
	    class, x, y, w, h);
}

void svg_line(struct svg *s, const char *class, double x1, double y1, double x2, double y2)
{
	put(s, "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n", class,
	    x1, y1, x2, y2);
}

void svg_text(struct svg *s, const char *class, double x, double y, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(s, "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\">", class, x, y);
	put_escaped(s, text);
	put(s, "</text>\n");
}
