/* SPDX-License-Identifier: MIT */
/*
 * The real hypercall service behind fs_fake.h's fake_host: both sides of the ring in one process,
 * so that runtime/fs can be tested on real directories without a VM.  Guest-physical memory is
 * the whole process, from MVM_VA_LINEAR on.  Force-included: see mm_host.h.
 */
#ifndef FS_SERVICE_H
#define FS_SERVICE_H

#include <mvm/abi.h>

#undef MVM_VA_LINEAR
#define MVM_VA_LINEAR	0x10000UL	/* vm.mmap_min_addr: below it nothing lies */

/* Grants directory host_dir at guest_path; before fake_start().  0, or -1. */
int fs_service_start(const char *host_dir, const char *guest_path, uint32_t rights);

/* Requests made since the last call. */
unsigned long fs_service_requests(void);

#endif
