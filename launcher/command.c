/* SPDX-License-Identifier: MIT */
/* The commands: their table, and what each takes besides options. */
#include <stddef.h>
#include <mvm/kconfig.h>
#include "command.h"
#include "msg.h"

#define MIB		(1024ULL * 1024)
#define STACK_DEFAULT	(8 * MIB)

static int check_memory(struct plan *p)
{
	if (!p->stack)
		p->stack = STACK_DEFAULT < p->mem / 4 ? STACK_DEFAULT : p->mem / 4;
	for (size_t i = 0; i < p->ntmpfs; i++)
		if (!p->tmpfs[i].size)
			p->tmpfs[i].size = p->mem / 2;
	if (p->stack > p->mem)
		return fail(EXIT_MVM, "--stack: %llu MiB do not fit in the guest's memory of %llu "
			    "MiB; give a smaller --stack or a larger --mem",
			    (unsigned long long)(p->stack / MIB),
			    (unsigned long long)(p->mem / MIB));
	return 0;
}

int operands_program(struct plan *p, int argc, char **argv)
{
	const struct command *c = command_of(p->command);

	if (!argc)
		return fail(EXIT_MVM, "%s: the program is missing; use mvm %s %s, as in mvm %s "
			    "app.elf", c->word, c->word, c->synopsis, c->word);
	if (!*argv[0])
		return fail(EXIT_MVM, "%s: the program's name is empty; name an ELF file, as in "
			    "mvm %s ./app.elf", c->word, c->word);
	p->program = argv[0];
	p->argv = argv;
	p->argc = argc;
	env_defaults(p);
	return check_memory(p);
}

int refuse_kept(const struct plan *p, const char *snapshot)
{
	return p->kept ? fail(EXIT_MVM, "--%s: the snapshot %s was made with its own, which stays; "
			      "leave it away, or make the snapshot again with it", p->kept,
			      snapshot) : 0;
}

static int operands_snapshot(struct plan *p, int argc, char **argv)
{
	if (!p->snap_out)
		return fail(EXIT_MVM, "snapshot: it is not said where the snapshot goes; use "
			    "-o FILE, as in mvm snapshot -o app.snap app.elf");
	return operands_program(p, argc, argv);
}

int operands_or_snapshot(struct plan *p, int argc, char **argv)
{
	static char *none[] = { NULL };

	if (!p->snapshot)
		return operands_program(p, argc, argv);
	if (argc)
		return fail(EXIT_MVM, "run --snapshot %s: it takes no '%s': the snapshot has its "
			    "program and its arguments already", p->snapshot, argv[0]);
	p->program = p->snapshot;
	p->argv = none;
	return refuse_kept(p, p->snapshot);
}

static int no_operands(struct plan *p, int argc, char **argv)
{
	const struct command *c = command_of(p->command);

	return argc ? fail(EXIT_MVM, "%s: it takes no '%s'; use mvm %s %s", c->word, argv[0],
			   c->word, c->synopsis) : 0;
}

/* As in options/options.h. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define IF(option, words)	IF_BUILT(IS_ENABLED(option), #option, words)
#define IF_BUILT(built, name, words)	IF_PASTE(built)(name, words)
#define IF_PASTE(built)	IF_##built
#define IF_1(name, words)	.config = name, .built = true, .operands = words
#define IF_0(name, words)	.config = name, .synopsis = NULL, .summary = NULL, .about = NULL, \
				.status = NULL, .operands = false ? words : NULL
#define ALWAYS		.built = true

const struct command commands[] = {
	{ "run", PLAN_RUN, "[OPTIONS] [--] PROGRAM [ARGS...]", "run a program",
	  "Boots the ELF file PROGRAM in a virtual machine of its own. It sees its\n"
	  "arguments, the standard streams, and what these options grant; nothing else.",
	  "the program's own; 128+n when it died of signal n; 124 when --timeout\n"
	  "ended it; 125 when mvm failed or was misused; 126 when PROGRAM cannot be run; 127\n"
	  "when there is no PROGRAM.",
	  ALWAYS, operands_run },
	{ "serve", PLAN_SERVE, "[OPTIONS] [--] PROGRAM [ARGS...]",
	  "serve each connection by a VM of its own",
	  "Serves every connection at --listen by a clone of PROGRAM in a virtual machine\n"
	  "of its own, which is reset when the connection ends. PROGRAM, an ELF file or a\n"
	  "snapshot, reads and writes the connection as its standard input and output, or\n"
	  "accepts it by itself.",
	  "0 when it was ended by a signal and drained, else 125 to 127 as of\nmvm run.",
	  IF(CONFIG_SERVE, operands_serve) },
	{ "snapshot", PLAN_SNAPSHOT, "[OPTIONS] -o FILE [--] PROGRAM [ARGS...]",
	  "keep a program that is ready for requests",
	  "Runs PROGRAM until it waits for its standard input or for a connection at a --listen\n"
	  "for the first time, or calls mvm_ready(), and writes the VM to FILE, from where\n"
	  "mvm run --snapshot goes on. What it writes to standard output until then is kept.",
	  "0; 124 when --timeout ended it; 125 when mvm failed or was misused;\n"
	  "126 when PROGRAM cannot be run or ended before it was ready; 127 when there is no\n"
	  "PROGRAM.",
	  IF(CONFIG_SNAPSHOT, operands_snapshot) },
	{ "doctor", PLAN_DOCTOR, "[OPTIONS]", "say what this host can do",
	  "Says what this host can and cannot do for mvm, and what to do about it.",
	  "0 when mvm run works here, else 1.",
	  IF(CONFIG_DOCTOR, no_operands) },
	{ "pack", PLAN_PACK, "[OPTIONS] [PROGRAM] -o OUT", "make an appliance",
	  "Writes one executable file that is this mvm, the ELF file PROGRAM, the files of\n"
	  "--root and the configuration of --config. It runs PROGRAM in a virtual machine.",
	  NULL, IF(CONFIG_PACK, operands_one_file) },
	{ "inspect", PLAN_INSPECT, "[OPTIONS] FILE", "say what is in an appliance",
	  "Checks the digests of all that an appliance consists of, and prints what that is.",
	  "0, or 125 when it is damaged, or not signed as --verify says.",
	  IF(CONFIG_PACK, operands_one_file) },
	{ "unpack", PLAN_UNPACK, "[OPTIONS] FILE DIR", "take an appliance apart",
	  "Writes what an appliance consists of as files below DIR, which is new or empty.",
	  NULL, IF(CONFIG_PACK, operands_unpack) },
	{ "help", PLAN_HELP, "[COMMAND]", "explain a command and its options",
	  "", NULL, ALWAYS, NULL },
	{ .word = NULL },
};

const struct command *command_of(enum plan_command c)
{
	for (const struct command *e = commands; e->word; e++)
		if (e->command == c)
			return e;
	return NULL;
}
