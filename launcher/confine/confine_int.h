/* SPDX-License-Identifier: MIT */
/*
 * What the files of the confinement share: the rules as data.  Only confine*.c includes this.
 */
#ifndef MVM_CONFINE_INT_H
#define MVM_CONFINE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include "confine.h"

enum arg_test { ARG_EQUAL, ARG_BELOW, ARG_MASKED };

/* A system call's argument n must be value, be below value, or be value under mask. */
struct rule_arg {
	uint8_t n;
	uint8_t test;			/* enum arg_test */
	uint64_t value, mask;
	const char *shown;		/* the value's name, NULL: a number */
};

#define RULE_ARGS_MAX	3

/* One system call with these arguments is allowed.  Rules for the same call add up. */
struct rule {
	uint16_t nr;
	uint8_t nargs;
	struct rule_arg args[RULE_ARGS_MAX];
	const char *why, *name;		/* the grant: "--disk" and which; name may be NULL */
};

/* What every VM needs, what every standard stream and disk adds, and what --dir adds, once. */
#define RULES_MAX	1024
#define FILTER_MAX	4096U		/* BPF_MAXINSNS */

struct confinement {
	const struct plan *plan;
	const struct grants *grants;
	struct handles *handles;
	struct rule *rules;
	size_t nrules;
	bool overflow;			/* more rules than RULES_MAX: refused */
	struct sock_filter *filter;	/* confine_compile() */
	unsigned short filter_len;

	bool root;			/* started with uid 0 */
	uint32_t uid, gid;		/* to run as */
	const char *uid_why;
	unsigned int files_max;		/* RLIMIT_NOFILE */
	int landlock;			/* ABI version, 0: none */
	bool any_dir, any_dir_rw;
	bool mem_exec;			/* MVM_SET_EXEC is there */
};

/* rules.c: fills c->rules. */
void confine_rules(struct confinement *c);
/*
 * Its parts, for net.c: one more rule, an argument of it, a descriptor of it (fd -1: any
 * that handles can have), and all calls that a handle of these kinds (1 << MVM_KIND_*) and rights
 * needs.
 */
struct rule *allow(struct confinement *c, int nr, const char *why, const char *name);
void arg(struct rule *r, unsigned int n, enum arg_test test, uint64_t value, uint64_t mask,
	 const char *shown);
void arg_is(struct rule *r, unsigned int n, uint64_t value, const char *shown);
void pin_fd(const struct confinement *c, struct rule *r, unsigned int n, int fd);
void allow_fd(struct confinement *c, int fd, unsigned int kinds, uint32_t rights, const char *why,
	      const char *name);
/* net.c: what --listen and --connect add. */
void confine_net(struct confinement *c);
/* serve/confine_serve.c: what mvm serve adds. */
void confine_serve(struct confinement *c);
/* debug.c: what --gdb and --core add. */
void confine_debug(struct confinement *c);
void allow_ioctl(struct confinement *c, int fd, unsigned long request, const char *shown);
/* trap.c: installs what reports violations. */
void confine_catch(void);

/*
 * root.c, as root only: each granted directory becomes a mount of its own, whose ".." leads
 * nowhere; the root directory and the user are changed.  0 or -1 with the message printed.
 */
int confine_root(struct confinement *c);

/* landlock.c or nolandlock.c: the ABI version that is used, 0: none. */
int confine_landlock_version(void);
int confine_landlock(const struct confinement *c);

#endif
