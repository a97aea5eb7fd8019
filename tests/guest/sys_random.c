/* SPDX-License-Identifier: MIT */
// trap: yes
/* getrandom: all lengths, flags, no repetition. */
#include <sys/random.h>
#include "t.h"

int main(void)
{
	static unsigned char a[100000], b[100000];
	int hist[256] = { 0 }, poor = 0;

	SHOW(getrandom(a, 16, 0));
	SHOW(getrandom(b, 16, GRND_NONBLOCK));
	FACT(memcmp(a, b, 16));
	SHOW(getrandom(a, 0, 0));
	SHOW(getrandom(a, sizeof(a), 0));
	SHOW(getrandom(b, sizeof(b), GRND_RANDOM));
	FACT(memcmp(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++)
		hist[a[i]]++;
	for (int i = 0; i < 256; i++)
		poor += hist[i] < 200 || hist[i] > 700;
	printf("uneven values: %d\n", poor);
	SHOW(getrandom(a, 16, 0x80));
	SHOW(syscall(SYS_getrandom, (void *)8, 16, 0));
	return 0;
}
