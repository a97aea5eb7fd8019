/* SPDX-License-Identifier: MIT */
/*
 * --show-confinement: the rules as a person reads them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "confine_int.h"
#include "sysname.h"

static int print_arg(char *to, size_t room, const struct rule_arg *a)
{
	if (a->test == ARG_BELOW)
		return snprintf(to, room, "arg%u < %" PRIu64, a->n, a->value);
	if (a->test == ARG_MASKED)
		return snprintf(to, room, "arg%u in %s", a->n, a->shown);
	if (a->shown)
		return snprintf(to, room, "arg%u = %s", a->n, a->shown);
	return snprintf(to, room, "arg%u = %" PRIu64, a->n, a->value);
}

static void print_rule(const struct rule *r, FILE *f)
{
	char args[160] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < r->nargs && len < sizeof(args); i++) {
		if (i)
			len += (size_t)snprintf(args + len, sizeof(args) - len, ", ");
		if (len < sizeof(args))
			len += (size_t)print_arg(args + len, sizeof(args) - len, &r->args[i]);
	}
	fprintf(f, "  %-16s %-46s %s%s%s\n", syscall_name(r->nr), args, r->why,
		r->name ? " " : "", r->name ? r->name : "");
}

static void print_rules(const struct confinement *c, FILE *f)
{
	for (size_t i = 0; i < c->nrules; i++)
		print_rule(&c->rules[i], f);
}

static void print_dirs(const struct confinement *c, FILE *f)
{
	for (uint32_t i = 0; i < c->handles->used; i++) {
		const struct handle *h = &c->handles->h[i];

		if (h->fd >= 0 && h->kind == MVM_KIND_DIR)
			fprintf(f, "                    %s as %s, %s\n",
				strcmp(c->grants->paths[i], "/") ? "a --dir" : "the --root",
				c->grants->paths[i],
				h->read_only ? "read only" : "read and write");
	}
}

static void print_landlock(const struct confinement *c, FILE *f)
{
	if (!c->landlock) {
		fprintf(f, "  Landlock          none: this kernel or this build has none\n");
		return;
	}
	fprintf(f, "  Landlock          version %d: no file but below a --dir%s%s\n", c->landlock,
		c->landlock < 4 ? "" : c->plan->nconnects ? ", no TCP but to ports of --connect" :
		", no TCP",
		c->landlock >= 6 ? ", no signals and no abstract sockets to others" : "");
}

void confine_print(const struct confinement *c, FILE *f)
{
	fprintf(f, "When the guest runs, mvm has given up everything but this.\n\nProcess:\n");
	fprintf(f, "  user and group    %u, %u (%s)\n", c->uid, c->gid, c->uid_why);
	fprintf(f, "  capabilities      none; no_new_privs%s\n",
		c->root ? "; user 0 has no privileges" : "");
	fprintf(f, "  root directory    %s\n", c->root ?
		"an empty directory that no longer exists" :
		"the host's, not reachable (Landlock, no call takes a path from it)");
	print_dirs(c, f);
	print_landlock(c, f);
	fprintf(f, "  limits            core 0, locked memory 0, "
		"open files %u\n", c->files_max);
	fprintf(f, "  descriptors       standard streams, grants, VM %d, vCPU %d\n",
		CONFINE_FD_VM, CONFINE_FD_VCPU);
	fprintf(f, "\nSystem calls, and the grant each comes from:\n");
	print_rules(c, f);
	fprintf(f, "\nAny other system call or argument ends the VM.\n");
}
