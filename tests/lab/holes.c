/* SPDX-License-Identifier: MIT */
/*
 * Files with holes through a pipe: `holes pack FILE... >ARCHIVE` and `holes unpack DIR <ARCHIVE`.
 * The programs of the tests are 4 MiB each on paper, 100 KiB on disk; cpio and busybox's tar know
 * nothing of that, and a small machine has not the memory to do without.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK	4096

struct head { char name[240]; uint64_t size, blocks; };
struct block { uint64_t offset; uint8_t data[BLOCK]; };

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int zero(const uint8_t *p)
{
	return !p[0] && !memcmp(p, p + 1, BLOCK - 1);
}

static int pack(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct head h = { .size = 0 };
	FILE *f = fopen(path, "rb");
	struct block b;

	if (!f)
		return fail(path);
	snprintf(h.name, sizeof(h.name), "%s", slash ? slash + 1 : path);
	for (int count = 1; count >= 0; count--) {
		size_t n;

		rewind(f);
		b.offset = 0;
		while (memset(b.data, 0, BLOCK), (n = fread(b.data, 1, BLOCK, f))) {
			if (!zero(b.data)) {
				h.blocks += (unsigned int)count;
				if (!count && fwrite(&b, sizeof(b), 1, stdout) != 1)
					return fail("standard output");
			}
			b.offset += n;
		}
		h.size = b.offset;
		if (count && fwrite(&h, sizeof(h), 1, stdout) != 1)
			return fail("standard output");
	}
	fclose(f);
	return 0;
}

static int unpack(void)
{
	struct head h;
	struct block b;

	while (fread(&h, sizeof(h), 1, stdin) == 1) {
		int fd = open(h.name, O_WRONLY | O_CREAT | O_TRUNC, 0755);

		if (fd < 0)
			return fail(h.name);
		while (h.blocks--)
			if (fread(&b, sizeof(b), 1, stdin) != 1 ||
			    pwrite(fd, b.data, BLOCK, (off_t)b.offset) != BLOCK)
				return fail(h.name);
		if (ftruncate(fd, (off_t)h.size) || close(fd))
			return fail(h.name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "unpack"))
		return chdir(argv[2]) ? fail(argv[2]) : unpack();
	if (argc < 3 || strcmp(argv[1], "pack"))
		return fprintf(stderr, "usage: holes pack FILE... | holes unpack DIR\n"), 2;
	for (int i = 2; i < argc; i++)
		if (pack(argv[i]))
			return 1;
	return 0;
}
