/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Descriptors: lowest free number, dup family, shared offsets, fcntl, limits. */
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include "t.h"

int main(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct rlimit lim;
	int a, b, c, n;
	char ch;

	enter_data();
	make_file("f", "0123456789");
	a = open("f", O_RDWR);
	b = dup(a);
	printf("a %d, b - a %d\n", a, b - a);
	read(a, &ch, 1);
	read(b, &ch, 1);
	printf("shared offset: '%c'\n", ch);
	c = open("f", O_RDONLY);
	read(c, &ch, 1);
	printf("own offset: '%c'\n", ch);
	SHOW(dup2(a, 50));
	SHOW(dup2(a, a));
	SHOW(dup2(99, 99));
	SHOW(dup3(a, a, 0));
	SHOW(dup3(a, 51, O_CLOEXEC));
	SHOW(dup3(a, 51, 1));
	SHOW(fcntl(51, F_GETFD));
	SHOW(fcntl(50, F_GETFD));
	SHOW(fcntl(50, F_SETFD, FD_CLOEXEC));
	SHOW(fcntl(50, F_GETFD));
	SHOW(fcntl(a, F_DUPFD, 60));
	SHOW(fcntl(a, F_DUPFD_CLOEXEC, 60));
	SHOW(fcntl(a, F_DUPFD, -1));
	SHOW(fcntl(a, F_GETFL) & O_ACCMODE);
	SHOW(fcntl(a, F_SETFL, O_APPEND | O_NONBLOCK));
	SHOW(fcntl(b, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	SHOW(write(a, "end", 3));
	show_file("f");
	SHOW(fcntl(c, F_GETFL) & O_ACCMODE);
	SHOW(fcntl(a, 9999));
	SHOW(fcntl(99, F_GETFL));
	SHOW(fcntl(a, F_SETLK, &fl));
	fl.l_type = F_UNLCK;
	SHOW(fcntl(a, F_SETLK, &fl));
	SHOW(flock(a, LOCK_EX));
	SHOW(flock(a, LOCK_UN));
	SHOW(close(b));
	FACT(open("f", O_RDONLY) == b);
	SHOW(close(51));
	SHOW(close(51));
	SHOW(close(-1));
	SHOW(ioctl(a, TIOCGWINSZ, &lim));
	SHOW(ioctl(a, 0x12345678, &lim));
	FACT(isatty(a) == 0);
	SHOW(getrlimit(RLIMIT_NOFILE, &lim));
	lim.rlim_cur = 200;
	SHOW(setrlimit(RLIMIT_NOFILE, &lim));
	for (n = 0; open("f", O_RDONLY) != -1; n++)
		;
	printf("error %d\n", errno);
	SHOW(dup(a));
	SHOW(dup2(a, 200));
	SHOW(fcntl(a, F_DUPFD, 200));
	SHOW(close(150));
	SHOW(open("f", O_RDONLY));
	unlink("f");
	return 0;
}
