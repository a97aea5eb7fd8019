/* SPDX-License-Identifier: MIT */
/* Printing what is in an appliance.  See inspect.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include "msg.h"
#include "usage.h"
#include "conf.h"
#include "file.h"
#include "inspect.h"

static void print_part(const struct part *p)
{
	printf("  %-14s %9llu  ", part_name(p->kind), (unsigned long long)p->len);
	for (unsigned int i = 0; i < SHA256_BYTES; i++)
		printf("%02x", p->sha256[i]);
	printf("  %s\n", p->name);
}

/*
 * Whoever looks into a file does not trust it yet.  A carriage return would hide what stands before
 * it in its line from a person.
 */
static void print_text(char *text, size_t len)
{
	unsigned char before = 0;

	for (char *p = text; p < text + len; p++) {
		bool ends = *p == '\n' || *p == '\t' || (*p == '\r' && p[1] == '\n');

		if (!ends && msg_is_control(before, (unsigned char)*p))
			*p = '?';
		before = (unsigned char)*p;
	}
	fputs(text, stdout);
}

int inspect_print(int fd, const char *name, const struct footer *f)
{
	const struct part *c = footer_part(f, PART_CONFIG);
	char *text = file_text(fd, c->off, c->len, CONF_BYTES_MAX);

	if (!text)
		return fail(EXIT_MVM, "%s: its configuration cannot be read: %s; copy it again",
			    name, strerror(errno));
	printf("%s: appliance of mvm %s, %llu bytes, undamaged\n\n  part               bytes  "
	       "SHA-256\n", name, f->mvm, (unsigned long long)f->size);
	for (unsigned int i = 0; i < PARTS_MAX && f->part[i].kind; i++)
		print_part(&f->part[i]);
	putchar('\n');
	print_text(text, c->len);
	if (c->len && text[c->len - 1] != '\n')
		putchar('\n');
	free(text);
	return usage_end();
}
