/* SPDX-License-Identifier: MIT */
/* Options of pack, inspect, unpack and of appliances, and what these commands take besides. */
#include <string.h>
#include "command.h"
#include "msg.h"
#include "options.h"
#include "grant.h"
#include "pack.h"

static int parse_text(const char **where, const struct option_desc *o, const char *value)
{
	if (*value && *where)
		return fail(EXIT_MVM, "--%s %s: is %s already; give --%s once", o->name, value,
			    *where, o->name);
	return option_file(o, value, where);
}

static int parse_config(struct plan *p, const struct option_desc *o, char *value)
{
	return parse_text(&p->pack.config, o, value);
}

static int parse_output(struct plan *p, const struct option_desc *o, char *value)
{
	return parse_text(&p->pack.output, o, value);
}

static int parse_launcher(struct plan *p, const struct option_desc *o, char *value)
{
	return parse_text(&p->pack.launcher, o, value);
}

static int parse_key(struct plan *p, const struct option_desc *o, char *value)
{
	return parse_text(&p->pack.key, o, value);
}

static int parse_inspect(struct plan *p, const struct option_desc *o, char *value)
{
	(void)o;
	(void)value;
	p->command = PLAN_INSPECT;
	return 0;
}

const struct option_desc pack_options[] = {
	{ "config", 0, "FILE", "app.conf",
	  "the appliance's configuration, as mvm.conf(5) says",
	  FOR_PACK, IF(CONFIG_PACK, parse_config) },
	{ "output", 'o', "OUT", "app.appliance",
	  "the file to write",
	  FOR_PACK, IF(CONFIG_PACK, parse_output) },
	{ "launcher", 0, "FILE", "build/small/bin/mvm",
	  "another mvm for the appliance to be a copy of, with fewer features say\n"
	  "(default: this one)",
	  FOR_PACK, IF(CONFIG_PACK, parse_launcher) },
	{ "root", 0, "DIR|FILE.tar", "./files",
	  "the appliance's files, of which its root directory consists: a tree, or\n"
	  "an archive",
	  FOR_PACK, IF(CONFIG_PACK, parse_root) },
	{ "sign", 0, "KEY", "minisign.key",
	  "write a signature by this secret key of minisign(1), OUT.minisig",
	  FOR_PACK, IF(CONFIG_SIGN, parse_key) },
	{ "verify", 0, "KEY", "minisign.pub",
	  "require FILE.minisig to be a signature by this public key, a file or\n"
	  "the key itself",
	  FOR_INSPECT | FOR_UNPACK, IF(CONFIG_SIGN, parse_key) },
	{ "inspect", 0, NULL, NULL,
	  "print what is in this appliance; run nothing",
	  FOR_APPLIANCE, IF(CONFIG_APPLIANCE, parse_inspect) },
	{ .name = NULL },
};

/* Words and, between them, options; at most two words are noted. */
static int take_words(struct plan *p, int argc, char **argv, const char **second)
{
	bool options = true;

	for (int i = 0; i < argc; i++) {
		const char **where = !p->program ? &p->program : second && !*second ? second : NULL;
		int status;

		if (options && !strcmp(argv[i], "--")) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			status = option_word(p, argv, &i);
			if (status || p->command == PLAN_HELP)
				return status;
		} else if (where && *argv[i]) {
			*where = argv[i];
		} else {
			return fail(EXIT_MVM, "'%s': is one word too many; mvm help %s says what "
				    "it takes", argv[i], command_of(p->command)->word);
		}
	}
	return 0;
}

int operands_one_file(struct plan *p, int argc, char **argv)
{
	return take_words(p, argc, argv, NULL);
}

int operands_unpack(struct plan *p, int argc, char **argv)
{
	return take_words(p, argc, argv, &p->pack.output);
}
