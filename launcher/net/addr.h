/* SPDX-License-Identifier: MIT */
/* Addresses of the network between the host's form and the ABI's. */
#ifndef MVM_NET_ADDR_H
#define MVM_NET_ADDR_H

#include <stdint.h>
#include <sys/socket.h>
#include <mvm/abi.h>

/* A sockaddr_in or, when ip is none of IPv4, a sockaddr_in6.  Its length. */
socklen_t net_addr_out(const uint8_t ip[16], uint16_t port, struct sockaddr_storage *a);
/* ip and port of *in; all zero for another family.  Leaves proto alone. */
void net_addr_in(const struct sockaddr_storage *a, struct mvm_inet *in);

#endif
