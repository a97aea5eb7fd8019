/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMCS in the log, when an entry failed or an exit makes no sense: every field that the
 * processor has, by encoding (SDM 3, appendix B).  Switched on by dynamic debug, rate limited.
 */
#define pr_fmt(fmt) "mvm: " fmt

#include <linux/ratelimit.h>

#include "core.h"
#include "vmx_int.h"

/* Width (14:13), type (11:10) and how many indices (9:1) to look at. */
static const struct { u16 first, count; } areas[] = {
	{ 0x0000, 2 }, { 0x0800, 9 }, { 0x0c00, 7 },
	{ 0x2000, 28 }, { 0x2400, 1 }, { 0x2800, 10 }, { 0x2c00, 3 },
	{ 0x4000, 18 }, { 0x4400, 8 }, { 0x4800, 23 }, { 0x4c00, 1 },
	{ 0x6000, 8 }, { 0x6400, 6 }, { 0x6800, 20 }, { 0x6c00, 12 },
};

static bool try_read(unsigned long field, unsigned long *val)
{
	bool ok;

	asm volatile("1: vmread %[field], %[val]\n\t"
		     "seta %[ok]\n"
		     "2:\n\t"
		     _ASM_EXTABLE(1b, 2b)
		     : [val] "=&r" (*val), [ok] "=&qm" (ok)
		     : [field] "r" (field), "1" (false) : "cc");
	return ok;
}

void vmx_dump(struct mvm_vcpu *vcpu)
{
	static DEFINE_RATELIMIT_STATE(limit, 10 * HZ, 2);
	unsigned long field, val;
	unsigned int i, j;

	if (!__ratelimit(&limit))
		return;
	pr_debug("vcpu %u: exit reason %x, VM-instruction error %lu; VMCS:\n", vcpu->id,
		 to_vmx(vcpu)->exit_reason, vmcs_read(VM_INSTRUCTION_ERROR));
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		for (j = 0; j < areas[i].count; j++) {
			field = areas[i].first + 2 * j;
			if (try_read(field, &val))
				pr_debug("%04lx: %lx\n", field, val);
		}
	}
}
