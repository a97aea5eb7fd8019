/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* memfd_create and O_TMPFILE: files without a name. */
#include "t.h"

int main(void)
{
	struct stat st;
	char buf[10];
	int fd = syscall(SYS_memfd_create, "name", 1);

	enter_data();
	FACT(fd >= 0);
	SHOW(write(fd, "hello", 5));
	SHOW(pread(fd, buf, 10, 1));
	SHOW(ftruncate(fd, 10000));
	SHOW(fstat(fd, &st));
	printf("size %ld links %ld, regular %d\n", (long)st.st_size, (long)st.st_nlink,
	       S_ISREG(st.st_mode));
	SHOW(fcntl(fd, F_GETFD));
	SHOW(syscall(SYS_memfd_create, "name", 0x8000));
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	SHOW(fd >= 0 ? write(fd, "x", 1) : -1);
	SHOW_OK(open(".", O_TMPFILE | O_RDONLY, 0600));
	return 0;
}
