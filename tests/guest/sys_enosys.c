/* SPDX-License-Identifier: MIT */
// trap: yes
/* System calls that do not exist answer ENOSYS. */
#include "t.h"

int main(void)
{
	long numbers[] = { 470 + 42, 600, 1023, 4096, 1L << 30, -1L, -100L };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		long r = syscall(numbers[i], 1, 2, 3, 4, 5, 6);

		printf("%ld: %ld %s\n", numbers[i], r, r == -1 ? strerror(errno) : "");
	}
	return 0;
}
