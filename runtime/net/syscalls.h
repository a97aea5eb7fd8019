/* SPDX-License-Identifier: MIT */
/*
 * The system calls that net/ implements, for the dispatch table of sys/.  Conventions as in
 * fs/syscalls.h.
 */
#ifndef MVM_RT_NET_SYSCALLS_H
#define MVM_RT_NET_SYSCALLS_H

#include "rt.h"

long sys_socket(u64 family, u64 type, u64 protocol);
long sys_socketpair(u64 family, u64 type, u64 protocol, u64 usv);
long sys_bind(u64 fd, u64 uaddr, u64 len);
long sys_listen(u64 fd, u64 backlog);
long sys_accept(u64 fd, u64 uaddr, u64 ulen);
long sys_accept4(u64 fd, u64 uaddr, u64 ulen, u64 flags);
long sys_connect(u64 fd, u64 uaddr, u64 len);
long sys_getsockname(u64 fd, u64 uaddr, u64 ulen);
long sys_getpeername(u64 fd, u64 uaddr, u64 ulen);
long sys_shutdown(u64 fd, u64 how);
long sys_sendto(u64 fd, u64 buf, u64 n, u64 flags, u64 uaddr, u64 len);
long sys_recvfrom(u64 fd, u64 buf, u64 n, u64 flags, u64 uaddr, u64 ulen);
long sys_sendmsg(u64 fd, u64 umsg, u64 flags);
long sys_recvmsg(u64 fd, u64 umsg, u64 flags);
long sys_sendmmsg(u64 fd, u64 umsgs, u64 n, u64 flags);
long sys_recvmmsg(u64 fd, u64 umsgs, u64 n, u64 flags, u64 uts);
long sys_setsockopt(u64 fd, u64 level, u64 name, u64 uval, u64 len);
long sys_getsockopt(u64 fd, u64 level, u64 name, u64 uval, u64 ulen);

#endif
