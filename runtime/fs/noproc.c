/* SPDX-License-Identifier: MIT */
/* Without CONFIG_PROC the directory /proc is there and stays empty. */
#include "fs/vfs.h"

void proc_init(void)
{
}
