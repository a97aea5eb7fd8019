/* SPDX-License-Identifier: MIT */
/*
 * The system calls that --listen and --connect need.  Connections come and go, so their descriptors
 * are pinned to the range that handles have; listeners are pinned by number, in rules.c.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "confine_int.h"
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

void confine_net(struct confinement *c)
{
	bool connect = IS_ENABLED(CONFIG_CONNECT) && c->plan->nconnects;
	bool listen = any_of(c, MVM_KIND_LISTENER), udp = any_of(c, MVM_KIND_DATAGRAM);
	unsigned int kinds = 0;
	const char *why = connect ? "--connect" : "--listen";

	if (!connect && !listen && !udp)
		return;
	if (connect || listen)
		kinds |= 1U << MVM_KIND_SOCKET;
	if (connect || udp)
		kinds |= 1U << MVM_KIND_DATAGRAM;
	allow_fd(c, -1, kinds, MVM_RIGHT_READ | MVM_RIGHT_WRITE, why, "its sockets");
	allow_options(c, SOCKOPT_GET, SYS_getsockopt, why);
	allow_options(c, SOCKOPT_SET, SYS_setsockopt, why);
	if (!c->any_dir)
		pin_fd(c, allow(c, SYS_close, why, NULL), 0, -1);
	if (connect)
		allow_connect(c);
}
