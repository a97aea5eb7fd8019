/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Two shared mappings of one file show the same bytes, as reads and writes of the file do. */
#include <sys/mman.h>
#include "t.h"

#define LEN	(5 * 4096)

static char *map(int fd, int prot, long off, long len)
{
	char *p = mmap(NULL, len, prot, MAP_SHARED, fd, off);

	FACT(p != MAP_FAILED);
	return p;
}

/* What each of the three says of a place. */
static void show(const char *what, int fd, const char *a, const char *b, long at)
{
	char buf[9] = "";
	ssize_t n = pread(fd, buf, 8, at);

	printf("%s: %.8s %.8s %zd %s\n", what, a + at, b + at, n, buf);
}

static void two_views(int fd)
{
	char *a = map(fd, PROT_READ | PROT_WRITE, 0, LEN), *b, *c;

	memcpy(a + 100, "before  ", 8);
	b = map(fd, PROT_READ | PROT_WRITE, 0, LEN);
	show("made", fd, a, b, 100);
	memcpy(b + 100, "by b    ", 8);
	show("b", fd, a, b, 100);
	memcpy(a + 104, "anda", 4);
	show("a", fd, a, b, 100);
	FACT(pwrite(fd, "write(2)", 8, 4092) == 8);	/* over the end of a page */
	show("write", fd, a, b, 4092);
	memcpy(a + 8192, "one", 4);
	memcpy(b + 8200, "two", 4);
	/* One instruction that needs both views of the same page. */
	memcpy(b + 8300, a + 8192, 16);
	memmove(a + 8400, b + 8300, 16);
	printf("both: %s %s %s\n", a + 8300, b + 8408, a + 8200);
	/* A window on the middle, for reading only. */
	c = map(fd, PROT_READ, 8192, 4096);
	a[8192] = 'O';
	printf("window: %s\n", c);
	SHOW(msync(c, 4096, MS_SYNC));
	SHOW(munmap(a, LEN));
	show("without a", fd, b, b, 8192);
	b[8193] = 'N';
	printf("window: %s\n", c);
	SHOW(mprotect(b, LEN, PROT_READ));
	SHOW(mprotect(c, 4096, PROT_READ | PROT_WRITE));
	c[2] = 'E';
	show("c", fd, b, b, 8192);
	SHOW(madvise(b, LEN, MADV_DONTNEED));
	show("again", fd, b, b, 8192);
	SHOW(ftruncate(fd, 8195));
	SHOW(ftruncate(fd, LEN));
	printf("cut: '%s' '%s'\n", b + 8192, c);
	SHOW(munmap(b, LEN));
	SHOW(munmap(c, 4096));
}

/* Two descriptors, and a private mapping beside them, which keeps what it wrote. */
static void two_files(void)
{
	int fd = open("twice", O_RDWR), other = open("twice", O_RDWR);
	char *a = map(fd, PROT_READ | PROT_WRITE, 0, LEN), *b, *own;

	strcpy(a, "first");
	b = map(other, PROT_READ | PROT_WRITE, 0, LEN);
	own = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	strcpy(own, "mine");
	strcpy(b, "second");
	printf("%s %s %s\n", a, b, own);
	close(fd);
	close(other);
	SHOW(unlink("twice"));
	strcpy(a + 4096, "no name");
	printf("%s\n", b + 4096);
	munmap(a, LEN);
	munmap(b, LEN);
	munmap(own, LEN);
}

/* A ring whose end is followed by its beginning once more. */
static void ring(int fd, long len)
{
	char *p = mmap(NULL, 2 * len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long sum = 0;

	FACT(mmap(p, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == p);
	FACT(mmap(p + len, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == p + len);
	for (long at = 0; at < 3 * len; at += 1000) {
		memset(p + at % len, at / 1000, 1000);	/* often across the end */
		sum = sum * 31 + p[(at + 999) % len] + p[(at + 999) % len + len];
	}
	FACT(!memcmp(p, p + len, len));
	printf("ring: %ld\n", sum);
	munmap(p, 2 * len);
}

/* Code that is written by one view and run by the other, as compilers at run time do. */
static void code(int fd)
{
	static const unsigned char ret7[] = { 0xb8, 7, 0, 0, 0, 0xc3 };
	unsigned char *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unsigned char *x = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);

	FACT(w != MAP_FAILED && x != MAP_FAILED);
	memcpy(w, ret7, sizeof(ret7));
	printf("code: %d", ((int (*)(void))x)());
	w[1] = 8;
	printf(" %d\n", ((int (*)(void))x)());
	munmap(w, 4096);
	munmap(x, 4096);
}

static void second_view(int fd)
{
	char *a = map(fd, PROT_READ | PROT_WRITE, 0, 8192), *b;

	b = mremap(a, 0, 8192, MREMAP_MAYMOVE);
	FACT(b != MAP_FAILED && b != a);
	strcpy(a, "shown twice");
	printf("mremap: %s\n", b);
	a = mremap(a, 8192, 16384, MREMAP_MAYMOVE);
	FACT(a != MAP_FAILED);
	strcpy(b + 20, "moved");
	printf("mremap: %s %s\n", a, a + 20);
	munmap(a, 16384);
	munmap(b, 8192);
}

int main(void)
{
	int fd;

	enter_data();
	fd = open("twice", O_RDWR | O_CREAT | O_TRUNC, 0600);
	SHOW(ftruncate(fd, LEN));
	two_views(fd);
	SHOW(ftruncate(fd, 16384));
	ring(fd, 8192);
	second_view(fd);
	close(fd);
	fd = open("twice", O_RDONLY);
	SHOW_OK(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0));
	close(fd);
	fd = memfd_create("ring", 0);
	SHOW(ftruncate(fd, 4L << 20));
	ring(fd, 4L << 20);
	code(fd);
	close(fd);
	SHOW(truncate("twice", LEN));
	two_files();
	return 0;
}
