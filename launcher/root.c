/* SPDX-License-Identifier: MIT */
/*
 * Finding and opening what is run in a --root.  See root.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "msg.h"
#include "root.h"
#include "svc.h"

#define DEFAULT_PATH	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define FIRST_DIR	3U		/* handle of the first directory: grants.h */
#define SCRIPT_LINE	256U		/* Linux's BINPRM_BUF_SIZE: what is looked at of "#!" */
#define SCRIPTS_MAX	5U		/* scripts that are run by scripts; then Linux says ELOOP, too */

/* A path in the guest that is absolute. */
struct guest_path {
	char s[MVM_PATH_MAX + 1];
};

/* dir and name as one path.  False: too long. */
static bool join(struct guest_path *p, const char *cwd, const char *dir, size_t len,
		 const char *name)
{
	int n;

	if (*name == '/')
		n = snprintf(p->s, sizeof(p->s), "%s", name);
	else if (len && *dir == '/')
		n = snprintf(p->s, sizeof(p->s), "%.*s/%s", (int)len, dir, name);
	else
		n = snprintf(p->s, sizeof(p->s), "%s%s%.*s%s%s", cwd,
			     strcmp(cwd, "/") ? "/" : "", (int)len, dir, len ? "/" : "", name);
	return n > 0 && (size_t)n < sizeof(p->s);
}

/* The directory grant that covers path; *rel: the rest of it.  By the words of the path alone. */
static const struct plan_dir *dir_of(const struct plan *plan, const char *path, const char **rel)
{
	const struct plan_dir *best = plan->root;
	size_t best_len = 0;

	*rel = path;
	for (size_t i = 0; i < plan->ndirs; i++) {
		const struct plan_dir *d = &plan->dirs[i];
		size_t len = strlen(d->guest);

		if (d == plan->root || len <= best_len || strncmp(path, d->guest, len) ||
		    path[len] != '/')
			continue;
		best = d;
		best_len = len;
		*rel = path + len;
	}
	return best;
}

/* t NULL: the grants are not open yet. */
static int open_path(const struct plan *plan, const struct handles *t, const char *path)
{
	const char *rel;
	const struct plan_dir *d = dir_of(plan, path, &rel);
	int dirfd, fd;

	if (t)
		return path_open_in(t->h[FIRST_DIR + (size_t)(d - plan->dirs)].fd, rel);
	dirfd = open(d->host, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return -errno;
	fd = path_open_in(dirfd, rel);
	close(dirfd);
	return fd;
}

/* A file in PATH must be one that may be executed. */
static bool executable(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_mode & 0111;
}

static const char *search_path(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nenv; i++)
		if (!strncmp(plan->env[i], "PATH=", 5))
			return plan->env[i] + 5;
	return DEFAULT_PATH;
}

/* As execvp(3): a descriptor, or -1. */
static int search(const struct plan *plan, const char *path, struct guest_path *found)
{
	for (;; path++) {
		size_t len = strcspn(path, ":");

		if (join(found, plan->cwd, path, len, plan->program)) {
			int fd = open_path(plan, NULL, found->s);

			if (fd >= 0 && executable(fd))
				return fd;
			if (fd >= 0)
				close(fd);
		}
		path += len;
		if (!*path)
			return -1;
	}
}

static int not_a_file(int fd, const char *name)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return 0;
	close(fd);
	return fail(EXIT_CANNOT_RUN, "%s: cannot run it: it is %s; name an ELF file or a script",
		    name, S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
}

/* The host's directory must be one before anything in it can be missing. */
static int check_root(const struct plan_dir *root)
{
	struct stat st;

	if (stat(root->host, &st))
		return grants_no_dir(root, errno);
	return S_ISDIR(st.st_mode) ? 0 : grants_no_dir(root, ENOTDIR);
}

int root_open_program(const struct plan *plan, struct grants *g)
{
	static struct guest_path path;
	const char *dirs = search_path(plan);
	int fd, status = check_root(plan->root);

	if (status)
		return status;
	if (!strchr(plan->program, '/')) {
		fd = search(plan, dirs, &path);
		if (fd < 0)
			return fail(EXIT_NOT_FOUND, "%s: no such program in the root (searched: "
				    "%s); give its path in the root, or set --env PATH=...",
				    plan->program, dirs);
	} else {
		fd = join(&path, plan->cwd, "", 0, plan->program) ?
			open_path(plan, NULL, path.s) : -ENAMETOOLONG;
		if (fd < 0)
			return fail(fd == -ENOENT || fd == -ENOTDIR ? EXIT_NOT_FOUND :
				    EXIT_CANNOT_RUN, "%s: cannot open the program in the root: %s; "
				    "name it by its path in %s", plan->program, strerror(-fd),
				    plan->root->host);
	}
	status = not_a_file(fd, plan->program);
	if (status)
		return status;
	g->program_fd = fd;
	g->program_path = g->exe = path.s;
	return 0;
}

int root_open_interp(const struct plan *plan, const struct handles *t, const char *program,
		     const char *path, int *out)
{
	struct guest_path full;
	int fd = join(&full, plan->cwd, "", 0, path) ? open_path(plan, t, full.s) : -ENAMETOOLONG;

	if (fd < 0)
		return fail(EXIT_CANNOT_RUN, "%s: its dynamic linker %s cannot be opened in the "
			    "root: %s; use a root that has the program's libraries", program, path,
			    strerror(-fd));
	*out = fd;
	return 0;
}

/* ---- Scripts -------------------------------------------------------------------------------- */

/* "#!", blanks, a path, and perhaps blanks and one argument up to the end of the line. */
struct script {
	char line[SCRIPT_LINE + 1];
	char *interp, *arg;
	struct guest_path path;		/* of the interpreter */
};

static char *skip_blanks(char *s)
{
	return s + strspn(s, " \t");
}

/* 0; -ENOEXEC for a line that names no interpreter, or one that is cut off. */
static int parse_script(struct script *s, size_t len)
{
	char *end = memchr(s->line, '\n', len), *p;

	if (!end)
		end = s->line + len;
	while (end > s->line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	p = skip_blanks(s->line + 2);
	/* What has no end within what is looked at may be the beginning of something else. */
	if (p >= end || (end == s->line + SCRIPT_LINE && !memchr(p, ' ', (size_t)(end - p)) &&
			 !memchr(p, '\t', (size_t)(end - p))))
		return -ENOEXEC;
	*end = '\0';
	s->interp = p;
	p += strcspn(p, " \t");
	s->arg = *p ? skip_blanks(p) : NULL;
	*p = '\0';
	return 0;
}

/* interpreter, its argument, the script, and what followed PROGRAM. */
static int set_args(struct plan *plan, struct script *s, const char *path)
{
	static char **made;		/* by the script before */
	int skip = s->arg ? 3 : 2, n = 0;
	char **argv = calloc((size_t)(plan->argc + skip), sizeof(*argv));

	if (!argv)
		return fail(EXIT_MVM, "%s: out of memory for its arguments", plan->program);
	argv[n++] = s->interp;
	if (s->arg)
		argv[n++] = s->arg;
	argv[n++] = (char *)path;
	memcpy(argv + n, plan->argv + 1, (size_t)(plan->argc - 1) * sizeof(*argv));
	plan->argc += skip - 1;
	plan->argv = argv;
	free(made);
	made = argv;
	return 0;
}

static int run_script(struct plan *plan, struct grants *g, const struct handles *t,
		      struct script *s, size_t len)
{
	int fd, status;

	if (parse_script(s, len))
		return fail(EXIT_CANNOT_RUN, "%s: is a script whose first line names no "
			    "interpreter; begin it with one, as in #!/bin/sh", g->exe);
	fd = join(&s->path, plan->cwd, "", 0, s->interp) ? open_path(plan, t, s->path.s) :
							   -ENAMETOOLONG;
	if (fd < 0)
		return fail(EXIT_CANNOT_RUN, "%s: its interpreter %s cannot be opened in the root: "
			    "%s; use a root that has it", g->exe, s->interp, strerror(-fd));
	status = not_a_file(fd, s->interp);
	if (!status)
		status = set_args(plan, s, g->exe);
	if (status)
		return status;
	close(g->program_fd);
	g->program_fd = fd;
	g->exe = s->path.s;
	return 0;
}

int root_script(struct plan *plan, struct grants *g, const struct handles *t)
{
	static struct script scripts[SCRIPTS_MAX];

	for (unsigned int i = 0; i <= SCRIPTS_MAX; i++) {
		char head[2];
		ssize_t n = pread(g->program_fd, head, 2, 0);
		int status;

		if (n != 2 || memcmp(head, "#!", 2))
			return 0;
		if (i == SCRIPTS_MAX)
			break;
		n = pread(g->program_fd, scripts[i].line, SCRIPT_LINE, 0);
		status = n < 2 ? 0 : run_script(plan, g, t, &scripts[i], (size_t)n);
		if (status)
			return status;
	}
	return fail(EXIT_CANNOT_RUN, "%s: is run by more than %u scripts, one after another; name "
		    "a program as the interpreter", plan->program, SCRIPTS_MAX);
}
