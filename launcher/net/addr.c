/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <string.h>
#include "addr.h"
#include "netvalue.h"

socklen_t net_addr_out(const uint8_t ip[16], uint16_t port, struct sockaddr_storage *a)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;

	memset(a, 0, sizeof(*a));
	if (net_is_v4(ip)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, ip + 12, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, ip, 16);
	return sizeof(*v6);
}

void net_addr_in(const struct sockaddr_storage *a, struct mvm_inet *in)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;

	memset(in->ip, 0, sizeof(in->ip));
	in->port = 0;
	if (a->ss_family == AF_INET) {
		in->ip[10] = in->ip[11] = 0xff;
		memcpy(in->ip + 12, &v4->sin_addr, 4);
		in->port = ntohs(v4->sin_port);
	} else if (a->ss_family == AF_INET6) {
		memcpy(in->ip, &v6->sin6_addr, 16);
		in->port = ntohs(v6->sin6_port);
	}
}
