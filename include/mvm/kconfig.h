/* SPDX-License-Identifier: MIT */
/*
 * IS_ENABLED(CONFIG_X): 1 when the Kconfig option is set, else 0, usable in C expressions and
 * in #if.  Force-included everywhere after the generated autoconf.h.
 */
#ifndef MVM_KCONFIG_H
#define MVM_KCONFIG_H

/*
 * An enabled option is defined as 1: pasting gives the placeholder, whose expansion shifts the
 * second argument to 1.  Anything else pastes to an unknown word and the second argument is 0.
 */
#define MVM_PLACEHOLDER_1		0,
#define MVM_SECOND(ignored, value, ...)	value
#define MVM_IS_SET3(junk_or_shift)	MVM_SECOND(junk_or_shift 1, 0, 0)
#define MVM_IS_SET2(value)		MVM_IS_SET3(MVM_PLACEHOLDER_##value)
#define MVM_IS_SET1(value)		MVM_IS_SET2(value)
#define IS_ENABLED(option)		MVM_IS_SET1(option)

#endif
