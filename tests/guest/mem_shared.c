/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Shared mappings of a file: what is written there is in the file, and the other way round. */
#include <setjmp.h>
#include "t.h"

static sigjmp_buf back;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	printf("signal %d, code %d\n", sig, si->si_code);
	siglongjmp(back, 1);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	char buf[16] = "", *p, *q;
	int fd;

	enter_data();
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	fd = open("shared", O_RDWR | O_CREAT | O_TRUNC, 0600);
	SHOW(ftruncate(fd, 10000));
	p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	FACT(p != MAP_FAILED);
	memcpy(p + 100, "by mapping", 10);
	memcpy(p + 9995, "tail and more", 13);
	SHOW(pread(fd, buf, 10, 100));
	printf("read: %s\n", buf);
	SHOW(pwrite(fd, "by write", 8, 5000));
	printf("mapping: %.8s\n", p + 5000);
	memcpy(p + 5004, "both", 4);
	SHOW(msync(p, 16384, MS_SYNC));
	SHOW(msync(p, 16384, MS_SYNC | MS_ASYNC));
	SHOW(pread(fd, buf, 8, 5000));
	printf("read: %.8s\n", buf);
	SHOW(lseek(fd, 0, SEEK_END));
	if (!sigsetjmp(back, 1))
		printf("behind the end: %d\n", *(volatile char *)(p + 12288));
	SHOW(ftruncate(fd, 20000));
	if (!sigsetjmp(back, 1))
		printf("no longer: %d\n", *(volatile char *)(p + 12288));
	SHOW(mprotect(p, 4096, PROT_READ));
	if (!sigsetjmp(back, 1))
		*(volatile char *)p = 1;
	p[4096] = 'x';
	SHOW(munmap(p, 16384));
	SHOW(pread(fd, buf, 1, 4096));
	printf("after munmap: %c\n", buf[0]);

	/* Read-only and shared follows the file. */
	q = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
	FACT(q != MAP_FAILED && q[0] == 'x');
	SHOW(pwrite(fd, "y", 1, 4096));
	FACT(q[0] == 'y');
	SHOW(munmap(q, 4096));
	close(fd);
	fd = open("shared", O_RDONLY);
	SHOW_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	q = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	SHOW(mprotect(q, 4096, PROT_READ | PROT_WRITE));
	close(fd);
	unlink("shared");

	/* Memory without a file, but shared: an object that outlives advice about its mapping. */
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p[0] = 'k';
	SHOW(madvise(p, 8192, MADV_DONTNEED));
	SHOW(madvise(p, 8192, MADV_FREE));
	printf("kept: %c\n", p[0]);
	return 0;
}
