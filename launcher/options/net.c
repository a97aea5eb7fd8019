/* SPDX-License-Identifier: MIT */
/*
 * --listen, --connect and --resolver: their form.  What they name is opened by net/grant.c, or
 * looked at by service/socket.c; the sockets of --connect unix: are net/grantunix.c's.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <mvm/abi.h>
#include "msg.h"
#include "net/netvalue.h"
#include "net.h"
#include "value.h"

#define UNIX_PATH_MAX	107
#define FD_END		100		/* from there on descriptors are mvm's own (confine.h) */
#define RESOLVER_PORT	53

/* "word:" at the beginning of *s is taken off. */
static bool take_word(char **s, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*s, word, len) || (*s)[len] != ':')
		return false;
	*s += len + 1;
	return true;
}

/* PATH[:GUESTPATH] */
static const char *unix_paths(char *s, const char **host, char **guest)
{
	char *part[2];
	int n = value_split(s, part, 2);

	if (n > 2)
		return "has too many parts (a colon in a name is written \\:)";
	if (!*part[0])
		return "names no socket";
	if (strlen(part[0]) > UNIX_PATH_MAX)
		return "has a path longer than 107 bytes, more than a socket's name can be";
	*host = part[0];
	*guest = part[n - 1];
	if (strlen(*guest) > UNIX_PATH_MAX)
		return "has a path longer than 107 bytes, more than a socket's name can be";
	return **guest == '/' ? NULL :
	       n == 2 ? "has a place in the guest that is not absolute" :
	       "is not absolute, so it does not say where in the guest (unix:PATH:/GUESTPATH does)";
}

/* ADDR:PORT[:GUESTPORT] */
static const char *listen_inet(char *s, struct plan_listen *l)
{
	const char *why = net_value_address(&s, l->ip, NULL);
	char *guest;

	if (why)
		return why;
	guest = strchr(s, ':');
	if (guest)
		*guest = '\0';
	why = net_value_port(s, true, &l->port);
	if (!why && guest)
		why = net_value_port(guest + 1, false, &l->guest_port);
	return why;
}

const char *listen_value(char *s, struct plan_listen *l)
{
	if (take_word(&s, "unix")) {
		char *guest = NULL;
		const char *why = unix_paths(s, &l->path, &guest);

		l->proto = MVM_PROTO_UNIX;
		l->guest_path = guest;
		return why;
	}
	if (take_word(&s, "tcp"))
		l->proto = MVM_PROTO_TCP;
	else if (take_word(&s, "udp"))
		l->proto = MVM_PROTO_UDP;
	else
		return "begins with none of tcp:, udp: and unix:";
	return listen_inet(s, l);
}

/* N[:GUESTPORT] or N[:GUESTPATH], what there is of fd:N. */
static const char *listen_inherited(char *s, struct plan_listen *l)
{
	char *guest = strchr(s, ':');
	uint64_t n;

	if (guest)
		*guest++ = '\0';
	if (value_number(s, &n) || n < 3 || n >= FD_END)
		return "is no number of a descriptor from 3 to 99";
	l->inherited = (int)n;
	if (!guest || *guest != '/')
		return guest ? net_value_port(guest, false, &l->guest_port) : NULL;
	l->guest_path = guest;
	return strlen(guest) > UNIX_PATH_MAX ?
	       "has a path longer than 107 bytes, more than a socket's name can be" : NULL;
}

int parse_listen(struct plan *p, const struct option_desc *o, char *value)
{
	struct plan_listen l = { .text = strdup(value) };
	const char *why = "cannot be noted: out of memory";
	int status;

	if (l.text)
		why = take_word(&value, "fd") ? listen_inherited(value, &l) :
						listen_value(value, &l);
	status = why ? option_bad(o, l.text ? l.text : "", why) : option_check_count(p, o);
	if (status)
		free(l.text);
	else
		p->listens[p->nlistens++] = l;
	return status;
}

static int connect_unix(struct plan *p, const struct option_desc *o, char *value)
{
	char *whole = strdup(value), *paths = value, *guest = NULL;
	const char *host, *why;
	int status;

	take_word(&paths, "unix");
	why = whole ? unix_paths(paths, &host, &guest) : "cannot be noted: out of memory";
	if (!why)
		why = value_guest_path(guest);
	status = why ? option_bad(o, whole ? whole : "", why) : option_check_place(p, o, guest);
	free(whole);
	if (!status)
		status = option_check_count(p, o);
	if (!status)
		p->unixes[p->nunixes++] = (struct plan_unix){ host, guest };
	return status;
}

static const char *connect_value(char *s, struct plan_connect *c)
{
	const char *why;

	c->proto = MVM_PROTO_TCP;
	if (take_word(&s, "udp"))
		c->proto = MVM_PROTO_UDP;
	else
		take_word(&s, "tcp");
	why = net_value_address(&s, c->ip, &c->prefix);
	return why ? why : net_value_ports(s, &c->first, &c->last);
}

int parse_connect(struct plan *p, const struct option_desc *o, char *value)
{
	struct plan_connect c = { .text = NULL };
	const char *why;
	int status;

	if (!strncmp(value, "unix:", 5))
		return connect_unix(p, o, value);
	c.text = strdup(value);
	why = c.text ? connect_value(value, &c) : "cannot be noted: out of memory";
	status = why ? option_bad(o, c.text ? c.text : "", why) : option_check_count(p, o);
	if (status)
		free(c.text);
	else
		p->connects[p->nconnects++] = c;
	return status;
}

/* Port 53 there, by UDP and, for long answers, TCP. */
int parse_resolver(struct plan *p, const struct option_desc *o, char *value)
{
	struct plan_connect c = { .prefix = 128, .first = RESOLVER_PORT,
				  .last = RESOLVER_PORT, .proto = MVM_PROTO_TCP };
	int status;

	c.ip[10] = c.ip[11] = 0xff;
	if (inet_pton(AF_INET, value, c.ip + 12) != 1 &&
	    (inet_pton(AF_INET6, value, c.ip) != 1 || net_is_v4(c.ip)))
		return option_bad(o, value, "is no numeric address");
	status = option_check_count(p, o);
	if (status)
		return status;
	c.text = strdup(value);
	p->connects[p->nconnects++] = c;
	c.text = strdup(value);
	c.proto = MVM_PROTO_UDP;
	c.resolver = true;
	p->connects[p->nconnects++] = c;
	return 0;
}
