/* SPDX-License-Identifier: MIT */
// native: no
// mvm-args: --mem 64M
// expect-status: 137
// expect-stderr: ^mvm: .*--mem
/* Hostile: takes all memory there is; it is killed as by the OOM killer, and told why. */
#include "t.h"

int main(void)
{
	for (;;) {
		char *p = malloc(1 << 20);

		if (!p)
			return 3;
		memset(p, 1, 1 << 20);
	}
}
