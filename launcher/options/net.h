/* SPDX-License-Identifier: MIT */
/* The options that grant something of the network, for the table of options.c. */
#ifndef MVM_OPTIONS_NET_H
#define MVM_OPTIONS_NET_H

#include "options.h"

/* The value of --listen, changed in place, into *l, whose text is left alone.  As of value.h. */
const char *listen_value(char *s, struct plan_listen *l);

int parse_listen(struct plan *p, const struct option_desc *o, char *value);
int parse_connect(struct plan *p, const struct option_desc *o, char *value);
int parse_resolver(struct plan *p, const struct option_desc *o, char *value);

#endif
