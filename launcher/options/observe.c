/* SPDX-License-Identifier: MIT */
/* The options of what watches a run: --trace, --profile, --timeline.  Owns their table. */
#include <string.h>
#include "msg.h"
#include "observe/observe.h"
#include "options.h"
#include "output.h"
#include "value.h"

#define RATE_MAX	10000U

static int parse_file(const struct option_desc *o, char *value, const char **to)
{
	const char *why = output_check(value);

	if (why)
		return option_bad(o, value, why);
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
			p->trace_time = (enum plan_trace_time)(TRACE_TIME_NONE + i);
			return 0;
		}
	return option_bad(o, value, "is none of none, relative and absolute");
}

static int parse_profile(struct plan *p, const struct option_desc *o, char *value)
{
	return parse_file(o, value, &p->profile);
}

static int parse_profile_rate(struct plan *p, const struct option_desc *o, char *value)
{
	uint64_t n;
	const char *why = value_number(value, &n);

	if (!why && (!n || n > RATE_MAX))
		why = "is not between 1 and 10000";
	if (why)
		return option_bad(o, value, why);
	p->profile_hz = (unsigned int)n;
	return 0;
}

int observe_check(const struct plan *p)
{
	if (IS_ENABLED(CONFIG_TRACE) && p->trace_time && !p->trace)
		return fail(EXIT_MVM, "--trace-time: nothing is traced whose times could be "
			    "printed; use it with --trace or --trace-filter");
	if (IS_ENABLED(CONFIG_PROFILE) && p->profile_hz && !p->profile)
		return fail(EXIT_MVM, "--profile-rate: nothing is sampled at that rate; use it "
			    "with --profile FILE");
	return 0;
}

static int parse_timeline(struct plan *p, const struct option_desc *o, char *value)
{
	return parse_file(o, value, &p->timeline);
}

const struct option_desc observe_options[] = {
	{ "trace", 0, "FILE|fd:N", "trace.txt",
	  "print system calls and hypercalls as they end, decoded; on standard\n"
	  "error without a FILE",
	  FOR_RUN | FOR_APPLIANCE, IF(CONFIG_TRACE, parse_trace), .optional = true },
	{ "trace-filter", 0, "LIST", "openat,%network",
	  "which: names, hyper:NAME, %GROUP, with ! in front those not wanted;\n"
	  "groups are all, syscall, hypercall, file, desc, network, memory,\n"
	  "process, signal, time",
	  FOR_RUN | FOR_APPLIANCE, IF(CONFIG_TRACE, parse_trace_filter) },
	{ "trace-time", 0, "none|relative|absolute", "relative",
	  "begin lines with the time since the last one, or the time of day\n"
	  "(default: none)",
	  FOR_RUN | FOR_APPLIANCE, IF(CONFIG_TRACE, parse_trace_time) },
	{ "profile", 0, "FILE|fd:N", "stacks.txt",
	  "sample where the guest is and write folded stacks for flame graphs",
	  FOR_RUN | FOR_APPLIANCE, IF(CONFIG_PROFILE, parse_profile) },
	{ "profile-rate", 0, "HZ", "997",
	  "samples a second (default: 997)",
	  FOR_RUN | FOR_APPLIANCE, IF(CONFIG_PROFILE, parse_profile_rate) },
	{ "timeline", 0, "FILE|fd:N", "run.svg",
	  "draw the stages of the start and what happened when, as SVG",
	  FOR_RUN | FOR_APPLIANCE, IF(CONFIG_TIMELINE, parse_timeline) },
	{ .name = NULL },
};
