/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/*
 * A small file that is mapped with gigabytes to grow into, populated at once, as databases do it:
 * only what is there costs memory, what is written later is seen, and behind the end is SIGBUS.
 */
#include <setjmp.h>
#include "t.h"

#define ROOM	(8UL << 30)
#define PAGE	4096

static sigjmp_buf back;

static void on_bus(int sig)
{
	siglongjmp(back, sig);
}

static void touch(const char *what, const volatile char *p)
{
	int sig = sigsetjmp(back, 1);

	if (sig)
		printf("%s: %s\n", what, sig == SIGBUS ? "SIGBUS" : "another signal");
	else
		printf("%s: %d\n", what, *p);
}

static void grow_into(int type, const char *name)
{
	int fd = open("ahead", O_RDWR | O_CREAT | O_TRUNC, 0600);
	const char *p;
	char *all;

	SHOW(pwrite(fd, "abc", 3, 2 * PAGE));
	p = mmap(NULL, ROOM, PROT_READ, type | MAP_POPULATE, fd, 0);
	printf("%s: mapped %d\n", name, p != MAP_FAILED);
	printf("%.3s %d\n", p + 2 * PAGE, p[2 * PAGE + 3]);
	/* Most of the default memory is still there. */
	all = mmap(NULL, 300 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FACT(all != MAP_FAILED);
	for (size_t i = 0; i < 300 << 20; i += PAGE)
		all[i] = 1;
	SHOW(munmap(all, 300 << 20));
	touch("behind the end", p + 3 * PAGE);
	touch("far behind", p + ROOM - 1);
	SHOW(pwrite(fd, "def", 3, 5UL << 20));
	printf("%.3s %d\n", p + (5UL << 20), p[3 * PAGE]);
	SHOW(ftruncate(fd, PAGE));
	/* What a private mapping has read already may stay, says mmap(2). */
	if (type == MAP_SHARED)
		touch("cut off", p + 2 * PAGE);
	touch("left", p);
	SHOW(munmap((void *)p, ROOM));
	close(fd);
	unlink("ahead");
}

int main(void)
{
	enter_data();
	signal(SIGBUS, on_bus);
	grow_into(MAP_SHARED, "shared");
	grow_into(MAP_PRIVATE, "private");
	return 0;
}
