/* SPDX-License-Identifier: MIT */
// trap: yes
/* The auxiliary vector says what is true. */
#include <elf.h>
#include <sys/auxv.h>
#include "t.h"

extern const Elf64_Ehdr __ehdr_start;
extern void _start(void);

int main(void)
{
	const Elf64_Phdr *phdr = (const void *)getauxval(AT_PHDR);
	const unsigned char *random = (const void *)getauxval(AT_RANDOM);
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
	int sum = 0;

	FACT(getauxval(AT_PAGESZ) == 4096);
	FACT((const char *)phdr == (const char *)&__ehdr_start + __ehdr_start.e_phoff);
	FACT(getauxval(AT_PHNUM) == __ehdr_start.e_phnum);
	FACT(getauxval(AT_PHENT) == sizeof(Elf64_Phdr));
	FACT(getauxval(AT_ENTRY) == (unsigned long)_start);
	FACT(getauxval(AT_BASE) == 0);
	FACT(getauxval(AT_CLKTCK) == 100);
	FACT(getauxval(AT_SECURE) == 0);
	FACT(getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid());
	FACT(getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid());
	FACT(random != NULL);
	for (int i = 0; i < 16; i++)
		sum += random[i];
	FACT(sum != 0);
	FACT(getauxval(AT_EXECFN) && strlen((const char *)getauxval(AT_EXECFN)) > 0);
	FACT(getauxval(AT_PLATFORM) && !strcmp((const char *)getauxval(AT_PLATFORM), "x86_64"));
	FACT(getauxval(AT_HWCAP) & (1 << 26));	/* SSE2 */
	FACT(sp % 16 == 0);
	return 0;
}
