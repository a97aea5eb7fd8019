/* SPDX-License-Identifier: MIT */
// trap: yes
/* Initialised data, bss, read-only data, TLS and constructors are in place at main(). */
#include "t.h"

static int data[3] = { 1, 2, 3 };
static char bss[100000];
static const char ro[] = "read-only";
static _Thread_local int tls_data = 42;
static _Thread_local int tls_bss;
static int constructed;

__attribute__((constructor)) static void construct(void)
{
	constructed = 7;
}

static void at_exit_1(void)
{
	puts("exit handler 1");
}

static void at_exit_2(void)
{
	puts("exit handler 2");
}

int main(void)
{
	int sum = 0;

	for (size_t i = 0; i < sizeof(bss); i++)
		sum |= bss[i];
	printf("%d %d %d, bss %d, %s, tls %d %d, constructed %d\n", data[0], data[1], data[2],
	       sum, ro, tls_data, tls_bss, constructed);
	tls_bss = 5;
	data[1] = 9;
	printf("%d %d\n", tls_bss, data[1]);
	atexit(at_exit_1);
	atexit(at_exit_2);
	return 0;
}
