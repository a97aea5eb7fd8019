/* SPDX-License-Identifier: MIT */
// native: no
// expect-status: 134
// expect-stderr: ^mvm: guest: it was refused memory that is writable and executable .*--allow-wx
/* A program that ends itself for want of memory to compile into: what was missing is said. */
#include "t.h"

int main(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == -1 && errno == EACCES) {
		fprintf(stderr, "out of memory\n");
		abort();
	}
	return 0;
}
