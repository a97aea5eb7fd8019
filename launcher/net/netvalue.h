/* SPDX-License-Identifier: MIT */
/*
 * Addresses of the network in the values of options, and which of them a grant means.  As in
 * value.h: the parsers return NULL, or what is wrong as the middle of a sentence.
 */
#ifndef MVM_NET_VALUE_H
#define MVM_NET_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include "plan.h"

/*
 * Takes "ADDR:", or "[ADDR]:" for IPv6, off the beginning of *s, as ::ffff:a.b.c.d for IPv4.
 * prefix not NULL: ADDR/N is taken too, *prefix bits of 128 count.
 */
const char *net_value_address(char **s, uint8_t ip[16], uint8_t *prefix);
/* A port, 1 to 65535; zero: 0 too. */
const char *net_value_port(const char *s, bool zero, uint16_t *port);
/* N or N-M. */
const char *net_value_ports(char *s, uint16_t *first, uint16_t *last);

bool net_is_v4(const uint8_t ip[16]);
/* Does the grant cover this address and port?  proto: MVM_PROTO_TCP or _UDP. */
bool net_covers(const struct plan_connect *c, uint16_t proto, const uint8_t ip[16], uint16_t port);

#endif
