/* SPDX-License-Identifier: MIT */
/*
 * mvm pack: a launcher, a configuration, a program and its files become one executable (format.h).
 * What can be wrong is looked for before anything is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "elf64.h"
#include "msg.h"
#include "elf.h"
#include "file.h"
#include "launcher.h"
#include "out.h"
#include "pack.h"
#include "procfs.h"
#include "same_file.h"
#include "settings.h"
#include "sign.h"
#include "snapshot/snap.h"
#include "tar.h"

static const char no_config[] = "# packed without --config\n";

struct input {
	const struct plan *plan;
	struct launcher launcher;
	const char *config;		/* text */
	size_t config_len;
	int program_fd;			/* -1: the program is in the root */
	bool snapshot;			/* that is what the program is */
	uint64_t program_size;
	int archive_fd;			/* --root FILE.tar; -1: a directory, or none */
	uint64_t archive_size;
	struct settings settings;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* ---- What is packed ------------------------------------------------------------------------- */

/* A regular file of its size.  what: of the message; status: of failure. */
static int open_input(const char *path, const char *what, int status, int *fd, uint64_t *size)
{
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return fail(errno == ENOENT && status == EXIT_CANNOT_RUN ? EXIT_NOT_FOUND : status,
			    "%s%s: cannot open it: %s; name a file that can be read", what, path,
			    strerror(errno));
	if (fstat(*fd, &st) || !S_ISREG(st.st_mode))
		return fail(status, "%s%s: is not a regular file; name one", what, path);
	*size = (uint64_t)st.st_size;
	return 0;
}

static ssize_t read_fd(void *ctx, void *buf, size_t len, uint64_t off)
{
	ssize_t n = pread(*(int *)ctx, buf, len, (off_t)off);

	return n < 0 ? -errno : n;
}

/* The root of an appliance is an archive; a snapshot has the one that it was made with. */
static int check_snapshot_root(const struct input *in, const struct snap_image *img)
{
	const struct plan_dir *root = in->plan->root;
	const struct snap_handle *own = NULL;

	for (uint32_t i = 0; i < img->head.nhandles; i++)
		if (img->handles[i].flags & SNAP_GRANT &&
		    !strcmp(img->strings + img->handles[i].name, "/"))
			own = &img->handles[i];
	if (root && !own)
		return fail(EXIT_MVM, "--root %s: the snapshot %s was made without it and cannot "
			    "use it; leave it away, or make the snapshot again with it", root->host,
			    in->plan->program);
	if (own && own->kind != MVM_KIND_FILE)
		return fail(EXIT_MVM, "%s: the snapshot was made with a directory as --root, which "
			    "an appliance has not; make it again with --root FILE.tar",
			    in->plan->program);
	if (root && in->archive_size != own->size)
		return fail(EXIT_MVM, "--root %s: is not the archive of %llu bytes that the "
			    "snapshot %s was made with; pack it with that", root->host,
			    (unsigned long long)own->size, in->plan->program);
	return !own || root ? 0 :
	       fail(EXIT_MVM, "%s: the snapshot was made with a --root; pack it with the same",
		    in->plan->program);
}

/* A snapshot is read as when it is run, and given back. */
static int check_snapshot(const struct input *in)
{
	const char *path = in->plan->program;
	struct snap_image img;
	int status;

	if (!IS_ENABLED(CONFIG_SNAPSHOT))
		return fail(EXIT_MVM, "%s: is a snapshot, and this mvm was built without them; "
			    "rebuild it with CONFIG_SNAPSHOT=y", path);
	if (!launcher_has(&in->launcher, "CONFIG_SNAPSHOT"))
		return fail(EXIT_MVM, "%s: is a snapshot, and the launcher %s was built without "
			    "them; rebuild it with CONFIG_SNAPSHOT=y", path, in->launcher.name);
	status = snap_open(path, in->program_fd, &img);
	if (!status)
		status = check_snapshot_root(in, &img);
	snap_close(&img);
	return status;
}

static int open_program(struct input *in)
{
	const char *path = in->plan->program;
	struct elf_source src = { .read = read_fd, .ctx = &in->program_fd };
	struct elf_image img;
	struct elf_reason why;
	char magic[8];
	int status;

	in->program_fd = -1;
	if (!path)
		return 0;
	status = open_input(path, "", EXIT_CANNOT_RUN, &in->program_fd, &in->program_size);
	if (status)
		return status;
	in->snapshot = in->program_size > sizeof(magic) &&
		       !file_read(in->program_fd, magic, sizeof(magic), 0) &&
		       !memcmp(magic, SNAP_MAGIC, sizeof(magic));
	if (in->snapshot)
		return check_snapshot(in);
	src.size = in->program_size;
	if (elf_read(&src, true, &img, &why))
		return fail(EXIT_CANNOT_RUN, "%s: %s", path, why.text);
	return 0;
}

static int open_root(struct input *in)
{
	const struct plan_dir *root = in->plan->root;
	const char *why;
	struct stat st;
	int status;

	in->archive_fd = -1;
	if (!root)
		return 0;
	if (root->read_only)
		return fail(EXIT_MVM, "--root %s:%s: what is packed is not changed in any case; "
			    "leave that word away", root->host, root->overlay ? "overlay" : "ro");
	if (!launcher_has(&in->launcher, "CONFIG_ARCHIVE"))
		return fail(EXIT_MVM, "--root %s: the launcher %s was built without it; rebuild it "
			    "with CONFIG_ARCHIVE=y", root->host, in->launcher.name);
	if (!stat(root->host, &st) && S_ISDIR(st.st_mode))
		return 0;
	status = open_input(root->host, "--root ", EXIT_MVM, &in->archive_fd, &in->archive_size);
	if (status)
		return status;
	why = tar_why_not(in->archive_fd);
	return why ? fail(EXIT_MVM, "--root %s: %s", root->host, why) : 0;
}

/* What the launcher lacks that the configuration asks for. */
static int check_features(const struct input *in, const char *name)
{
	const struct settings *s = &in->settings;

	for (unsigned int i = 0; i < s->nseen + s->nchoices; i++) {
		const struct choice *c = i < s->nseen ? NULL : &s->choice[i - s->nseen];
		const struct option_desc *o = c ? c->option : s->seen[i].option;

		if (!o || launcher_has(&in->launcher, o->config))
			continue;
		msg_where(name, c ? c->line : s->seen[i].line);
		return fail(EXIT_MVM, "%s: the launcher %s was built without it; rebuild it with "
			    "%s=y", o->name, in->launcher.name, o->config);
	}
	return 0;
}

static int check_program(const struct input *in)
{
	const char *named = in->settings.program;

	if (in->plan->program)
		return named ? fail(EXIT_MVM, "%s: the configuration has 'program %s' already; "
				    "name one of them", in->plan->program, named) : 0;
	if (!named)
		return fail(EXIT_MVM, "pack: the program is missing; use mvm pack PROGRAM -o OUT, "
			    "or 'program PATH' in the configuration for one in --root");
	if (!in->plan->root)
		return fail(EXIT_MVM, "program %s: there is no --root that it could be in; use "
			    "--root", named);
	return launcher_has(&in->launcher, "CONFIG_ROOT") ? 0 :
	       fail(EXIT_MVM, "program %s: the launcher %s cannot run programs in a root; rebuild "
		    "it with CONFIG_ROOT=y", named, in->launcher.name);
}

/* What was decided when a snapshot was made is not decided anew. */
static int check_warm(const struct input *in, const char *name)
{
	const struct settings *s = &in->settings;

	if (!in->snapshot)
		return 0;
	if (s->nargs || s->operands)
		return fail(EXIT_MVM, "%s: args and operands are for a program that starts, and %s "
			    "is a snapshot, which has its arguments; leave them away", name,
			    in->plan->program);
	for (unsigned int i = 0; i < s->nseen + s->nchoices; i++) {
		const struct choice *c = i < s->nseen ? NULL : &s->choice[i - s->nseen];
		const struct option_desc *o = c ? c->option : s->seen[i].option;

		if (o && !(o->commands & KEPT))
			continue;
		msg_where(name, c ? c->line : s->seen[i].line);
		return fail(EXIT_MVM, "%s: is for a program that starts, and %s is a snapshot, "
			    "which has its own; leave it away", o ? o->name : "args",
			    in->plan->program);
	}
	return 0;
}

/* The configuration is read as the appliance will, but for what only its user will say. */
static int check_config(struct input *in, const char *name)
{
	char *text = malloc(in->config_len + 1);
	size_t options = CHOICES_MAX + 1;
	static struct plan scratch;
	int status;

	if (!text)
		return fail(EXIT_MVM, "%s: out of memory", name);
	memcpy(text, in->config, in->config_len + 1);
	for (size_t i = 0; i < in->config_len; i++)
		options += text[i] == '\n';
	status = plan_begin(&scratch, options);
	if (!status)
		status = settings_read(&in->settings, &scratch, name, text, in->config_len);
	if (!status)
		status = settings_apply(&in->settings, &scratch, true);
	if (!status)
		status = check_features(in, name);
	if (!status)
		status = check_warm(in, name);
	return status ? status : check_program(in);
}

static int read_config(struct input *in)
{
	const char *path = in->plan->pack.config;
	uint64_t size;
	int fd, status;

	in->config = no_config;
	in->config_len = sizeof(no_config) - 1;
	if (!path)
		return check_config(in, "appliance.conf");
	status = open_input(path, "--config ", EXIT_MVM, &fd, &size);
	if (status)
		return status;
	if (!size)
		return fail(EXIT_MVM, "--config %s: is empty; write what the appliance needs, or "
			    "leave it away", path);
	in->config = file_text(fd, 0, size, CONF_BYTES_MAX);
	in->config_len = size;
	close(fd);
	if (!in->config)
		return fail(EXIT_MVM, "--config %s: cannot be read: %s; it is a text of at most "
			    "%lu KiB", path, strerror(errno), CONF_BYTES_MAX >> 10);
	return check_config(in, path);
}

/* ---- Writing -------------------------------------------------------------------------------- */

/* Of the file's name as much as the format takes, which has no control characters. */
static void note_name(struct part *p, const char *name)
{
	for (size_t i = 0; name[i] && i < sizeof(p->name) - 1; i++)
		p->name[i] = (unsigned char)name[i] < 0x20 || name[i] == 0x7f ? '?' : name[i];
}

/* The next part is written from here on; end_part() when it is. */
static int begin_part(struct out *o, struct footer *f, enum part_kind kind, const char *name,
		      struct part **part)
{
	struct part *p = f->part;
	int status = kind == PART_PROGRAM ? out_pad(o, PART_ALIGN) : 0;

	while (p->kind)
		p++;
	p->kind = kind;
	p->off = o->off;
	*part = p;
	note_name(p, name);
	out_sum_begin(o);
	return status;
}

static void end_part(struct out *o, struct part *p)
{
	p->len = o->off - p->off;
	out_sum_end(o, p->sha256);
}

static int write_launcher(struct out *o, const struct input *in, struct footer *f)
{
	struct part *p;
	int status = begin_part(o, f, PART_LAUNCHER, "mvm", &p);

	f->mark_off = in->launcher.mark_off;
	memcpy(f->mvm, in->launcher.mark.mvm, sizeof(f->mvm));
	if (!status)
		status = out_copy(o, in->launcher.fd, 0, in->launcher.size, in->launcher.name);
	end_part(o, p);
	return status;
}

static int write_program(struct out *o, const struct input *in, struct footer *f)
{
	const char *path = in->plan->program;
	struct part *p;
	int status;

	if (in->program_fd < 0)
		return 0;
	status = begin_part(o, f, in->snapshot ? PART_SNAPSHOT : PART_PROGRAM, base_name(path), &p);
	if (!status)
		status = in->snapshot ? out_copy(o, in->program_fd, 0, in->program_size, path) :
					elf_pack(o, in->program_fd, in->program_size, path);
	end_part(o, p);
	return status;
}

static int write_config(struct out *o, const struct input *in, struct footer *f)
{
	const char *path = in->plan->pack.config;
	struct part *p;
	int status = begin_part(o, f, PART_CONFIG, path ? base_name(path) : "appliance.conf", &p);

	if (!status)
		status = out_write(o, in->config, in->config_len);
	end_part(o, p);
	return status;
}

static int write_root(struct out *o, const struct input *in, struct footer *f)
{
	const struct plan_dir *root = in->plan->root;
	struct part *p;
	int status;

	if (!root)
		return 0;
	status = begin_part(o, f, PART_ROOT, "root.tar", &p);
	if (!status)
		status = in->archive_fd < 0 ? tar_pack(o, root->host, in->plan->pack.output) :
			 out_copy(o, in->archive_fd, 0, in->archive_size, root->host);
	end_part(o, p);
	return status;
}

static int write_footer(struct out *o, const struct input *in, struct footer *f)
{
	struct mark mark = in->launcher.mark;
	int status;

	f->size = mark.size = o->off + sizeof(*f);
	footer_seal(f);
	status = out_write(o, f, sizeof(*f));
	return status ? status : out_patch(o, f->mark_off, &mark, sizeof(mark));
}

static int write_all(struct out *o, const struct input *in)
{
	static struct footer f;
	int status = write_launcher(o, in, &f);

	if (!status)
		status = write_program(o, in, &f);
	if (!status)
		status = write_config(o, in, &f);
	if (!status)
		status = write_root(o, in, &f);
	if (!status)
		status = write_footer(o, in, &f);
	return status ? status : out_flush(o);
}

/* The signature is complete before either gets its name. */
static int write_signed(struct out *o, const struct plan *plan)
{
	static struct out sig;
	char path[PATH_MAX], text[SIGN_TEXT_MAX];
	int status = sign_text(o->fd, plan->pack.output, text);

	snprintf(path, sizeof(path), "%s" SIGN_SUFFIX, plan->pack.output);
	if (!status)
		status = out_begin(&sig, path, 0666);
	if (status)
		return status;
	status = out_write(&sig, text, strlen(text));
	if (!status)
		status = out_flush(&sig);
	if (!status)
		status = out_commit(o);
	if (!status)
		status = out_commit(&sig);
	out_discard(&sig);
	return status;
}

/* What is written takes the place of what had that name: that must not be an input. */
static int check_output(const struct plan *plan)
{
	const char *const inputs[] = {
		plan->program, plan->pack.launcher, plan->pack.config, plan->pack.key,
		plan->root ? plan->root->host : NULL,
	};
	struct stat out, st;

	if (lstat(plan->pack.output, &out))
		return 0;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		if (inputs[i] && !stat(inputs[i], &st) && same_file(&st, &out))
			return fail(EXIT_MVM, "-o %s: is the same file as %s, which is to be "
				    "packed; name another one", plan->pack.output, inputs[i]);
	return 0;
}

int pack(const struct plan *plan)
{
	static struct input in;
	static struct out o;
	int status;

	in.plan = plan;
	if (!plan->pack.output)
		return fail(EXIT_MVM, "pack: it is not said what to write; use mvm pack PROGRAM -o "
			    "OUT, as in mvm pack app.elf -o app.appliance");
	status = procfs_needed("pack");
	if (!status)
		status = check_output(plan);
	if (!status)
		status = launcher_open(&in.launcher, plan->pack.launcher);
	if (!status)
		status = open_root(&in);
	if (!status)
		status = open_program(&in);
	if (!status)
		status = read_config(&in);
	if (!status && plan->pack.key)
		status = sign_key(plan->pack.key);
	if (!status)
		status = out_begin(&o, plan->pack.output, 0777);
	if (status)
		return status;
	status = write_all(&o, &in);
	if (!status)
		status = plan->pack.key ? write_signed(&o, plan) : out_commit(&o);
	out_discard(&o);
	return status;
}
