/* SPDX-License-Identifier: MIT */
/*
 * The options: their table, and what each one notes in the plan.  Owns the checks that need
 * nothing but the words; what they name is opened by grants.c, what a value looks like is
 * value.c's, and the words of the command line are cmdline.c's.
 */
#include <string.h>
#include <mvm/abi.h>
#include "msg.h"
#include "options.h"
#include "debug.h"
#include "grant.h"
#include "net.h"
#include "pack.h"
#include "serve.h"
#include "record.h"
#include "snap.h"
#include "output.h"
#include "value.h"

#define MIB		(1024ULL * 1024)
#define MEM_MIN		(8 * MIB)
#define STACK_MIN	(64ULL * 1024)
#define STACK_MAX	(1024 * MIB)
#define TIMEOUT_MAX	(1000ULL * 3600 * 1000000000)

int option_bad(const struct option_desc *o, const char *value, const char *why)
{
	char sep = o->optional ? '=' : ' ';

	if (o->given)
		return fail(EXIT_MVM, "--%s=%s: %s; use --%s=%s", o->name, o->given, why, o->name,
			    o->arg);
	return fail(EXIT_MVM, "--%s%c%s: %s; use --%s%c%s, as in --%s%c%s", o->name, sep,
		    *value ? value : "''", why, o->name, sep, o->arg, o->name, sep, o->example);
}

int option_file(const struct option_desc *o, const char *value, const char **to)
{
	if (!*value)
		return option_bad(o, "", "names no file");
	*to = value;
	return 0;
}

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* ---- The machine ---------------------------------------------------------------------------- */

static int parse_mem(struct plan *p, const struct option_desc *o, char *value)
{
	uint64_t n;
	const char *why = value_size(value, &n);

	if (!why && n < MEM_MIN)
		why = "is less than 8M, the smallest guest";
	if (!why && n > MVM_LINEAR_MAX)
		why = "is more than 1024G, the largest guest";
	if (why)
		return option_bad(o, value, why);
	p->mem = round_up(n, MVM_LARGE_SIZE);
	return 0;
}

static int parse_stack(struct plan *p, const struct option_desc *o, char *value)
{
	uint64_t n;
	const char *why = value_size(value, &n);

	if (!why && n < STACK_MIN)
		why = "is less than 64K, the smallest stack";
	if (!why && n > STACK_MAX)
		why = "is more than 1G, the largest stack";
	if (why)
		return option_bad(o, value, why);
	p->stack = round_up(n, MVM_PAGE_SIZE);
	return 0;
}

static int parse_timeout(struct plan *p, const struct option_desc *o, char *value)
{
	uint64_t n;
	const char *why = value_duration(value, &n);

	if (!why && !n)
		why = "is no time at all";
	if (!why && n > TIMEOUT_MAX)
		why = "is more than 1000h";
	if (why)
		return option_bad(o, value, why);
	p->timeout_ns = n;
	return 0;
}

static int parse_device(struct plan *p, const struct option_desc *o, char *value)
{
	if (*value != '/' && strcmp(value, "auto"))
		return option_bad(o, value, "is neither auto nor an absolute path");
	p->device = strcmp(value, "auto") ? value : NULL;
	return 0;
}

/* The number of value among auto, always and never, in this order; -1 when it is none. */
static int tristate(const char *value)
{
	static const char *const words[] = { "auto", "always", "never" };

	for (int i = 0; i < 3; i++)
		if (!strcmp(value, words[i]))
			return i;
	return -1;
}

static int parse_poll(struct plan *p, const struct option_desc *o, char *value)
{
	int n = tristate(value);

	if (n < 0)
		return option_bad(o, value, "is none of auto, always and never");
	p->poll = (enum plan_poll)n;
	return 0;
}

static int parse_huge(struct plan *p, const struct option_desc *o, char *value)
{
	int n = tristate(value);

	if (n < 0)
		return option_bad(o, value, "is none of auto, always and never");
	p->huge = (enum plan_huge)n;
	return 0;
}

/* ---- The guest's surroundings --------------------------------------------------------------- */

static int parse_cwd(struct plan *p, const struct option_desc *o, char *value)
{
	const char *why = value_guest_path(value);

	if (why)
		return option_bad(o, value, why);
	p->cwd = value;
	return 0;
}

static int parse_hostname(struct plan *p, const struct option_desc *o, char *value)
{
	const char *why = value_hostname(value);

	if (why)
		return option_bad(o, value, why);
	p->hostname = value;
	return 0;
}

/* An identifier of a user or group; the highest number stands for "no change" in system calls. */
static const char *value_id(const char *s, uint32_t *id)
{
	uint64_t n;
	const char *why = value_number(s, &n);

	if (!why && n >= UINT32_MAX)
		why = "is more than 4294967294, the highest identifier";
	if (!why)
		*id = (uint32_t)n;
	return why;
}

static int parse_user(struct plan *p, const struct option_desc *o, char *value)
{
	char *group = strchr(value, ':');
	const char *why;

	if (group && strchr(group + 1, ':'))
		return option_bad(o, value, "has more than a user and a group");
	if (group)
		*group++ = '\0';
	why = value_id(value, &p->uid);
	if (why)
		return option_bad(o, value, why);
	p->gid = p->uid;
	why = group ? value_id(group, &p->gid) : NULL;
	if (why)
		return option_bad(o, group, why);
	p->has_user = true;
	return 0;
}

/* ---- What is told --------------------------------------------------------------------------- */

static int parse_stats(struct plan *p, const struct option_desc *o, char *value)
{
	const char *why = output_check(value);

	if (why)
		return option_bad(o, value, why);
	p->stats = value;
	return 0;
}

static int parse_show_confinement(struct plan *p, const struct option_desc *o, char *value)
{
	(void)o;
	(void)value;
	p->show_confinement = true;
	return 0;
}

static int parse_allow_wx(struct plan *p, const struct option_desc *o, char *value)
{
	(void)o;
	(void)value;
	p->allow_wx = true;
	return 0;
}

static int parse_no_aslr(struct plan *p, const struct option_desc *o, char *value)
{
	(void)o;
	(void)value;
	p->no_aslr = true;
	return 0;
}

static int parse_verbose(struct plan *p, const struct option_desc *o, char *value)
{
	(void)o;
	(void)value;
	p->verbose = true;
	return 0;
}

static int parse_help(struct plan *p, const struct option_desc *o, char *value)
{
	(void)o;
	(void)value;
	p->topic = p->command;
	p->command = PLAN_HELP;
	return 0;
}

/* ---- The table ------------------------------------------------------------------------------ */

static const struct option_desc run_options[] = {
	{ "dir", 0, "HOST:GUEST[:ro|:overlay]", "./data:/data:ro",
	  "show a directory of the host in the guest; with :ro it cannot be\n"
	  "changed, with :overlay changes stay in the guest's memory. May be\n"
	  "repeated. A colon in a name is written \\:",
	  FOR_VM | FOR_CONF | REPEATS, IF(CONFIG_DIR, parse_dir) },
	{ "root", 0, "DIR[:ro|:overlay]|FILE.tar", "./rootfs:ro",
	  "a directory tree of the host as the guest's root, or an archive that\n"
	  "is unpacked in its memory. PROGRAM is a path in it, or a name that is\n"
	  "searched in PATH, and may be dynamically linked",
	  FOR_VM, IF(CONFIG_ROOT, parse_root) },
	{ "tmpfs", 0, "PATH[:SIZE]", "/scratch:64M",
	  "a file system in memory at PATH of the guest, of at most SIZE (default:\n"
	  "half of --mem). May be repeated",
	  FOR_VM | KEPT | FOR_CONF | REPEATS, ALWAYS(parse_tmpfs) },
	{ "disk", 0, "FILE[:NAME][:ro]", "db.img:db:ro",
	  "show a file or block device as /dev/NAME (default: disk0, disk1...).\n"
	  "May be repeated",
	  FOR_VM | FOR_CONF | REPEATS, IF(CONFIG_DISK, parse_disk) },
	{ "listen", 0, "tcp:ADDR:PORT[:GUESTPORT]", "tcp:127.0.0.1:8080",
	  "let the guest accept connections there, which binds this port\n"
	  "(GUESTPORT, when they differ). Also udp:ADDR:PORT, unix:PATH, and\n"
	  "fd:N, a listening socket that is passed to mvm",
	  FOR_VM | FOR_CONF | REPEATS, IF(CONFIG_LISTEN, parse_listen) },
	{ "connect", 0, "[udp:]ADDR[/BITS]:PORT[-PORT]", "10.0.0.0/8:443",
	  "let the guest connect there; nothing else outside of it can be\n"
	  "reached. [ADDR/BITS] for IPv6. Also unix:PATH[:GUESTPATH]. May be repeated",
	  FOR_VM | FOR_CONF | REPEATS, IF(CONFIG_CONNECT, parse_connect) },
	{ "resolver", 0, "ADDR", "192.0.2.53",
	  "let the guest ask the name server there, port 53",
	  FOR_VM | FOR_CONF | REPEATS, IF(CONFIG_CONNECT, parse_resolver) },
	{ "env", 0, "NAME[=VALUE]", "LANG=C",
	  "set a variable; without a value it is copied from here. Nothing\n"
	  "else of this environment is seen by the guest. May be repeated",
	  FOR_VM | KEPT | FOR_CONF | REPEATS, ALWAYS(parse_env) },
	{ "mem", 0, "SIZE", "64M",
	  "memory the guest may use, taken as it is touched (default: 512M)",
	  FOR_VM | KEPT | FOR_CONF, ALWAYS(parse_mem) },
	{ "stack", 0, "SIZE", "8M",
	  "limit of the program's stack (default: 8M)",
	  FOR_VM | KEPT | FOR_CONF, ALWAYS(parse_stack) },
	{ "cwd", 0, "PATH", "/data",
	  "working directory in the guest (default: /)",
	  FOR_VM | KEPT | FOR_CONF, ALWAYS(parse_cwd) },
	{ "hostname", 0, "NAME", "mvm",
	  "name of the guest (default: mvm)",
	  FOR_VM | KEPT | FOR_CONF, ALWAYS(parse_hostname) },
	{ "user", 0, "UID[:GID]", "1000:1000",
	  "who the guest takes itself for (default: who started mvm; GID: as\n"
	  "UID). What it may do on the host does not depend on it",
	  FOR_VM | KEPT | FOR_CONF, ALWAYS(parse_user) },
	{ "timeout", 0, "DURATION", "2s",
	  "end the VM after this time, as 500ms, 2s, 1m, with status 124",
	  FOR_RUN | FOR_SNAPSHOT | FOR_CONF, IF(CONFIG_TIMEOUT, parse_timeout) },
	{ "allow-wx", 0, NULL, NULL,
	  "allow memory that is writable and executable at once",
	  FOR_VM | KEPT | FOR_CONF, ALWAYS(parse_allow_wx) },
	{ "no-aslr", 0, NULL, NULL,
	  "the same addresses in every run",
	  FOR_VM | KEPT | FOR_CONF, ALWAYS(parse_no_aslr) },
	{ "device", 0, "auto|FILE", "/dev/kvm",
	  "where VMs come from (default: /dev/mvm, else /dev/kvm)",
	  FOR_VM | FOR_APPLIANCE | FOR_DOCTOR, ALWAYS(parse_device) },
	{ "poll", 0, "auto|always|never", "auto",
	  "let a thread of the host poll for hypercalls, so that they cost no\n"
	  "exit: while the guest is busy, always, or never (default: auto)",
	  (FOR_VM & ~FOR_SERVE) | FOR_CONF, IF(CONFIG_POLL, parse_poll) },
	{ "huge", 0, "auto|always|never", "auto",
	  "back the guest's memory with huge pages (default: auto)",
	  FOR_VM | FOR_CONF, ALWAYS(parse_huge) },
	{ "stats", 0, "FILE|fd:N", "stats.json",
	  "write times, exits, hypercalls and memory as JSON when it ends",
	  FOR_RUN | FOR_APPLIANCE, IF(CONFIG_STATS, parse_stats) },
	{ "show-confinement", 0, NULL, NULL,
	  "print what mvm itself could still do with these options; run nothing",
	  FOR_RUN | FOR_SNAPSHOT | FOR_SERVE | FOR_APPLIANCE,
	  IF(CONFIG_SHOW_CONFINEMENT, parse_show_confinement) },
	{ .name = NULL },
};

static const struct option_desc common_options[] = {
	{ "verbose", 'v', NULL, NULL,
	  "say what is done, and what the guest asks for in vain",
	  FOR_ALL, ALWAYS(parse_verbose) },
	{ "help", 'h', NULL, NULL,
	  "show this text",
	  FOR_ALL, ALWAYS(parse_help) },
	{ .name = NULL },
};

/* In the order of mvm help.  An option's name is in one table for each command. */
const struct option_desc *const option_tables[] = {
	run_options, debug_options, snap_options, serve_options,
	record_options, observe_options,
	pack_options,
	common_options,
	NULL,
};

bool option_of(const struct option_desc *o, enum plan_command command)
{
	return o->commands & (1U << command);
}
