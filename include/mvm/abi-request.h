/* SPDX-License-Identifier: MIT */
/*
 * The part of the ABI that grows most often: the numbers of the requests, and the structures and
 * flags that travel with them.  Included by <mvm/abi.h>, which has the rules.
 */
#ifndef MVM_ABI_REQUEST_H
#define MVM_ABI_REQUEST_H

#include <stdint.h>

/* ---- Requests ----------------------------------------------------------------------------- */

/*
 * All but MVM_OP_WAIT complete without blocking on anything but the file system.  A path is
 * addr/len, not NUL-terminated, 1..MVM_PATH_MAX bytes without a NUL, relative; it is resolved
 * below the DIR handle it comes with and never above it (-EXDEV); "." names the handle itself.
 * Unless stated otherwise res is 0 or a negative errno, and a handle that is not open is
 * -EBADF, a missing right -EACCES (-EBADF for read and write, as Linux), a bad guest address
 * -EFAULT, an unknown flag -EINVAL.
 *
 * enum mvm_op: the numbers.  In = fields of the entry, out = of the completion.
 */
#define MVM_PATH_MAX		4095U
#define MVM_HANDLES_MAX		16384U		/* handles a VM may hold; then -EMFILE */
#define MVM_IO_MAX		0x7ffff000UL	/* bytes moved by one request at most, as Linux */

enum mvm_op {
	MVM_OP_NOP = 0,

	/* -- the VM itself -- */
	/* Ends the VM.  in: arg = exit status 0..255, or 128+n with len2 = signal number n when the
	 * application died of a signal; then addr/len is a struct mvm_crash, or nothing with
	 * SIGKILL when there was no memory left.  Never completes; but with MVM_EXIT_BEHIND or'ed
	 * to arg, handle = a STREAM: -EAGAIN where the last WRITE to it did not take all that it
	 * was given. */
	MVM_OP_EXIT = 1,
	/* A line for mvm -v (or, with arg = 1, for standard error in any case).  in: addr/len. */
	MVM_OP_LOG = 2,
	/* Host time.  Kick only.  out: addr/len is a struct mvm_time. */
	MVM_OP_TIME = 3,
	/* Waits until MVM_OP_EVENTS has something to tell, and tells it.  Kick only.  in: addr/len
	 * as there, or len = 0 for the time alone; arg = timeout in ns, UINT64_MAX for ever; off =
	 * as MVM_OP_TICK's arg, from its end on.  res: how many, 0 on time-out.  A tick that was
	 * asked for before is taken back.  len2 = MVM_READY_* with MVM_BOOT_READY: this is the
	 * point for a snapshot, and all that the processor holds of the application is in
	 * memory. */
	MVM_OP_WAIT = 4,
	/* in: addr/len, len <= 256; filled with host randomness.  res: bytes. */
	MVM_OP_RANDOM = 5,
	/* Adds RAM after the last byte.  Kick only.  in: arg = bytes, 2 MiB aligned.  out[0]: the
	 * new ram_size.  -ENOMEM beyond ram_max. */
	MVM_OP_MEM_GROW = 6,
	/* Gives memory back; it reads as zero afterwards.  in: addr/len, page aligned. */
	MVM_OP_MEM_RELEASE = 7,
	/* Counts a system call the runtime does not have, for --stats.  in: arg = number; len = how
	 * many times, 0 counts as 1. */
	MVM_OP_MISSING = 8,
	/* With MVM_BOOT_EXEC, where frames at first can be written or executed as the program's
	 * segments say, those of the runtime's text for ever: what may be done with these.  Kick
	 * only.  in: addr/len, page aligned, from MVM_GPA_APP on; arg = MVM_FRAMES_*. */
	MVM_OP_MEM_EXEC = 9,
	/* From now on MVM_OP_EVENTS tells when the handle becomes ready: once for each change, and
	 * once for what is ready now, also when asked again.  in: arg = MVM_WAIT_IN, _OUT, _RDHUP;
	 * 0: no more.  Needs MVM_RIGHT_WAIT; -EPERM for what is always ready. */
	MVM_OP_WATCH = 10,
	/* What has become ready.  Never blocks.  in: addr/len = room for struct mvm_wait[len];
	 * handle and revents are written.  res: how many; there may be more. */
	MVM_OP_EVENTS = 11,
	/* What is ready now.  in: addr = struct mvm_wait[len], len <= MVM_WAIT_MAX; each revents is
	 * written.  res: handles that are ready.  Needs MVM_RIGHT_WAIT; files are always ready. */
	MVM_OP_READY = 12,
	/* One timer interrupt.  in: arg = ns from now; 0: none.  The last one counts.  It comes as
	 * vector MVM_VECTOR_TICK when the application runs; while the runtime does (RIP between
	 * MVM_VA_RT_TEXT and MVM_VA_RT_END) ring.attention is set, and it is tried again. */
	MVM_OP_TICK = 13,
	/* Which signals that mvm is sent are the application's.  in: arg = MVM_SIGNAL() bits, some
	 * of MVM_SIGNALS; the last request counts.  One that comes sets its bit in ring.signals,
	 * ends a WAIT with -EINTR, and interrupts as a tick does.  The others do to mvm what they
	 * do by default. */
	MVM_OP_SIGNALS = 14,

	/* -- bytes -- */
	/* READ/WRITE: addr/len or IOV; off = position, MVM_OFF_CURRENT for streams (mandatory
	 * there: -ESPIPE).  WRITE: arg bit 0 = append (off ignored; out[0] = the offset after).
	 * res: bytes; -EAGAIN where a stream is not ready. */
	MVM_OP_READ = 16,
	MVM_OP_WRITE = 17,
	/* in: arg = 1 data only. */
	MVM_OP_FSYNC = 18,
	/* in: off = new size. */
	MVM_OP_FTRUNCATE = 19,
	/* in: off, len2 = range; arg = mode (0 or FALLOC_FL_KEEP_SIZE, PUNCH_HOLE|KEEP_SIZE). */
	MVM_OP_FALLOCATE = 20,
	/* in: off; arg = SEEK_DATA or SEEK_HOLE; with MVM_RIGHT_OFFSET also SEEK_SET, SEEK_CUR and
	 * SEEK_END, off signed.  res: the offset. */
	MVM_OP_SEEK = 21,
	/* Advisory record locks owned by this open file (OFD locks).  in: off, len2 (0: to the
	 * end); arg = F_RDLCK, F_WRLCK or F_UNLCK, with MVM_LOCK_TEST only asks.  res: -EAGAIN when
	 * held elsewhere; with TEST 0 and out[0] = F_UNLCK or the conflicting type. */
	MVM_OP_LOCK = 22,

	/* -- names: handle is a DIR -- */
	/* in: path; arg = MVM_O_* | mode << 32.  res: a new handle; out[0] = kind | rights << 32;
	 * when len2 is not 0, addr2/len2 is filled with its struct mvm_stat. */
	MVM_OP_OPEN = 32,
	MVM_OP_CLOSE = 33,
	/* in: path (len 0: the handle itself, of any kind); arg = 1: do not follow a last symlink.
	 * addr2/len2 <- struct mvm_stat. */
	MVM_OP_STAT = 34,
	/* Lists.  addr/len <- struct linux_dirent64 records.  in: off = 0 to rewind first, else
	 * MVM_OFF_CURRENT, or a d_off to seek to.  res: bytes, 0 at the end. */
	MVM_OP_GETDENTS = 35,
	/* in: path; arg = mode. */
	MVM_OP_MKDIR = 36,
	/* in: path; arg = 1 removes a directory. */
	MVM_OP_UNLINK = 37,
	/* in: path; addr2/len2 = new path below the DIR handle (int32_t)off; arg = RENAME_*. */
	MVM_OP_RENAME = 38,
	/* in: as RENAME: a hard link to path.  arg 0. */
	MVM_OP_LINK = 39,
	/* in: path = the new link; addr2/len2 = its contents. */
	MVM_OP_SYMLINK = 40,
	/* in: path; addr2/len2 <- contents.  res: bytes. */
	MVM_OP_READLINK = 41,
	/* in: path or the handle itself (len 0); arg = 1 no follow; addr2/len2 = struct
	 * mvm_setattr. */
	MVM_OP_SETATTR = 42,
	/* in: handle of any file-system kind.  addr2/len2 <- struct mvm_statfs. */
	MVM_OP_STATFS = 43,

	/* -- terminals -- */
	/* in: arg = TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TCFLSH | (queue << 32);
	 * addr/len: struct termios (kernel's, 36 bytes) or struct winsize. */
	MVM_OP_TTY = 48,

	/* -- sockets.  None of these blocks: -EAGAIN.  READ and WRITE move a SOCKET's bytes. -- */
	/* in: handle = LISTENER; addr2/len2 <- struct mvm_inet of the peer, len2 0: not asked for.
	 * res: a new handle, a SOCKET. */
	MVM_OP_ACCEPT = 49,
	/* A new socket, connected to what a --connect grants.  in: addr/len = struct mvm_inet, its
	 * proto TCP: res: a SOCKET; out[0] = 1: not connected yet, POLLOUT and MVM_SO_ERROR tell.
	 * proto UDP: a DATAGRAM, with port 0 not connected and of the address's family.
	 * -EACCES: not granted.  Or in: handle = UNIX, len = 0: a SOCKET that is connected there;
	 * -EAGAIN when the server has too many that it did not accept yet. */
	MVM_OP_CONNECT = 50,
	/* in: handle = SOCKET; arg = 0 (no more is received), 1 (sent), 2 (both). */
	MVM_OP_SHUTDOWN = 51,
	/* One datagram.  in: handle = DATAGRAM; addr/len or IOV; addr2/len2 = struct mvm_inet,
	 * where to, len2 0: where it is connected to.  res: bytes.  -EACCES: not granted; a
	 * DATAGRAM of --listen may also answer who has sent to it. */
	MVM_OP_SEND = 52,
	/* One datagram, or bytes of a SOCKET.  in: addr/len or IOV; arg = MVM_RECV_PEEK;
	 * addr2/len2 <- struct mvm_inet, from where, len2 0: not asked for.  res: bytes; out[0] =
	 * the datagram's bytes, which may be more. */
	MVM_OP_RECV = 53,
	/* in: handle = SOCKET or DATAGRAM; arg = MVM_SO_*.  out[0]: the value. */
	MVM_OP_GETSOCKOPT = 54,
	/* in: arg = MVM_SO_*; off = the value. */
	MVM_OP_SETSOCKOPT = 55,
	/* in: handle = LISTENER, SOCKET or DATAGRAM; arg = 1: the peer's; addr2/len2 <- struct
	 * mvm_inet. */
	MVM_OP_GETNAME = 56,
	/* Bytes of a file to a SOCKET, past the guest.  in: handle = SOCKET; arg = a FILE with
	 * READ and SEEK, | MVM_SENDFILE_BEHIND; off, len.  res: bytes, fewer at the end of the file
	 * and where the SOCKET takes no more; -EINVAL: not with a file of this kind. */
	MVM_OP_SENDFILE = 58,

	/* -- tracing -- */
	/* The records up to mvm_trace.tail are read: the runtime may write over them. */
	MVM_OP_TRACE = 57,
	/* With MVM_BOOT_MAPPED: a piece of a file is mapped to be executed.  in: handle = the FILE;
	 * off = where in it the mapped file begins (in an archive); addr/len = struct mvm_mapped,
	 * the file's path behind it. */
	MVM_OP_MAPPED = 59,

	MVM_OP_MAX = 64,		/* one past the largest number this ABI could name */
};

/* MVM_OP_WAIT: why the program is ready. */
#define MVM_READY_STDIN		1U		/* it waits for standard input */
#define MVM_READY_LISTENER	2U		/* it waits for a connection to a LISTENER */
#define MVM_READY_ASKED		3U		/* it called mvm_ready() */
/* MVM_OP_SIGNALS.  Linux's numbers: HUP INT USR1 USR2 TERM CONT WINCH. */
#define MVM_SIGNAL(n)		(1U << ((n) - 1))
#define MVM_SIGNALS		(MVM_SIGNAL(1) | MVM_SIGNAL(2) | MVM_SIGNAL(10) | MVM_SIGNAL(12) | \
				 MVM_SIGNAL(15) | MVM_SIGNAL(18) | MVM_SIGNAL(28))

/* MVM_OP_MEM_EXEC */
#define MVM_FRAMES_RW		0U		/* not executed */
#define MVM_FRAMES_RX		1U		/* not written by the guest */
#define MVM_FRAMES_RWX		2U

/* MVM_OP_OPEN flags: the ABI's own, so that no host flag can be smuggled in. */
#define MVM_O_READ		(1U << 0)
#define MVM_O_WRITE		(1U << 1)
#define MVM_O_CREATE		(1U << 2)
#define MVM_O_EXCL		(1U << 3)
#define MVM_O_TRUNC		(1U << 4)
#define MVM_O_APPEND		(1U << 5)
#define MVM_O_DIRECTORY		(1U << 6)
#define MVM_O_NOFOLLOW		(1U << 7)
#define MVM_O_TMPFILE		(1U << 8)
#define MVM_O_PATH		(1U << 9)	/* neither read nor write: stat, names below it */
#define MVM_O_SYNC		(1U << 10)
#define MVM_O_DSYNC		(1U << 11)

#define MVM_LOCK_TEST		(1U << 8)

#define MVM_EXIT_BEHIND		(1UL << 32)

/* -EAGAIN if the last WRITE to the SOCKET did not take all that it was given. */
#define MVM_SENDFILE_BEHIND	(1UL << 32)

#define MVM_RECV_PEEK		(1U << 0)

/* MVM_OP_GETSOCKOPT, MVM_OP_SETSOCKOPT: values as the option of that name has them. */
enum mvm_so {
	MVM_SO_ERROR = 0,		/* get only, and it is taken */
	MVM_SO_INQ = 1,			/* get only: bytes to be read, FIONREAD */
	MVM_SO_OUTQ = 2,		/* get only: bytes not yet acknowledged, SIOCOUTQ */
	MVM_SO_RESET = 3,		/* set only: closing resets, SO_LINGER with 0 s */
	MVM_SO_KEEPALIVE = 4,
	MVM_SO_SNDBUF = 5,
	MVM_SO_RCVBUF = 6,
	MVM_SO_NODELAY = 7,
	MVM_SO_CORK = 8,
	MVM_SO_KEEPIDLE = 9,
	MVM_SO_KEEPINTVL = 10,
	MVM_SO_KEEPCNT = 11,
	MVM_SO_USER_TIMEOUT = 12,
};

/* Fixed-size twin of struct stat: no host layout leaks into the ABI. */
struct mvm_stat {
	uint64_t dev, ino, nlink, rdev, size, blocks;
	uint32_t mode, uid, gid, blksize;
	int64_t atime_sec, mtime_sec, ctime_sec;
	uint32_t atime_nsec, mtime_nsec, ctime_nsec, pad;
};

struct mvm_statfs {
	uint64_t type, bsize, blocks, bfree, bavail, files, ffree, namelen, frsize, flags;
};

#define MVM_SET_MODE		(1U << 0)
#define MVM_SET_OWNER		(1U << 1)	/* uid and gid, UINT32_MAX: leave */
#define MVM_SET_ATIME		(1U << 2)
#define MVM_SET_MTIME		(1U << 3)
#define MVM_SET_ATIME_NOW	(1U << 4)
#define MVM_SET_MTIME_NOW	(1U << 5)

struct mvm_setattr {
	uint32_t mask;			/* MVM_SET_* */
	uint32_t mode, uid, gid;
	int64_t atime_sec, mtime_sec;
	uint32_t atime_nsec, mtime_nsec;
};

#define MVM_WAIT_MAX		1024U
#define MVM_WAIT_IN		0x001U		/* POLLIN */
#define MVM_WAIT_OUT		0x004U		/* POLLOUT */
#define MVM_WAIT_ERR		0x008U		/* POLLERR, always asked for */
#define MVM_WAIT_HUP		0x010U		/* POLLHUP, always asked for */
#define MVM_WAIT_RDHUP		0x2000U		/* POLLRDHUP */

struct mvm_wait {
	int32_t handle;
	uint16_t events;
	uint16_t revents;
};

#endif
