/* SPDX-License-Identifier: MIT */
/* Without CONFIG_DISK the launcher grants no disks. */
#include "fs/vfs.h"

void disk_init(void)
{
}
