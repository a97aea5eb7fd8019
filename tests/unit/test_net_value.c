/* SPDX-License-Identifier: MIT */
/* Addresses, prefixes and ports of --listen and --connect, and which addresses a grant covers. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <mvm/abi.h>

#include "net/netvalue.h"

/* In a heap block of its own, so that ASan sees who reads beyond it. */
static const char *parse(const char *text, uint8_t ip[16], uint8_t *prefix, char *rest)
{
	char *copy = strdup(text), *s = copy;
	const char *why = net_value_address(&s, ip, prefix);

	if (!why)
		strcpy(rest, s);
	free(copy);
	return why;
}

static void addresses(void **state)
{
	static const struct { const char *text, *ip, *rest; int prefix; } good[] = {
		{ "127.0.0.1:80", "::ffff:127.0.0.1", "80", 128 },
		{ "0.0.0.0/0:1-5", "::ffff:0.0.0.0", "1-5", 96 },
		{ "10.0.0.0/8:443:8443", "::ffff:10.0.0.0", "443:8443", 104 },
		{ "[::1]:8080", "::1", "8080", 128 },
		{ "[fd00::/8]:", "fd00::", "", 8 },
		{ "[::/0]:9", "::", "9", 0 },
	};
	static const char *const bad[] = {
		"", ":", "localhost:80", "1.2.3:80", "1.2.3.4", "1.2.3.4/33:80", "1.2.3.4/x:80",
		"1.2.3.4/:80", "256.1.1.1:80", "01.2.3.4.5:80", "::1:80", "[::1", "[::1]",
		"[::1]80", "[1.2.3.4]:80", "[::ffff:1.2.3.4]:80", "[fe80::1%lo]:80",
		"[::1/129]:80", " 1.2.3.4:80", "1.2.3.4/-1:80",
	};
	uint8_t ip[16], expect[16], prefix;
	char rest[64];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_null(parse(good[i].text, ip, &prefix, rest));
		assert_int_equal(inet_pton(AF_INET6, good[i].ip, expect), 1);
		assert_memory_equal(ip, expect, 16);
		assert_int_equal(prefix, good[i].prefix);
		assert_string_equal(rest, good[i].rest);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!parse(bad[i], ip, &prefix, rest))
			fail_msg("accepted: '%s'", bad[i]);
	/* A listener has an address, no prefix. */
	assert_non_null(parse("10.0.0.0/8:80", ip, NULL, rest));
	assert_null(parse("10.0.0.1:80", ip, NULL, rest));
}

static void ports(void **state)
{
	uint16_t first, last;
	char text[32];

	(void)state;
	assert_null(net_value_ports(strcpy(text, "1"), &first, &last));
	assert_true(first == 1 && last == 1);
	assert_null(net_value_ports(strcpy(text, "80-65535"), &first, &last));
	assert_true(first == 80 && last == 65535);
	for (int i = 0; i < 9; i++) {
		static const char *const bad[] = { "", "0", "65536", "-", "5-", "-5", "9-8",
						   "1-2-3", "80x" };

		assert_non_null(net_value_ports(strcpy(text, bad[i]), &first, &last));
	}
	assert_null(net_value_port("0", true, &first));
	assert_non_null(net_value_port("0", false, &first));
}

static struct plan_connect grant(const char *text, uint16_t proto)
{
	struct plan_connect c = { .proto = proto };
	char copy[64], *s = strcpy(copy, text);

	assert_null(net_value_address(&s, c.ip, &c.prefix));
	assert_null(net_value_ports(s, &c.first, &c.last));
	return c;
}

static bool covers(const struct plan_connect *c, const char *ip, uint16_t port)
{
	uint8_t bytes[16];

	assert_int_equal(inet_pton(AF_INET6, ip, bytes), 1);
	return net_covers(c, MVM_PROTO_TCP, bytes, port);
}

static void matches(void **state)
{
	struct plan_connect c = grant("10.20.0.0/15:80-90", MVM_PROTO_TCP);

	(void)state;
	assert_true(covers(&c, "::ffff:10.20.0.0", 80));
	assert_true(covers(&c, "::ffff:10.21.255.255", 90));
	assert_false(covers(&c, "::ffff:10.22.0.0", 80));
	assert_false(covers(&c, "::ffff:10.19.255.255", 80));
	assert_false(covers(&c, "::ffff:10.20.0.0", 79));
	assert_false(covers(&c, "::ffff:10.20.0.0", 91));
	assert_false(covers(&c, "::10.20.0.0", 80));
	c.proto = MVM_PROTO_UDP;
	assert_false(covers(&c, "::ffff:10.20.0.0", 80));
	/* All of one family is nothing of the other. */
	c = grant("0.0.0.0/0:1-65535", MVM_PROTO_TCP);
	assert_true(covers(&c, "::ffff:203.0.113.7", 443));
	assert_false(covers(&c, "::1", 443));
	assert_false(covers(&c, "2001:db8::1", 443));
	c = grant("[::/0]:1-65535", MVM_PROTO_TCP);
	assert_true(covers(&c, "2001:db8::1", 443));
	assert_false(covers(&c, "::ffff:203.0.113.7", 443));
	c = grant("[2001:db8::/33]:443", MVM_PROTO_TCP);
	assert_true(covers(&c, "2001:db8:7fff::1", 443));
	assert_false(covers(&c, "2001:db8:8000::1", 443));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses), cmocka_unit_test(ports), cmocka_unit_test(matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
