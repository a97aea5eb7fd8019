/* SPDX-License-Identifier: MIT */
/* Descriptors by their numbers: moving one, closing many. */
#ifndef MVM_DESCRIPTOR_H
#define MVM_DESCRIPTOR_H

/*
 * Moves fd to that number, close-on-exec, whatever had it before; fd itself is closed.  The number,
 * or -1 with errno: also when fd is negative, so that what made it need not be looked at before.
 */
int fd_move(int fd, int to);
/*
 * Makes the table of descriptors large, by way of one that is open.  While a process has one thread
 * that costs nothing; with a second, the kernel waits for an RCU grace period, milliseconds, each
 * time the table grows (expand_fdtable() of Linux's fs/file.c).  Where the limit of descriptors is
 * lower, nothing happens.
 */
void fd_make_room(int fd);
/* Closes all of first to last, of which any may be closed already; nothing when last is below. */
void fd_close_range(unsigned int first, unsigned int last);

#endif
