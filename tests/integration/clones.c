/* SPDX-License-Identifier: MIT */
/*
 * A function for clones.sh.  One line a request:
 *
 *	plant N		leaves the number N in every kind of memory and in registers
 *	search N	how often N's complement is in the VM's memory and in the registers
 *	code		writes code to memory that may then be executed, and calls it
 *	before		calls code that was written before the snapshot, with the argument "code"
 *	walls		makes data executable in its own page tables, and calls it (hostile)
 *	release		gives memory of the snapshot back, and looks what it gets anew
 *	grow N		N MiB of memory, which may be more than the VM begins with
 *	dirty N		changes N pages
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <mvm/abi.h>

#define MIB	(1UL << 20)
#define PAGE	4096UL
#define FILLED	(4 * MIB)
#define GONE	(16 * MIB)

static const struct mvm_boot *const boot = (const void *)(MVM_VA_LINEAR + MVM_GPA_BOOT);
static volatile char pages[1024 * PAGE] __attribute__((aligned(4096)));
static char *filled;
static const uint8_t forty_two[] = { 0xb8, 42, 0, 0, 0, 0xc3 };	/* mov $42, %eax; ret */

static char *memory(size_t len, int prot)
{
	char *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(9);
	return p;
}

static void fill(void *to, size_t len, uint64_t n)
{
	for (size_t i = 0; i + sizeof(n) <= len; i += sizeof(n))
		memcpy((char *)to + i, &n, sizeof(n));
}

/* Places, at multiples of eight, where the complement of n is. */
static unsigned long found(const void *from, size_t len, uint64_t n)
{
	const volatile uint64_t *p = from;
	unsigned long count = 0;

	for (size_t i = 0; i < len / sizeof(*p); i++)
		count += (p[i] ^ n) == UINT64_MAX;
	return count;
}

static void on_stack(uint64_t n, int depth)
{
	uint64_t room[512];

	fill(room, sizeof(room), n);
	if (depth)
		on_stack(n, depth - 1);
	__asm__ volatile("" : : "r"(room) : "memory");
}

static void plant(uint64_t n)
{
	char *freed = malloc(3 * MIB), *kept = malloc(100000);
	char *gone = memory(GONE, PROT_READ | PROT_WRITE);
	int fd = open("/tmp/secret", O_RDWR | O_CREAT, 0600), p[2];

	fill(freed, 3 * MIB, n);
	free(freed);
	fill(kept, 100000, n);
	fill(filled, FILLED / 2, n);
	if (fd < 0 || write(fd, kept, 100000) != 100000 || pipe(p) ||
	    write(p[1], kept, 5000) != 5000)
		exit(8);
	for (size_t i = 0; i < GONE; i += 4 * PAGE)
		fill(gone + i, 64, n);
	munmap(gone, GONE / 2);
	on_stack(n, 30);
	printf("planted %d\n", found((const void *)MVM_VA_LINEAR, boot->ram_size, ~n) > 1000);
	fflush(stdout);
	__asm__ volatile("movq %0, %%xmm3; movdqa %%xmm3, %%xmm12" : : "r"(n) : "xmm3", "xmm12");
	_exit(0);
}

static void search(uint64_t n, const uint64_t registers[4])
{
	printf("memory %lu registers %lu file %d\n",
	       found((const void *)MVM_VA_LINEAR, boot->ram_size, n),
	       found(registers, 4 * sizeof(registers[0]), n), !access("/tmp/secret", F_OK));
}

static int (*code(void))(void)
{
	char *p = memory(PAGE, PROT_READ | PROT_WRITE);

	memcpy(p, forty_two, sizeof(forty_two));
	if (mprotect(p, PAGE, PROT_READ | PROT_EXEC))
		exit(7);
	return (int (*)(void))p;
}

/* As tests/guest/hostile_wx_exec.c does it. */
static void walls(void)
{
	const uint64_t address = 0x000ffffffffff000UL;
	const uint64_t large = 0x87;			/* present, writable, user's, 2 MiB */
	const uint64_t va = MVM_VA_RT_TEXT + 8 * MVM_LARGE_SIZE;	/* not in use */
	volatile uint64_t *table = (void *)(MVM_VA_LINEAR + boot->pml4_gpa);
	uint64_t gpa = 0;

	memcpy((char *)pages, forty_two, sizeof(forty_two));
	for (uint32_t i = 0; i < boot->nsegments; i++)
		if ((uintptr_t)pages - boot->segments[i].va < boot->segments[i].len)
			gpa = boot->segments[i].gpa + ((uintptr_t)pages - boot->segments[i].va);
	table = (void *)(MVM_VA_LINEAR + (table[va >> 39 & 511] & address));
	table = (void *)(MVM_VA_LINEAR + (table[va >> 30 & 511] & address));
	table[va >> 21 & 511] = (gpa & ~(MVM_LARGE_SIZE - 1)) | large;
	printf("walls %d\n", gpa ? ((int (*)(void))(va + (gpa & (MVM_LARGE_SIZE - 1))))() : 0);
}

static void release(void)
{
	unsigned long bad = 0;
	char *p;

	munmap(filled, FILLED);
	/* More than the runtime keeps of what was freed. */
	p = memory(GONE, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < GONE; i += PAGE) {
		bad += p[i] != 0 || p[i + PAGE - 8] != 0;
		if (i % (16 * PAGE) == 0)
			p[i] = 1;
	}
	munmap(p, GONE);
	p = memory(GONE, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < GONE; i += PAGE)
		bad += p[i] != 0 || p[i + PAGE - 8] != 0;
	printf("release %lu\n", bad);
}

static void grow(size_t len)
{
	char *p = memory(len, PROT_READ | PROT_WRITE);
	unsigned long bad = 0;

	for (size_t i = 0; i < len; i += 16 * PAGE)
		bad += p[i]++ != 0;
	printf("grow %lu\n", bad);
}

int main(int argc, char **argv)
{
	char line[64] = "", *arg;
	uint64_t registers[4];
	int (*before)(void) = argc > 1 && !strcmp(argv[1], "code") ? code() : NULL;

	filled = memory(FILLED, PROT_READ | PROT_WRITE);
	memset(filled, 0x77, FILLED);
	memset((char *)pages, 1, sizeof(pages));
	if (read(STDIN_FILENO, line, sizeof(line) - 1) <= 0)
		return 1;
	__asm__ volatile("movdqu %%xmm3, (%0); movdqu %%xmm12, 16(%0)"
			 : : "r"(registers) : "memory");
	arg = strchr(line, ' ');
	arg = arg ? arg + 1 : line;
	if (!strncmp(line, "plant ", 6))
		plant(strtoull(arg, NULL, 16));
	else if (!strncmp(line, "search ", 7))
		search(strtoull(arg, NULL, 16), registers);
	else if (!strncmp(line, "dirty ", 6))
		for (unsigned long i = 0, n = strtoul(arg, NULL, 10);
		     i < n && i < sizeof(pages) / PAGE; i++)
			pages[i * PAGE] = 2;
	else if (!strncmp(line, "code", 4))
		printf("code %d\n", code()());
	else if (!strncmp(line, "before", 6))
		printf("before %d\n", before ? before() : 0);
	else if (!strncmp(line, "walls", 5))
		walls();
	else if (!strncmp(line, "release", 7))
		release();
	else if (!strncmp(line, "grow ", 5))
		grow(strtoul(arg, NULL, 10) * MIB);
	return 0;
}
