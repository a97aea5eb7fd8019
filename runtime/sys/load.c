/* SPDX-License-Identifier: MIT */
/*
 * Loading a program from the root, as execve(2) does: finding it, its interpreter if it is a
 * script, its dynamic linker if it names one.  This is done in the guest, because in the host it
 * would be one more thing that reads what nobody vouches for; and the root may be an archive, which
 * only the guest takes apart.  Sources: System V ABI, generic, chapters 4 and 5; execve(2).
 */
#include <linux/elf.h>
#include <linux/mman.h>

#include "fs/fs.h"
#include "lib/printf.h"
#include "mm/mm.h"
#include "sys/exec.h"
#include "sys/script.h"

#define DEFAULT_PATH	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_SIZE	4096U
#define HEADERS_MAX	128U
#define CANNOT_RUN	126
#define NOT_FOUND	127

struct image {
	struct file *file;
	const char *name;		/* for messages */
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;
	u64 lo, hi;			/* page boundaries around all that is loaded */
	u64 align;			/* what bias must be a multiple of */
	u64 bias;			/* added to the file's addresses */
};

static const char *error_text(long err)
{
	switch (err) {
	case -ENOENT:
		return "No such file or directory";
	case -ENOTDIR:
		return "Not a directory";
	case -EACCES:
		return "Permission denied, or not a regular file";
	case -EISDIR:
		return "Is a directory";
	case -ELOOP:
		return "Too many levels of symbolic links";
	case -ENAMETOOLONG:
		return "File name too long";
	case -ENOMEM:
		return "Cannot allocate memory";
	case -EXDEV:
		return "It leads out of the root";
	default:
		return "Input/output error";
	}
}

/* ---- Finding it ----------------------------------------------------------------------------- */

/* As execvp(3): the file, and in path (PATH_SIZE bytes) where it was; NULL. */
static struct file *search(const char *name, const char *dirs, char *path)
{
	for (;; dirs++) {
		u32 len = 0;
		struct file *f;
		long err;

		while (dirs[len] && dirs[len] != ':')
			len++;
		rt_snprintf(path, PATH_SIZE, "%.*s%s%s", (int)len, dirs, len ? "/" : "./", name);
		f = file_open(path, &err);
		if (f && file_executable(f))
			return f;
		if (f)
			file_put(f);
		dirs += len;
		if (!*dirs)
			return NULL;
	}
}

static struct file *find_program(void)
{
	const char *name = program.path, *dirs = program_env("PATH") ?: DEFAULT_PATH;
	char *path = kmalloc(PATH_SIZE);
	struct file *f;
	long err;

	if (!path)
		rt_refuse(CANNOT_RUN, "%s: no memory to look for it; raise --mem", name);
	if (strrchr(name, '/')) {
		kfree(path);
		f = file_open(name, &err);
		if (!f)
			rt_refuse(err == -ENOENT || err == -ENOTDIR ? NOT_FOUND : CANNOT_RUN,
				  "%s: cannot open the program in the root: %s; name a file of the "
				  "root by its path there", name, error_text(err));
		return f;
	}
	f = search(name, dirs, path);
	if (!f)
		rt_refuse(NOT_FOUND, "%s: no such program in the root (searched: %s); give its "
			  "path in the root, or set --env PATH=...", name, dirs);
	program.path = path;
	return f;
}

/* The program itself, for a script its interpreter. */
static struct file *resolve(void)
{
	struct file *f = find_program(), *next;
	const char *path = program.path;
	struct script *s;
	long err;

	for (u32 i = 0;; i++) {
		s = kzalloc(sizeof(*s));
		if (!s)
			rt_refuse(CANNOT_RUN, "%s: no memory to read it; raise --mem", path);
		err = file_pread(f, s->line, SCRIPT_LINE, 0);
		err = err < 0 ? err : script_parse(s, (u32)err);
		if (err == 1)
			break;
		if (err)
			rt_refuse(CANNOT_RUN, "%s: is a script whose first line names no "
				  "interpreter; begin it with one, as in #!/bin/sh", path);
		if (i == SCRIPTS_MAX)
			rt_refuse(CANNOT_RUN, "%s: is run by more than %u scripts, one after "
				  "another; name a program as the interpreter", program.path,
				  SCRIPTS_MAX);
		next = file_open(s->interp, &err);
		if (!next)
			rt_refuse(CANNOT_RUN, "%s: its interpreter %s cannot be opened in the "
				  "root: %s; use a root that has it", path, s->interp,
				  error_text(err));
		if (script_args(s, path))
			rt_refuse(CANNOT_RUN, "%s: no memory for its arguments; raise --mem", path);
		file_put(f);
		f = next;
		path = s->interp;	/* s stays */
	}
	kfree(s);
	program.exe = file_path(f) ?: path;
	return f;
}

/* ---- Reading it ----------------------------------------------------------------------------- */

static void check_header(const struct image *img, long got)
{
	const Elf64_Ehdr *eh = &img->eh;

	if (got < SELFMAG || memcmp(eh->e_ident, ELFMAG, SELFMAG))
		rt_refuse(CANNOT_RUN, "%s: is not an ELF file; name an x86-64 ELF program or a "
			  "script", img->name);
	if (got != sizeof(*eh))
		rt_refuse(CANNOT_RUN, "%s: is truncated; copy it again", img->name);
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64)
		rt_refuse(CANNOT_RUN, "%s: is built for another machine (class %u, ELF machine "
			  "%u); mvm runs x86-64 programs", img->name, eh->e_ident[EI_CLASS],
			  eh->e_machine);
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		rt_refuse(CANNOT_RUN, "%s: has ELF type %u; only executable programs can be run",
			  img->name, eh->e_type);
	if (!eh->e_phnum || eh->e_phnum > HEADERS_MAX || eh->e_phentsize != sizeof(*img->ph))
		rt_refuse(CANNOT_RUN, "%s: has %u program headers of %u bytes; it is damaged",
			  img->name, eh->e_phnum, eh->e_phentsize);
}

/* One PT_LOAD: its place, and that nothing wraps around. */
static void check_load(struct image *img, const Elf64_Phdr *ph)
{
	u64 end, file_end;

	if (ph->p_filesz > ph->p_memsz || (ph->p_vaddr ^ ph->p_offset) % MVM_PAGE_SIZE ||
	    __builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &end) || end > MVM_VA_USER_END ||
	    __builtin_add_overflow(ph->p_offset, ph->p_filesz, &file_end) ||
	    file_end > INT64_MAX)
		rt_refuse(CANNOT_RUN, "%s: has a segment at %#lx that cannot be loaded; it is "
			  "damaged", img->name, (u64)ph->p_vaddr);
	img->lo = MIN(img->lo, ALIGN_DOWN(ph->p_vaddr, MVM_PAGE_SIZE));
	img->hi = MAX(img->hi, ALIGN_UP(end, MVM_PAGE_SIZE));
	if (ph->p_align > img->align && !(ph->p_align & (ph->p_align - 1)) &&
	    ph->p_align <= 1UL << 30)
		img->align = ph->p_align;
}

static void read_image(struct image *img)
{
	u64 len;

	check_header(img, file_pread(img->file, &img->eh, sizeof(img->eh), 0));
	len = img->eh.e_phnum * sizeof(*img->ph);
	img->ph = kmalloc(len);
	if (!img->ph || file_pread(img->file, img->ph, len, img->eh.e_phoff) != (long)len)
		rt_refuse(CANNOT_RUN, "%s: is truncated: its program headers cannot be read; copy "
			  "it again", img->name);
	img->lo = UINT64_MAX;
	img->hi = 0;
	img->align = MVM_PAGE_SIZE;
	for (u32 i = 0; i < img->eh.e_phnum; i++)
		if (img->ph[i].p_type == PT_LOAD && img->ph[i].p_memsz)
			check_load(img, &img->ph[i]);
	if (!img->hi)
		rt_refuse(CANNOT_RUN, "%s: has no segments to load", img->name);
}

/* The path of the dynamic linker, in the heap; NULL: none is needed. */
static char *interp_of(const struct image *img)
{
	for (u32 i = 0; i < img->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &img->ph[i];
		char *path;

		if (ph->p_type != PT_INTERP)
			continue;
		path = ph->p_filesz >= 2 && ph->p_filesz <= PATH_SIZE ?
			kmalloc(ph->p_filesz) : NULL;
		if (!path || file_pread(img->file, path, ph->p_filesz, ph->p_offset) !=
			     (long)ph->p_filesz || path[ph->p_filesz - 1])
			rt_refuse(CANNOT_RUN, "%s: does not name its dynamic linker properly; it "
				  "is damaged", img->name);
		return path;
	}
	return NULL;
}

/* ---- Mapping it ----------------------------------------------------------------------------- */

static u32 prot_of(u32 flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

static void map_part(const struct image *img, u64 at, u64 end, u32 prot, struct file *f, u64 off)
{
	long res = mm_map(at, end - at, prot, MAP_PRIVATE | MAP_FIXED | (f ? 0 : MAP_ANONYMOUS), f,
			  off);

	if (res == -EACCES && prot & PROT_WRITE && prot & PROT_EXEC)
		rt_refuse(CANNOT_RUN, "%s: has a segment that is writable and executable; relink "
			  "it, or pass --allow-wx if it must be", img->name);
	if (res < 0)
		rt_refuse(CANNOT_RUN, "%s: its segment at %#lx cannot be mapped (error %ld); raise "
		       "--mem, or link it to other addresses", img->name, at - img->bias, -res);
}

static void map_load(const struct image *img, const Elf64_Phdr *ph)
{
	u64 start = ALIGN_DOWN(ph->p_vaddr, MVM_PAGE_SIZE) + img->bias;
	u64 file_end = ph->p_vaddr + ph->p_filesz + img->bias;
	u64 file_pages = ALIGN_UP(file_end, MVM_PAGE_SIZE);
	u64 end = ALIGN_UP(ph->p_vaddr + ph->p_memsz, MVM_PAGE_SIZE) + img->bias;
	u32 prot = prot_of(ph->p_flags);

	if (!ph->p_filesz)
		file_pages = start;
	else
		map_part(img, start, file_pages, prot, img->file,
			 ALIGN_DOWN(ph->p_offset, MVM_PAGE_SIZE));
	/* What of the last page is not the file's is zero; where it cannot be written, it stays. */
	if (ph->p_filesz && ph->p_memsz > ph->p_filesz && prot & PROT_WRITE)
		clear_user(file_end, file_pages - file_end);
	if (file_pages < end)
		map_part(img, file_pages, end, prot, NULL, 0);
}

static void map_image(const struct image *img)
{
	for (u32 i = 0; i < img->eh.e_phnum; i++)
		if (img->ph[i].p_type == PT_LOAD && img->ph[i].p_memsz)
			map_load(img, &img->ph[i]);
}

/* Where the dynamic linker goes: among the mappings, in one piece. */
static void place_interp(struct image *img)
{
	long at = mm_map(0, img->hi - img->lo, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NULL, 0);

	if (img->eh.e_type != ET_DYN)
		rt_refuse(CANNOT_RUN, "%s: the dynamic linker is linked to a fixed address; use "
			  "one that is position-independent", img->name);
	if (at < 0)
		rt_refuse(CANNOT_RUN, "%s: there is no room for %lu bytes; raise --mem", img->name,
			  img->hi - img->lo);
	img->bias = (u64)at - img->lo;
}

/* The address of the program headers in memory; 0: they are not loaded. */
static u64 headers_at(const struct image *img)
{
	for (u32 i = 0; i < img->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &img->ph[i];

		if (ph->p_type == PT_LOAD && img->eh.e_phoff >= ph->p_offset &&
		    img->eh.e_phoff - ph->p_offset < ph->p_filesz)
			return img->eh.e_phoff - ph->p_offset + ph->p_vaddr + img->bias;
	}
	return 0;
}

static void load_interp(const char *path)
{
	struct image img = { .name = path };
	long err;

	img.file = file_open(path, &err);
	if (!img.file)
		rt_refuse(CANNOT_RUN, "%s: its dynamic linker %s cannot be opened in the root: %s; "
			  "use a root that has the program's libraries", program.path, path,
			  error_text(err));
	read_image(&img);
	place_interp(&img);
	map_image(&img);
	program.entry = img.eh.e_entry + img.bias;
	program.interp_base = img.bias;
	kfree(img.ph);
	file_put(img.file);
}

void exec_load(void)
{
	struct image img = { .file = resolve(), .name = program.exe };
	char *interp;

	read_image(&img);
	if (img.eh.e_type == ET_DYN)
		img.bias = ALIGN_DOWN(boot->app_bias, img.align);
	map_image(&img);
	brk_set(boot->brk_start - boot->app_bias + img.bias + img.hi);
	program.entry = program.main_entry = img.eh.e_entry + img.bias;
	program.phdr = headers_at(&img);
	program.phnum = program.phdr ? img.eh.e_phnum : 0;
	program.phent = program.phdr ? sizeof(*img.ph) : 0;
	interp = interp_of(&img);
	if (interp)
		load_interp(interp);
	kfree(interp);
	kfree(img.ph);
	file_put(img.file);
}
