/* SPDX-License-Identifier: MIT */
/*
 * Landlock: of all file systems only what lies below a --dir, and of the network no TCP but to the
 * ports of --connect.  Used with the newest features that the running kernel has; one without
 * Landlock does without.
 *
 * The constants are the kernel's (Documentation/userspace-api/landlock.rst); the headers of the
 * system that mvm is built on may know fewer of them than the kernel it runs on.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine_int.h"
#include "msg.h"

#define FS_WRITE_FILE	(1ULL << 1)
#define FS_READ_FILE	(1ULL << 2)
#define FS_READ_DIR	(1ULL << 3)
#define FS_REMOVE_DIR	(1ULL << 4)
#define FS_REMOVE_FILE	(1ULL << 5)
#define FS_MAKE_DIR	(1ULL << 7)
#define FS_MAKE_REG	(1ULL << 8)
#define FS_MAKE_SYM	(1ULL << 12)
#define FS_REFER	(1ULL << 13)		/* version 2; else EXDEV for renames */
#define FS_TRUNCATE	(1ULL << 14)		/* version 3 */
#define FS_IOCTL_DEV	(1ULL << 15)		/* version 5 */
#define FS_VERSION_1	((1ULL << 13) - 1)

#define NET_BIND_TCP	(1ULL << 0)		/* version 4 */
#define NET_CONNECT_TCP	(1ULL << 1)
#define SCOPE_UNIX	(1ULL << 0)		/* version 6 */
#define SCOPE_SIGNAL	(1ULL << 1)

#define RULE_PATH_BENEATH	1
#define RULE_NET_PORT		2
#define QUERY_VERSION		1U

#define DIR_READ	(FS_READ_FILE | FS_READ_DIR)
#define DIR_WRITE	(FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | \
			 FS_MAKE_REG | FS_MAKE_SYM | FS_REFER | FS_TRUNCATE)

struct ruleset_attr {
	uint64_t fs, net, scope;
};

struct path_beneath_attr {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

struct net_port_attr {
	uint64_t allowed, port;
};

/* More ports than this in the --connects, and Landlock is not asked to look at them. */
#define PORTS_MAX	1024U

/* Landlock knows ports and no addresses: service/connect.c looks at both before. */
static bool looks_at_ports(const struct confinement *c)
{
	unsigned int n = 0;

	for (size_t i = 0; i < c->plan->nconnects; i++) {
		const struct plan_connect *g = &c->plan->connects[i];

		n += g->proto == MVM_PROTO_TCP ? g->last - g->first + 1U : 0;
	}
	return n <= PORTS_MAX;
}

static int allow_ports(const struct confinement *c, int ruleset)
{
	for (size_t i = 0; i < c->plan->nconnects; i++) {
		const struct plan_connect *g = &c->plan->connects[i];
		struct net_port_attr a = { .allowed = NET_CONNECT_TCP };

		if (g->proto != MVM_PROTO_TCP)
			continue;
		for (a.port = g->first; a.port <= g->last; a.port++)
			if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &a, 0))
				return -errno;
	}
	return 0;
}

int confine_landlock_version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0, QUERY_VERSION);

	return v < 0 ? 0 : (int)v;
}

static uint64_t handled_fs(int version)
{
	uint64_t fs = FS_VERSION_1;

	if (version >= 2)
		fs |= FS_REFER;
	if (version >= 3)
		fs |= FS_TRUNCATE;
	if (version >= 5)
		fs |= FS_IOCTL_DEV;
	return fs;
}

static int allow_dir(int ruleset, const struct handle *h, uint64_t handled)
{
	struct path_beneath_attr a = {
		.allowed = (DIR_READ | (h->read_only ? 0 : DIR_WRITE)) & handled,
		.fd = h->fd,
	};

	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &a, 0) ? -errno : 0;
}

static int allow_dirs(const struct confinement *c, int ruleset, uint64_t handled)
{
	for (uint32_t i = 0; i < c->handles->used; i++) {
		const struct handle *h = &c->handles->h[i];
		int err;

		if (h->fd < 0 || h->kind != MVM_KIND_DIR)
			continue;
		err = allow_dir(ruleset, h, handled);
		if (err)
			return err;
	}
	return 0;
}

static int restrict_self(const struct confinement *c, int ruleset, const struct ruleset_attr *attr)
{
	int err = allow_dirs(c, ruleset, attr->fs);

	if (!err && attr->net & NET_CONNECT_TCP)
		err = allow_ports(c, ruleset);
	if (!err && syscall(SYS_landlock_restrict_self, ruleset, 0))
		err = -errno;
	return err;
}

int confine_landlock(const struct confinement *c)
{
	struct ruleset_attr attr = { .fs = handled_fs(c->landlock) };
	size_t size = sizeof(attr.fs);
	int ruleset, err;

	if (!c->landlock)
		return 0;
	if (c->landlock >= 4) {
		attr.net = NET_BIND_TCP | (looks_at_ports(c) ? NET_CONNECT_TCP : 0);
		size = offsetof(struct ruleset_attr, scope);
	}
	if (c->landlock >= 6) {
		attr.scope = SCOPE_UNIX | SCOPE_SIGNAL;
		size = sizeof(attr);
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	err = ruleset < 0 ? -errno : restrict_self(c, ruleset, &attr);
	if (ruleset >= 0)
		close(ruleset);
	if (err) {
		fail(EXIT_MVM, "confinement: Landlock refuses its rules: %s; please report it",
		     strerror(-err));
		return -1;
	}
	return 0;
}
