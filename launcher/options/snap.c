/* SPDX-License-Identifier: MIT */
/* -o of mvm snapshot, --snapshot of mvm run. */
#include <mvm/kconfig.h>
#include "msg.h"
#include "snap.h"

static int parse_out(struct plan *p, const struct option_desc *o, char *value)
{
	return option_file(o, value, &p->snap_out);
}

static int parse_snapshot(struct plan *p, const struct option_desc *o, char *value)
{
	return option_file(o, value, &p->snapshot);
}

const struct option_desc snap_options[] = {
	{ "output", 'o', "FILE", "app.snap",
	  "where the snapshot goes; a file that was there before is replaced",
	  FOR_SNAPSHOT, IF(CONFIG_SNAPSHOT, parse_out) },
	{ "snapshot", 0, "FILE", "app.snap",
	  "go on from there instead of starting a PROGRAM: its arguments and its\n"
	  "memory are those of the snapshot, the grants must be the same",
	  FOR_RUN, IF(CONFIG_SNAPSHOT, parse_snapshot) },
	{ .name = NULL },
};
