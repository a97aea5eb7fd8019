/* SPDX-License-Identifier: MIT */
// trap: yes
/* Every call on descriptors that are not open, and on ones of the wrong kind. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include "t.h"

static void all(const char *kind, int fd)
{
	static char buf[4096];
	struct iovec iov = { buf, 1 };
	struct stat st;
	struct statfs sfs;
	struct timespec ts[2] = { { 1, 0 }, { 1, 0 } };

	printf("-- %s\n", kind);
	SHOW(read(fd, buf, 0));
	SHOW(readv(fd, &iov, 0));
	SHOW(pread(fd, buf, 0, 0));
	SHOW(lseek(fd, 0, SEEK_CUR) != -1 ? 0 : -1);
	SHOW(fstat(fd, &st));
	SHOW(ftruncate(fd, 0));
	SHOW(syscall(SYS_getdents64, fd, buf, 4096) == -1 ? -1 : 0);
	SHOW(ioctl(fd, TIOCGWINSZ, buf));
	SHOW(ioctl(fd, TCGETS, buf));
	SHOW(fchdir(fd));
	SHOW_OK(openat(fd, "none", O_RDONLY));
	SHOW(mkdirat(fd, "", 0700));
	SHOW(unlinkat(fd, "none", 0));
	SHOW(fstatat(fd, "none", &st, 0));
	SHOW(readlinkat(fd, "none", buf, 10));
	SHOW(faccessat(fd, "none", 0, 0));
	SHOW(fcntl(fd, F_GETFD));
	SHOW(fstatfs(fd, &sfs));
	SHOW(fchmod(fd, 07777777) == -1 && errno == EBADF ? -1 : 0);
	SHOW(posix_fallocate(fd, 0, 0));
	SHOW(fsync(fd));
	SHOW(futimens(fd, ts) == -1 && errno == EBADF ? -1 : 0);
	SHOW(syscall(SYS_dup2, fd, -5));
	SHOW(syscall(SYS_dup3, fd, fd, 0));
	SHOW_OK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
}

int main(void)
{
	int p[2];

	all("-1", -1);
	all("1000", 1000);
	all("huge", 0x7fffffff);
	pipe(p);
	all("pipe", p[0]);
	all("null", open("/dev/null", O_RDWR));
	all("path", open("/", O_PATH));
	return 0;
}
