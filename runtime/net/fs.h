/* SPDX-License-Identifier: MIT */
/* What net/ offers to fs/. */
#ifndef MVM_RT_NET_FS_H
#define MVM_RT_NET_FS_H

#include "rt.h"

/* The text of /etc/resolv.conf: the granted name servers, a line each. */
void net_resolv_conf(char *buf, size_t size);
bool net_resolver_granted(void);
/* At this path stands the socket of the host that a grant of MVM_KIND_UNIX leads to. */
void net_mount(const char *path, s32 handle);

#endif
