/* SPDX-License-Identifier: MIT */
/*
 * The sockets of --listen: bound and listening before anything is given up, at the address of the
 * command line and nowhere else.  What may be done with them later is the service's.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "grant.h"
#include "listener.h"
#include "msg.h"
#include "addr.h"

#define RIGHTS	(MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT)

/* Tells the guest, and with -v the user, where it is. */
static int describe(const struct plan_listen *l, int fd, int handle, struct grants *g)
{
	struct mvm_net *n = &g->net[g->nnet];
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	*n = (struct mvm_net){ .kind = MVM_NET_LISTEN, .handle = handle, .addr.proto = l->proto };
	g->net_paths[g->nnet++] = l->guest_path;
	if (l->proto == MVM_PROTO_UNIX)
		return 0;
	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return listener_failed(l, "listen", errno);
	net_addr_in(&a, &n->addr);
	n->guest_port = l->guest_port ? l->guest_port : n->addr.port;
	n->flags = (l->port ? 0 : MVM_NET_ANY_PORT) | (l->dual ? MVM_NET_DUAL : 0);
	if (!l->fd)			/* else who has opened it has said so */
		verbose("listening: %s, port %u, which is %u in the guest", l->text, n->addr.port,
			n->guest_port);
	return 0;
}

int net_listen(const struct plan_listen *l, const char *option)
{
	int fd = listener_open(l);

	if (fd < 0)
		listener_failed(l, option, errno);
	return fd;
}

int grant_listener(const struct plan_listen *l, int fd, struct handles *t, struct grants *g)
{
	uint32_t kind = l->proto == MVM_PROTO_UDP ? MVM_KIND_DATAGRAM : MVM_KIND_LISTENER;
	int n;

	n = grant_enter(t, g, fd, kind, kind == MVM_KIND_LISTENER ? MVM_RIGHT_WAIT : RIGHTS,
			l->text);
	if (n < 0)
		return EXIT_MVM;
	t->h[n].nonblock = true;
	return describe(l, fd, n, g);
}

static int grant_listen(const struct plan_listen *l, struct handles *t, struct grants *g)
{
	int fd = l->fd ? l->fd : net_listen(l, "listen");

	return fd < 0 ? EXIT_MVM : grant_listener(l, fd, t, g);
}

static void tell_resolver(const struct plan_connect *c, struct grants *g)
{
	struct mvm_net *n = &g->net[g->nnet++];

	*n = (struct mvm_net){ .kind = MVM_NET_RESOLVER, .handle = -1, .addr.port = c->first,
			       .addr.proto = c->proto };
	memcpy(n->addr.ip, c->ip, sizeof(n->addr.ip));
}

int grant_net(const struct plan *plan, struct handles *t, struct grants *g)
{
	int status = 0;

	for (size_t i = 0; IS_ENABLED(CONFIG_LISTEN) && i < plan->nlistens && !status; i++)
		status = grant_listen(&plan->listens[i], t, g);
	for (size_t i = 0; IS_ENABLED(CONFIG_CONNECT) && i < plan->nconnects && !status; i++)
		if (plan->connects[i].resolver)
			tell_resolver(&plan->connects[i], g);
	return status;
}
