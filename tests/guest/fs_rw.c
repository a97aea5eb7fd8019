/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Reading and writing: offsets, pread and pwrite, vectors, append, truncate. */
#include <sys/uio.h>
#include "t.h"

int main(void)
{
	char buf[64];
	struct iovec iov[3];
	struct stat st;
	volatile int negative = -1;	/* what gcc cannot see through */
	int fd, fd2;

	enter_data();
	fd = open("f", O_RDWR | O_CREAT | O_EXCL, 0640);
	FACT(fd >= 0);
	SHOW_OK(open("f", O_RDWR | O_CREAT | O_EXCL, 0640));
	SHOW(write(fd, "hello world", 11));
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(lseek(fd, -5, SEEK_END));
	SHOW(read(fd, buf, sizeof(buf)));
	printf("'%.5s'\n", buf);
	SHOW(read(fd, buf, sizeof(buf)));
	SHOW(pread(fd, buf, 5, 0));
	printf("'%.5s'\n", buf);
	SHOW(pwrite(fd, "HE", 2, 0));
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(lseek(fd, -1, SEEK_SET));
	SHOW(lseek(fd, 0, 99));
	SHOW(pread(fd, buf, 5, -1));
	SHOW(pread(fd, buf, 5, 100));
	iov[0] = (struct iovec){ "abc", 3 };
	iov[1] = (struct iovec){ "", 0 };
	iov[2] = (struct iovec){ "defg", 4 };
	SHOW(writev(fd, iov, 3));
	SHOW(pwritev(fd, iov, 3, 1));
	iov[0] = (struct iovec){ buf, 4 };
	iov[1] = (struct iovec){ buf + 10, 6 };
	SHOW(preadv(fd, iov, 2, 0));
	printf("'%.4s' '%.6s'\n", buf, buf + 10);
	SHOW(writev(fd, iov, 0));
	SHOW(writev(fd, iov, negative));
	show_file("f");

	fd2 = open("f", O_WRONLY | O_APPEND);
	SHOW(write(fd2, "+end", 4));
	SHOW(lseek(fd2, 0, SEEK_CUR));
	lseek(fd2, 0, SEEK_SET);
	SHOW(write(fd2, "+more", 5));
	SHOW(pwrite(fd2, "!", 1, 0));
	SHOW(read(fd2, buf, 1));
	show_file("f");
	SHOW(ftruncate(fd, 4));
	SHOW(fstat(fd, &st));
	printf("size %ld mode %o\n", (long)st.st_size, st.st_mode);
	SHOW(write(fd2, "x", 1));
	SHOW(ftruncate(fd, 20));
	SHOW(ftruncate(fd, -1));
	SHOW(pread(fd, buf, 64, 0));
	FACT(!memcmp(buf, "!abcx\0\0\0", 8) || printf("%.5s\n", buf));
	close(fd2);
	fd2 = open("f", O_RDONLY);
	SHOW(write(fd2, "x", 1));
	SHOW(ftruncate(fd2, 0));
	close(fd2);
	fd2 = open("f", O_RDWR | O_TRUNC);
	SHOW(fstat(fd, &st));
	printf("size %ld\n", (long)st.st_size);
	SHOW(truncate("f", 7));
	SHOW(lseek(fd2, 0, SEEK_END));
	SHOW(truncate("nope", 7));
	SHOW(fsync(fd));
	SHOW(fdatasync(fd));
	SHOW(close(fd));
	SHOW(close(fd));
	SHOW(read(fd, buf, 1));
	SHOW(unlink("f"));
	SHOW(write(fd2, "still", 5));
	SHOW(fstat(fd2, &st));
	printf("size %ld links %ld\n", (long)st.st_size, (long)st.st_nlink);
	return 0;
}
