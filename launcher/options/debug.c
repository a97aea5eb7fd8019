/* SPDX-License-Identifier: MIT */
/* --gdb and --core: their form.  What they name is opened by gdb/open.c and core/file.c. */
#include "debug.h"

#include <stdlib.h>
#include <string.h>
#include <mvm/abi.h>
#include "msg.h"
#include "net/netvalue.h"
#include "value.h"

#define UNIX_PATH_MAX	107

/* Whoever talks to the stub has the guest's memory: nobody beyond this host shall. */
static bool is_loopback(const uint8_t ip[16])
{
	static const uint8_t v6[16] = { [15] = 1 };

	return net_is_v4(ip) ? ip[12] == 127 : !memcmp(ip, v6, sizeof(v6));
}

static const char *gdb_value(char *s, struct plan_listen *l)
{
	const char *why;

	if (!strncmp(s, "unix:", 5)) {
		l->proto = MVM_PROTO_UNIX;
		l->path = s + 5;
		return !*l->path ? "names no socket" : strlen(l->path) > UNIX_PATH_MAX ?
		       "has a path longer than 107 bytes, more than a socket's name can be" : NULL;
	}
	if (strncmp(s, "tcp:", 4))
		return "begins with neither unix: nor tcp:";
	s += 4;
	l->proto = MVM_PROTO_TCP;
	why = net_value_address(&s, l->ip, NULL);
	if (!why && !is_loopback(l->ip))
		why = "is not an address of this host alone, as 127.0.0.1 or [::1]";
	return why ? why : net_value_port(s, true, &l->port);
}

static int parse_gdb(struct plan *p, const struct option_desc *o, char *value)
{
	struct plan_listen l = { .text = strdup(value) };
	const char *why = l.text ? gdb_value(value, &l) : "cannot be noted: out of memory";
	int status = why ? option_bad(o, l.text ? l.text : "", why) : 0;

	free(p->gdb.text);
	p->gdb = l;
	if (status) {
		free(l.text);
		p->gdb.text = NULL;
	}
	return status;
}

/* FILE|DIR[:LIMIT] */
static int parse_core(struct plan *p, const struct option_desc *o, char *value)
{
	const char *why = NULL;
	char *part[2], *whole = strdup(value);
	int n = value_split(value, part, 2), status = 0;

	p->core_limit = 0;
	if (n > 2)
		why = "has too many parts (a colon in a name is written \\:)";
	else if (!*part[0])
		why = "names no file";
	else if (n == 2)
		why = value_size(part[1], &p->core_limit);
	if (!why && n == 2 && !p->core_limit)
		why = "has a limit of nothing";
	if (why)
		status = option_bad(o, whole ? whole : "", why);
	free(whole);
	p->core = part[0];
	return status;
}

const struct option_desc debug_options[] = {
	{ "gdb", 0, "unix:PATH|tcp:ADDR:PORT", "tcp:127.0.0.1:1234",
	  "wait for gdb there before the program's first instruction; whoever can\n"
	  "connect controls the guest. ADDR: of this host only",
	  FOR_RUN, IF(CONFIG_GDB, parse_gdb) },
	{ "core", 0, "FILE|DIR[:LIMIT]", "./cores:64M",
	  "write a core dump when the program crashes, to FILE or to a file of its\n"
	  "own in DIR, with at most LIMIT bytes of memory",
	  FOR_RUN, IF(CONFIG_CORE, parse_core) },
	{ .name = NULL },
};
