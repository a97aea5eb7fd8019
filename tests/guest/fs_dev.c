/* SPDX-License-Identifier: MIT */
// trap: yes
/* The devices that every program expects. */
#include "t.h"

int main(void)
{
	unsigned char buf[256] = { 1 }, buf2[256];
	struct stat st;
	int fd, sum = 0;

	fd = open("/dev/null", O_RDWR);
	SHOW(read(fd, buf, 10));
	SHOW(write(fd, buf, 10));
	SHOW(fstat(fd, &st));
	printf("mode %o, device %x\n", st.st_mode & S_IFMT, (int)st.st_rdev);
	SHOW(lseek(fd, 100, SEEK_SET));
	fd = open("/dev/zero", O_RDWR);
	SHOW(read(fd, buf, 256));
	for (int i = 0; i < 256; i++)
		sum |= buf[i];
	printf("zero: %d\n", sum);
	SHOW(write(fd, buf, 10));
	fd = open("/dev/full", O_RDWR);
	SHOW(read(fd, buf, 10));
	SHOW(write(fd, buf, 10));
	fd = open("/dev/urandom", O_RDONLY);
	SHOW(read(fd, buf, 256));
	SHOW(read(fd, buf2, 256));
	FACT(memcmp(buf, buf2, 256));
	fd = open("/dev/random", O_RDONLY);
	SHOW(read(fd, buf, 256));
	FACT(memcmp(buf, buf2, 256));
	SHOW_OK(open("/dev/none", O_RDONLY));
	SHOW(stat("/dev", &st));
	printf("mode %o\n", st.st_mode & S_IFMT);
	SHOW(access("/dev/stdin", F_OK));
	return 0;
}
