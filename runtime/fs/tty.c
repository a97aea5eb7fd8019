/* SPDX-License-Identifier: MIT */
/*
 * ioctls of terminals.  Settings and window size are the host's; job control is answered here,
 * where there is one process in one session.  Source: ioctl_tty(2).
 */
#include "fs/vfs.h"
#include "sys/process.h"
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>

#define TERMIOS_SIZE	36U		/* the kernel's struct termios */

/* One request with a structure of size bytes; in: it comes from the program. */
static long tty_op(struct file *f, u64 cmd, u64 uarg, u32 size, bool in)
{
	char buf[TERMIOS_SIZE];
	struct mvm_sqe e = { .op = MVM_OP_TTY, .handle = f->handle, .arg = cmd,
			     .addr.v = va_to_gpa(buf), .len = size };
	long res;

	if (in && copy_from_user(buf, uarg, size))
		return -EFAULT;
	res = hyper(&e, NULL);
	if (res >= 0 && !in && size && copy_to_user(uarg, buf, size))
		return -EFAULT;
	return MIN(res, 0);
}

long tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	if (!(f->rights & MVM_RIGHT_TTY))
		return -ENOTTY;
	switch (cmd) {
	case TCGETS:
		return tty_op(f, cmd, arg, TERMIOS_SIZE, false);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return tty_op(f, cmd, arg, TERMIOS_SIZE, true);
	case TIOCGWINSZ:
		return tty_op(f, cmd, arg, sizeof(struct winsize), false);
	case TCFLSH:
		return tty_op(f, cmd | (arg & 3) << 32, 0, 0, false);
	case TCSBRK:			/* tcdrain with a nonzero argument; a break is not for us */
	case TCXONC:
	case TIOCSPGRP:
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TIOCSWINSZ:
		return 0;
	case TIOCGPGRP:
	case TIOCGSID:
		return put_user((int)PROCESS_ID, arg);
	case TIOCOUTQ:
		return put_user((int)0, arg);
	default:
		return -ENOTTY;
	}
}
