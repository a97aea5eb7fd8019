/* SPDX-License-Identifier: MIT */
// trap: yes
/* The vDSO is there, has its symbols with Linux's version, and works when called directly. */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>
#include "t.h"

static const char *base;
static const Elf64_Sym *symtab;
static const char *strtab;
static const Elf32_Word *hash;

static void *find(const char *name)
{
	for (Elf32_Word i = 0; i < hash[1]; i++)
		if (symtab[i].st_shndx && !strcmp(strtab + symtab[i].st_name, name))
			return (void *)(base + symtab[i].st_value);
	return NULL;
}

int main(void)
{
	const Elf64_Ehdr *eh = (const void *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Phdr *ph;
	const Elf64_Dyn *dyn = NULL;
	unsigned long bias = 0;
	int (*gettime)(clockid_t, struct timespec *);
	int (*gettod)(struct timeval *, void *);
	time_t (*gettime1)(time_t *);
	int (*getcpu)(unsigned int *, unsigned int *, void *);
	struct timespec ts, ts2;
	struct timeval tv;
	unsigned int cpu = 99, node = 99;

	FACT(eh != NULL);
	FACT(!memcmp(eh->e_ident, ELFMAG, 4) && eh->e_type == ET_DYN);
	ph = (const void *)((const char *)eh + eh->e_phoff);
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && !bias)
			bias = (unsigned long)eh + ph[i].p_offset - ph[i].p_vaddr;
		if (ph[i].p_type == PT_DYNAMIC)
			dyn = (const void *)((const char *)eh + ph[i].p_offset);
	}
	base = (const char *)bias;
	for (; dyn->d_tag; dyn++) {
		void *p = (void *)(bias + dyn->d_un.d_ptr);

		if (dyn->d_tag == DT_SYMTAB)
			symtab = p;
		if (dyn->d_tag == DT_STRTAB)
			strtab = p;
		if (dyn->d_tag == DT_HASH)
			hash = p;
	}
	FACT(symtab && strtab && hash);
	gettime = find("__vdso_clock_gettime");
	gettod = find("__vdso_gettimeofday");
	gettime1 = find("__vdso_time");
	getcpu = find("__vdso_getcpu");
	FACT(gettime && gettod && gettime1 && getcpu);
	printf("%d\n", gettime(CLOCK_MONOTONIC, &ts));
	printf("%d\n", gettime(CLOCK_MONOTONIC, &ts2));
	FACT(ts2.tv_sec * 1000000000L + ts2.tv_nsec >= ts.tv_sec * 1000000000L + ts.tv_nsec);
	printf("%d\n", gettod(&tv, NULL));
	FACT(gettime1(NULL) - tv.tv_sec < 3);
	printf("%d\n", getcpu(&cpu, &node, NULL));
	FACT(cpu < 4096 && node < 4096);
	printf("%d\n", gettime(CLOCK_PROCESS_CPUTIME_ID, &ts));
	return 0;
}
