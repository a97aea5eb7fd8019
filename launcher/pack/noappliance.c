/* SPDX-License-Identifier: MIT */
/* Without CONFIG_APPLIANCE no launcher has a mark; this is never called. */
#include "msg.h"
#include "appliance.h"

int appliance_main(int argc, char **argv, struct plan *p, struct stats *stats)
{
	(void)argc;
	(void)argv;
	(void)p;
	(void)stats;
	return EXIT_MVM;
}
