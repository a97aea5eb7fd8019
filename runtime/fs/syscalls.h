/* SPDX-License-Identifier: MIT */
/*
 * The system calls that fs/ implements, for the dispatch table of sys/.
 *
 * Arguments are Linux's for x86-64, in Linux's order, each as a u64 straight from its register
 * (a caller's int has rubbish in the upper half: each function narrows what it takes).  The
 * result is Linux's: a value, or a negative errno.  -ERESTARTSYS and -ERESTARTNOHAND (see
 * lib/errno.h) never leave sys/: they say how a call that a signal cut short goes on.
 * A call that is listed in no block does not exist here and answers ENOSYS.
 *
 * Source of the semantics: Linux man-pages section 2, and the kernel's own behaviour where they
 * are silent.
 */
#ifndef MVM_RT_FS_SYSCALLS_H
#define MVM_RT_FS_SYSCALLS_H

#include "rt.h"

/* ---- opening and descriptors ---- */
long sys_open(u64 path, u64 flags, u64 mode);
long sys_creat(u64 path, u64 mode);
long sys_openat(u64 dfd, u64 path, u64 flags, u64 mode);
long sys_openat2(u64 dfd, u64 path, u64 how, u64 size);
long sys_close(u64 fd);
long sys_close_range(u64 first, u64 last, u64 flags);
long sys_dup(u64 fd);
long sys_dup2(u64 oldfd, u64 newfd);
long sys_dup3(u64 oldfd, u64 newfd, u64 flags);
long sys_fcntl(u64 fd, u64 cmd, u64 arg);
long sys_flock(u64 fd, u64 op);
long sys_ioctl(u64 fd, u64 cmd, u64 arg);
long sys_memfd_create(u64 name, u64 flags);
long sys_eventfd(u64 count);
long sys_eventfd2(u64 count, u64 flags);
long sys_pipe(u64 fds);
long sys_pipe2(u64 fds, u64 flags);

/* ---- bytes ---- */
long sys_read(u64 fd, u64 buf, u64 n);
long sys_write(u64 fd, u64 buf, u64 n);
long sys_pread64(u64 fd, u64 buf, u64 n, u64 off);
long sys_pwrite64(u64 fd, u64 buf, u64 n, u64 off);
long sys_readv(u64 fd, u64 iov, u64 cnt);
long sys_writev(u64 fd, u64 iov, u64 cnt);
long sys_preadv(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h);
long sys_pwritev(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h);
long sys_preadv2(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h, u64 flags);
long sys_pwritev2(u64 fd, u64 iov, u64 cnt, u64 pos_l, u64 pos_h, u64 flags);
long sys_lseek(u64 fd, u64 off, u64 whence);
long sys_truncate(u64 path, u64 len);
long sys_ftruncate(u64 fd, u64 len);
long sys_fallocate(u64 fd, u64 mode, u64 off, u64 len);
long sys_fsync(u64 fd);
long sys_fdatasync(u64 fd);
long sys_sync(void);
long sys_syncfs(u64 fd);
long sys_sync_file_range(u64 fd, u64 off, u64 len, u64 flags);
long sys_sendfile(u64 out, u64 in, u64 off, u64 n);
long sys_splice(u64 in, u64 off_in, u64 out, u64 off_out, u64 n, u64 flags);
long sys_tee(u64 in, u64 out, u64 n, u64 flags);
long sys_vmsplice(u64 fd, u64 iov, u64 cnt, u64 flags);
long sys_copy_file_range(u64 in, u64 off_in, u64 out, u64 off_out, u64 n, u64 flags);
long sys_fadvise64(u64 fd, u64 off, u64 len, u64 advice);
long sys_readahead(u64 fd, u64 off, u64 n);

/* ---- attributes ---- */
long sys_stat(u64 path, u64 st);
long sys_lstat(u64 path, u64 st);
long sys_fstat(u64 fd, u64 st);
long sys_newfstatat(u64 dfd, u64 path, u64 st, u64 flags);
long sys_statx(u64 dfd, u64 path, u64 flags, u64 mask, u64 stx);
long sys_access(u64 path, u64 mode);
long sys_faccessat(u64 dfd, u64 path, u64 mode);
long sys_faccessat2(u64 dfd, u64 path, u64 mode, u64 flags);
long sys_chmod(u64 path, u64 mode);
long sys_fchmod(u64 fd, u64 mode);
long sys_fchmodat(u64 dfd, u64 path, u64 mode);
long sys_fchmodat2(u64 dfd, u64 path, u64 mode, u64 flags);
long sys_chown(u64 path, u64 uid, u64 gid);
long sys_lchown(u64 path, u64 uid, u64 gid);
long sys_fchown(u64 fd, u64 uid, u64 gid);
long sys_fchownat(u64 dfd, u64 path, u64 uid, u64 gid, u64 flags);
long sys_utime(u64 path, u64 times);
long sys_utimes(u64 path, u64 times);
long sys_futimesat(u64 dfd, u64 path, u64 times);
long sys_utimensat(u64 dfd, u64 path, u64 times, u64 flags);
long sys_umask(u64 mask);
long sys_statfs(u64 path, u64 buf);
long sys_fstatfs(u64 fd, u64 buf);
/* All the extended attribute calls: EOPNOTSUPP (or EBADF, ENOENT before that). */
long sys_xattr_path(u64 path);
long sys_xattr_fd(u64 fd);

/* ---- names ---- */
long sys_getdents(u64 fd, u64 buf, u64 n);
long sys_getdents64(u64 fd, u64 buf, u64 n);
long sys_rename(u64 oldp, u64 newp);
long sys_renameat(u64 odfd, u64 oldp, u64 ndfd, u64 newp);
long sys_renameat2(u64 odfd, u64 oldp, u64 ndfd, u64 newp, u64 flags);
long sys_unlink(u64 path);
long sys_unlinkat(u64 dfd, u64 path, u64 flags);
long sys_mkdir(u64 path, u64 mode);
long sys_mkdirat(u64 dfd, u64 path, u64 mode);
long sys_rmdir(u64 path);
long sys_mknod(u64 path, u64 mode, u64 dev);
long sys_mknodat(u64 dfd, u64 path, u64 mode, u64 dev);
long sys_link(u64 oldp, u64 newp);
long sys_linkat(u64 odfd, u64 oldp, u64 ndfd, u64 newp, u64 flags);
long sys_symlink(u64 target, u64 path);
long sys_symlinkat(u64 target, u64 dfd, u64 path);
long sys_readlink(u64 path, u64 buf, u64 n);
long sys_readlinkat(u64 dfd, u64 path, u64 buf, u64 n);
long sys_getcwd(u64 buf, u64 n);
long sys_chdir(u64 path);
long sys_fchdir(u64 fd);
long sys_chroot(u64 path);

/* ---- waiting ---- */
long sys_poll(u64 fds, u64 n, u64 timeout_ms);
long sys_ppoll(u64 fds, u64 n, u64 ts, u64 sigmask, u64 sigsetsize);
long sys_select(u64 n, u64 in, u64 out, u64 ex, u64 tv);
long sys_pselect6(u64 n, u64 in, u64 out, u64 ex, u64 ts, u64 sig);
long sys_epoll_create(u64 size);
long sys_epoll_create1(u64 flags);
long sys_epoll_ctl(u64 epfd, u64 op, u64 fd, u64 event);
long sys_epoll_wait(u64 epfd, u64 events, u64 max, u64 timeout_ms);
long sys_epoll_pwait(u64 epfd, u64 events, u64 max, u64 timeout_ms, u64 sigmask, u64 sigsetsize);
long sys_epoll_pwait2(u64 epfd, u64 events, u64 max, u64 ts, u64 sigmask, u64 sigsetsize);
long sys_timerfd_create(u64 clock, u64 flags);
long sys_timerfd_settime(u64 fd, u64 flags, u64 new, u64 old);
long sys_timerfd_gettime(u64 fd, u64 cur);
long sys_inotify_init(void);
long sys_inotify_init1(u64 flags);
long sys_inotify_add_watch(u64 fd, u64 path, u64 mask);
long sys_inotify_rm_watch(u64 fd, u64 wd);
long sys_pidfd_open(u64 pid, u64 flags);
long sys_pidfd_send_signal(u64 fd, u64 sig, u64 info, u64 flags);
long sys_pidfd_getfd(u64 pidfd, u64 fd, u64 flags);

/* ---- sysvshm.c ---- */
long sys_shmget(u64 key, u64 size, u64 flags);
long sys_shmat(u64 id, u64 addr, u64 flags);
long sys_shmdt(u64 addr);
long sys_shmctl(u64 id, u64 cmd, u64 buf);
long sys_signalfd(u64 fd, u64 mask, u64 size);
long sys_signalfd4(u64 fd, u64 mask, u64 size, u64 flags);

#endif
