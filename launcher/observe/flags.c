/* SPDX-License-Identifier: MIT */
/*
 * The names of flags and values in system calls' arguments, by their man pages.  Numbers stand
 * here where Debian's musl has no name for them yet.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "trace_int.h"

#define N(x)		{ (uint32_t)(x), 0, #x }
#define M(x, mask)	{ (uint32_t)(x), (uint32_t)(mask), #x }
#define V(n, name)	{ n, 0, name }
#define END		{ 0, 0, NULL }

/* Longer ones first: O_SYNC holds O_DSYNC. */
const struct name names_open[] = {
	M(O_RDONLY, O_ACCMODE), M(O_WRONLY, O_ACCMODE), M(O_RDWR, O_ACCMODE), N(O_CREAT), N(O_EXCL),
	N(O_NOCTTY), N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK), N(O_SYNC), N(O_DSYNC), N(O_ASYNC),
	N(O_DIRECT), V(0100000, "O_LARGEFILE"), N(O_TMPFILE), N(O_DIRECTORY), N(O_NOFOLLOW),
	N(O_NOATIME), N(O_CLOEXEC), N(O_PATH), END
};

/* For calls that take O_CLOEXEC and the like, but no access mode. */
const struct name names_fd[] = { N(O_CLOEXEC), N(O_NONBLOCK), N(O_DIRECT), END };

const struct name names_at[] = {
	V(0x100, "AT_SYMLINK_NOFOLLOW"), V(0x200, "AT_REMOVEDIR"), V(0x400, "AT_SYMLINK_FOLLOW"),
	V(0x800, "AT_NO_AUTOMOUNT"), V(0x1000, "AT_EMPTY_PATH"), V(0x2000, "AT_STATX_FORCE_SYNC"),
	V(0x4000, "AT_STATX_DONT_SYNC"), END
};

const struct name names_access[] = { N(R_OK), N(W_OK), N(X_OK), { 0, 7, "F_OK" }, END };
const struct name names_whence[] = {
	N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), V(3, "SEEK_DATA"), V(4, "SEEK_HOLE"), END
};

const struct name names_fcntl[] = {
	N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK), N(F_SETLK),
	N(F_SETLKW), N(F_SETOWN), N(F_GETOWN), N(F_SETSIG), N(F_GETSIG), N(F_DUPFD_CLOEXEC),
	N(F_SETPIPE_SZ), N(F_GETPIPE_SZ), N(F_ADD_SEALS), N(F_GET_SEALS), N(F_OFD_GETLK),
	N(F_OFD_SETLK), N(F_OFD_SETLKW), END
};

const struct name names_ioctl[] = {
	N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TIOCGWINSZ), N(TIOCSWINSZ), N(TIOCGPGRP),
	N(TIOCSPGRP), N(TIOCSCTTY), N(TIOCNOTTY), N(TCFLSH), N(TCSBRK), N(TCXONC), N(FIONREAD),
	N(FIONBIO), N(FIOASYNC), N(FIOCLEX), N(FIONCLEX), N(TIOCOUTQ), N(BLKGETSIZE64),
	N(BLKSSZGET), END
};

const struct name names_falloc[] = {
	N(FALLOC_FL_KEEP_SIZE), N(FALLOC_FL_PUNCH_HOLE), N(FALLOC_FL_COLLAPSE_RANGE),
	N(FALLOC_FL_ZERO_RANGE), N(FALLOC_FL_INSERT_RANGE), N(FALLOC_FL_UNSHARE_RANGE), END
};

const struct name names_rename[] = {
	N(RENAME_NOREPLACE), N(RENAME_EXCHANGE), N(RENAME_WHITEOUT), END
};

const struct name names_statx[] = {
	V(0xfff, "STATX_ALL"), V(0x7ff, "STATX_BASIC_STATS"), V(1, "STATX_TYPE"),
	V(2, "STATX_MODE"), V(4, "STATX_NLINK"), V(8, "STATX_UID"), V(0x10, "STATX_GID"),
	V(0x20, "STATX_ATIME"), V(0x40, "STATX_MTIME"), V(0x80, "STATX_CTIME"),
	V(0x100, "STATX_INO"), V(0x200, "STATX_SIZE"), V(0x400, "STATX_BLOCKS"),
	V(0x800, "STATX_BTIME"), V(0x1000, "STATX_MNT_ID"), END
};

const struct name names_lock[] = {
	V(1, "LOCK_SH"), V(2, "LOCK_EX"), V(8, "LOCK_UN"), V(4, "LOCK_NB"), END
};

const struct name names_prot[] = {
	{ 0, 0, "PROT_NONE" }, N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), N(PROT_GROWSDOWN), END
};

const struct name names_map[] = {
	M(MAP_SHARED, 15), M(MAP_PRIVATE, 15), { 3, 15, "MAP_SHARED_VALIDATE" }, N(MAP_FIXED),
	N(MAP_ANONYMOUS), N(MAP_32BIT), N(MAP_GROWSDOWN), N(MAP_DENYWRITE), N(MAP_LOCKED),
	N(MAP_NORESERVE), N(MAP_POPULATE), N(MAP_NONBLOCK), N(MAP_STACK), N(MAP_HUGETLB),
	V(0x100000, "MAP_FIXED_NOREPLACE"), END
};

const struct name names_mremap[] = {
	V(1, "MREMAP_MAYMOVE"), V(2, "MREMAP_FIXED"), V(4, "MREMAP_DONTUNMAP"), END
};

const struct name names_madvise[] = {
	N(MADV_NORMAL), N(MADV_RANDOM), N(MADV_SEQUENTIAL), N(MADV_WILLNEED), N(MADV_DONTNEED),
	N(MADV_FREE), N(MADV_REMOVE), N(MADV_DONTFORK), N(MADV_DOFORK), N(MADV_HUGEPAGE),
	N(MADV_NOHUGEPAGE), N(MADV_DONTDUMP), N(MADV_DODUMP), V(18, "MADV_WIPEONFORK"),
	V(20, "MADV_COLD"), V(21, "MADV_PAGEOUT"), V(22, "MADV_POPULATE_READ"),
	V(23, "MADV_POPULATE_WRITE"), END
};

const struct name names_msync[] = { N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC), END };

const struct name names_af[] = {
	N(AF_UNSPEC), N(AF_UNIX), N(AF_INET), N(AF_INET6), N(AF_NETLINK), N(AF_PACKET), END
};

const struct name names_sock[] = {
	M(SOCK_STREAM, 15), M(SOCK_DGRAM, 15), M(SOCK_RAW, 15), M(SOCK_SEQPACKET, 15),
	N(SOCK_CLOEXEC), N(SOCK_NONBLOCK), END
};

const struct name names_msg[] = {
	N(MSG_OOB), N(MSG_PEEK), N(MSG_DONTROUTE), N(MSG_CTRUNC), N(MSG_TRUNC), N(MSG_DONTWAIT),
	N(MSG_EOR), N(MSG_WAITALL), N(MSG_CONFIRM), N(MSG_ERRQUEUE), N(MSG_NOSIGNAL), N(MSG_MORE),
	N(MSG_WAITFORONE), N(MSG_FASTOPEN), N(MSG_CMSG_CLOEXEC), END
};

const struct name names_shut[] = { N(SHUT_RD), N(SHUT_WR), N(SHUT_RDWR), END };

const struct name names_sol[] = {
	N(SOL_SOCKET), V(0, "SOL_IP"), V(6, "SOL_TCP"), V(17, "SOL_UDP"), V(41, "SOL_IPV6"), END
};

const struct name names_sockopt[] = {
	N(SO_REUSEADDR), N(SO_TYPE), N(SO_ERROR), N(SO_DONTROUTE), N(SO_BROADCAST), N(SO_SNDBUF),
	N(SO_RCVBUF), N(SO_KEEPALIVE), N(SO_OOBINLINE), N(SO_PRIORITY), N(SO_LINGER),
	N(SO_REUSEPORT), N(SO_PASSCRED), N(SO_PEERCRED), N(SO_RCVLOWAT), N(SO_SNDLOWAT),
	V(20, "SO_RCVTIMEO"), V(21, "SO_SNDTIMEO"), N(SO_BINDTODEVICE), N(SO_ACCEPTCONN),
	N(SO_SNDBUFFORCE), N(SO_RCVBUFFORCE), N(SO_PROTOCOL), N(SO_DOMAIN), END
};

const struct name names_tcpopt[] = {
	N(TCP_NODELAY), N(TCP_MAXSEG), N(TCP_CORK), N(TCP_KEEPIDLE), N(TCP_KEEPINTVL),
	N(TCP_KEEPCNT), N(TCP_SYNCNT), N(TCP_LINGER2), N(TCP_DEFER_ACCEPT), N(TCP_INFO),
	N(TCP_QUICKACK), N(TCP_USER_TIMEOUT), N(TCP_FASTOPEN), END
};

const struct name names_sighow[] = { N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK), END };

const struct name names_sa[] = {
	V(1, "SA_NOCLDSTOP"), V(2, "SA_NOCLDWAIT"), V(4, "SA_SIGINFO"), V(0x4000000, "SA_RESTORER"),
	V(0x8000000, "SA_ONSTACK"), V(0x10000000, "SA_RESTART"), V(0x40000000, "SA_NODEFER"),
	V(0x80000000, "SA_RESETHAND"), END
};

/* Also the commands with FUTEX_PRIVATE_FLAG, under the mask of both. */
const struct name names_futex[] = {
	M(FUTEX_WAIT, 127), M(FUTEX_WAKE, 127), M(FUTEX_REQUEUE, 127), M(FUTEX_CMP_REQUEUE, 127),
	M(FUTEX_WAKE_OP, 127), M(FUTEX_LOCK_PI, 127), M(FUTEX_UNLOCK_PI, 127),
	M(FUTEX_TRYLOCK_PI, 127), M(FUTEX_WAIT_BITSET, 127), M(FUTEX_WAKE_BITSET, 127),
	M(FUTEX_WAIT_REQUEUE_PI, 127), M(FUTEX_CMP_REQUEUE_PI, 127), N(FUTEX_PRIVATE_FLAG),
	N(FUTEX_CLOCK_REALTIME), END
};

const struct name names_clone[] = {
	M(SIGCHLD, 255), N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND),
	N(CLONE_PTRACE), N(CLONE_VFORK), N(CLONE_PARENT), N(CLONE_THREAD), N(CLONE_NEWNS),
	N(CLONE_SYSVSEM), N(CLONE_SETTLS), N(CLONE_PARENT_SETTID), N(CLONE_CHILD_CLEARTID),
	N(CLONE_DETACHED), N(CLONE_UNTRACED), N(CLONE_CHILD_SETTID), END
};

const struct name names_clock[] = {
	N(CLOCK_REALTIME), N(CLOCK_MONOTONIC), N(CLOCK_PROCESS_CPUTIME_ID),
	N(CLOCK_THREAD_CPUTIME_ID), N(CLOCK_MONOTONIC_RAW), N(CLOCK_REALTIME_COARSE),
	N(CLOCK_MONOTONIC_COARSE), N(CLOCK_BOOTTIME), N(CLOCK_REALTIME_ALARM),
	N(CLOCK_BOOTTIME_ALARM), N(CLOCK_TAI), END
};

const struct name names_timer[] = { N(TIMER_ABSTIME), END };
const struct name names_epoll_op[] = { N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD), END };

const struct name names_epoll[] = {
	N(EPOLLIN), N(EPOLLPRI), N(EPOLLOUT), N(EPOLLERR), N(EPOLLHUP), N(EPOLLRDNORM),
	N(EPOLLWRNORM), N(EPOLLRDHUP), N(EPOLLEXCLUSIVE), N(EPOLLONESHOT), N(EPOLLET), END
};

const struct name names_poll[] = {
	N(POLLIN), N(POLLPRI), N(POLLOUT), N(POLLERR), N(POLLHUP), N(POLLNVAL), N(POLLRDNORM),
	N(POLLWRNORM), N(POLLRDHUP), END
};

const struct name names_prctl[] = {
	N(PR_SET_PDEATHSIG), N(PR_GET_PDEATHSIG), N(PR_GET_DUMPABLE), N(PR_SET_DUMPABLE),
	N(PR_SET_KEEPCAPS), N(PR_SET_NAME), N(PR_GET_NAME), N(PR_SET_SECCOMP),
	N(PR_SET_TIMERSLACK), N(PR_SET_NO_NEW_PRIVS), N(PR_GET_NO_NEW_PRIVS),
	V(0x53564d41, "PR_SET_VMA"), END
};

const struct name names_arch_prctl[] = {
	V(0x1001, "ARCH_SET_GS"), V(0x1002, "ARCH_SET_FS"), V(0x1003, "ARCH_GET_FS"),
	V(0x1004, "ARCH_GET_GS"), V(0x1011, "ARCH_GET_CPUID"), V(0x3001, "ARCH_CET_STATUS"), END
};

const struct name names_rlimit[] = {
	N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA), N(RLIMIT_STACK), N(RLIMIT_CORE),
	N(RLIMIT_RSS), N(RLIMIT_NPROC), N(RLIMIT_NOFILE), N(RLIMIT_MEMLOCK), N(RLIMIT_AS),
	N(RLIMIT_LOCKS), N(RLIMIT_SIGPENDING), N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE),
	N(RLIMIT_RTPRIO), N(RLIMIT_RTTIME), END
};

const struct name names_wait[] = {
	N(WNOHANG), N(WUNTRACED), N(WEXITED), N(WCONTINUED), N(WNOWAIT), END
};

const struct name names_random[] = { N(GRND_NONBLOCK), N(GRND_RANDOM), V(4, "GRND_INSECURE"), END };
const struct name names_eventfd[] = { N(EFD_SEMAPHORE), N(EFD_CLOEXEC), N(EFD_NONBLOCK), END };

const struct name names_inotify[] = {
	N(IN_ALL_EVENTS), N(IN_ACCESS), N(IN_MODIFY), N(IN_ATTRIB), N(IN_CLOSE_WRITE),
	N(IN_CLOSE_NOWRITE), N(IN_OPEN), N(IN_MOVED_FROM), N(IN_MOVED_TO), N(IN_CREATE),
	N(IN_DELETE), N(IN_DELETE_SELF), N(IN_MOVE_SELF), N(IN_ONLYDIR), N(IN_DONT_FOLLOW),
	N(IN_EXCL_UNLINK), N(IN_MASK_ADD), N(IN_ONESHOT), END
};

const struct name names_memfd[] = {
	V(1, "MFD_CLOEXEC"), V(2, "MFD_ALLOW_SEALING"), V(4, "MFD_HUGETLB"), END
};

const struct name names_policy[] = {
	V(0, "SCHED_OTHER"), V(1, "SCHED_FIFO"), V(2, "SCHED_RR"), V(3, "SCHED_BATCH"),
	V(5, "SCHED_IDLE"), V(6, "SCHED_DEADLINE"), END
};

const struct name names_rusage[] = {
	N(RUSAGE_SELF), N(RUSAGE_CHILDREN), N(RUSAGE_THREAD), END
};

const struct name names_splice[] = {
	V(1, "SPLICE_F_MOVE"), V(2, "SPLICE_F_NONBLOCK"), V(4, "SPLICE_F_MORE"),
	V(8, "SPLICE_F_GIFT"), END
};

const struct name names_ftype[] = {
	M(S_IFREG, S_IFMT), M(S_IFDIR, S_IFMT), M(S_IFLNK, S_IFMT), M(S_IFCHR, S_IFMT),
	M(S_IFBLK, S_IFMT), M(S_IFIFO, S_IFMT), M(S_IFSOCK, S_IFMT), END
};
