/* SPDX-License-Identifier: MIT */
/*
 * How an appliance starts: its file is checked, its configuration and its command line become a
 * plan, and the rest is mvm run's.  See appliance.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "msg.h"
#include "start.h"
#include "usage.h"
#include "appliance.h"
#include "file.h"
#include "inspect.h"
#include "settings.h"

static struct footer footer;
static struct settings settings;

/* ---- The file ------------------------------------------------------------------------------- */

static int open_self(const char *name)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(EXIT_MVM, "%s: cannot read itself: /proc/self/exe: %s; an appliance needs "
		     "/proc", name, strerror(errno));
	return fd;
}

static int check(int fd, const char *name)
{
	const struct part *what = NULL;
	const char *why = file_footer(fd, &footer);

	if (!why && footer.size != appliance_mark.size)
		why = "is damaged: it does not have the size it was packed with; copy it again";
	if (!why)
		why = file_verify(fd, &footer, &what);
	if (!why)
		return 0;
	return what ? fail(EXIT_CANNOT_RUN, "%s: its %s %s", name, part_name(what->kind), why) :
		      fail(EXIT_CANNOT_RUN, "%s: %s", name, why);
}

/* Every line and every word of the command line may be an option. */
static int read_settings(int fd, int argc, struct plan *p)
{
	const struct part *c = footer_part(&footer, PART_CONFIG);
	char *text = file_text(fd, c->off, c->len, CONF_BYTES_MAX);
	size_t options = (size_t)argc + CHOICES_MAX + 1;
	int status;

	if (!text)
		return fail(EXIT_CANNOT_RUN, "%s: cannot be read: %s; pack it again", c->name,
			    strerror(errno));
	for (const char *s = text; *s; s++)
		options += *s == '\n';
	status = plan_begin(p, options);
	return status ? status : settings_read(&settings, p, c->name, text, c->len);
}

/* ---- The command line ----------------------------------------------------------------------- */

/* --NAME=X or --NAME X, of what may be chosen.  1: it is none. */
static int take_choice(char **argv, int *i)
{
	char *word = argv[*i] + 2, *value = strchr(word, '='), name[40] = "";
	size_t len = value ? (size_t)(value - word) : strlen(word);
	struct choice *c;

	if (argv[*i][1] != '-' || len >= sizeof(name))
		return 1;
	memcpy(name, word, len);
	c = settings_choice(&settings, name);
	if (!c)
		return 1;
	if (c->given)
		return fail(EXIT_MVM, "--%s: is given twice; give it once", c->name);
	c->given = value ? value + 1 : argv[++*i];
	return c->given ? 0 : fail(EXIT_MVM, "--%s: the value is missing; use --%s=%s", c->name,
				   c->name, c->arg);
}

static int take_words(int argc, char **argv, struct plan *p)
{
	int i = 1, status;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		status = take_choice(argv, &i);
		if (status == 1)
			status = option_word(p, argv, &i);
		if (!status && p->command == PLAN_INSPECT && argv[i + 1])
			return fail(EXIT_MVM, "%s: --inspect runs nothing and takes no words; use "
				    "--inspect alone", argv[i + 1]);
		if (status || p->command != PLAN_APPLIANCE)
			return status;
	}
	if (i < argc && !settings.operands)
		return fail(EXIT_MVM, "%s: this appliance takes no operands; --help says what it "
			    "takes", argv[i]);
	status = observe_check(p);
	if (!status)
		status = settings_apply(&settings, p, false);
	for (; i < argc && !status; i++)
		status = settings_arg(&settings, argv[i]);
	msg_verbose = p->verbose;
	return status;
}

/* ---- The plan ------------------------------------------------------------------------------- */

static struct plan_part place(enum part_kind kind)
{
	const struct part *p = footer_part(&footer, kind);

	return p ? (struct plan_part){ p->off, p->len } : (struct plan_part){ 0, 0 };
}

/* The guest's argv is NAME, what the configuration says, and the operands. */
static int make_argv(struct plan *p)
{
	const struct part *program = footer_part(&footer, PART_PROGRAM);
	char **argv = calloc(settings.nargs + 2, sizeof(*argv));

	if (!argv)
		return fail(EXIT_MVM, "out of memory for %zu arguments", settings.nargs);
	argv[0] = (char *)(uintptr_t)(program ? program->name : settings.program);
	if (settings.nargs)
		memcpy(argv + 1, settings.args, settings.nargs * sizeof(*argv));
	p->program_part = place(PART_PROGRAM);
	return operands_program(p, (int)settings.nargs + 1, argv);
}

static int make_plan(struct plan *p)
{
	const struct part *snapshot = footer_part(&footer, PART_SNAPSHOT);

	p->command = PLAN_RUN;
	p->root_part = place(PART_ROOT);
	if (p->root_part.len) {
		p->root = &p->dirs[p->ndirs];
		p->dirs[p->ndirs++] = (struct plan_dir){ .host = "/proc/self/exe",
							.guest = "/" };
	}
	if (!IS_ENABLED(CONFIG_SNAPSHOT) || !snapshot)
		return make_argv(p);
	p->snapshot = snapshot->name;
	p->program_part = place(PART_SNAPSHOT);
	return operands_or_snapshot(p, 0, NULL);
}

/* ---- --help --------------------------------------------------------------------------------- */

static void help_choice(const struct choice *c)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s%s%s", c->help ? c->help : "",
		 c->help ? " " : "", c->required ? "(required)" :
		 c->preset ? "(default: " : "(default: none)", c->preset ? c->preset : "",
		 c->preset ? ")" : "");
	usage_option(&(struct option_desc){ .name = c->name, .arg = c->arg, .help = text });
}

static int help(const char *name)
{
	printf("Usage: %s [OPTIONS]%s%s\n\n%s%s", name, settings.operands ? " [--] " : "",
	       settings.operands ? settings.operands : "", settings.about ? settings.about : "",
	       settings.about ? "\n\n" : "");
	puts("Options (--name=value or --name value):");
	for (unsigned int i = 0; i < settings.nchoices; i++)
		help_choice(&settings.choice[i]);
	for_each_option(table, o)
		if (o->built && option_of(o, PLAN_APPLIANCE))
			usage_option(o);
	printf("\nThis is an appliance: mvm %s and a program in one file, which runs in a virtual\n"
	       "machine of its own. Its exit status is the program's; 125, 126: it cannot run.\n",
	       footer.mvm);
	return usage_end();
}

int appliance_main(int argc, char **argv, struct plan *p, struct stats *stats)
{
	const char *name = argc ? argv[0] : "appliance";
	int fd = open_self(name), status;

	if (fd < 0)
		return EXIT_MVM;
	status = check(fd, name);
	if (!status)
		status = read_settings(fd, argc, p);
	p->command = PLAN_APPLIANCE;
	if (!status)
		status = take_words(argc, argv, p);
	if (!status && p->command == PLAN_INSPECT)
		return inspect_print(fd, name, &footer);
	close(fd);
	if (status)
		return status;
	if (p->command == PLAN_HELP)
		return help(name);
	status = make_plan(p);
	stats_stage(stats, STAGE_OPTIONS);
	return status ? status : start(p, stats);
}
