/* SPDX-License-Identifier: MIT */
// cc: bare
// native: no
// expect-status: any
/*
 * Hostile: writes to the runtime's text through the linear map, which the first stage allows.
 * Where the host enforces W^X (MVM_BOOT_EXEC) that is the VM's end; elsewhere nothing comes of it.
 */
#include "bare.h"

void test(void)
{
	const volatile struct mvm_boot *boot = linear(MVM_GPA_BOOT);
	const struct mvm_rt_header *rt = linear(MVM_GPA_RT_TEXT);
	/* The last byte of the text is padding or constants of the runtime. */
	volatile uint8_t *last = linear(MVM_GPA_RT_TEXT + rt->text_size - 1);

	*last = *last;
	/* Not reached where it must not be: the test runs into its limit. */
	while (boot->flags & MVM_BOOT_EXEC)
		;
	quit(0);
}
