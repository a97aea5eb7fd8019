/* SPDX-License-Identifier: MIT */
// trap: yes
/* Every call with pointers that point nowhere: EFAULT, never a crash. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include "t.h"

static void all(const char *kind, void *p)
{
	struct iovec iov = { p, 100 };
	int fds[2], zero = open("/dev/zero", O_RDWR);

	printf("-- %s\n", kind);
	pipe(fds);
	SHOW(syscall(SYS_write, fds[1], p, 10));
	SHOW(syscall(SYS_writev, fds[1], &iov, 1));
	SHOW(syscall(SYS_writev, fds[1], p, 1));
	SHOW(syscall(SYS_write, fds[1], "xy", 2));
	SHOW(syscall(SYS_read, fds[0], p, 10));
	SHOW(syscall(SYS_read, zero, p, 10));
	SHOW(syscall(SYS_open, p, O_RDONLY));
	SHOW(syscall(SYS_stat, p, p));
	SHOW(syscall(SYS_stat, "/", p));
	SHOW(syscall(SYS_fstat, zero, p));
	SHOW(syscall(SYS_newfstatat, AT_FDCWD, "/", p, 0));
	SHOW(syscall(SYS_mkdir, p, 0700));
	SHOW(syscall(SYS_rename, "/none", p));
	SHOW(syscall(SYS_rename, p, "/none"));
	SHOW(syscall(SYS_symlink, p, "/none"));
	SHOW(syscall(SYS_readlink, p, p, 10));
	SHOW(syscall(SYS_unlink, p));
	SHOW(syscall(SYS_chdir, p));
	SHOW(syscall(SYS_access, p, 0));
	SHOW(syscall(SYS_getcwd, p, 100));
	SHOW(syscall(SYS_pipe, p));
	SHOW(syscall(SYS_pipe2, p, 0));
	SHOW(syscall(SYS_poll, p, 1, 0));
	SHOW(syscall(SYS_select, 1, p, 0, 0, 0));
	SHOW(syscall(SYS_nanosleep, p, 0));
	SHOW(syscall(SYS_clock_gettime, 0, p));
	SHOW(syscall(SYS_gettimeofday, p, 0));
	SHOW(syscall(SYS_clock_getres, 0, p));
	SHOW(syscall(SYS_uname, p));
	SHOW(syscall(SYS_getrlimit, 0, p));
	SHOW(syscall(SYS_setrlimit, 0, p));
	SHOW(syscall(SYS_prlimit64, 0, 0, p, 0));
	SHOW(syscall(SYS_getrusage, 0, p));
	SHOW(syscall(SYS_sysinfo, p));
	SHOW(syscall(SYS_times, p));
	SHOW(syscall(SYS_rt_sigaction, 10, p, 0, 8));
	SHOW(syscall(SYS_rt_sigaction, 10, 0, p, 8));
	SHOW(syscall(SYS_rt_sigprocmask, 0, p, 0, 8));
	SHOW(syscall(SYS_rt_sigprocmask, 0, 0, p, 8));
	SHOW(syscall(SYS_rt_sigpending, p, 8));
	SHOW(syscall(SYS_sigaltstack, p, 0));
	SHOW(syscall(SYS_sigaltstack, 0, p));
	SHOW(syscall(SYS_getrandom, p, 10, 0));
	SHOW(syscall(SYS_ioctl, fds[0], FIONREAD, p));
	SHOW(syscall(SYS_truncate, p, 0));
	SHOW(syscall(SYS_statfs, "/", p));
	SHOW(syscall(SYS_utimensat, AT_FDCWD, "/dev/zero", p, 0) == -1 && errno == EFAULT ? -1 : 0);
	close(fds[0]);
	close(fds[1]);
	close(zero);
}

int main(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fds[2];

	munmap(p + 4096, 4096);
	all("low", (void *)16);
	all("unmapped", p + 4096);
	all("kernel half", (void *)0xffff800000001000UL);
	all("not canonical", (void *)0x0123456789abcdefUL);
	all("the last byte", (void *)-1L);
	mprotect(p, 4096, PROT_NONE);
	all("no rights", p);
	mprotect(p, 4096, PROT_READ);
	/* Read only: can be written from, not read into; and a buffer that ends in a hole. */
	pipe(fds);
	SHOW(write(fds[1], p + 4000, 96));
	SHOW(read(fds[0], p, 10));
	mprotect(p, 4096, PROT_READ | PROT_WRITE);
	SHOW(read(fds[0], p + 4000, 96));
	memset(p + 4090, 'a', 6);
	SHOW_OK(open(p + 4090, O_RDONLY));
	return 0;
}
