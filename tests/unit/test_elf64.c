/* SPDX-License-Identifier: MIT */
/* The ELF checks: each defect, and the message that names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <errno.h>
#include <cmocka.h>
#include <mvm/abi.h>
#include "elf_builder.h"

#define BASE	0x400000UL

static struct built b;
static struct elf_image img;
static struct elf_reason why;

static int read_built(bool allow_wx)
{
	struct elf_source src = built_source(&b);

	memset(&why, 0, sizeof(why));
	return elf_read(&src, allow_wx, &img, &why);
}

/* b is refused with these words. */
static void refused(const char *words)
{
	assert_int_equal(read_built(false), -ENOEXEC);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, why.text);
	assert_null(strchr(why.text, '\n'));
	assert_true(strlen(why.text) < sizeof(why.text) - 1);
}

static int setup(void **state)
{
	(void)state;
	built_program(&b, BASE);
	return 0;
}

static void good_program(void **state)
{
	(void)state;
	assert_int_equal(read_built(false), 0);
	assert_int_equal(b.reads, 1);
	assert_false(img.pie);
	assert_int_equal(img.nsegs, 2);
	assert_int_equal(img.entry, BASE + 0x800);
	assert_int_equal(img.phdr, BASE + sizeof(Elf64_Ehdr));
	assert_int_equal(img.phnum, 2);
	assert_int_equal(img.phent, 56);
	assert_int_equal(img.lo, BASE);
	assert_int_equal(img.hi, BASE + 0x207000);
	assert_int_equal(img.segs[0].prot, MVM_PROT_READ | MVM_PROT_EXEC);
	assert_int_equal(img.segs[0].end, BASE + 0x2000);
	assert_false(img.segs[0].zero_tail);
	assert_int_equal(img.segs[1].va, BASE + 0x202000);
	assert_int_equal(img.segs[1].file_off, 0x2000);
	assert_int_equal(img.segs[1].file_end, BASE + 0x203234);
	assert_true(img.segs[1].zero_tail);
	assert_int_equal(img.segs[1].prot, MVM_PROT_READ | MVM_PROT_WRITE);
}

static void pie_program(void **state)
{
	(void)state;
	built_program(&b, 0);
	b.ph[1].p_align = 0x40000000;
	assert_int_equal(read_built(false), 0);
	assert_true(img.pie);
	assert_int_equal(img.align, 0x40000000);
	b.ph[1].p_align = 0x30000;		/* no power of two: ignored */
	assert_int_equal(read_built(false), 0);
	assert_int_equal(img.align, 0x1000);
}

static void descending_segments_are_sorted(void **state)
{
	Elf64_Phdr text = b.ph[0];

	(void)state;
	b.ph[0] = b.ph[1];
	b.ph[1] = text;
	assert_int_equal(read_built(false), 0);
	assert_int_equal(img.segs[0].va, BASE);
}

static void headers_beyond_the_first_read(void **state)
{
	(void)state;
	memmove(b.bytes + 0x4000, b.ph, 2 * sizeof(b.ph[0]));
	b.eh.e_phoff = 0x4000;
	assert_int_equal(read_built(false), 0);
	assert_int_equal(b.reads, 2);
	assert_int_equal(img.phdr, 0);
}

static void not_an_elf(void **state)
{
	(void)state;
	b.size = 0;
	refused("is empty");
	memcpy(b.bytes, "#!/bin/sh\n", 10);
	b.size = 10;
	refused("is a script");
	memcpy(b.bytes, "hello world", 11);
	b.size = 11;
	refused("is not an ELF file");
	memcpy(b.bytes, ELFMAG, SELFMAG);
	b.size = 3;
	refused("is not an ELF file");
	b.size = 63;
	refused("is truncated: 63 bytes");
}

static void other_elf(void **state)
{
	(void)state;
	b.eh.e_ident[EI_CLASS] = ELFCLASS32;
	refused("32-bit");
	b.eh.e_ident[EI_CLASS] = 7;
	refused("class 7");
	setup(NULL);
	b.eh.e_ident[EI_DATA] = ELFDATA2MSB;
	refused("big-endian");
	b.eh.e_ident[EI_DATA] = 0;
	refused("byte order 0");
	setup(NULL);
	b.eh.e_machine = EM_AARCH64;
	refused("Arm64 (ELF machine 183)");
	b.eh.e_machine = 0x1234;
	refused("another machine (ELF machine 4660)");
	setup(NULL);
	b.eh.e_version = 2;
	refused("version");
}

static void other_types(void **state)
{
	(void)state;
	b.eh.e_type = ET_REL;
	refused("object file");
	b.eh.e_type = ET_CORE;
	refused("core dump");
	b.eh.e_type = 0;
	refused("type 0");
	setup(NULL);
	b.ph[1].p_type = PT_INTERP;
	refused("dynamically linked");
}

static void program_headers(void **state)
{
	(void)state;
	b.eh.e_phnum = 0;
	refused("no program headers");
	b.eh.e_phnum = 129;
	refused("129 program headers");
	setup(NULL);
	b.eh.e_phentsize = 32;
	refused("of 32 bytes");
	setup(NULL);
	b.eh.e_phoff = BUILT_MAX - 8;
	refused("beyond its end");
	b.eh.e_phoff = UINT64_MAX - 8;
	refused("beyond its end");
	setup(NULL);
	b.ph[0].p_type = b.ph[1].p_type = PT_NOTE;
	refused("no segments to load");
}

static void truncated_file(void **state)
{
	struct elf_source src;

	(void)state;
	b.size = 0x2100;
	refused("is truncated: segment 1");
	/* the file shrinks between fstat and read */
	setup(NULL);
	b.eh.e_phoff = 0x5f00;
	src = built_source(&b);
	b.size = 0x5f10;
	assert_int_equal(elf_read(&src, false, &img, &why), -ENOEXEC);
	assert_non_null(strstr(why.text, "is truncated"));
}

static void segment_bounds(void **state)
{
	(void)state;
	b.ph[1].p_filesz = 0x6000;
	refused("more bytes in the file");
	setup(NULL);
	b.ph[1].p_memsz = UINT64_MAX - 0x1000;
	refused("wraps around");
	setup(NULL);
	b.ph[1].p_offset = UINT64_MAX - 0xfff;
	refused("is truncated: segment 1");
	setup(NULL);
	b.ph[1].p_vaddr += 0x10;
	refused("not aligned");
	setup(NULL);
	b.ph[0].p_vaddr = 0;
	refused("lies outside");
	setup(NULL);
	b.ph[1].p_vaddr = MVM_VA_USER_END - 0x1000;
	refused("lies outside");
	built_program(&b, 0);
	b.ph[1].p_vaddr = ELF_SPAN_MAX;
	refused("lies outside");
	setup(NULL);
	b.ph[1].p_vaddr = 0xffffffff80002000;
	refused("lies outside");
}

static void overlap(void **state)
{
	(void)state;
	b.ph[1].p_vaddr = BASE;
	refused("overlapping");
	setup(NULL);
	b.ph[1].p_vaddr = BASE + 0x1000;	/* shares text's last page */
	refused("overlapping");
	setup(NULL);
	b.ph[1].p_vaddr = BASE + 0x2000;
	assert_int_equal(read_built(false), 0);
}

static void writable_and_executable(void **state)
{
	(void)state;
	b.ph[0].p_flags |= PF_W;
	refused("writable and executable");
	assert_int_equal(read_built(true), 0);
	assert_int_equal(img.segs[0].prot, MVM_PROT_READ | MVM_PROT_WRITE | MVM_PROT_EXEC);
	/* an executable stack is not granted, and no reason to refuse */
	setup(NULL);
	*built_add(&b, PF_R | PF_W | PF_X, 0, 0, 0, 0) = (Elf64_Phdr) {
		.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X,
	};
	assert_int_equal(read_built(false), 0);
}

static void entry_point(void **state)
{
	(void)state;
	b.eh.e_entry = 0;
	refused("entry point 0 ");
	b.eh.e_entry = BASE + 0x202000;
	refused("entry point");
	b.eh.e_entry = UINT64_MAX;
	refused("entry point");
}

static void too_many_segments(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 14; i++)
		built_add(&b, PF_R, BASE + 0x1000000 + i * 0x1000, 0, 0, 0x1000);
	assert_int_equal(read_built(false), 0);
	built_add(&b, PF_R, BASE + 0x2000000, 0, 0, 0x1000);
	refused("more than 16 segments");
}

static void empty_segment_is_ignored(void **state)
{
	(void)state;
	built_add(&b, PF_R | PF_W | PF_X, 3, 0, 0, 0);
	assert_int_equal(read_built(false), 0);
	assert_int_equal(img.nsegs, 2);
}

static ssize_t broken_read(void *ctx, void *buf, size_t len, uint64_t off)
{
	(void)ctx;
	(void)buf;
	(void)len;
	(void)off;
	return -EIO;
}

static void read_error(void **state)
{
	struct elf_source src = { .read = broken_read, .size = 4096 };

	(void)state;
	assert_int_equal(elf_read(&src, false, &img, &why), -EIO);
	assert_non_null(strstr(why.text, "cannot be read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_program, setup),
		cmocka_unit_test_setup(pie_program, setup),
		cmocka_unit_test_setup(descending_segments_are_sorted, setup),
		cmocka_unit_test_setup(headers_beyond_the_first_read, setup),
		cmocka_unit_test_setup(not_an_elf, setup),
		cmocka_unit_test_setup(other_elf, setup),
		cmocka_unit_test_setup(other_types, setup),
		cmocka_unit_test_setup(program_headers, setup),
		cmocka_unit_test_setup(truncated_file, setup),
		cmocka_unit_test_setup(segment_bounds, setup),
		cmocka_unit_test_setup(overlap, setup),
		cmocka_unit_test_setup(writable_and_executable, setup),
		cmocka_unit_test_setup(entry_point, setup),
		cmocka_unit_test_setup(too_many_segments, setup),
		cmocka_unit_test_setup(empty_segment_is_ignored, setup),
		cmocka_unit_test_setup(read_error, setup),
	};

	return cmocka_run_group_tests_name("elf64", tests, NULL, NULL);
}
