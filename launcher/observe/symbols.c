/* SPDX-License-Identifier: MIT */
/*
 * From addresses to names: those of ELF files, the program's and what it maps, by their symbol
 * tables, and the runtime's, which were compiled in.  A file is hostile: it is read into memory,
 * where its offsets and sizes are checked, and all of them cannot make this take more than
 * SYMBOLS_BYTES of memory, which are there before mvm gives up its rights.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <mvm/abi.h>
#include "profile_int.h"

#define SYMBOLS_BYTES	(64UL << 20)
#define IMAGES_MAX	256U

/* A piece of the guest's memory that comes from an ELF file. */
static struct image {
	uint64_t va, len;
	uint64_t bias;			/* between the addresses in the file and the guest's */
	Elf64_Sym *syms;		/* functions, by address; st_value is the guest's */
	size_t n;
	const char *names;
	size_t names_size;
	char file[48];			/* its name; empty: the program's */
} images[IMAGES_MAX];
static unsigned int nimages;

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

/* ---- Memory -------------------------------------------------------------------------------- */

static struct {
	uint8_t *base;			/* SYMBOLS_BYTES, there when they are used */
	size_t used;
} arena;

void symbols_begin(void)
{
	void *p;

	arena.used = 0;
	nimages = 0;
	if (arena.base)
		return;
	p = mmap(NULL, SYMBOLS_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	arena.base = p == MAP_FAILED ? NULL : p;
}

/* size bytes at off of the file, all of them, in the arena; NULL: not there, or no room. */
static void *slurp(const struct program_at *in, uint64_t off, uint64_t size)
{
	uint8_t *p = arena.base + arena.used;
	uint64_t done = 0;
	ssize_t n = 1;

	if (!arena.base || !size || size > SYMBOLS_BYTES - arena.used || off > in->len ||
	    size > in->len - off)
		return NULL;
	for (; done < size && n > 0; done += n > 0 ? (uint64_t)n : 0)
		n = pread(in->fd, p + done, size - done, (off_t)(in->off + off + done));
	if (done < size)
		return NULL;
	arena.used += (size + 15) & ~15UL;
	return p;
}

/* ---- A file's table ------------------------------------------------------------------------ */

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

static bool is_function(const struct image *m, const Elf64_Sym *s)
{
	unsigned int type = ELF64_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF && s->st_name < m->names_size &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC ||
		(type == STT_NOTYPE && ELF64_ST_BIND(s->st_info) == STB_GLOBAL));
}

/* Of those at one address the one that is larger, then by name: the same in every run. */
static int compare(const void *a, const void *b)
{
	const Elf64_Sym *x = a, *y = b;

	if (x->st_value != y->st_value)
		return x->st_value < y->st_value ? -1 : 1;
	if (x->st_size != y->st_size)
		return x->st_size > y->st_size ? -1 : 1;
	return (x->st_name > y->st_name) - (x->st_name < y->st_name);
}

static void keep_functions(struct image *m, uint64_t bias)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++)
		if (is_function(m, &m->syms[i])) {
			m->syms[kept] = m->syms[i];
			m->syms[kept++].st_value += bias;
		}
	m->n = kept;
	if (!kept)
		return;	/* no table at all: qsort(3) is not to be given a null pointer */
	/* musl's asks for no memory, of which there is none any more. */
	qsort(m->syms, kept, sizeof(*m->syms), compare);
}

static bool read_header(const struct program_at *in, Elf64_Ehdr *eh)
{
	return pread(in->fd, eh, sizeof(*eh), (off_t)in->off) == sizeof(*eh) &&
	       !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64;
}

static bool tables(const struct program_at *in, const Elf64_Ehdr *eh, Elf64_Shdr table[2])
{
	size_t mark = arena.used;
	const Elf64_Shdr *sh;
	bool found;

	if (eh->e_shentsize != sizeof(*sh))
		return false;
	sh = slurp(in, eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(*sh));
	found = sh && (find_table(sh, eh->e_shnum, SHT_SYMTAB, table) ||
		       find_table(sh, eh->e_shnum, SHT_DYNSYM, table));
	arena.used = mark;
	return found;
}

static void read_symbols(struct image *m, const struct program_at *in, const Elf64_Ehdr *eh)
{
	Elf64_Shdr table[2];

	if (!tables(in, eh, table))
		return;
	m->names = slurp(in, table[1].sh_offset, table[1].sh_size);
	m->names_size = m->names ? table[1].sh_size : 0;
	m->syms = slurp(in, table[0].sh_offset, table[0].sh_size);
	m->n = m->syms ? table[0].sh_size / sizeof(Elf64_Sym) : 0;
	keep_functions(m, m->bias);
}

/* ---- Files ----------------------------------------------------------------------------------- */

void symbols_load(const struct program_at *in, uint64_t bias)
{
	struct image *m = &images[nimages];
	Elf64_Ehdr eh;

	if (nimages == IMAGES_MAX || !read_header(in, &eh))
		return;
	nimages++;
	*m = (struct image){ .len = UINT64_MAX, .bias = bias };
	read_symbols(m, in, &eh);
}

/* What is added to the addresses that the file has for what it has at off, to get va. */
static bool find_bias(const struct program_at *in, const Elf64_Ehdr *eh, uint64_t off, uint64_t va,
		      uint64_t *bias)
{
	size_t mark = arena.used;
	const Elf64_Phdr *ph = NULL;
	bool found = false;

	if (eh->e_phentsize == sizeof(*ph))
		ph = slurp(in, eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(*ph));
	for (unsigned int i = 0; ph && i < eh->e_phnum && !found; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_flags & PF_X &&
		    off + MVM_PAGE_SIZE > ph[i].p_offset &&
		    off < ph[i].p_offset + ph[i].p_filesz) {
			*bias = va - off + ph[i].p_offset - ph[i].p_vaddr;
			found = true;
		}
	arena.used = mark;
	return found;
}

void symbols_mapped(const struct program_at *in, const struct mvm_mapped *map, const char *name)
{
	struct image *m = &images[nimages];
	Elf64_Ehdr eh;

	if (nimages == IMAGES_MAX || !read_header(in, &eh))
		return;
	*m = (struct image){ .va = map->va, .len = map->len };
	snprintf(m->file, sizeof(m->file), "%s", name);
	if (!find_bias(in, &eh, map->off, map->va, &m->bias))
		return;
	nimages++;
	read_symbols(m, in, &eh);
}

/* What is mapped there: where several were, the last. */
static const struct image *image_at(uint64_t addr)
{
	for (unsigned int i = nimages; i-- > 0;)
		if (addr - images[i].va < images[i].len)
			return &images[i];
	return NULL;
}

/* ---- Names ---------------------------------------------------------------------------------- */

/* The function that addr lies in; one without a size reaches to the next. */
static const Elf64_Sym *find(const struct image *m, uint64_t addr)
{
	size_t low = 0, high = m ? m->n : 0;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (m->syms[mid].st_value <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	addr -= m->syms[low - 1].st_value;
	/* The first of those at this address is the one to be named. */
	while (low > 1 && m->syms[low - 2].st_value == m->syms[low - 1].st_value)
		low--;
	return !m->syms[low - 1].st_size || addr < m->syms[low - 1].st_size ?
	       &m->syms[low - 1] : NULL;
}

uint64_t symbols_function(uint64_t addr)
{
	const Elf64_Sym *s;

	if (in_runtime(addr))
		return MVM_VA_RT_TEXT + runtime_offsets[runtime_index(addr)];
	s = find(image_at(addr), addr);
	return s ? s->st_value : addr;
}

const char *symbols_name(uint64_t function, size_t *len)
{
	static char place[sizeof(images[0].file) + 24];
	const struct image *m;
	const Elf64_Sym *s;
	const char *name;

	if (in_runtime(function)) {
		name = runtime_name(function);
		*len = strlen(name);
		return name;
	}
	m = image_at(function);
	s = find(m, function);
	if (s) {
		name = m->names + s->st_name;
		*len = strnlen(name, m->names_size - s->st_name);
		return name;
	}
	if (!m || !m->file[0])
		return NULL;
	*len = (size_t)snprintf(place, sizeof(place), "%s+%#llx", m->file,
				(unsigned long long)(function - m->bias));
	return place;
}
