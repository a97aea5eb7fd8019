/* SPDX-License-Identifier: MIT */
// native: no
// mvm-args: --mem 64M --timeout 20
// expect-status: any
/* Hostile: touches more memory than there is through one reservation. */
#include "t.h"

int main(void)
{
	char *p = mmap(NULL, 1UL << 30, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	for (size_t i = 0; i < 1UL << 30; i += 4096)
		p[i] = 1;
	return 0;
}
