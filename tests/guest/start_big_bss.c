/* SPDX-License-Identifier: MIT */
/* 200 MiB of bss cost nothing until touched, and read as zero. */
#include "t.h"

static char bss[200 << 20];

int main(void)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < sizeof(bss); i += 1 << 20)
		sum += bss[i];
	printf("zero: %lu\n", sum);
	for (size_t i = 0; i < sizeof(bss); i += 1 << 20)
		bss[i + 4095] = (char)(i >> 20);
	for (size_t i = 0; i < sizeof(bss); i += 1 << 20)
		sum += (unsigned char)bss[i + 4095];
	printf("sum: %lu\n", sum);
	return 0;
}
