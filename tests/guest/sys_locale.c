/* SPDX-License-Identifier: MIT */
/* Library code on top: sorting, searching, time zones, wide characters, long strings. */
#include <locale.h>
#include <time.h>
#include <wchar.h>
#include "t.h"

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int main(void)
{
	static int v[50000];
	time_t t = 1700000000;
	unsigned long sum = 0;
	char buf[100];

	srand(1);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = rand() % 1000003;
	qsort(v, ARRAY_SIZE(v), sizeof(int), compare);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		sum = sum * 31 + v[i];
	printf("%lx\n", sum);
	strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", gmtime(&t));
	puts(buf);
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S %Z", localtime(&t));
	puts(buf);
	setlocale(LC_ALL, "C.UTF-8");
	printf("%zu\n", wcslen(L"\x00e4\x00f6\x00fc"));
	printf("%s\n", strerror(ENOSPC));
	return 0;
}
