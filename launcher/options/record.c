/* SPDX-License-Identifier: MIT */
/* The options of recording and replaying, and what else may stand beside them. */
#include <mvm/kconfig.h>

#include "command.h"
#include "msg.h"
#include "record.h"

static int parse_record(struct plan *p, const struct option_desc *o, char *value)
{
	return option_file(o, value, &p->record);
}

static int parse_replay(struct plan *p, const struct option_desc *o, char *value)
{
	return option_file(o, value, &p->replay);
}

const struct option_desc record_options[] = {
	{ "record", 0, "FILE", "run.rec",
	  "keep in FILE all that comes into the guest, so that the same run can be\n"
	  "repeated with --replay. Implies --poll=never",
	  FOR_RUN, IF(CONFIG_RECORD, parse_record) },
	{ "replay", 0, "FILE", "run.rec",
	  "repeat the run that FILE was recorded of, without PROGRAM, files,\n"
	  "sockets or standard input; what it wrote is written again",
	  FOR_RUN, IF(CONFIG_RECORD, parse_replay) },
	{ .name = NULL },
};

/* The option that a replay was given in vain, or NULL. */
static const char *granted(const struct plan *p)
{
	return p->root ? "root" : p->ndirs ? "dir" : p->ndisks ? "disk" :
	       p->nlistens ? "listen" : p->nconnects || p->nunixes ? "connect" : p->kept;
}

int operands_run(struct plan *p, int argc, char **argv)
{
	const char *option = granted(p);
	int status = observe_check(p);

	if (status)
		return status;
	if (p->record && p->replay)
		return fail(EXIT_MVM, "--replay %s: a replayed run is not recorded again; leave "
			    "--record away", p->replay);
	if ((p->record || p->replay) && p->snapshot)
		return fail(EXIT_MVM, "--snapshot %s: what goes on from a snapshot is not "
			    "recorded; leave it away with --record and --replay", p->snapshot);
	if ((p->record || p->replay) && p->poll == POLL_ALWAYS)
		return fail(EXIT_MVM, "--poll=always: what a thread finds by polling cannot be "
			    "repeated; leave it away with --record and --replay");
	if (p->record || p->replay)
		p->poll = POLL_NEVER;
	if (!p->replay)
		return operands_or_snapshot(p, argc, argv);
	if (option)
		return fail(EXIT_MVM, "--%s: a replayed run is given nothing, all is in its "
			    "recording; leave it away with --replay", option);
	if (argc)
		return fail(EXIT_MVM, "%s: a replayed run is told no program or arguments, they "
			    "are in its recording; use mvm run --replay %s", argv[0], p->replay);
	p->program = p->replay;
	return 0;
}
