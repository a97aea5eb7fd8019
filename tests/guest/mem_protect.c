/* SPDX-License-Identifier: MIT */
// trap: yes
/* mprotect changes what is allowed; a fault says where and why. */
#include <setjmp.h>
#include "t.h"

static sigjmp_buf back;
static siginfo_t info;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	(void)sig;
	info = *si;
	siglongjmp(back, 1);
}

static char *base;

static void touch(const char *what, char *p, bool write)
{
	if (sigsetjmp(back, 1)) {
		printf("%s: signal %d, code %d, at +%ld\n", what, info.si_signo, info.si_code,
		       (long)((char *)info.si_addr - base));
		return;
	}
	if (write)
		*(volatile char *)p = 1;
	else
		(void)*(volatile char *)p;
	printf("%s: fine\n", what);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	base = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	touch("write, rw", base, true);
	SHOW(mprotect(base, 4096, PROT_READ));
	touch("read, ro", base, false);
	touch("write, ro", base + 5, true);
	SHOW(mprotect(base, 4096, PROT_NONE));
	touch("read, none", base + 6, false);
	SHOW(mprotect(base, 4096, PROT_READ | PROT_WRITE));
	touch("write, rw again", base, true);
	SHOW(mprotect(base + 3 * 4096, 2 * 4096, PROT_READ));
	touch("before the part", base + 3 * 4096 - 1, true);
	touch("in the part", base + 3 * 4096, true);
	touch("behind the part", base + 5 * 4096, true);
	SHOW(munmap(base + 8 * 4096, 4096));
	touch("read, unmapped", base + 8 * 4096 + 7, false);
	touch("write, unmapped", base + 8 * 4096 + 8, true);
	SHOW(mprotect(base + 7 * 4096, 3 * 4096, PROT_READ));
	SHOW(mprotect(base + 1, 4096, PROT_READ));
	SHOW(mprotect(base, 0, PROT_READ));
	SHOW(mprotect(base, 4096, 0x100));
	SHOW(mprotect((void *)-4096UL, 4096, PROT_READ));
	return 0;
}
