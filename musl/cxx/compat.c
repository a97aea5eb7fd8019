/* SPDX-License-Identifier: MIT */
/*
 * What Debian's libstdc++.a and libgcc_eh.a take from glibc and musl does not have.  mvm-c++ links
 * it; C programs do not need it.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <sys/random.h>

/* From glibc's <sys/single_threaded.h>.  0: libstdc++ counts with atomics, always right. */
char __libc_single_threaded;

uint32_t arc4random(void);

/**
 * arc4random - a random number for std::random_device (arc4random(3))
 */
uint32_t arc4random(void)
{
	uint32_t value = 0;

	/* Up to 256 bytes never fail once the kernel's generator is seeded (getrandom(2)). */
	while (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		;
	return value;
}

/* glibc's struct dl_find_object (its manual, "Dynamic Linker Introspection"). */
struct dl_find_object {
	unsigned long long flags;
	void *map_start, *map_end;
	struct link_map *link_map;
	void *eh_frame;
	unsigned long long reserved[7];
};

int _dl_find_object(void *address, struct dl_find_object *result);

static int fill(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct dl_find_object *result = arg;
	uintptr_t start = UINTPTR_MAX, end = 0;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_GNU_EH_FRAME)
			result->eh_frame = (void *)at;
		if (ph->p_type != PT_LOAD)
			continue;
		if (at < start)
			start = at;
		if (at + ph->p_memsz > end)
			end = at + ph->p_memsz;
	}
	result->map_start = (void *)start;
	result->map_end = (void *)end;
	return 1;			/* the program is the first object, and the only one */
}

/**
 * _dl_find_object - where the unwinding tables for an address are
 * @address: a program counter
 * @result: filled
 *
 * Returns 0, or -1 when the address is not in the program or it has no tables.
 */
int _dl_find_object(void *address, struct dl_find_object *result)
{
	*result = (struct dl_find_object){ 0 };
	dl_iterate_phdr(fill, result);
	if (address < result->map_start || address >= result->map_end || !result->eh_frame)
		return -1;
	return 0;
}
