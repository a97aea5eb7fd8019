/* SPDX-License-Identifier: MIT */
/* The text of /etc/resolv.conf: the name servers of --resolver.  Source: resolv.conf(5). */
#include "lib/printf.h"
#include "net/fs.h"

static int put(char *buf, size_t size, const u8 *ip)
{
	static const u8 v4_mapped[12] = { [10] = 0xff, [11] = 0xff };
	u32 g[8];

	if (!memcmp(ip, v4_mapped, sizeof(v4_mapped)))
		return rt_snprintf(buf, size, "nameserver %u.%u.%u.%u\n", ip[12], ip[13], ip[14],
				   ip[15]);
	for (int i = 0; i < 8; i++)
		g[i] = (u32)ip[2 * i] << 8 | ip[2 * i + 1];
	return rt_snprintf(buf, size, "nameserver %x:%x:%x:%x:%x:%x:%x:%x\n", g[0], g[1], g[2],
			   g[3], g[4], g[5], g[6], g[7]);
}

static const struct mvm_net *grants(void)
{
	return (const void *)((const char *)boot + boot->net_off);
}

bool net_resolver_granted(void)
{
	for (u32 i = 0; i < boot->nnet; i++)
		if (grants()[i].kind == MVM_NET_RESOLVER)
			return true;
	return false;
}

void net_resolv_conf(char *buf, size_t size)
{
	const struct mvm_net *n = grants();
	size_t len = 0;

	*buf = 0;
	for (u32 i = 0; i < boot->nnet && len < size; i++)
		if (n[i].kind == MVM_NET_RESOLVER)
			len += (size_t)put(buf + len, size - len, n[i].addr.ip);
}
