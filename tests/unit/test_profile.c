/* SPDX-License-Identifier: MIT */
/*
 * --profile: names from an ELF file that is anybody's, and the lines that stacks become.  Files
 * of which some bytes are others must not hurt (this is what ASan is for).
 */
#include "msg.h"	/* before cmocka.h, which has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include <mvm/abi.h>
#include "observe/profile_int.h"

#define BAD_ROUNDS	4000

static struct file {
	Elf64_Ehdr eh;
	Elf64_Shdr sh[3];
	Elf64_Sym syms[7];
	char names[64];
	Elf64_Phdr ph;
} file;

static void symbol(unsigned int i, uint32_t name, uint8_t info, uint64_t value, uint64_t size)
{
	file.syms[i] = (Elf64_Sym){
		.st_name = name, .st_info = info, .st_shndx = 1, .st_value = value, .st_size = size,
	};
}

#define FUNC	ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)
#define OBJECT	ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT)

static void make_file(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.eh.e_ident, ELFMAG, SELFMAG);
	file.eh.e_ident[EI_CLASS] = ELFCLASS64;
	file.eh.e_shoff = offsetof(struct file, sh);
	file.eh.e_shentsize = sizeof(Elf64_Shdr);
	file.eh.e_shnum = 3;
	file.sh[1] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_offset = offsetof(struct file, syms),
				   .sh_size = sizeof(file.syms), .sh_entsize = sizeof(Elf64_Sym),
				   .sh_link = 2 };
	file.sh[2] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = offsetof(struct file, names),
				   .sh_size = sizeof(file.names) };
	memcpy(file.names, "\0one\0two\0three\0data\0a;b c\x1b\0alias", 33);
	symbol(1, 5, FUNC, 0x2000, 0x100);	/* two */
	symbol(2, 1, FUNC, 0x1000, 0x10);	/* one */
	symbol(3, 9, FUNC, 0x3000, 0);		/* three: up to the next */
	symbol(4, 15, OBJECT, 0x2800, 0x100);
	symbol(5, 20, FUNC, 0x4000, 0x10);	/* a;b c */
	symbol(6, 27, FUNC, 0x2000, 0x80);	/* alias of two, shorter */
}

/* The program is a part of a file, as in an appliance. */
static void load(uint64_t bias)
{
	struct program_at in = { memfd_create("elf", 0), 24, sizeof(file) };

	assert_int_equal(pwrite(in.fd, &file, sizeof(file), 24), sizeof(file));
	symbols_begin();
	symbols_load(&in, bias);
	close(in.fd);
}

static void assert_name(uint64_t addr, const char *expected)
{
	size_t len;
	const char *name = symbols_name(symbols_function(addr), &len);

	if (!expected) {
		assert_null(name);
		assert_int_equal(symbols_function(addr), addr);
		return;
	}
	assert_non_null(name);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(name, expected, len);
}

static void names(void **state)
{
	(void)state;
	make_file();
	load(0x10000);
	assert_name(0x11000, "one");
	assert_name(0x1100f, "one");
	assert_name(0x11010, NULL);
	assert_name(0x10fff, NULL);
	assert_name(0x12000, "two");
	assert_name(0x12090, "two");
	assert_name(0x12820, NULL);
	assert_name(0x13fff, "three");
	assert_name(0x14001, "a;b c\x1b");
	assert_name(0, NULL);
	assert_name(UINT64_MAX, NULL);
}

static void map(uint64_t va, uint64_t len, uint64_t off, const char *name)
{
	struct program_at in = { memfd_create("elf", 0), 0, INT64_MAX };

	assert_int_equal(pwrite(in.fd, &file, sizeof(file), 0), sizeof(file));
	symbols_mapped(&in, &(struct mvm_mapped){ va, len, off }, name);
	close(in.fd);
}

/* Libraries, each at its place; where two are at one, the later one. */
static void libraries(void **state)
{
	(void)state;
	make_file();
	symbols_begin();
	map(0x500000, 0x4000, 0x1000, "none.so");	/* no segment is there */
	assert_name(0x500000, NULL);
	file.eh.e_phoff = offsetof(struct file, ph);
	file.eh.e_phentsize = sizeof(Elf64_Phdr);
	file.eh.e_phnum = 1;
	file.ph = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0x1000,
				.p_vaddr = 0x2000, .p_filesz = 0x3000 };
	map(0x600000, 0x4000, 0x1000, "libx.so");
	assert_name(0x600000, "two");
	assert_name(0x600200, "libx.so+0x2200");
	assert_name(0x601fff, "three");
	assert_name(0x5fffff, NULL);
	assert_name(0x604000, NULL);
	file.names[1] = 'O';
	file.names[5] = 'T';
	map(0x601000, 0x1000, 0x2000, "liby.so");
	assert_name(0x600000, "two");
	assert_name(0x601000, "three");
	file.ph.p_vaddr = 0x1000;
	map(0x601000, 0x1000, 0x2000, "libz.so");
	assert_name(0x601000, "Two");
}

/* The runtime's first functions are the nucleus's. */
static void runtime_names(void **state)
{
	size_t len;

	(void)state;
	assert_name(MVM_VA_RT_TEXT + 0x60, "nucleus_idt");
	assert_non_null(symbols_name(MVM_VA_RT_TEXT, &len));
	assert_non_null(symbols_name(MVM_VA_RT_TEXT + MVM_RT_TEXT_MAX - 1, &len));
	assert_name(MVM_VA_RT_TEXT + MVM_RT_TEXT_MAX, NULL);
}

static void no_file(void **state)
{
	(void)state;
	make_file();
	file.eh.e_ident[0] = 0;
	load(0);
	symbols_load(&(struct program_at){ -1, 0, 100 }, 0);
}

static void any_bytes(void **state)
{
	size_t len;

	(void)state;
	srand(1);
	for (int round = 0; round < BAD_ROUNDS; round++) {
		make_file();
		for (int n = 1 + rand() % 4; n; n--)
			((uint8_t *)&file)[rand() % (int)sizeof(file)] = (uint8_t)rand();
		load((uint64_t)rand() % 2 ? 0 : UINT64_MAX - 0x1800);
		for (uint64_t at = 0; at < 0x5000; at += 0x80) {
			const char *name = symbols_name(symbols_function(at), &len);

			if (name && len)
				assert_true(name[len - 1]);
		}
	}
}

/* Runs last: it keeps what it counts. */
static void lines(void **state)
{
	uint64_t deep[FRAMES_MAX];
	char text[65536];
	int fd = memfd_create("stacks", 0);
	ssize_t n;

	(void)state;
	make_file();
	load(0);
	for (int i = 0; i < 3; i++)
		stacks_add((uint64_t[]){ 0x2000, 0x1000 }, 2);
	stacks_add((uint64_t[]){ 0x1000 }, 1);
	stacks_add((uint64_t[]){ 0x4000, FRAME_CALL(SYS_read), 0x1000 }, 3);
	stacks_add((uint64_t[]){ FRAME_FAULT, 0x77 }, 2);
	stacks_add((uint64_t[]){ FRAME_CALL(5000) }, 1);
	assert_true(stacks_write(fd, 7));
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "one;two 3\n"));
	assert_true(!strncmp(text, "one 1\n", 6) || strstr(text, "\none 1\n"));
	assert_non_null(strstr(text, "one;[read];a_b_c_ 1\n"));
	assert_non_null(strstr(text, "0x77;[fault] 1\n"));
	assert_non_null(strstr(text, "[5000] 1\n"));
	assert_non_null(strstr(text, "\n[idle] 7\n"));
	assert_null(strstr(text, "[lost]"));

	/* More different ones than there is room for. */
	for (uint64_t i = 0; i < 40000; i++) {
		for (unsigned int k = 0; k < FRAMES_MAX; k++)
			deep[k] = 0x100000 + i * (k + 1);
		stacks_add(deep, FRAMES_MAX);
	}
	assert_true(stacks_write(fd, 0));
	n = pread(fd, text, sizeof(text) - 1, lseek(fd, 0, SEEK_END) - 40);
	text[n] = '\0';
	assert_non_null(strstr(text, "[lost] "));
	close(fd);
	fd = open("/dev/full", O_WRONLY);
	if (fd >= 0)
		assert_false(stacks_write(fd, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(libraries),
		cmocka_unit_test(runtime_names), cmocka_unit_test(no_file),
		cmocka_unit_test(any_bytes), cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
