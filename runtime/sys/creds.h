/* SPDX-License-Identifier: MIT */
/* Who the application is.  The host never sees it: its own confinement is what protects it. */
#ifndef MVM_RT_SYS_CREDS_H
#define MVM_RT_SYS_CREDS_H

#include "rt.h"

struct id_set {
	u32 r, e, s, fs;	/* real, effective, saved, file system */
};

struct creds {
	struct id_set uid, gid;
	u64 caps_effective, caps_permitted, caps_inheritable;
	u32 ngroups;
	u32 groups[32];
};

extern struct creds creds;

/* From the boot information.  Called by sys_init(). */
void creds_init(void);

/* Linux capability numbers that this runtime asks for itself. */
#define CAP_SETGID_NR	6
#define CAP_SETUID_NR	7
#define CAP_LAST_NR	40

static inline bool capable(int cap)
{
	return creds.caps_effective >> cap & 1;
}

#endif
