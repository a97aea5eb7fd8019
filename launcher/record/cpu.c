/* SPDX-License-Identifier: MIT */
/* The processor of a run that is recorded, and whether another one can stand for it: see cpu.h. */
#include <cpuid.h>
#include <stddef.h>

#include "cpu.h"

#define BIT_RDTSCP	(1U << 27)	/* CPUID.80000001:EDX */

void cpu_model_recorded(struct cpu_model *m)
{
	cpu_model_leaf(m, 1, 0)->ecx &= ~bit_RDRND;
	cpu_model_leaf(m, 7, 0)->ebx &= ~bit_RDSEED;
	cpu_model_leaf(m, 7, 0)->ecx &= ~bit_RDPID;
	cpu_model_leaf(m, 0x80000001, 0)->edx &= ~BIT_RDTSCP;
	m->no_tsc = 1;
}

/* Those that a program may depend on.  What is not listed here is told of by its number. */
static const struct feature {
	uint32_t leaf, reg, bit;	/* reg: 1 EBX, 2 ECX, 3 EDX */
	const char *name;
} named_features[] = {
	{ 1, 2, bit_SSE3, "SSE3" }, { 1, 2, bit_SSSE3, "SSSE3" }, { 1, 2, bit_SSE4_1, "SSE4.1" },
	{ 1, 2, bit_SSE4_2, "SSE4.2" }, { 1, 2, bit_POPCNT, "POPCNT" }, { 1, 2, bit_AES, "AES" },
	{ 1, 2, bit_PCLMUL, "PCLMUL" }, { 1, 2, bit_MOVBE, "MOVBE" }, { 1, 2, bit_FMA, "FMA" },
	{ 1, 2, bit_F16C, "F16C" }, { 1, 2, bit_AVX, "AVX" }, { 1, 2, bit_XSAVE, "XSAVE" },
	{ 7, 1, bit_AVX2, "AVX2" }, { 7, 1, bit_BMI, "BMI1" }, { 7, 1, bit_BMI2, "BMI2" },
	{ 7, 1, bit_ADX, "ADX" }, { 7, 1, bit_SHA, "SHA" }, { 7, 1, bit_FSGSBASE, "FSGSBASE" },
	{ 0x80000001, 2, bit_LZCNT, "LZCNT" },
};

static uint32_t reg_of(const struct kvm_cpuid_entry2 *e, uint32_t reg)
{
	return reg == 1 ? e->ebx : reg == 2 ? e->ecx : e->edx;
}

static const char *name_of(uint32_t leaf, uint32_t reg, uint32_t lacking)
{
	for (size_t i = 0; i < sizeof(named_features) / sizeof(named_features[0]); i++)
		if (named_features[i].leaf == leaf && named_features[i].reg == reg &&
		    named_features[i].bit & lacking)
			return named_features[i].name;
	return "a feature";
}

const char *cpu_model_lacks(struct cpu_model *m, struct cpu_model *want)
{
	static const uint32_t leaves[] = { 1, 7, 0x80000001 };

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		const struct kvm_cpuid_entry2 *have = cpu_model_leaf(m, leaves[i], 0);
		const struct kvm_cpuid_entry2 *need = cpu_model_leaf(want, leaves[i], 0);

		/* EBX of leaf 1 is numbers. */
		for (uint32_t reg = leaves[i] == 1 ? 2 : 1; need && reg <= 3; reg++) {
			uint32_t lacking = reg_of(need, reg) & ~reg_of(have, reg);

			if (lacking)
				return name_of(leaves[i], reg, lacking);
		}
	}
	return want->xcr0 & ~m->xcr0 ? "XSAVE" : NULL;
}
