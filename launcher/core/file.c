/* SPDX-License-Identifier: MIT */
/*
 * The file of a core dump.  It has no name until it is complete (O_TMPFILE), so whatever happens,
 * nothing half-written is left behind.  The name is given by a process of its own (errand.h).
 *
 * Needs (system calls, with --core only): pwrite64, ftruncate(the file) write, read(the namer)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "confine/confine.h"
#include "core_int.h"
#include "descriptor.h"
#include "errand.h"
#include "msg.h"
#include "output.h"
#include "procfs.h"

static char *path;			/* of the file that will be */
static int error;

/* ---- The namer ------------------------------------------------------------------------------ */

/* An old core of the same name is replaced in one step; a directory or the like is not. */
static int give_name(int dir, const char *name, int fd, bool told)
{
	char self[32], temporary[32];
	struct stat st;
	int err;

	if (!told)
		return 0;
	if (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) && !S_ISREG(st.st_mode))
		return EEXIST;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	snprintf(temporary, sizeof(temporary), ".mvm-core.%d", (int)getpid());
	if (linkat(AT_FDCWD, self, dir, temporary, AT_SYMLINK_FOLLOW))
		return errno;
	if (!renameat(dir, temporary, dir, name))
		return 0;
	err = errno;
	unlinkat(dir, temporary, 0);
	return err;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static int cannot(const struct plan *plan, int err)
{
	const char *remedy = err == EOPNOTSUPP || err == EISDIR ?
		"its file system has no unnamed files (O_TMPFILE): choose another directory" :
		"choose a directory that you may write to";

	return fail(EXIT_MVM, "--core %s: no file can be made there: %s; %s", plan->core,
		    strerror(err), remedy);
}

/* The whole path: FILE, or DIR/core.PROGRAM.PID. */
static char *choose_path(const struct plan *plan)
{
	const char *slash = strrchr(plan->program, '/');
	struct stat st;
	char *s;

	if (stat(plan->core, &st) || !S_ISDIR(st.st_mode))
		return strdup(plan->core);
	if (asprintf(&s, "%s/core.%s.%d", plan->core, slash ? slash + 1 : plan->program,
		     (int)getpid()) < 0)
		return NULL;
	return s;
}

static int make_file(const struct plan *plan, const char *dir)
{
	int fd = fd_move(open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), CONFINE_FD_CORE), err;

	if (fd < 0)
		return cannot(plan, errno);
	err = errand_start(CONFINE_FD_NAMER, path, fd, give_name);
	return err ? fail(EXIT_MVM, "--core %s: cannot start the process that names it: %s",
			  plan->core, strerror(-err)) : 0;
}

int core_open(const struct plan *plan)
{
	char *dir, *name, *slash;
	const char *why;
	int status;

	if (!plan->core)
		return 0;
	status = procfs_needed("--core");
	if (status)
		return status;
	core_maps_program(plan);
	path = choose_path(plan);
	dir = path ? strdup(path) : NULL;
	if (!dir)
		return fail(EXIT_MVM, "--core %s: out of memory", plan->core);
	why = output_replace_check(path);
	if (why) {
		free(dir);
		return fail(EXIT_MVM, "--core %s: %s", plan->core, why);
	}
	slash = strrchr(dir, '/');
	name = slash ? slash + 1 : dir;
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
		free(dir);
		return fail(EXIT_MVM, "--core %s: there is no such directory; name one that "
			    "exists, or a file", plan->core);
	}
	if (slash)
		*slash = '\0';
	status = make_file(plan, !slash ? "." : slash == dir ? "/" : dir);
	free(dir);
	return status;
}

/* ---- Writing -------------------------------------------------------------------------------- */

const char *core_file_path(void)
{
	return path;
}

int core_file_error(void)
{
	return error;
}

void core_file_put(const void *data, size_t len, uint64_t off)
{
	const uint8_t *p = data;

	while (len && !error) {
		ssize_t n = pwrite(CONFINE_FD_CORE, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			error = n ? errno : ENOSPC;
			return;
		}
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
}

int core_file_finish(uint64_t size)
{
	if (!error && ftruncate(CONFINE_FD_CORE, (off_t)size))
		error = errno;
	return error ? -error : errand_run(CONFINE_FD_NAMER);
}
