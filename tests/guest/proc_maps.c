/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * /proc/self/maps names the program, the heap, the stack, and what the program mapped; of the
 * program it says where in its file each mapping begins.
 */
#include "t.h"
#include <elf.h>
#include <sys/auxv.h>

static char text[1 << 16];

/* Is p in a line with these rights that ends in name? */
static bool in_map(const void *p, const char *rights, const char *name)
{
	char *line, *save = NULL, copy[sizeof(text)];
	unsigned long from, to;
	char r[8];

	strcpy(copy, text);
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, r) != 3)
			printf("not a line of maps: %s\n", line);
		else if ((unsigned long)p >= from && (unsigned long)p < to)
			return !strcmp(r, rights) && strlen(line) >= strlen(name) &&
			       !strcmp(line + strlen(line) - strlen(name), name);
	}
	return false;
}

/* Where in the program's file p comes from, as maps and as the program's headers say it. */
static long in_maps(const void *p)
{
	char *line, *save = NULL, copy[sizeof(text)];
	unsigned long from, to, off, at = (unsigned long)p;

	strcpy(copy, text);
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &off) == 3 && at >= from && at < to)
			return (long)(off + (at - from));
	return -1;
}

static long in_headers(const void *p)
{
	const Elf64_Phdr *ph = (void *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM), bias = 0, at = (unsigned long)p;

	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_PHDR)
			bias = (unsigned long)ph - ph[i].p_vaddr;
	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD && at - bias - ph[i].p_vaddr < ph[i].p_filesz)
			return (long)(at - bias - ph[i].p_vaddr + ph[i].p_offset);
	return -2;
}

static int initialised = 1;

int main(void)
{
	char *rw, *none, *stack = (char *)&rw;
	long n, len = 0;
	int fd;

	rw = mmap(NULL, 40960, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(rw + 8192, 4096);
	mprotect(rw, 4096, PROT_READ);
	fd = open("/proc/self/maps", O_RDONLY);
	FACT(fd >= 0);
	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	SHOW(n);
	FACT(in_map(stack, "rw-p", "[stack]"));
	FACT(in_map(text, "rw-p", ""));
	FACT(in_map((void *)main, "r-xp", ""));
	FACT(in_map(none, "---p", ""));
	FACT(in_map(rw, "r--s", "") || in_map(rw, "r--s", "(deleted)"));
	FACT(in_maps((void *)main) == in_headers((void *)main));
	FACT(in_maps("text") == in_headers("text"));
	FACT(in_maps(&initialised) == in_headers(&initialised));
	FACT(!in_map(rw + 8192, "rw-s", ""));
	return 0;
}
