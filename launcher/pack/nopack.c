/* SPDX-License-Identifier: MIT */
/* Without CONFIG_PACK the commands do not exist; these are never called. */
#include "msg.h"
#include "pack.h"

int pack(const struct plan *plan)
{
	(void)plan;
	return EXIT_MVM;
}

int inspect(const struct plan *plan)
{
	(void)plan;
	return EXIT_MVM;
}

int unpack(const struct plan *plan)
{
	(void)plan;
	return EXIT_MVM;
}
