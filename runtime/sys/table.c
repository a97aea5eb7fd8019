/* SPDX-License-Identifier: MIT */
/* The dispatch table and the names, made from the one list in sys/calls.h. */
#include "sys/table.h"

#include <asm/unistd.h>

#include "fs/syscalls.h"
#include "mm/mm.h"
#include "net/syscalls.h"
#include "sys/syscalls.h"

/* Newer than the UAPI headers of the oldest supported distribution. */
#ifndef __NR_cachestat
#define __NR_cachestat	451
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2	452
#endif

/* The groups that are no Kconfig options: always there. */
#define CONFIG_BASE	1
#define CONFIG_FILES	1
#define CONFIG_MEMORY	1

/*
 * Functions take as many arguments as their call has; on x86-64 a caller that passes more does
 * no harm.  A group that is off leaves a NULL and no reference to the function.
 */
#define ALIAS(name, fn, group)	\
	[__NR_##name] = IS_ENABLED(CONFIG_##group) ? (sys_fn *)(void (*)(void))sys_##fn : NULL,
#define CALL(name, group)	ALIAS(name, name, group)
#define NONE(name)
#define LACKS(name, what)

sys_fn *const sys_table[SYS_TABLE_SIZE] = {
#include "sys/calls.h"
};

#undef ALIAS
#undef CALL
#undef NONE
#undef LACKS

/* Names one after another, in the order of the numbers beside them. */
#define ALIAS(name, fn, group)	#name "\0"
#define CALL(name, group)	#name "\0"
#define NONE(name)		#name "\0"
#define LACKS(name, what)

static const char names[] =
#include "sys/calls.h"
;

#undef ALIAS
#undef CALL
#undef NONE
#undef LACKS

#define ALIAS(name, fn, group)	__NR_##name,
#define CALL(name, group)	__NR_##name,
#define NONE(name)		__NR_##name,
#define LACKS(name, what)

static const u16 numbers[] = {
#include "sys/calls.h"
};

const char *sys_name(u64 nr)
{
	const char *name = names;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i] == nr)
			return name;
		name += strlen(name) + 1;
	}
	return "?";
}
