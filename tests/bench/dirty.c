/* SPDX-License-Identifier: MIT */
/*
 * A function that changes as many pages as it is asked for, of an array that it filled before it
 * became ready: what resetting it costs.
 */
#include <stdlib.h>
#include <unistd.h>

#define PAGE	4096UL

static volatile char memory[16384 * PAGE] __attribute__((aligned(4096)));

int main(void)
{
	char request[32] = "";
	unsigned long n;

	for (unsigned long i = 0; i < sizeof(memory); i += PAGE)
		memory[i] = 1;
	if (read(STDIN_FILENO, request, sizeof(request) - 1) <= 0)
		return 1;
	n = strtoul(request, NULL, 10);
	for (unsigned long i = 0; i < n && i < sizeof(memory) / PAGE; i++)
		memory[i * PAGE] = 2;
	return write(STDOUT_FILENO, "ok\n", 3) == 3 ? 0 : 1;
}
