/* SPDX-License-Identifier: MIT */
/* Stands in for landlock.c where the configuration leaves it out. */
#include "confine_int.h"

int confine_landlock_version(void)
{
	return 0;
}

int confine_landlock(const struct confinement *c)
{
	(void)c;
	return 0;
}
