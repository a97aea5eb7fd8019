/* SPDX-License-Identifier: MIT */
// fs: yes
/* A file of 24 MiB, written and read back in odd pieces, keeps its bytes. */
#include "t.h"

#define SIZE (24 << 20)

int main(void)
{
	unsigned char *out = malloc(SIZE), *in = malloc(SIZE);
	size_t at, n, sizes[] = { 1, 4095, 4097, 65536, 131, 1 << 20, 12345 };
	ssize_t got;
	int fd, i = 0;

	enter_data();
	for (at = 0; at < SIZE; at++)
		out[at] = (unsigned char)(at * 2654435761U >> 24);
	fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (at = 0; at < SIZE; at += n) {
		n = sizes[i++ % ARRAY_SIZE(sizes)];
		n = n < SIZE - at ? n : SIZE - at;
		if (write(fd, out + at, n) != (ssize_t)n)
			perror("write"), exit(1);
	}
	SHOW(lseek(fd, 0, SEEK_SET));
	i = 3;
	for (at = 0; at < SIZE; at += got) {
		got = read(fd, in + at, sizes[i++ % ARRAY_SIZE(sizes)]);
		if (got <= 0)
			perror("read"), exit(1);
	}
	SHOW(read(fd, in, 1));
	in[0] = out[0];
	FACT(!memcmp(in, out, SIZE));
	memset(in, 0, SIZE);
	SHOW(pread(fd, in, SIZE, 0));
	FACT(!memcmp(in, out, SIZE));
	unlink("f");
	return 0;
}
