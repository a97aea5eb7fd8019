/* SPDX-License-Identifier: MIT */
/*
 * The system calls that --listen and --connect need.  Connections come and go, so their descriptors
 * are pinned to the range that handles have; listeners are pinned by number, in rules.c.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "confine_int.h"
#include "net/unixto.h"
#include "service/svc.h"

static bool any_of(const struct confinement *c, uint32_t kind)
{
	for (uint32_t i = 0; i < c->handles->used; i++)
		if (c->handles->h[i].fd >= 0 && c->handles->h[i].kind == kind)
			return true;
	return false;
}

static void allow_options(struct confinement *c, unsigned int how, int nr, const char *why)
{
	for (unsigned int i = 0; i < MVM_SO_MAX; i++) {
		const struct sockopt_name *o = &sockopt_names[i];
		struct rule *r;

		if (!(o->how & how))
			continue;
		r = allow(c, nr, why, NULL);
		pin_fd(c, r, 0, -1);
		arg_is(r, 1, (uint64_t)o->level,
		       o->level == SOL_SOCKET ? "SOL_SOCKET" : "IPPROTO_TCP");
		arg_is(r, 2, (uint64_t)o->name, o->shown);
	}
}

static void allow_socket(struct confinement *c, int family, int type, const char *family_shown,
			 const char *type_shown)
{
	struct rule *r = allow(c, SYS_socket, "--connect", NULL);

	arg_is(r, 0, (uint64_t)family, family_shown);
	arg_is(r, 1, (uint64_t)(type | SOCK_NONBLOCK | SOCK_CLOEXEC), type_shown);
	arg_is(r, 2, 0, NULL);
}

static void allow_connect(struct confinement *c)
{
	static const char tcp[] = "SOCK_STREAM|NONBLOCK|CLOEXEC";
	static const char udp[] = "SOCK_DGRAM|NONBLOCK|CLOEXEC";
	struct rule *r;

	allow_socket(c, AF_INET, SOCK_STREAM, "AF_INET", tcp);
	allow_socket(c, AF_INET, SOCK_DGRAM, "AF_INET", udp);
	allow_socket(c, AF_INET6, SOCK_STREAM, "AF_INET6", tcp);
	allow_socket(c, AF_INET6, SOCK_DGRAM, "AF_INET6", udp);
	r = allow(c, SYS_connect, "--connect", "the address is checked before the call");
	pin_fd(c, r, 0, -1);
}

/* From a directory that is pinned, to an address that lies in read-only memory. */
static void allow_unix(struct confinement *c)
{
	allow_socket(c, AF_UNIX, SOCK_STREAM, "AF_UNIX", "SOCK_STREAM|NONBLOCK|CLOEXEC");
	for (uint32_t i = 0; i < c->handles->used && i < GRANTS_MAX; i++) {
		const struct handle *h = &c->handles->h[i];
		const char *path = c->grants->paths[i];
		struct rule *r;
		socklen_t len;

		if (h->fd < 0 || h->kind != MVM_KIND_UNIX)
			continue;
		arg_is(allow(c, SYS_fchdir, "--connect", path), 0, (uint64_t)h->fd, NULL);
		r = allow(c, SYS_connect, "--connect", path);
		pin_fd(c, r, 0, -1);
		arg(r, 1, ARG_MASKED, (uintptr_t)unix_to(h, &len), UINT64_MAX, "its address");
		arg_is(r, 2, len, NULL);
	}
}

/* From files to connections. */
static void allow_sendfile(struct confinement *c, const char *why)
{
	struct rule *r;

	if (c->any_dir) {
		r = allow(c, SYS_sendfile, why, "files opened below a --dir");
		pin_fd(c, r, 0, -1);
		pin_fd(c, r, 1, -1);
		return;
	}
	for (uint32_t i = 0; i < c->handles->used; i++) {
		const struct handle *h = &c->handles->h[i];

		if (h->fd < 0 || h->kind != MVM_KIND_FILE || !(h->rights & MVM_RIGHT_SEEK))
			continue;
		r = allow(c, SYS_sendfile, why, NULL);
		pin_fd(c, r, 0, -1);
		arg_is(r, 1, (uint64_t)h->fd, NULL);
	}
}

void confine_net(struct confinement *c)
{
	bool inet = IS_ENABLED(CONFIG_CONNECT) && c->plan->nconnects;
	bool local = IS_ENABLED(CONFIG_CONNECT) && any_of(c, MVM_KIND_UNIX);
	bool listen = any_of(c, MVM_KIND_LISTENER), udp = any_of(c, MVM_KIND_DATAGRAM);
	bool connect = inet || local;
	unsigned int kinds = 0;
	const char *why = connect ? "--connect" : "--listen";

	if (!connect && !listen && !udp)
		return;
	if (connect || listen) {
		kinds |= 1U << MVM_KIND_SOCKET;
		allow_sendfile(c, why);
	}
	if (inet || udp)
		kinds |= 1U << MVM_KIND_DATAGRAM;
	allow_fd(c, -1, kinds, MVM_RIGHT_READ | MVM_RIGHT_WRITE, why, "its sockets");
	allow_options(c, SOCKOPT_GET, SYS_getsockopt, why);
	allow_options(c, SOCKOPT_SET, SYS_setsockopt, why);
	if (!c->any_dir)
		pin_fd(c, allow(c, SYS_close, why, NULL), 0, -1);
	if (inet)
		allow_connect(c);
	if (local)
		allow_unix(c);
}
