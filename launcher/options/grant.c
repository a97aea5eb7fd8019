/* SPDX-License-Identifier: MIT */
/*
 * --dir, --root, --tmpfs, --disk and --env: their form, and that they do not stand in each other's
 * way.  What they name is opened by grants.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mvm/abi.h>
#include "command.h"
#include "msg.h"
#include "grant.h"
#include "value.h"

extern char **environ;

/* Takes ":ro" or ":rw" off the end of n parts.  Returns how many are left. */
static int take_mode(char **part, int n, bool *read_only)
{
	*read_only = false;
	if (n < 2 || (strcmp(part[n - 1], "ro") && strcmp(part[n - 1], "rw")))
		return n;
	*read_only = !strcmp(part[n - 1], "ro");
	return n - 1;
}

/* The same of a directory, which may also be ":overlay". */
static int take_dir_mode(char **part, int n, struct plan_dir *d)
{
	d->overlay = IS_ENABLED(CONFIG_ROOT) && n > 1 && !strcmp(part[n - 1], "overlay");
	if (!d->overlay)
		return take_mode(part, n, &d->read_only);
	d->read_only = true;
	return n - 1;
}

/* True when path is dir or lies below it. */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

int option_check_place(const struct plan *p, const struct option_desc *o, const char *guest)
{
	static const char *const taken[] = { "/dev", "/proc", "/sys" };

	if (!strcmp(guest, "/"))
		return fail(EXIT_MVM, "--%s %s: the guest's root is its own; name a directory "
			    "below it, as in --%s %s, or use --root", o->name, guest, o->name,
			    o->example);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (is_below(guest, taken[i]))
			return fail(EXIT_MVM, "--%s %s: %s belongs to the guest's runtime; choose "
				    "another place in the guest", o->name, guest, taken[i]);
	for (size_t i = 0; i < p->ndirs; i++)
		if (!strcmp(guest, p->dirs[i].guest))
			return fail(EXIT_MVM, "--%s %s: this place shows %s already; give each "
				    "--%s a place of its own in the guest", o->name, guest,
				    p->dirs[i].host, o->name);
	for (size_t i = 0; i < p->ntmpfs; i++)
		if (!strcmp(guest, p->tmpfs[i].path))
			return fail(EXIT_MVM, "--%s %s: a --tmpfs is there already; give each a "
				    "place of its own in the guest", o->name, guest);
	for (size_t i = 0; i < p->nunixes; i++)
		if (!strcmp(guest, p->unixes[i].guest))
			return fail(EXIT_MVM, "--%s %s: the socket %s is there already; give each "
				    "a place of its own in the guest", o->name, guest,
				    p->unixes[i].host);
	return 0;
}

int option_check_count(const struct plan *p, const struct option_desc *o)
{
	if (p->ndirs + p->ndisks + p->ntmpfs + p->nlistens + p->nconnects + p->nunixes <
	    PLAN_GRANTS_MAX)
		return 0;
	return fail(EXIT_MVM, "--%s: more than %d grants; grant a directory above several of "
		    "them, or a range of addresses or ports", o->name, PLAN_GRANTS_MAX);
}

int parse_dir(struct plan *p, const struct option_desc *o, char *value)
{
	char *part[3], *whole = strdup(value), place[100];
	const char *why = NULL;
	struct plan_dir d;
	int n, status;

	if (!whole)
		return fail(EXIT_MVM, "--%s: out of memory", o->name);
	n = value_split(value, part, 3);
	if (n <= 3)
		n = take_dir_mode(part, n, &d);
	if (n > 2)
		why = "has too many parts (a colon in a name is written \\:)";
	else if (n < 2)
		why = "does not say where in the guest";
	else if (!*part[0])
		why = "names no directory of the host";
	else
		why = value_guest_path(part[1]);
	if (why && n == 2 && *part[0]) {
		snprintf(place, sizeof(place), "the place in the guest %s", why);
		why = place;
	}
	if (why)
		status = option_bad(o, whole, why);
	else
		status = option_check_place(p, o, part[1]);
	free(whole);
	if (!status)
		status = option_check_count(p, o);
	if (status)
		return status;
	d.host = part[0];
	d.guest = part[1];
	p->dirs[p->ndirs++] = d;
	return 0;
}

/* A grant like any other, whose place in the guest is "/". */
int parse_root(struct plan *p, const struct option_desc *o, char *value)
{
	char *part[2];
	struct plan_dir d;
	int n, status;

	if (p->root)
		return fail(EXIT_MVM, "--%s %s: the guest's root is %s already; give --%s once",
			    o->name, value, p->root->host, o->name);
	n = value_split(value, part, 2);
	if (n <= 2)
		n = take_dir_mode(part, n, &d);
	if (n > 1)
		return option_bad(o, part[0],
				  "has too many parts (a colon in a name is written \\:)");
	if (!*part[0])
		return option_bad(o, "", "names no directory of the host");
	status = option_check_count(p, o);
	if (status)
		return status;
	p->root = &p->dirs[p->ndirs];
	d.host = part[0];
	d.guest = "/";
	p->dirs[p->ndirs++] = d;
	return 0;
}

int parse_tmpfs(struct plan *p, const struct option_desc *o, char *value)
{
	char *part[2], *whole = strdup(value);
	const char *why;
	uint64_t size = 0;
	int n, status;

	if (!whole)
		return fail(EXIT_MVM, "--%s: out of memory", o->name);
	n = value_split(value, part, 2);
	why = n > 2 ? "has too many parts (a colon in a name is written \\:)" :
		      value_guest_path(part[0]);
	if (!why && n == 2)
		why = value_size(part[1], &size);
	if (!why && n == 2 && size < MVM_PAGE_SIZE)
		why = "is smaller than a page (4K)";
	/* The one place of the runtime's where programs expect memory, sometimes much. */
	status = why ? option_bad(o, whole, why) :
		 strcmp(part[0], "/dev/shm") ? option_check_place(p, o, part[0]) : 0;
	free(whole);
	if (!status)
		status = option_check_count(p, o);
	if (status)
		return status;
	p->tmpfs[p->ntmpfs++] = (struct plan_tmpfs){ part[0], size };
	return 0;
}

static int check_disk_name(const struct plan *p, const struct option_desc *o, const char *file,
			   const char *name)
{
	static const char *const taken[] = {
		"console", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
		"stdout", "tty", "urandom", "zero",
	};
	const char *why = value_device_name(name);

	if (why)
		return fail(EXIT_MVM, "--%s %s: the name '%s' for /dev %s; use --%s %s, as in "
			    "--%s %s", o->name, file, name, why, o->name, o->arg, o->name,
			    o->example);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(name, taken[i]))
			return fail(EXIT_MVM, "--%s %s: the guest has a /dev/%s already; choose "
				    "another name, as in --%s %s", o->name, file, name, o->name,
				    o->example);
	for (size_t i = 0; i < p->ndisks; i++)
		if (!strcmp(name, p->disks[i].name))
			return fail(EXIT_MVM, "--%s %s: two disks are named %s; give each a name "
				    "of its own, as in --%s %s", o->name, file, name, o->name,
				    o->example);
	return 0;
}

int parse_disk(struct plan *p, const struct option_desc *o, char *value)
{
	static char names[PLAN_GRANTS_MAX][8];
	char *part[3], *name;
	bool read_only;
	int n, status;

	status = option_check_count(p, o);
	if (status)
		return status;
	n = value_split(value, part, 3);
	if (n <= 3)
		n = take_mode(part, n, &read_only);
	if (n > 2)
		return option_bad(o, part[0],
				  "has too many parts (a colon in a name is written \\:)");
	if (!*part[0])
		return option_bad(o, "", "names no file");
	if (n == 2) {
		name = part[1];
	} else {
		name = names[p->ndisks];
		snprintf(name, sizeof(names[0]), "disk%u", (unsigned int)p->ndisks % 100);
	}
	status = check_disk_name(p, o, part[0], name);
	if (status)
		return status;
	p->disks[p->ndisks++] = (struct plan_disk){ part[0], name, read_only };
	return 0;
}

/* The entry of mvm's own environment for the name in value, or NULL. */
static char *host_variable(const char *name)
{
	size_t len = strlen(name);

	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, name, len) && (*e)[len] == '=')
			return *e;
	return NULL;
}

/* Where the entry that begins so (len bytes, to its =) is, or the next one would be. */
static size_t find_variable(const struct plan *p, const char *entry, size_t len)
{
	size_t i = 0;

	while (i < p->nenv && strncmp(p->env[i], entry, len))
		i++;
	return i;
}

int parse_env(struct plan *p, const struct option_desc *o, char *value)
{
	size_t len = strcspn(value, "=");
	size_t i;

	if (!len)
		return option_bad(o, value, "names no variable");
	if (!value[len]) {
		char *entry = host_variable(value);

		if (!entry)
			return fail(EXIT_MVM, "--%s %s: %s is not set here; set it, or say what it "
				    "shall be: --%s %s=VALUE", o->name, value, value, o->name,
				    value);
		value = entry;
	}
	i = find_variable(p, value, len + 1);
	p->env[i] = value;		/* the last one counts */
	if (i == p->nenv)
		p->nenv++;
	return 0;
}

void env_defaults(struct plan *p)
{
	static char *const usual[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
	};

	for (size_t i = 0; p->root && i < sizeof(usual) / sizeof(*usual); i++)
		if (find_variable(p, usual[i], strcspn(usual[i], "=") + 1) == p->nenv)
			p->env[p->nenv++] = usual[i];
}
