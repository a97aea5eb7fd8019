/* SPDX-License-Identifier: MIT */
/*
 * A launcher without CONFIG_TTY: a terminal is a stream of bytes, and nothing is to be put back.
 */
#include "service.h"

void tty_restore(void)
{
}
