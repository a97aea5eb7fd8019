/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Copying inside the kernel: sendfile and copy_file_range, or the error that makes programs copy
 * by hand. */
#include <sys/sendfile.h>
#include "t.h"

int main(void)
{
	off_t off = 2, in = 1, out = 3;
	int a, b, p[2];

	enter_data();
	make_file("a", "0123456789");
	a = open("a", O_RDONLY);
	b = open("b", O_RDWR | O_CREAT | O_TRUNC, 0600);
	SHOW(sendfile(b, a, &off, 4));
	printf("offset %ld\n", (long)off);
	SHOW(sendfile(b, a, NULL, 100));
	SHOW(sendfile(b, a, NULL, 100));
	show_file("b");
	SHOW(syscall(SYS_copy_file_range, a, &in, b, &out, 5, 0));
	printf("%ld %ld\n", (long)in, (long)out);
	show_file("b");
	SHOW(syscall(SYS_copy_file_range, a, &in, b, &out, 5, 1));
	SHOW(syscall(SYS_copy_file_range, 99, &in, b, &out, 5, 0));
	pipe(p);
	off = 0;
	SHOW(sendfile(p[1], a, &off, 3));
	SHOW(sendfile(b, 99, NULL, 1));
	SHOW(sendfile(99, a, NULL, 1));
	unlink("a");
	unlink("b");
	return 0;
}
