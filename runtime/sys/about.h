/* SPDX-License-Identifier: MIT */
/* What /proc tells of the process, for fs/: each from the file of sys/ that owns it. */
#ifndef MVM_RT_SYS_ABOUT_H
#define MVM_RT_SYS_ABOUT_H

#include "rt.h"

struct new_utsname;

/* Part of the program's stack. */
struct user_area {
	u64 at, len;
};
extern struct user_area about_args, about_env, about_auxv;	/* exec.c */

/* What is run: an absolute path, or one of the host. */
const char *about_exe(void);				/* exec.c */

struct about_who {
	u32 uid[4], gid[4];		/* real, effective, saved, file system */
	u64 caps_effective, caps_permitted, caps_inheritable;
};
void about_who(struct about_who *w);			/* creds.c */

/* The soft limit RLIMIT_*; *hard (may be NULL): the hard one.  ~0: none. */
u64 about_limit(u32 which, u64 *hard);			/* limits.c */
/* Nanoseconds: processor time until now; CLOCK_BOOTTIME when the program began. */
u64 about_cpu_ns(void);					/* clock.c */
u64 about_started(void);
u32 about_threads(void);				/* process.c */
struct about_thread {
	s32 tid;
	char state;			/* as ps(1) shows it */
	const char *name;
	u64 cpu_ns;
};
/* Thread tid, or with 0 the process as a whole.  False: there is no such thread. */
bool about_thread(s32 tid, struct about_thread *t);	/* process.c */
/* The number of the first thread from this one on; 0: no more. */
s32 about_next_thread(s32 from);
/* As uname(2). */
void about_system(struct new_utsname *u);		/* system.c */

#endif
