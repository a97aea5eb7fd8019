/* SPDX-License-Identifier: MIT */
/* mvm inspect and mvm unpack: looking into an appliance, and taking it apart. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "msg.h"
#include "file.h"
#include "inspect.h"
#include "out.h"
#include "pack.h"
#include "sign.h"

/* The descriptor of an appliance that is verified; -1 with the message printed. */
static int open_verified(const char *path, struct footer *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const struct part *what = NULL;
	const char *why;

	if (fd < 0) {
		fail(EXIT_MVM, "%s: cannot open it: %s; name a file that mvm pack wrote", path,
		     strerror(errno));
		return -1;
	}
	why = file_footer(fd, f);
	if (!why)
		why = file_verify(fd, f, &what);
	if (!why)
		return fd;
	close(fd);
	if (what)
		fail(EXIT_MVM, "%s: its %s %s", path, part_name(what->kind), why);
	else
		fail(EXIT_MVM, "%s: %s", path, why);
	return -1;
}

int inspect(const struct plan *plan)
{
	const char *path = plan->program;
	struct footer f;
	int fd, status = 0;

	if (!path)
		return fail(EXIT_MVM, "inspect: the file is missing; use mvm inspect FILE");
	fd = open_verified(path, &f);
	if (fd < 0)
		return EXIT_MVM;
	if (plan->pack.key)
		status = sign_verify(fd, path, plan->pack.key);
	if (!status)
		status = inspect_print(fd, path, &f);
	close(fd);
	return status;
}

/* ---- unpack --------------------------------------------------------------------------------- */

/* Those of the other parts are not the program's, whatever it is called. */
static const char *file_name(const struct part *p)
{
	static const char *const fixed[PART_KINDS] = {
		[PART_LAUNCHER] = "mvm", [PART_CONFIG] = "appliance.conf", [PART_ROOT] = "root.tar",
	};

	if (fixed[p->kind])
		return fixed[p->kind];
	for (unsigned int i = 0; i < PART_KINDS; i++)
		if (fixed[i] && !strcmp(p->name, fixed[i]))
			return "program";
	return p->name;
}

static bool part_path(char path[PATH_MAX], const char *dir, const struct part *p)
{
	return snprintf(path, PATH_MAX, "%s/%s", dir, file_name(p)) < PATH_MAX;
}

static int write_part(int fd, const char *name, const struct footer *f, const struct part *p,
		      const char *dir)
{
	bool runs = p->kind == PART_LAUNCHER || p->kind == PART_PROGRAM;
	static const uint64_t none;
	static struct out o;
	char path[PATH_MAX];
	int status;

	if (!part_path(path, dir, p))
		return fail(EXIT_MVM, "%s: is too long; name another directory", dir);
	status = out_begin(&o, path, runs ? 0777 : 0666);
	if (!status)
		status = out_copy(&o, fd, p->off, p->len, name);
	if (!status && p->kind == PART_LAUNCHER)
		status = out_patch(&o, f->mark_off + offsetof(struct mark, size), &none,
				   sizeof(none));
	if (!status)
		status = out_commit(&o);
	out_discard(&o);
	return status;
}

/* False: it is not, with errno 0, or it cannot be looked at. */
static bool is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	if (!d)
		return false;
	errno = 0;
	do
		e = readdir(d);
	while (e && (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")));
	closedir(d);
	return !e && !errno;
}

/* All parts, or none of them. */
static int write_parts(int fd, const char *name, const struct footer *f, const char *dir)
{
	bool made = !mkdir(dir, 0777);
	char path[PATH_MAX];
	unsigned int n = 0;
	int status = 0;

	if (!made && errno != EEXIST)
		return fail(EXIT_MVM, "%s: cannot be made: %s; name a directory that is new or "
			    "empty", dir, strerror(errno));
	if (!made && !is_empty(dir))
		return fail(EXIT_MVM, "%s: %s; name a directory that is new or empty", dir,
			    errno ? strerror(errno) : "is not empty");
	while (n < PARTS_MAX && f->part[n].kind && !status) {
		status = write_part(fd, name, f, &f->part[n], dir);
		n += !status;
	}
	while (status && n > 0)
		if (part_path(path, dir, &f->part[--n]))
			unlink(path);
	if (status && made)
		rmdir(dir);
	return status;
}

int unpack(const struct plan *plan)
{
	const char *dir = plan->pack.output;
	struct footer f;
	int fd, status = 0;

	if (!plan->program || !dir)
		return fail(EXIT_MVM, "unpack: %s is missing; use mvm unpack FILE DIR",
			    plan->program ? "the directory" : "the file");
	fd = open_verified(plan->program, &f);
	if (fd < 0)
		return EXIT_MVM;
	if (plan->pack.key)
		status = sign_verify(fd, plan->program, plan->pack.key);
	if (!status)
		status = write_parts(fd, plan->program, &f, dir);
	close(fd);
	return status;
}
