/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Holes read as zero and do not cost memory; large offsets; fallocate; SEEK_DATA. */
#include "t.h"

int main(void)
{
	char buf[8192];
	struct stat st;
	int fd, sum = 0;

	enter_data();
	fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	SHOW(pwrite(fd, "end", 3, 1L << 32));
	SHOW(fstat(fd, &st));
	printf("size %ld, sparse %d\n", (long)st.st_size, st.st_blocks < 1000);
	SHOW(pread(fd, buf, sizeof(buf), 1L << 20));
	for (size_t i = 0; i < sizeof(buf); i++)
		sum |= buf[i];
	printf("hole: %d\n", sum);
	SHOW(pread(fd, buf, 10, (1L << 32) - 2));
	FACT(!memcmp(buf, "\0\0end", 5));
	SHOW(lseek(fd, 0, SEEK_DATA) > 0);
	SHOW(lseek(fd, 0, SEEK_HOLE));
	SHOW(lseek(fd, 1L << 33, SEEK_DATA));
	SHOW(ftruncate(fd, 100));
	SHOW(ftruncate(fd, 1L << 32));
	SHOW(pread(fd, buf, 3, (1L << 32) - 3));
	printf("%d %d %d\n", buf[0], buf[1], buf[2]);
	SHOW(ftruncate(fd, 0));
	SHOW(posix_fallocate(fd, 0, 10000));
	SHOW(fstat(fd, &st));
	printf("size %ld\n", (long)st.st_size);
	SHOW(posix_fallocate(fd, 0, 0));
	unlink("f");
	return 0;
}
