/* SPDX-License-Identifier: MIT */
/*
 * /proc/cpuinfo: the processor as CPUID describes it to the guest, in the words of the kernel.
 * Source: Intel SDM volume 2, CPUID; the names of features are those of Linux's cpufeatures.h.
 */
#include "fs/proc.h"
#include "lib/printf.h"
#include <cpuid.h>

#define TEXT_MAX	4096U		/* of one processor */

enum reg { EAX, EBX, ECX, EDX };

struct feature {
	u32 leaf;
	u8 sub, reg, bit;
	const char *name;
};

static const struct feature features[] = {
	{ 1, 0, EDX, 0, "fpu" }, { 1, 0, EDX, 1, "vme" }, { 1, 0, EDX, 2, "de" },
	{ 1, 0, EDX, 3, "pse" }, { 1, 0, EDX, 4, "tsc" }, { 1, 0, EDX, 5, "msr" },
	{ 1, 0, EDX, 6, "pae" }, { 1, 0, EDX, 7, "mce" }, { 1, 0, EDX, 8, "cx8" },
	{ 1, 0, EDX, 9, "apic" }, { 1, 0, EDX, 11, "sep" }, { 1, 0, EDX, 12, "mtrr" },
	{ 1, 0, EDX, 13, "pge" }, { 1, 0, EDX, 14, "mca" }, { 1, 0, EDX, 15, "cmov" },
	{ 1, 0, EDX, 16, "pat" }, { 1, 0, EDX, 17, "pse36" }, { 1, 0, EDX, 19, "clflush" },
	{ 1, 0, EDX, 23, "mmx" }, { 1, 0, EDX, 24, "fxsr" }, { 1, 0, EDX, 25, "sse" },
	{ 1, 0, EDX, 26, "sse2" }, { 1, 0, EDX, 27, "ss" }, { 1, 0, EDX, 28, "ht" },
	{ 0x80000001, 0, EDX, 11, "syscall" }, { 0x80000001, 0, EDX, 20, "nx" },
	{ 0x80000001, 0, EDX, 26, "pdpe1gb" }, { 0x80000001, 0, EDX, 27, "rdtscp" },
	{ 0x80000001, 0, EDX, 29, "lm" }, { 1, 0, ECX, 0, "pni" }, { 1, 0, ECX, 1, "pclmulqdq" },
	{ 1, 0, ECX, 9, "ssse3" }, { 1, 0, ECX, 12, "fma" }, { 1, 0, ECX, 13, "cx16" },
	{ 1, 0, ECX, 17, "pcid" }, { 1, 0, ECX, 19, "sse4_1" }, { 1, 0, ECX, 20, "sse4_2" },
	{ 1, 0, ECX, 21, "x2apic" }, { 1, 0, ECX, 22, "movbe" }, { 1, 0, ECX, 23, "popcnt" },
	{ 1, 0, ECX, 25, "aes" }, { 1, 0, ECX, 26, "xsave" }, { 1, 0, ECX, 28, "avx" },
	{ 1, 0, ECX, 29, "f16c" }, { 1, 0, ECX, 30, "rdrand" }, { 1, 0, ECX, 31, "hypervisor" },
	{ 0x80000001, 0, ECX, 0, "lahf_lm" }, { 0x80000001, 0, ECX, 5, "abm" },
	{ 0x80000001, 0, ECX, 6, "sse4a" }, { 0x80000001, 0, ECX, 8, "3dnowprefetch" },
	{ 7, 0, EBX, 0, "fsgsbase" }, { 7, 0, EBX, 3, "bmi1" }, { 7, 0, EBX, 5, "avx2" },
	{ 7, 0, EBX, 7, "smep" }, { 7, 0, EBX, 8, "bmi2" }, { 7, 0, EBX, 9, "erms" },
	{ 7, 0, EBX, 10, "invpcid" }, { 7, 0, EBX, 16, "avx512f" }, { 7, 0, EBX, 17, "avx512dq" },
	{ 7, 0, EBX, 18, "rdseed" }, { 7, 0, EBX, 19, "adx" }, { 7, 0, EBX, 20, "smap" },
	{ 7, 0, EBX, 21, "avx512ifma" }, { 7, 0, EBX, 23, "clflushopt" },
	{ 7, 0, EBX, 24, "clwb" }, { 7, 0, EBX, 28, "avx512cd" }, { 7, 0, EBX, 29, "sha_ni" },
	{ 7, 0, EBX, 30, "avx512bw" }, { 7, 0, EBX, 31, "avx512vl" },
	{ 0xd, 1, EAX, 0, "xsaveopt" }, { 0xd, 1, EAX, 1, "xsavec" }, { 0xd, 1, EAX, 2, "xgetbv1" },
	{ 7, 0, ECX, 1, "avx512vbmi" }, { 7, 0, ECX, 2, "umip" }, { 7, 0, ECX, 3, "pku" },
	{ 7, 0, ECX, 6, "avx512_vbmi2" }, { 7, 0, ECX, 8, "gfni" }, { 7, 0, ECX, 9, "vaes" },
	{ 7, 0, ECX, 10, "vpclmulqdq" }, { 7, 0, ECX, 11, "avx512_vnni" },
	{ 7, 0, ECX, 12, "avx512_bitalg" }, { 7, 0, ECX, 14, "avx512_vpopcntdq" },
	{ 7, 0, ECX, 22, "rdpid" }, { 7, 0, EDX, 4, "fsrm" },
};

/* CPUID costs an exit: once a leaf. */
static void ask(u32 leaf, u32 sub, u32 out[4])
{
	u32 highest = __get_cpuid_max(leaf & 0x80000000, NULL);

	memset(out, 0, 4 * sizeof(*out));
	if (leaf <= highest)
		__cpuid_count(leaf, sub, out[EAX], out[EBX], out[ECX], out[EDX]);
}

static u32 put_flags(char *at, u32 max)
{
	u32 regs[4], leaf = 0, sub = ~0U, n = 0;

	for (u32 i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];

		if (f->leaf != leaf || f->sub != sub)
			ask(leaf = f->leaf, sub = f->sub, regs);
		if (regs[f->reg] >> f->bit & 1)
			n += (u32)rt_snprintf(at + n, max - n, " %s", f->name);
	}
	return n;
}

static void model_name(char name[49])
{
	u32 regs[4];

	memset(name, 0, 49);
	for (u32 i = 0; i < 3; i++) {
		ask(0x80000002 + i, 0, regs);
		memcpy(name + 16 * i, regs, 16);
	}
	if (!*name)
		str_copy(name, "unknown", 49);
}

/* SDM: the extended parts count where the family is 15, and for the model also where it is 6. */
static u32 family_of(u32 eax)
{
	u32 family = eax >> 8 & 15;

	return family == 15 ? family + (eax >> 20 & 0xff) : family;
}

static u32 model_of(u32 eax)
{
	u32 family = eax >> 8 & 15, model = eax >> 4 & 15;

	return family == 15 || family == 6 ? model + ((eax >> 16 & 15) << 4) : model;
}

/* All of a processor but its number. */
static u32 describe(char *at, u32 max)
{
	u32 vendor[4], leaf1[4], sizes[4], l2[4], n;
	char name[49];

	ask(0, 0, vendor);
	ask(1, 0, leaf1);
	ask(0x80000008, 0, sizes);
	ask(0x80000006, 0, l2);
	model_name(name);
	n = (u32)rt_snprintf(at, max, "vendor_id\t: %.4s%.4s%.4s\ncpu family\t: %u\nmodel\t\t: %u\n"
			     "model name\t: %s\nstepping\t: %u\ncache size\t: %u KB\n"
			     "physical id\t: 0\nsiblings\t: %u\ncpu cores\t: %u\nfpu\t\t: yes\n"
			     "cpuid level\t: %u\nwp\t\t: yes\nflags\t\t:", (char *)&vendor[EBX],
			     (char *)&vendor[EDX], (char *)&vendor[ECX], family_of(leaf1[EAX]),
			     model_of(leaf1[EAX]), name, leaf1[EAX] & 15, l2[ECX] >> 16,
			     boot->ncpus, boot->ncpus, vendor[EAX]);
	n += put_flags(at + n, max - n);
	return n + (u32)rt_snprintf(at + n, max - n, "\nclflush size\t: %u\ncache_alignment\t: 64\n"
				    "address sizes\t: %u bits physical, %u bits virtual\n\n",
				    (leaf1[EBX] >> 8 & 0xff) * 8, sizes[EAX] & 0xff,
				    sizes[EAX] >> 8 & 0xff);
}

long proc_cpuinfo(struct node *n, char **text)
{
	static char about[TEXT_MAX];	/* the same for all processors, for ever */
	static u32 len;
	u32 at = 0, max;

	(void)n;
	if (!len)
		len = describe(about, TEXT_MAX);
	max = (len + 32) * boot->ncpus + 1;
	*text = kmalloc(max);
	for (u32 i = 0; *text && i < boot->ncpus; i++) {
		at += (u32)rt_snprintf(*text + at, max - at, "processor\t: %u\n", i);
		memcpy(*text + at, about, len);
		at += len;
	}
	return *text ? (long)at : -ENOMEM;
}
