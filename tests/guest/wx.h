/* SPDX-License-Identifier: MIT */
/* Asks for memory that is writable and executable in each way there is; says what came of it. */
#ifndef MVM_TESTS_WX_H
#define MVM_TESTS_WX_H

#include "t.h"

static int try_wx(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	puts(p == MAP_FAILED ? "mmap refused" : "mmap granted");
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(p, "\xb8\x2a\x00\x00\x00\xc3", 6);	/* mov $42, %eax; ret */
	puts(mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) ? "mprotect refused" :
	     "mprotect granted");
	/* One after the other is what a JIT does. */
	puts(mprotect(p, 4096, PROT_READ | PROT_EXEC) ? "r-x refused" : "r-x granted");
	printf("%d\n", ((int (*)(void))(uintptr_t)p)());
	return 0;
}

#endif
