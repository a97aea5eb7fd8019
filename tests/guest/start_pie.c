/* SPDX-License-Identifier: MIT */
// cflags: -static-pie -fpie
/* A static-PIE program is relocated and runs; where it lies is not the same every time. */
#include "t.h"

static int value = 5;
static int *const pointers[] = { &value, &value };

int main(int argc, char **argv)
{
	(void)argv;
	printf("%d %d %d\n", *pointers[0], *pointers[1], argc);
	FACT((uintptr_t)main > 0x10000);
	return 0;
}
