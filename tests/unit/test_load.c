/* SPDX-License-Identifier: MIT */
/*
 * The loader on a guest RAM of its own: page tables are walked as the processor would, and each
 * address must lead to the right byte with the right permissions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <mvm/abi.h>
#include "elf_builder.h"
#undef fail			/* cmocka's; msg.h has a function of that name */
#include "load.h"
#include "grants.h"
#include "msg.h"
#include "tables.h"

#define BASE		0x400000UL
#define RAM		(64UL << 20)
#define RAM_MAX		(128UL << 20)

/* A runtime image of two pages of text and one of data. */
struct fake_image {
	struct mvm_rt_header h;
	uint8_t rest[3 * 4096 - sizeof(struct mvm_rt_header)];
};
extern struct fake_image runtime_image;
struct fake_image runtime_image = {
	.h = {
		.magic = MVM_ABI_MAGIC, .abi_major = MVM_ABI_MAJOR, .text_size = 8192,
		.data_size = 4096, .bss_size = 65536, .entry = MVM_VA_RT_TEXT + 0x400,
		.idt_stubs = MVM_VA_RT_TEXT + 0x1000,
		.rsp0 = MVM_VA_RT_DATA + 0x8000,
	},
};
__asm__(".globl runtime_image_end\n.set runtime_image_end, runtime_image + 12288\n");

static struct built b;
static struct plan plan;
static struct grants grants;
static struct handles handles;
static struct guest_ram ram;
static struct loaded out;
static uint8_t *reserved;
static char *argv[] = { "prog", "one", "", NULL };
static char *env[] = { "A=1", "EMPTY=" };

/* ---- Walking -------------------------------------------------------------------------------- */

struct walked {
	bool present, write, exec, large, user;
	uint64_t gpa;
};

static struct walked walk(uint64_t va)
{
	struct walked w = { .write = true, .exec = true, .user = true };
	uint64_t table = out.boot->pml4_gpa;

	for (int level = 3; level >= 0; level--) {
		uint64_t e, size = 1UL << (12 + 9 * level);

		assert_true(table < ram.present);
		memcpy(&e, ram.hva + table + 8 * ((va >> (12 + 9 * level)) & 511), 8);
		if (!(e & 1))
			return (struct walked) { .present = false };
		w.write &= (e & 2) != 0;
		w.user &= (e & 4) != 0;
		w.exec &= !(e >> 63);
		assert_true(e & 0x20);				/* accessed */
		table = e & 0x000ffffffffff000UL;
		if (level == 0 || (e & 0x80)) {
			assert_true(!(e & 2) || (e & 0x40));	/* writable: dirty */
			assert_true(level < 2);
			w.large = level == 1;
			assert_int_equal(table % size, 0);
			w.gpa = table + va % size;
			w.present = true;
			return w;
		}
	}
	return w;
}

static void maps(uint64_t va, bool write, bool exec, bool large)
{
	struct walked w = walk(va);

	if (!w.present || !w.user || w.write != write || w.exec != exec || w.large != large)
		print_error("%#lx: present %d user %d write %d exec %d large %d", va, w.present,
			    w.user, w.write, w.exec, w.large);
	assert_true(w.present && w.user && w.write == write && w.exec == exec && w.large == large);
}

static uint8_t byte_at(uint64_t va)
{
	struct walked w = walk(va);

	assert_true(w.present && w.gpa < ram.present);
	return ram.hva[w.gpa];
}

/* ---- Loading -------------------------------------------------------------------------------- */

static int setup(void **state)
{
	(void)state;
	reserved = mmap(NULL, RAM_MAX + MVM_LARGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(reserved, MAP_FAILED);
	ram = (struct guest_ram) { .present = RAM, .max = RAM_MAX };
	ram.hva = (uint8_t *)(((uintptr_t)reserved + MVM_LARGE_SIZE - 1) & ~(MVM_LARGE_SIZE - 1));
	plan = (struct plan) {
		.program = "prog", .argv = argv, .argc = 3, .env = env, .nenv = 2,
		.cwd = "/work", .hostname = "box", .mem = RAM_MAX, .stack = 1 << 20,
	};
	memset(&grants, 0, sizeof(grants));
	grants.stats_fd = grants.record_fd = -1;
	grants.program_fd = -1;
	handles_init(&handles);
	for (int fd = 0; fd < 3; fd++)
		handle_add(&handles, fd, MVM_KIND_STREAM, MVM_RIGHT_WAIT);
	built_program(&b, BASE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	munmap(reserved, RAM_MAX + MVM_LARGE_SIZE);
	if (grants.program_fd >= 0)
		close(grants.program_fd);
	return 0;
}

static int load_built(void)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(b.bytes, 1, b.size, f), b.size);
	assert_int_equal(fflush(f), 0);
	grants.program_fd = dup(fileno(f));
	fclose(f);
	return load(&plan, &grants, &handles, &ram, &out);
}

static void large_pages_where_segments_are_apart(void **state)
{
	(void)state;
	assert_int_equal(load_built(), 0);
	maps(BASE, false, true, true);
	maps(BASE + 0x1fffff, false, true, true);
	maps(BASE + 0x202000, true, false, true);
	assert_false(walk(BASE - 1).present);
	assert_false(walk(BASE + 0x400000).present);
	assert_false(walk(0).present);
	assert_int_equal(out.boot->nsegments, 2);
	assert_int_equal(out.boot->segments[0].flags, MVM_SEG_LARGE);
	assert_int_equal(out.boot->segments[0].gpa, MVM_GPA_APP);
	assert_int_equal(out.boot->segments[1].gpa, MVM_GPA_APP + 0x202000);
	assert_int_equal(out.boot->free_gpa, MVM_GPA_APP + 0x400000);
	assert_int_equal(out.boot->app_entry, BASE + 0x800);
	assert_int_equal(out.boot->app_phdr, BASE + 64);
}

static void bytes_are_the_files_and_bss_is_zero(void **state)
{
	(void)state;
	assert_int_equal(load_built(), 0);
	for (uint64_t i = 0; i < 0x1800; i++)
		assert_int_equal(byte_at(BASE + i), b.bytes[i]);
	for (uint64_t i = 0; i < 0x1234; i++)
		assert_int_equal(byte_at(BASE + 0x202000 + i), b.bytes[0x2000 + i]);
	for (uint64_t i = 0x1234; i < 0x5000; i++)
		assert_int_equal(byte_at(BASE + 0x202000 + i), 0);
	/* a private mapping: the guest's writes stay in the guest */
	ram.hva[walk(BASE + 0x202000).gpa] ^= 0xff;
	uint8_t c;
	assert_int_equal(pread(grants.program_fd, &c, 1, 0x2000), 1);
	assert_int_equal(c, b.bytes[0x2000]);
}

static void small_pages_where_segments_share(void **state)
{
	(void)state;
	b.ph[1].p_vaddr = BASE + 0x2000;
	b.ph[1].p_memsz = 0x3ff000;		/* goes on into two blocks of its own */
	assert_int_equal(load_built(), 0);
	maps(BASE, false, true, false);
	maps(BASE + 0x1fff, false, true, false);
	maps(BASE + 0x2000, true, false, false);
	maps(BASE + 0x1fffff, true, false, false);
	maps(BASE + 0x200000, true, false, true);
	maps(BASE + 0x400fff, true, false, true);
	assert_int_equal(out.boot->nsegments, 3);
	assert_int_equal(out.boot->free_gpa, MVM_GPA_APP + 0x600000);
}

static void null_page_is_never_mapped(void **state)
{
	(void)state;
	built_program(&b, 0x10000);
	assert_int_equal(load_built(), 0);
	maps(0x10000, false, true, false);
	for (uint64_t va = 0; va < 0x10000; va += 4096)
		assert_false(walk(va).present);
}

static void unreadable_segment_is_not_mapped(void **state)
{
	(void)state;
	b.ph[1].p_flags = 0;
	assert_int_equal(load_built(), 0);
	assert_false(walk(BASE + 0x202000).present);
	assert_int_equal(out.boot->segments[1].prot, 0);
}

static void runtime_and_linear_map(void **state)
{
	(void)state;
	assert_int_equal(load_built(), 0);
	maps(MVM_VA_RT_TEXT, false, true, true);
	assert_int_equal(walk(MVM_VA_RT_TEXT).gpa, MVM_GPA_RT_TEXT);
	maps(MVM_VA_RT_LOW, true, false, true);
	assert_int_equal(walk(MVM_VA_RT_DATA).gpa, MVM_GPA_RT_DATA);
	for (uint64_t gpa = 0; gpa < RAM; gpa += MVM_LARGE_SIZE) {
		maps(MVM_VA_LINEAR + gpa, true, false, true);
		assert_int_equal(walk(MVM_VA_LINEAR + gpa).gpa, gpa);
	}
	assert_false(walk(MVM_VA_LINEAR + RAM).present);
	assert_memory_equal(ram.hva + MVM_GPA_RT_TEXT, &runtime_image, 8192);
	assert_memory_equal(ram.hva + MVM_GPA_RT_DATA, (char *)&runtime_image + 8192, 4096);
}

static void descriptor_tables(void **state)
{
	const uint8_t *idt, *tss;
	uint64_t rsp0, g;

	(void)state;
	assert_int_equal(load_built(), 0);
	idt = ram.hva + walk(IDT_VA).gpa;
	tss = ram.hva + walk(TSS_VA).gpa;
	for (unsigned int v = 0; v < 256; v++) {
		uint64_t low, high, to, want = runtime_image.h.idt_stubs + MVM_IDT_STUB_SIZE * v;
		unsigned int dpl = v == 3 || v == 4 ? 3 : 0;

		memcpy(&low, idt + 16 * v, 8);
		memcpy(&high, idt + 16 * v + 8, 8);
		to = (low & 0xffff) | (low >> 48) << 16 | high << 32;
		assert_int_equal(to, want);
		assert_int_equal(low >> 16 & 0xffff, MVM_SEL_KERNEL_CS);
		assert_int_equal(low >> 40 & 0xff, 0x8e | dpl << 5);
	}
	memcpy(&rsp0, tss + 4, 8);
	assert_int_equal(rsp0, runtime_image.h.rsp0);
	memcpy(&g, ram.hva + walk(GDT_VA).gpa + MVM_SEL_USER_CS / 8 * 8, 8);
	assert_int_equal(g >> 40 & 0xff, 0xfb);		/* code, DPL 3, present */
	assert_int_equal(g >> 53 & 1, 1);		/* long mode */
}

static void boot_strings(void **state)
{
	struct plan_tmpfs scratch = { "/scratch", 12345 };
	const char *s;
	const struct mvm_grant *g;

	(void)state;
	grants.paths[handle_add(&handles, 90, MVM_KIND_DIR, MVM_RIGHT_LOOKUP)] = "/data";
	plan.tmpfs = &scratch;
	plan.ntmpfs = 1;
	assert_int_equal(load_built(), 0);
	s = (const char *)out.boot;
	assert_int_equal(out.boot->argc, 3);
	assert_int_equal(out.boot->envc, 2);
	assert_int_equal(out.boot->strings_len, 5 + 4 + 1 + 4 + 7);
	assert_memory_equal(s + out.boot->args_off, "prog\0one\0\0A=1\0EMPTY=", 21);
	assert_string_equal(s + out.boot->exec_off, "prog");
	assert_string_equal(s + out.boot->cwd_off, "/work");
	assert_string_equal(s + out.boot->hostname_off, "box");
	assert_int_equal(out.boot->ngrants, 5);
	g = (const void *)(s + out.boot->grants_off);
	assert_int_equal(g[0].path_off, 0);
	assert_int_equal(g[3].handle, 3);
	assert_int_equal(g[3].kind, MVM_KIND_DIR);
	assert_string_equal(s + g[3].path_off, "/data");
	assert_int_equal(g[4].handle, -1);
	assert_int_equal(g[4].kind, MVM_KIND_TMPFS);
	assert_int_equal(g[4].size, 12345);
	assert_string_equal(s + g[4].path_off, "/scratch");
	assert_int_equal(out.boot->ram_size, RAM);
	assert_int_equal(out.boot->ram_max, RAM_MAX);
}

static void too_long_arguments(void **state)
{
	static char huge[MVM_BOOT_MAX];

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	argv[1] = huge;
	assert_int_equal(load_built(), EXIT_CANNOT_RUN);
	argv[1] = "one";
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(ram.hva[MVM_GPA_RING + i], 0);
}

static void memory(void **state)
{
	(void)state;
	b.ph[1].p_memsz = 80UL << 20;
	assert_int_equal(load_built(), 0);
	assert_true(ram.present > 80UL << 20 && ram.present <= RAM_MAX);
	maps(MVM_VA_LINEAR + ram.present - 1, true, false, true);
	teardown(NULL);
	setup(NULL);
	b.ph[1].p_memsz = 1UL << 40;
	assert_int_equal(load_built(), EXIT_CANNOT_RUN);
}

/* Segments far apart, each with tables of its own, and all of them in shared blocks. */
static void more_tables_than_the_area_holds(void **state)
{
	(void)state;
	b.eh.e_phnum = 1;
	for (uint64_t i = 0; i < 14; i++)
		built_add(&b, i & 1 ? PF_R : PF_R | PF_W,
			  0x10000000000 * (i / 2 + 1) + (i & 1) * 0x1000, 0, 0, 0x1000);
	assert_int_equal(load_built(), 0);
	for (uint64_t i = 0; i < 14; i++)
		maps(0x10000000000 * (i / 2 + 1) + (i & 1) * 0x1000, !(i & 1), false, false);
	maps(MVM_VA_LINEAR, true, false, true);
	assert_int_equal(out.boot->free_gpa % MVM_LARGE_SIZE, 0);
	assert_true(out.boot->pt_next <= MVM_GPA_PT + MVM_PT_MAX);
}

static void aslr(void **state)
{
	uint64_t first, bias[8];
	bool differ = false;

	(void)state;
	built_program(&b, 0);
	plan.no_aslr = true;
	assert_int_equal(load_built(), 0);
	first = out.boot->app_bias;
	assert_int_equal(first % MVM_LARGE_SIZE, 0);
	assert_int_equal(out.boot->brk_start, first + 0x400000);
	assert_int_equal(out.boot->stack_top, MVM_VA_STACK_TOP);
	assert_int_equal(out.boot->mmap_top, MVM_VA_MMAP_TOP);
	assert_int_equal(out.boot->app_entry, first + 0x800);
	maps(first, false, true, true);
	plan.no_aslr = false;
	for (int i = 0; i < 8; i++) {
		teardown(NULL);
		setup(NULL);
		built_program(&b, 0);
		assert_int_equal(load_built(), 0);
		bias[i] = out.boot->app_bias;
		differ |= bias[i] != bias[0];
		assert_int_equal(bias[i] % MVM_LARGE_SIZE, 0);
		assert_true(bias[i] >= first && bias[i] < MVM_VA_USER_END - ELF_SPAN_MAX);
		assert_true(out.boot->brk_start >= bias[i] + out.boot->segments[1].len);
		assert_int_equal(out.boot->brk_start % MVM_LARGE_SIZE, 0);
		assert_int_equal(out.boot->mmap_top % MVM_LARGE_SIZE, 0);
		assert_int_equal(out.boot->stack_top % 16, 0);
		assert_true(out.boot->stack_top > MVM_VA_MMAP_TOP + (1UL << 30));
		assert_true(out.boot->mmap_top > MVM_VA_MMAP_MIN);
	}
	assert_true(differ);
}

/* With a root nothing is loaded, and where things may go is chosen all the same. */
static void program_in_the_root(void **state)
{
	struct plan_dir root = { .host = "/", .guest = "/", .read_only = true };

	(void)state;
	plan.root = &root;
	assert_int_equal(load(&plan, &grants, &handles, &ram, &out), 0);
	assert_int_equal(out.boot->app_entry, 0);
	assert_int_equal(out.boot->nsegments, 0);
	assert_true(out.boot->app_bias >= MVM_VA_USER_MIN && out.boot->app_bias < MVM_VA_USER_END);
	assert_true(out.boot->brk_start >= out.boot->app_bias);
	assert_true(out.boot->free_gpa >= MVM_GPA_APP);
	assert_string_equal((const char *)out.boot + out.boot->exec_off, "prog");
}

static void not_a_program(void **state)
{
	(void)state;
	b.size = 10;
	assert_int_equal(load_built(), EXIT_CANNOT_RUN);
	close(grants.program_fd);
	grants.program_fd = -1;
	assert_int_equal(load(&plan, &grants, &handles, &ram, &out), EXIT_CANNOT_RUN);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(large_pages_where_segments_are_apart),
		TEST(bytes_are_the_files_and_bss_is_zero),
		TEST(small_pages_where_segments_share),
		TEST(null_page_is_never_mapped),
		TEST(unreadable_segment_is_not_mapped),
		TEST(runtime_and_linear_map),
		TEST(descriptor_tables),
		TEST(boot_strings),
		TEST(too_long_arguments),
		TEST(memory),
		TEST(more_tables_than_the_area_holds),
		TEST(aslr),
		TEST(program_in_the_root),
		TEST(not_a_program),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
