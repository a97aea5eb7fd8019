/* SPDX-License-Identifier: MIT */
/*
 * The options: their table, and what each one notes in the plan.  Owns the checks that need
 * nothing but the words; what they name is opened by grants.c, what a value looks like is
 * value.c's, and the words of the command line are cmdline.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mvm/abi.h>
#include "msg.h"
#include "options.h"
#include "options_net.h"
#include "value.h"

#define MIB		(1024ULL * 1024)
#define MEM_MIN		(8 * MIB)
#define STACK_MIN	(64ULL * 1024)
#define STACK_MAX	(1024 * MIB)
#define TIMEOUT_MAX	(1000ULL * 3600 * 1000000000)

extern char **environ;

int option_bad(const struct option_desc *o, const char *value, const char *why)
{
	return fail(EXIT_MVM, "--%s %s: %s; use --%s %s, as in --%s %s", o->name, value, why,
		    o->name, o->arg, o->name, o->example);
}

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* ---- Grants --------------------------------------------------------------------------------- */

/* Takes ":ro" or ":rw" off the end of n parts.  Returns how many are left. */
static int take_mode(char **part, int n, bool *read_only)
{
	*read_only = false;
	if (n < 2 || (strcmp(part[n - 1], "ro") && strcmp(part[n - 1], "rw")))
		return n;
	*read_only = !strcmp(part[n - 1], "ro");
	return n - 1;
}

/* True when path is dir or lies below it. */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

/* Grants may not hide one another or what the runtime itself shows. */
static int check_place(const struct plan *p, const struct option_desc *o, const char *guest)
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
	return 0;
}

int option_check_count(const struct plan *p, const struct option_desc *o)
{
	if (p->ndirs + p->ndisks + p->ntmpfs + p->nlistens + p->nconnects < PLAN_GRANTS_MAX)
		return 0;
	return fail(EXIT_MVM, "--%s: more than %d grants; grant a directory above several of "
		    "them, or a range of addresses or ports", o->name, PLAN_GRANTS_MAX);
}

static int parse_dir(struct plan *p, const struct option_desc *o, char *value)
{
	char *part[3], *whole = strdup(value);
	const char *why = NULL;
	bool read_only;
	int n, status;

	if (!whole)
		return fail(EXIT_MVM, "--%s: out of memory", o->name);
	n = value_split(value, part, 3);
	if (n <= 3)
		n = take_mode(part, n, &read_only);
	if (n > 2)
		why = "has too many parts (a colon in a name is written \\:)";
	else if (n < 2)
		why = "does not say where in the guest";
	else if (!*part[0])
		why = "names no directory of the host";
	else
		why = value_guest_path(part[1]);
	if (why)
		status = n == 2 && *part[0] ?
			fail(EXIT_MVM, "--%s %s: the place in the guest %s; use --%s %s, as in "
			     "--%s %s", o->name, whole, why, o->name, o->arg, o->name, o->example) :
			option_bad(o, whole, why);
	else
		status = check_place(p, o, part[1]);
	free(whole);
	if (!status)
		status = option_check_count(p, o);
	if (status)
		return status;
	p->dirs[p->ndirs++] = (struct plan_dir){ part[0], part[1], read_only };
	return 0;
}

/* A grant like any other, whose place in the guest is "/". */
static int parse_root(struct plan *p, const struct option_desc *o, char *value)
{
	char *part[2];
	bool read_only;
	int n, status;

	if (p->root)
		return fail(EXIT_MVM, "--%s %s: the guest's root is %s already; give --%s once",
			    o->name, value, p->root->host, o->name);
	n = value_split(value, part, 2);
	if (n <= 2)
		n = take_mode(part, n, &read_only);
	if (n > 1)
		return option_bad(o, part[0],
				  "has too many parts (a colon in a name is written \\:)");
	if (!*part[0])
		return option_bad(o, "''", "names no directory of the host");
	status = option_check_count(p, o);
	if (status)
		return status;
	p->root = &p->dirs[p->ndirs];
	p->dirs[p->ndirs++] = (struct plan_dir){ part[0], "/", read_only };
	return 0;
}

static int parse_tmpfs(struct plan *p, const struct option_desc *o, char *value)
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
	status = why ? option_bad(o, *whole ? whole : "''", why) :
		 strcmp(part[0], "/dev/shm") ? check_place(p, o, part[0]) : 0;
	free(whole);
	if (!status)
		status = option_check_count(p, o);
	if (status)
		return status;
	p->tmpfs[p->ntmpfs++] = (struct plan_tmpfs){ part[0], size };
	return 0;
}

static int check_disk_name(const struct plan *p, const struct option_desc *o, const char *name)
{
	static const char *const taken[] = {
		"console", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
		"stdout", "tty", "urandom", "zero",
	};
	const char *why = value_device_name(name);

	if (why)
		return fail(EXIT_MVM, "--%s: the name '%s' for /dev %s; use --%s %s, as in --%s %s",
			    o->name, name, why, o->name, o->arg, o->name, o->example);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(name, taken[i]))
			return fail(EXIT_MVM, "--%s: the guest has a /dev/%s already; choose "
				    "another name, as in --%s %s", o->name, name, o->name,
				    o->example);
	for (size_t i = 0; i < p->ndisks; i++)
		if (!strcmp(name, p->disks[i].name))
			return fail(EXIT_MVM, "--%s: two disks are named %s; give each a name of "
				    "its own, as in --%s %s", o->name, name, o->name, o->example);
	return 0;
}

static int parse_disk(struct plan *p, const struct option_desc *o, char *value)
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
		return option_bad(o, "''", "names no file");
	if (n == 2) {
		name = part[1];
	} else {
		name = names[p->ndisks];
		snprintf(name, sizeof(names[0]), "disk%u", (unsigned int)p->ndisks % 100);
	}
	status = check_disk_name(p, o, name);
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

static int parse_env(struct plan *p, const struct option_desc *o, char *value)
{
	size_t len = strcspn(value, "=");
	size_t i;

	if (!len)
		return option_bad(o, *value ? value : "''", "names no variable");
	if (!value[len]) {
		char *entry = host_variable(value);

		if (!entry)
			return fail(EXIT_MVM, "--%s %s: %s is not set here; set it, or say what it "
				    "shall be: --%s %s=VALUE", o->name, value, value, o->name,
				    value);
		value = entry;
	}
	for (i = 0; i < p->nenv; i++)
		if (!strncmp(p->env[i], value, len + 1))
			break;		/* the last one counts */
	p->env[i] = value;
	if (i == p->nenv)
		p->nenv++;
	return 0;
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
		return option_bad(o, *value ? value : "''", "is neither auto nor an absolute path");
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
		return option_bad(o, *value ? value : "''", "is none of auto, always and never");
	p->poll = (enum plan_poll)n;
	return 0;
}

static int parse_huge(struct plan *p, const struct option_desc *o, char *value)
{
	int n = tristate(value);

	if (n < 0)
		return option_bad(o, *value ? value : "''", "is none of auto, always and never");
	p->huge = (enum plan_huge)n;
	return 0;
}

/* ---- The guest's surroundings --------------------------------------------------------------- */

static int parse_cwd(struct plan *p, const struct option_desc *o, char *value)
{
	const char *why = value_guest_path(value);

	if (why)
		return option_bad(o, *value ? value : "''", why);
	p->cwd = value;
	return 0;
}

static int parse_hostname(struct plan *p, const struct option_desc *o, char *value)
{
	const char *why = value_hostname(value);

	if (why)
		return option_bad(o, *value ? value : "''", why);
	p->hostname = value;
	return 0;
}

/* ---- What is told --------------------------------------------------------------------------- */

static int parse_stats(struct plan *p, const struct option_desc *o, char *value)
{
	uint64_t n;

	if (!*value)
		return option_bad(o, "''", "names no file");
	if (!strncmp(value, "fd:", 3) && (value_number(value + 3, &n) || n > 1023))
		return option_bad(o, value, "is not the number of a descriptor");
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

/* An option whose Kconfig option is off leaves its name, so that the message can say so. */
#define IF(option, parser) \
	.config = #option, .built = IS_ENABLED(option), .parse = IS_ENABLED(option) ? parser : NULL
#define ALWAYS(parser)	.built = true, .parse = parser

const struct option_desc option_table[] = {
	{ "dir", 0, "HOST:GUEST[:ro]", "./data:/data:ro",
	  "show a directory of the host in the guest; with :ro it cannot be\n"
	  "changed. May be repeated. A colon in a name is written \\:",
	  FOR_RUN, IF(CONFIG_DIR, parse_dir) },
	{ "root", 0, "DIR[:ro]|FILE.tar", "./rootfs:ro",
	  "a directory tree of the host as the guest's root, or an archive that\n"
	  "is unpacked in its memory. PROGRAM is a path in it, or a name that is\n"
	  "searched in PATH, and may be dynamically linked",
	  FOR_RUN, IF(CONFIG_ROOT, parse_root) },
	{ "tmpfs", 0, "PATH[:SIZE]", "/scratch:64M",
	  "a file system in memory at PATH of the guest, of at most SIZE (default:\n"
	  "half of --mem). May be repeated",
	  FOR_RUN, ALWAYS(parse_tmpfs) },
	{ "disk", 0, "FILE[:NAME][:ro]", "db.img:db:ro",
	  "show a file or block device as /dev/NAME (default: disk0, disk1...).\n"
	  "May be repeated",
	  FOR_RUN, IF(CONFIG_DISK, parse_disk) },
	{ "listen", 0, "tcp:ADDR:PORT[:GUESTPORT]", "tcp:127.0.0.1:8080",
	  "let the guest accept connections there, which binds this port\n"
	  "(GUESTPORT, when they differ). Also udp:ADDR:PORT, unix:PATH",
	  FOR_RUN, IF(CONFIG_LISTEN, parse_listen) },
	{ "connect", 0, "[udp:]ADDR[/BITS]:PORT[-PORT]", "10.0.0.0/8:443",
	  "let the guest connect there; nothing else outside of it can be\n"
	  "reached. [ADDR/BITS] for IPv6. May be repeated",
	  FOR_RUN, IF(CONFIG_CONNECT, parse_connect) },
	{ "resolver", 0, "ADDR", "192.0.2.53",
	  "let the guest ask the name server there, port 53",
	  FOR_RUN, IF(CONFIG_CONNECT, parse_resolver) },
	{ "env", 0, "NAME[=VALUE]", "LANG=C",
	  "set a variable; without a value it is copied from here. Nothing\n"
	  "else of this environment is seen by the guest. May be repeated",
	  FOR_RUN, ALWAYS(parse_env) },
	{ "mem", 0, "SIZE", "64M",
	  "memory the guest may use, taken as it is touched (default: 512M)",
	  FOR_RUN, ALWAYS(parse_mem) },
	{ "stack", 0, "SIZE", "8M",
	  "limit of the program's stack (default: 8M)",
	  FOR_RUN, ALWAYS(parse_stack) },
	{ "cwd", 0, "PATH", "/data",
	  "working directory in the guest (default: /)",
	  FOR_RUN, ALWAYS(parse_cwd) },
	{ "hostname", 0, "NAME", "mvm",
	  "name of the guest (default: mvm)",
	  FOR_RUN, ALWAYS(parse_hostname) },
	{ "timeout", 0, "DURATION", "2s",
	  "end the VM after this time, as 500ms, 2s, 1m, with status 124",
	  FOR_RUN, IF(CONFIG_TIMEOUT, parse_timeout) },
	{ "allow-wx", 0, NULL, NULL,
	  "allow memory that is writable and executable at once",
	  FOR_RUN, ALWAYS(parse_allow_wx) },
	{ "no-aslr", 0, NULL, NULL,
	  "the same addresses in every run",
	  FOR_RUN, ALWAYS(parse_no_aslr) },
	{ "device", 0, "auto|PATH", "/dev/kvm",
	  "where VMs come from (default: /dev/mvm, else /dev/kvm)",
	  FOR_RUN | FOR_DOCTOR, ALWAYS(parse_device) },
	{ "poll", 0, "auto|always|never", "auto",
	  "let a thread of the host poll for hypercalls, so that they cost no\n"
	  "exit: while the guest is busy, always, or never (default: auto)",
	  FOR_RUN, IF(CONFIG_POLL, parse_poll) },
	{ "huge", 0, "auto|always|never", "auto",
	  "back the guest's memory with huge pages (default: auto)",
	  FOR_RUN, ALWAYS(parse_huge) },
	{ "stats", 0, "FILE|fd:N", "stats.json",
	  "write times, exits, hypercalls and memory as JSON when it ends",
	  FOR_RUN, IF(CONFIG_STATS, parse_stats) },
	{ "show-confinement", 0, NULL, NULL,
	  "print what mvm itself could still do with these options; run nothing",
	  FOR_RUN, IF(CONFIG_SHOW_CONFINEMENT, parse_show_confinement) },
	{ "verbose", 'v', NULL, NULL,
	  "say what is done, and what the guest asks for in vain",
	  FOR_RUN | FOR_DOCTOR, ALWAYS(parse_verbose) },
	{ "help", 'h', NULL, NULL,
	  "this text",
	  FOR_RUN | FOR_DOCTOR, ALWAYS(parse_help) },
};
const unsigned int option_count = sizeof(option_table) / sizeof(option_table[0]);
