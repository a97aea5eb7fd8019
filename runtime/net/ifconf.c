/* SPDX-License-Identifier: MIT */
/* The loopback interface as the ioctls of sockets tell of it: netdevice(7). */
#include "net/net.h"
#include <linux/sockios.h>

#define LO_FLAGS	0x49		/* IFF_UP | IFF_LOOPBACK | IFF_RUNNING */
#define TX_QUEUE	1000
#define NAME_LEN	16

struct ifreq_ {
	char name[NAME_LEN];
	union {
		struct sockaddr_in addr;
		u16 hwtype;
		u16 flags;
		s32 value;
		u8 room[24];
	};
};

_Static_assert(sizeof(struct ifreq_) == 40, "struct ifreq of 64 bits");

static void set_addr(struct ifreq_ *r, u32 ip)
{
	memset(r->room, 0, sizeof(r->room));
	r->addr = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_addr.s_addr = __builtin_bswap32(ip) };
}

/* The list of interfaces with an address of IPv4. */
static long get_list(u64 arg)
{
	struct { s32 len, pad; u64 buf; } conf;
	struct ifreq_ lo = { .name = LO_NAME };

	if (copy_from_user(&conf, arg, sizeof(conf)))
		return -EFAULT;
	set_addr(&lo, 0x7f000001);
	if (!conf.buf || conf.len >= (s32)sizeof(lo)) {
		if (conf.buf && copy_to_user(conf.buf, &lo, sizeof(lo)))
			return -EFAULT;
		conf.len = sizeof(lo);
	} else {
		conf.len = 0;
	}
	return copy_to_user(arg, &conf, sizeof(conf));
}

/* Fills in what cmd asks about lo.  0 or -ENOTTY. */
static long about_lo(struct ifreq_ *r, u32 cmd)
{
	switch (cmd) {
	case SIOCGIFFLAGS:
		r->flags = LO_FLAGS;
		return 0;
	case SIOCGIFADDR:
		set_addr(r, 0x7f000001);
		return 0;
	case SIOCGIFNETMASK:
		set_addr(r, 0xff000000);
		return 0;
	case SIOCGIFBRDADDR:
	case SIOCGIFDSTADDR:
		set_addr(r, cmd == SIOCGIFBRDADDR ? 0 : 0x7f000001);
		return 0;
	case SIOCGIFMETRIC:
		r->value = 0;
		return 0;
	case SIOCGIFMTU:
		r->value = LO_MTU;
		return 0;
	case SIOCGIFHWADDR:
		memset(r->room, 0, sizeof(r->room));
		r->hwtype = LO_HWTYPE;
		return 0;
	case SIOCGIFINDEX:
		r->value = LO_INDEX;
		return 0;
	case SIOCGIFTXQLEN:
		r->value = TX_QUEUE;
		return 0;
	default:
		return -ENOTTY;
	}
}

long ifconf_ioctl(u32 cmd, u64 arg)
{
	struct ifreq_ r = { .name = LO_NAME };
	bool known = cmd == SIOCGIFNAME || !about_lo(&r, cmd);

	if (cmd == SIOCGIFCONF)
		return get_list(arg);
	if (!known)
		return -ENOTTY;
	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	r.name[NAME_LEN - 1] = 0;
	if (cmd == SIOCGIFNAME) {
		if (r.value != LO_INDEX)
			return -ENODEV;
		memset(r.name, 0, sizeof(r.name));
		memcpy(r.name, LO_NAME, sizeof(LO_NAME));
	} else {
		if (strcmp(r.name, LO_NAME))
			return -ENODEV;
		about_lo(&r, cmd);
	}
	return copy_to_user(arg, &r, sizeof(r));
}
