/* SPDX-License-Identifier: MIT */
/* See program_path.h. */
#include <stdio.h>
#include <stdlib.h>
#include "program_path.h"

void program_path(const struct plan *plan, char path[PATH_MAX])
{
	char named[PATH_MAX];
	int n;

	path[0] = '\0';
	if (plan->snapshot || plan->replay || plan->program_part.len)
		return;
	n = plan->root ? snprintf(named, sizeof(named), "%s/%s", plan->root->host, plan->program) :
			 snprintf(named, sizeof(named), "%s", plan->program);
	if (n >= (int)sizeof(named) || !realpath(named, path))
		path[0] = '\0';
}
