/* SPDX-License-Identifier: MIT */
/* The table of plain options, between sockopt.c, which sets, and sockget.c, which tells. */
#ifndef MVM_RT_NET_SOCKOPT_H
#define MVM_RT_NET_SOCKOPT_H

#include "net/net.h"

#define SOCK_CONGESTION	"cubic"

enum sockopt_kind { OPT_BOOL, OPT_INT };

struct sockopt {
	u16 level, name, offset;	/* where in struct sock_opts */
	u8 kind;
	u8 types;			/* 1 << SOCK_*; 0: all of the level */
	s32 min, max;			/* INT: else EINVAL */
};

/* The plain option of a socket, or NULL. */
const struct sockopt *sockopt_find(const struct sock *s, u32 level, u32 name);
/* Does the socket have options of this level? */
bool sockopt_level(const struct sock *s, u32 level);

static inline s32 *sockopt_field(struct sock *s, const struct sockopt *o)
{
	return (s32 *)((char *)&s->o + o->offset);
}

#endif
