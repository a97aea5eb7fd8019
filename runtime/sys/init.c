/* SPDX-License-Identifier: MIT */
/* Brings up sys/, in the order in which the parts need each other.  No exit happens here. */
#include "sys/clock.h"
#include "sys/creds.h"
#include "sys/process.h"
#include "sys/random.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/system.h"

void sys_init(void)
{
	clock_init();
	/* The seed is wiped where it was: the one write to the boot information. */
	random_init((u8 *)boot->random);
	creds_init();
	limits_init();
	process_init();
	signal_init();
}
