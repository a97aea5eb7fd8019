/* SPDX-License-Identifier: MIT */
/*
 * A picture as SVG, element by element, into a descriptor.  Works confined: a buffer of its own,
 * write(2) and ppoll(2).
 */
#ifndef MVM_OBSERVE_SVG_H
#define MVM_OBSERVE_SVG_H

#include <stdbool.h>
#include <stddef.h>

struct svg {
	int fd;
	int err;			/* errno of the first write that failed; 0: none */
	size_t used;
	char buf[16384];
};

/* The beginning of the file, with a title for who cannot see it; and its end. */
void svg_open(struct svg *s, int fd, unsigned int width, unsigned int height, const char *title);
void svg_close(struct svg *s);
/* class: of the style sheet in svg.c.  Lengths in pixels. */
void svg_rect(struct svg *s, const char *class, double x, double y, double w, double h);
void svg_line(struct svg *s, const char *class, double x1, double y1, double x2, double y2);
/* A text that ends at x (class "end"), is in its middle ("middle"), or begins there. */
void svg_text(struct svg *s, const char *class, double x, double y, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
