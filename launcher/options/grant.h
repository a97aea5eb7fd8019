/* SPDX-License-Identifier: MIT */
/* The options that grant something of the host, but for the network, for the table of options.c. */
#ifndef MVM_OPTIONS_GRANT_H
#define MVM_OPTIONS_GRANT_H

#include "options.h"

int parse_dir(struct plan *p, const struct option_desc *o, char *value);
int parse_root(struct plan *p, const struct option_desc *o, char *value);
int parse_tmpfs(struct plan *p, const struct option_desc *o, char *value);
int parse_disk(struct plan *p, const struct option_desc *o, char *value);
int parse_env(struct plan *p, const struct option_desc *o, char *value);

#endif
