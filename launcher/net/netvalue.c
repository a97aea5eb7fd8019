/* SPDX-License-Identifier: MIT */
/* Addresses, prefixes and ports, from text; and the match of an address against a grant. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <mvm/abi.h>
#include "netvalue.h"
#include "value.h"

#define V4_PREFIX	96		/* bits of ::ffff:0:0 before an address of IPv4 */

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

bool net_is_v4(const uint8_t ip[16])
{
	return !memcmp(ip, v4_mapped, sizeof(v4_mapped));
}

/* Text between the beginning and where the ports are. */
static const char *address(char *text, bool v6, uint8_t ip[16], uint8_t *prefix)
{
	char *slash = prefix ? strchr(text, '/') : NULL;
	uint64_t bits = v6 ? 128 : 32;

	if (slash) {
		*slash = '\0';
		if (value_number(slash + 1, &bits) || bits > (v6 ? 128 : 32))
			return v6 ? "has a prefix that is no number from 0 to 128" :
				    "has a prefix that is no number from 0 to 32";
	}
	if (v6 ? inet_pton(AF_INET6, text, ip) != 1 : inet_pton(AF_INET, text, ip + 12) != 1)
		return v6 ? "has no address of IPv6 in its brackets (names are not looked up)" :
			    "has no numeric address (names are not looked up; IPv6 in brackets)";
	if (!v6)
		memcpy(ip, v4_mapped, sizeof(v4_mapped));
	if (v6 && net_is_v4(ip))
		return "has an address of IPv4 in brackets";
	if (prefix)
		*prefix = (uint8_t)(v6 ? bits : bits + V4_PREFIX);
	return NULL;
}

const char *net_value_address(char **s, uint8_t ip[16], uint8_t *prefix)
{
	bool v6 = **s == '[';
	char *text = *s + v6, *end = v6 ? strchr(text, ']') : strchr(text, ':');
	const char *why;

	if (!end || (v6 && end[1] != ':'))
		return "does not say which port";
	*end = '\0';
	why = address(text, v6, ip, prefix);
	*s = end + 1 + v6;
	return why;
}

const char *net_value_port(const char *s, bool zero, uint16_t *port)
{
	uint64_t n;

	if (value_number(s, &n) || n > UINT16_MAX || (!n && !zero))
		return zero ? "has a port that is no number from 0 to 65535" :
			      "has a port that is no number from 1 to 65535";
	*port = (uint16_t)n;
	return NULL;
}

const char *net_value_ports(char *s, uint16_t *first, uint16_t *last)
{
	char *dash = strchr(s, '-');
	const char *why;

	if (dash)
		*dash = '\0';
	why = net_value_port(s, false, first);
	*last = *first;
	if (!why && dash)
		why = net_value_port(dash + 1, false, last);
	if (!why && *last < *first)
		why = "has a range of ports whose end is before its beginning";
	return why;
}

/* Do the first bits of two addresses agree? */
static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

bool net_covers(const struct plan_connect *c, uint16_t proto, const uint8_t ip[16], uint16_t port)
{
	/* ::/0 is all of IPv6, not the addresses of IPv4 that can be written in it. */
	return c->proto == proto && net_is_v4(c->ip) == net_is_v4(ip) &&
	       same_prefix(c->ip, ip, c->prefix) && port >= c->first && port <= c->last;
}
