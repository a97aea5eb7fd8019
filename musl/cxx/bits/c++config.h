/* SPDX-License-Identifier: MIT */
/*
 * Comes before libstdc++'s header of this name, which Debian configured for glibc, and takes back
 * what musl does not have.
 */
#ifndef __GLIBC_PREREQ
#define __GLIBC_PREREQ(major, minor) 0	/* asked by libstdc++'s other headers too */
#endif
#include_next <bits/c++config.h>

#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK

/* glibc's name of the type. */
#define __locale_t locale_t
