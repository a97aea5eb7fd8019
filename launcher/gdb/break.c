/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints: INT3 over the first byte of an instruction, written into guest memory from outside,
 * whatever the guest may do with that page itself.  Text is a private mapping of the program's
 * file, so the file is not changed.  The debugger sees the program's bytes.
 */
#include <errno.h>
#include "gdb.h"
#include "gdb_int.h"

#define INT3		0xcc
#define BREAKS_MAX	1024

static struct {
	uint64_t va;
	uint8_t byte;			/* the program's */
} breaks[BREAKS_MAX];
static unsigned int nbreaks;

static unsigned int find(uint64_t va)
{
	unsigned int i;

	for (i = 0; i < nbreaks && breaks[i].va != va; i++)
		;
	return i;
}

bool gdb_break_at(uint64_t va)
{
	return find(va) < nbreaks;
}

static int set_one(uint64_t va)
{
	const uint8_t int3 = INT3;
	uint8_t byte;

	if (find(va) < nbreaks)
		return 0;
	if (nbreaks == BREAKS_MAX)
		return -ENOSPC;
	if (gdb_read(va, &byte, 1) != 1 || gdb_write(va, &int3, 1) != 1)
		return -EFAULT;
	breaks[nbreaks].va = va;
	breaks[nbreaks++].byte = byte;
	return 0;
}

/* What lies there now may be another mapping: only an INT3 is taken away. */
static void remove_one(unsigned int i)
{
	const struct guest *g = &gdb.run->guest;
	uint8_t byte;

	if (guest_read(g, breaks[i].va, &byte, 1) == 1 && byte == INT3)
		guest_write(g, breaks[i].va, &breaks[i].byte, 1);
	breaks[i] = breaks[--nbreaks];
}

void gdb_break_remove_all(void)
{
	while (nbreaks)
		remove_one(nbreaks - 1);
}

void gdb_break_hide(uint64_t va, uint8_t *buf, uint64_t len)
{
	for (unsigned int i = 0; i < nbreaks; i++)
		if (breaks[i].va - va < len && buf[breaks[i].va - va] == INT3)
			buf[breaks[i].va - va] = breaks[i].byte;
}

void gdb_break_rewrite(uint64_t va, const uint8_t *buf, uint64_t len)
{
	const uint8_t int3 = INT3;

	for (unsigned int i = 0; i < nbreaks; i++)
		if (breaks[i].va - va < len) {
			breaks[i].byte = buf[breaks[i].va - va];
			guest_write(&gdb.run->guest, breaks[i].va, &int3, 1);
		}
}

void gdb_break_restored(void)
{
	const uint8_t int3 = INT3;

	for (unsigned int i = 0; i < nbreaks; i++)
		guest_write(&gdb.run->guest, breaks[i].va, &int3, 1);
}

/* TYPE,ADDR,KIND */
void gdb_packet_Z(const char *s, bool set)
{
	char type = *s ? *s++ : '\0';
	uint64_t va, kind;
	int err = 0;

	if (!gdb_char(&s, ',') || !gdb_hex(&s, &va) || !gdb_char(&s, ',') || !gdb_hex(&s, &kind)) {
		gdb_answer("E01");
		return;
	}
	if (type != '0')
		err = gdb_hw_set(type, va, kind, set);
	else if (set)
		err = set_one(va);
	else if (find(va) < nbreaks)
		remove_one(find(va));
	if (err == -ENOTSUP)
		gdb_answer("%s", "");
	else if (err)
		gdb_answer("E%02x", (unsigned int)-err & 0xff);
	else
		gdb_answer("OK");
}
