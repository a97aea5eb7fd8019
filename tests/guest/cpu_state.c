/* SPDX-License-Identifier: MIT */
// trap: yes
/* x87, SSE and AVX state survive system calls and page faults that the runtime serves. */
#include "t.h"

static bool have_avx(void)
{
	return __builtin_cpu_supports("avx");
}

__attribute__((target("avx"))) static int avx_kept(char *fresh)
{
	unsigned char in[32], out[32];

	for (int i = 0; i < 32; i++)
		in[i] = (unsigned char)(i * 7 + 1);
	__asm__ volatile ("vmovdqu (%0), %%ymm13\n\t"
			  "movb $1, (%2)\n\t"
			  "movb $1, 0x400000(%2)\n\t"
			  "vmovdqu %%ymm13, (%1)\n\tvzeroupper"
			  : : "r" (in), "r" (out), "r" (fresh)
			  : "xmm13", "memory");
	return !memcmp(in, out, 32);
}

int main(void)
{
	char *fresh = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	unsigned short cw = 0x0c3f, cw2;
	double d = 1.5;
	char buf[1000];
	int n;

	printf("avx %d\n", have_avx() ? avx_kept(fresh) : 1);
	__asm__ volatile ("fldcw %0" : : "m" (cw));
	n = snprintf(buf, sizeof(buf), "%f", d);
	getppid();
	fresh[9 << 20] = 1;
	__asm__ volatile ("fstcw %0" : "=m" (cw2));
	printf("control word %x, %d '%s'\n", cw2, n, buf);
	cw = 0x37f;
	__asm__ volatile ("fldcw %0" : : "m" (cw));
	for (int i = 0; i < 1000; i++) {
		d = d * 1.0001 + getppid() * 0;
		fresh[i * 8192] = (char)i;
	}
	printf("%.12f\n", d);
	return 0;
}
