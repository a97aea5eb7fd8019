/* SPDX-License-Identifier: MIT */
/* The options of what watches a run: --trace.  Owns their table. */
#include <string.h>
#include "observe/observe.h"
#include "options.h"
#include "output.h"

static int parse_file(const struct option_desc *o, char *value, const char **to)
{
	const char *why = output_check(value);

	if (why)
		return option_bad(o, *value ? value : "''", why);
	*to = value;
	return 0;
}

static int parse_trace(struct plan *p, const struct option_desc *o, char *value)
{
	if (!p->trace_filtered)
		trace_want_all(p);
	if (value)
		return parse_file(o, value, &p->trace);
	p->trace = "fd:2";
	return 0;
}

static int parse_trace_filter(struct plan *p, const struct option_desc *o, char *value)
{
	if (!p->trace)
		p->trace = "fd:2";
	return trace_filter(p, o, value);
}

static int parse_trace_time(struct plan *p, const struct option_desc *o, char *value)
{
	static const char *const words[] = { "none", "relative", "absolute" };

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(value, words[i])) {
			p->trace_time = (enum plan_trace_time)i;
			return 0;
		}
	return option_bad(o, *value ? value : "''", "is none of none, relative and absolute");
}

const struct option_desc observe_options[] = {
	{ "trace", 0, "FILE|fd:N", "trace.txt",
	  "print system calls and hypercalls as they end, decoded; on standard\n"
	  "error without a FILE",
	  FOR_RUN, IF(CONFIG_TRACE, parse_trace), .optional = true },
	{ "trace-filter", 0, "LIST", "openat,%network",
	  "which: names, hyper:NAME, %GROUP, with ! in front those not wanted;\n"
	  "groups are all, syscall, hypercall, file, desc, network, memory,\n"
	  "process, signal, time",
	  FOR_RUN, IF(CONFIG_TRACE, parse_trace_filter) },
	{ "trace-time", 0, "none|relative|absolute", "relative",
	  "begin lines with the time since the last one, or the time of day\n"
	  "(default: none)",
	  FOR_RUN, IF(CONFIG_TRACE, parse_trace_time) },
	{ .name = NULL },
};
