/* SPDX-License-Identifier: MIT */
/* Without CONFIG_LISTEN and CONFIG_CONNECT: no socket has a side outside of the VM. */
#include "net/hosted.h"

const struct mvm_net *hosted_grant(u16 proto, const struct sock *s, const struct ep *e)
{
	(void)proto, (void)s, (void)e;
	return NULL;
}

void hosted_detach(struct sock *s)
{
	(void)s;
}

void hosted_option(struct sock *s, u32 level, u32 name, s32 value)
{
	(void)s, (void)level, (void)name, (void)value;
}

int hosttcp_connect(struct sock *s, const struct ep *dest)
{
	(void)s, (void)dest;
	return -EACCES;
}

int hosttcp_connect_unix(struct sock *s, s32 handle, const struct addr *a, bool nonblock)
{
	(void)s, (void)handle, (void)a, (void)nonblock;
	return -ECONNREFUSED;
}

int hostlisten_begin(struct sock *s)
{
	(void)s;
	return 0;
}

int hostudp_bind(struct sock *s)
{
	(void)s;
	return 0;
}

int hostudp_connect(struct sock *s, const struct ep *dest)
{
	(void)s, (void)dest;
	return -EACCES;
}

long hostudp_send(struct sock *s, struct message *m, const struct ep *dest)
{
	(void)s, (void)m, (void)dest;
	return -EACCES;
}

long hostudp_recv(struct sock *s, struct message *m)
{
	return dgram_recv(s, m);
}

u32 hostudp_poll(struct sock *s)
{
	(void)s;
	return 0;
}

int hostudp_error(struct sock *s)
{
	return sock_error(s);
}
