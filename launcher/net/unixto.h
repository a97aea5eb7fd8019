/* SPDX-License-Identifier: MIT */
/*
 * The addresses of the sockets that --connect unix: grants, each the name of a socket in a
 * directory that is open.
 *
 * connect(2) takes an address by a pointer that a system call filter cannot follow.  So all of
 * these are in memory that is read-only once the confinement begins, and the filter knows each by
 * its place.
 */
#ifndef MVM_UNIXTO_H
#define MVM_UNIXTO_H

#include <stddef.h>
#include <sys/socket.h>
#include "service/handle.h"

/* Number n, below GRANTS_MAX, is the socket of this name.  0; -EINVAL: it cannot be a name. */
int unix_to_note(size_t n, const char *name);
const char *unix_to_name(size_t n);

/* Where a handle of MVM_KIND_UNIX leads to from its directory; its base is the number. */
const struct sockaddr *unix_to(const struct handle *h, socklen_t *len);

/* From now on none of them can change in this process.  0 or -errno. */
int unix_to_seal(void);

#endif
