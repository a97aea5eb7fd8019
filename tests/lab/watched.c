/* SPDX-License-Identifier: MIT */
/* What rsp-watch.c debugs: data and code at addresses that both know. */
#include <string.h>
#include <sys/mman.h>
#include "watched.h"

static void *at(unsigned long address, int prot)
{
	void *p = mmap((void *)address, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int main(void)
{
	volatile unsigned int *data = at(WATCHED_DATA, PROT_READ | PROT_WRITE);
	unsigned char *code = at(WATCHED_CODE, PROT_READ | PROT_WRITE);

	if (!data || !code)
		return 1;
	memset(code, 0x90, 16);			/* nop, and then ret */
	code[16] = 0xc3;
	if (mprotect(code, 4096, PROT_READ | PROT_EXEC))
		return 2;
	data[0] = WATCHED_VALUE;		/* stops behind this */
	data[1] = data[0] + 1;			/* reads it: an access stops, a write does not */
	((void (*)(void))(unsigned long)code)();
	return data[1] == WATCHED_VALUE + 1 ? WATCHED_STATUS : 3;
}
