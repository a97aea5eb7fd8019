/* SPDX-License-Identifier: MIT */
/*
 * Puts the embedded runtime into guest RAM.  Its text is mapped from mvm's own executable, so
 * that all VMs share it through the page cache and none copies it; where that cannot be done (no
 * /proc), it is copied.
 */
#include "embed.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include "populate.h"

/* Of the runtime: what every start runs is at its beginning (runtime/text-order.lds). */
#define HOT	(32UL << 10)

extern const char runtime_image[], runtime_image_end[];

const struct mvm_rt_header *embed_header(void)
{
	const struct mvm_rt_header *rt = (const void *)runtime_image;
	size_t size = (size_t)(runtime_image_end - runtime_image);

	if (size < sizeof(*rt) || rt->magic != MVM_ABI_MAGIC || rt->abi_major != MVM_ABI_MAJOR ||
	    rt->text_size > MVM_RT_TEXT_MAX || rt->data_size + rt->bss_size > MVM_RT_DATA_MAX ||
	    rt->text_size + rt->data_size > size)
		return NULL;
	return rt;
}

/* Where in the executable an address of this process comes from; -1: not from a segment. */
static off_t file_offset(uintptr_t addr)
{
	const Elf64_Phdr *ph = (const void *)getauxval(AT_PHDR);
	unsigned long n = ph ? getauxval(AT_PHNUM) : 0;

	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD && addr >= ph[i].p_vaddr &&
		    addr < ph[i].p_vaddr + ph[i].p_filesz)
			return (off_t)(addr - ph[i].p_vaddr + ph[i].p_offset);
	return -1;
}

static int own_executable = -1;

void embed_open(void)
{
	own_executable = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

static bool map_text(void *at, size_t len)
{
	off_t off = file_offset((uintptr_t)runtime_image);
	bool same;
	void *p;

	if (off < 0 || off % (off_t)MVM_PAGE_SIZE || own_executable < 0)
		return false;
	p = mmap(at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
		 own_executable, off);
	/* The guest faults on that at once; the kernel maps the rest in pieces of 64 KiB. */
	madvise(at, len < HOT ? len : HOT, MADV_POPULATE_READ);
	same = p == at && !memcmp(at, runtime_image, sizeof(struct mvm_rt_header));
	if (!same)
		mmap(at, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	return same;
}

void embed_place(const struct mvm_rt_header *rt, struct guest_ram *ram)
{
	if (!map_text(ram->hva + MVM_GPA_RT_TEXT, rt->text_size))
		memcpy(ram->hva + MVM_GPA_RT_TEXT, runtime_image, rt->text_size);
	memcpy(ram->hva + MVM_GPA_RT_DATA, runtime_image + rt->text_size, rt->data_size);
}
