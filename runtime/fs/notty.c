/* SPDX-License-Identifier: MIT */
/* Without CONFIG_TTY a terminal is a stream like any other. */
#include "fs/vfs.h"

long tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	return ioctl_enotty(f, cmd, arg);
}
