/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Private mappings of files: contents, the zeroed rest of the last page, copy on write, errors. */
#include "t.h"

int main(void)
{
	char *p, *q;
	int fd, rest = 0;

	enter_data();
	fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (int i = 0; i < 3000; i++)
		dprintf(fd, "%d\n", i);
	SHOW(lseek(fd, 0, SEEK_END));
	p = mmap(NULL, 16384, PROT_READ, MAP_PRIVATE, fd, 0);
	FACT(p != MAP_FAILED);
	FACT(!memcmp(p, "0\n1\n2\n", 6));
	for (int i = 13890; i < 16384; i++)
		rest |= p[i];
	printf("after the end: %d\n", rest);
	q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4096);
	FACT(q != MAP_FAILED);
	FACT(!memcmp(q, p + 4096, 4096));
	memset(q, 'x', 4096);
	FACT(memcmp(q, p + 4096, 4096));
	SHOW(pread(fd, q, 5, 0));
	FACT(!memcmp(q, "0\n1\n2", 5));
	SHOW_OK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 1));
	close(fd);
	FACT(!memcmp(p + 8192, p + 8192, 10) && p[8192] != 0);
	SHOW(munmap(p, 16384));
	fd = open("file", O_WRONLY);
	SHOW_OK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	SHOW_OK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	unlink("file");
	return 0;
}
