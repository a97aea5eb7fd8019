/* SPDX-License-Identifier: MIT */
/*
 * From addresses to names: the program's own, of its ELF symbol table, and the runtime's, which
 * were compiled in.  The file is hostile: it is read into memory, where its offsets and sizes are
 * checked, and it cannot make this take more than SYMBOLS_BYTES of memory.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <mvm/abi.h>
#include "profile_int.h"

#define SYMBOLS_BYTES	(64UL << 20)

/* ---- The runtime --------------------------------------------------------------------------- */

/* Of its functions: offsets in its text, ascending, and their names in the same order. */
static const uint32_t runtime_offsets[] = {
#define SYMBOL(offset, name)	offset,
#include <generated/runtime-symbols.h>
#undef SYMBOL
};

static const char runtime_names[] =
#define SYMBOL(offset, name)	name "\0"
#include <generated/runtime-symbols.h>
#undef SYMBOL
;

#define RUNTIME_SYMBOLS	(sizeof(runtime_offsets) / sizeof(runtime_offsets[0]))

static bool in_runtime(uint64_t addr)
{
	return addr >= MVM_VA_RT_TEXT && addr < MVM_VA_RT_TEXT + MVM_RT_TEXT_MAX;
}

/* The last one that does not lie behind addr. */
static size_t runtime_index(uint64_t addr)
{
	uint32_t off = (uint32_t)(addr - MVM_VA_RT_TEXT);
	size_t low = 0, high = RUNTIME_SYMBOLS;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (runtime_offsets[mid] <= off)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static const char *runtime_name(uint64_t addr)
{
	const char *name = runtime_names;

	for (size_t n = runtime_index(addr); n; n--)
		name += strlen(name) + 1;
	return name;
}

/* ---- The program's file -------------------------------------------------------------------- */

static struct {
	Elf64_Sym *syms;		/* functions, by address; st_value is the guest's */
	size_t n;
	const char *names;
	size_t names_size;
} program;

/* size bytes at off of the program, all of them, in memory of their own; NULL: not there. */
static void *slurp(const struct program_at *in, uint64_t off, uint64_t size)
{
	uint64_t done = 0;
	ssize_t n = 1;
	uint8_t *p;

	if (!size || size > SYMBOLS_BYTES || off > in->len || size > in->len - off)
		return NULL;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	for (; done < size && n > 0; done += n > 0 ? (uint64_t)n : 0)
		n = pread(in->fd, p + done, size - done, (off_t)(in->off + off + done));
	if (done == size)
		return p;
	munmap(p, size);
	return NULL;
}

/* The section of that type, the string table that it names behind it. */
static bool find_table(const Elf64_Shdr *sh, unsigned int n, uint32_t type, Elf64_Shdr out[2])
{
	for (unsigned int i = 0; i < n; i++)
		if (sh[i].sh_type == type && sh[i].sh_entsize == sizeof(Elf64_Sym) &&
		    sh[i].sh_link < n) {
			out[0] = sh[i];
			out[1] = sh[sh[i].sh_link];
			return true;
		}
	return false;
}

static bool is_function(const Elf64_Sym *s)
{
	unsigned int type = ELF64_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF && s->st_name < program.names_size &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC ||
		(type == STT_NOTYPE && ELF64_ST_BIND(s->st_info) == STB_GLOBAL));
}

static int by_address(const void *a, const void *b)
{
	const Elf64_Sym *x = a, *y = b;

	if (x->st_value != y->st_value)
		return x->st_value < y->st_value ? -1 : 1;
	/* Of those at one address the one that is larger, then by name: the same in every run. */
	if (x->st_size != y->st_size)
		return x->st_size > y->st_size ? -1 : 1;
	return x->st_name < y->st_name ? -1 : x->st_name > y->st_name;
}

static void keep_functions(uint64_t bias)
{
	size_t kept = 0;

	for (size_t i = 0; i < program.n; i++)
		if (is_function(&program.syms[i])) {
			program.syms[kept] = program.syms[i];
			program.syms[kept++].st_value += bias;
		}
	program.n = kept;
	if (kept)
		qsort(program.syms, program.n, sizeof(*program.syms), by_address);
}

void symbols_load(const struct program_at *in, uint64_t bias)
{
	Elf64_Shdr table[2], *sh;
	Elf64_Ehdr eh;

	if (pread(in->fd, &eh, sizeof(eh), (off_t)in->off) != sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_shentsize != sizeof(*sh))
		return;
	sh = slurp(in, eh.e_shoff, (uint64_t)eh.e_shnum * sizeof(*sh));
	if (sh && (find_table(sh, eh.e_shnum, SHT_SYMTAB, table) ||
		   find_table(sh, eh.e_shnum, SHT_DYNSYM, table))) {
		program.names = slurp(in, table[1].sh_offset, table[1].sh_size);
		program.names_size = program.names ? table[1].sh_size : 0;
		program.syms = slurp(in, table[0].sh_offset, table[0].sh_size);
		program.n = program.syms ? table[0].sh_size / sizeof(Elf64_Sym) : 0;
	}
	if (sh)
		munmap(sh, (size_t)eh.e_shnum * sizeof(*sh));
	keep_functions(bias);
}

/* The function that addr lies in; one without a size reaches to the next. */
static const Elf64_Sym *find(uint64_t addr)
{
	size_t low = 0, high = program.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (program.syms[mid].st_value <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	addr -= program.syms[low - 1].st_value;
	/* The first of those at this address is the one to be named. */
	while (low > 1 && program.syms[low - 2].st_value == program.syms[low - 1].st_value)
		low--;
	return !program.syms[low - 1].st_size || addr < program.syms[low - 1].st_size ?
	       &program.syms[low - 1] : NULL;
}

uint64_t symbols_function(uint64_t addr)
{
	const Elf64_Sym *s;

	if (in_runtime(addr))
		return MVM_VA_RT_TEXT + runtime_offsets[runtime_index(addr)];
	s = find(addr);
	return s ? s->st_value : addr;
}

const char *symbols_name(uint64_t function, size_t *len)
{
	const Elf64_Sym *s;
	const char *name;

	if (in_runtime(function)) {
		name = runtime_name(function);
		*len = strlen(name);
		return name;
	}
	s = find(function);
	if (!s)
		return NULL;
	name = program.names + s->st_name;
	*len = strnlen(name, program.names_size - s->st_name);
	return name;
}
