/* SPDX-License-Identifier: MIT */
/*
 * walk [-t] DIR... [change FILE]...: a line for everything below each DIR, -t: without times;
 * "change" changes a file in all the ways there are.  For tests of roots, in a VM and natively.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *lines[4096];
static int n;

static unsigned long sum(const char *path)
{
	unsigned long h = 14695981039346656037UL;
	unsigned char buf[5000];
	int fd = open(path, O_RDONLY);
	long got;

	while ((got = read(fd, buf, sizeof(buf))) > 0)
		for (long i = 0; i < got; i++)
			h = (h ^ buf[i]) * 1099511628211UL;
	close(fd);
	return got < 0 ? 0 : h;
}

static int timeless;

static int visit(const char *path, const struct stat *st, int type, struct FTW *f)
{
	char text[4096] = "", *line = malloc(8192);
	int reg = S_ISREG(st->st_mode);

	(void)type, (void)f;
	if (S_ISLNK(st->st_mode))
		readlink(path, text, sizeof(text) - 1);
	snprintf(line, 8192, "%s %o %ld %ld %ld %lx %s", path, st->st_mode,
		 S_ISDIR(st->st_mode) ? 0 : (long)st->st_nlink, S_ISDIR(st->st_mode) ? 0 :
		 (long)st->st_size, timeless ? 0 : (long)st->st_mtime, reg ? sum(path) : 0, text);
	lines[n++] = line;
	return n == 4096;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char **)a, *(char **)b);
}

/* Changes one file in all the ways there are, and shows it. */
static void change(const char *path)
{
	int fd = open(path, O_RDWR);
	struct stat st;

	pwrite(fd, "middle", 6, 10000);
	printf("%lx\n", sum(path));
	pwrite(fd, "over a page", 11, 4090);
	lseek(fd, 0, SEEK_END);
	write(fd, "end", 3);
	printf("%lx\n", sum(path));
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 20000, 30000);
	printf("%lx\n", sum(path));
	ftruncate(fd, 70001);
	ftruncate(fd, 90000);
	printf("%lx\n", sum(path));
	ftruncate(fd, 0);
	fstat(fd, &st);
	printf("%ld\n", (long)st.st_size);
	close(fd);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "change"))
			change(argv[++i]);
		else if (!strcmp(argv[i], "-t"))
			timeless = 1;
		else
			nftw(argv[i], visit, 16, FTW_PHYS);
	qsort(lines, n, sizeof(*lines), compare);
	for (int i = 0; i < n; i++)
		puts(lines[i]);
	return 0;
}
