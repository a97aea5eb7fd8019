/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM for the unit tests of runtime/mm: the linear map is ordinary memory of the test, at
 * an address that AddressSanitizer leaves free.  Force-included, before anything uses the ABI's.
 */
#ifndef MM_HOST_H
#define MM_HOST_H

#ifndef __ASSEMBLER__
#include <mvm/abi.h>

#undef MVM_VA_LINEAR
#define MVM_VA_LINEAR	0x0000500000000000UL
#endif

#endif
