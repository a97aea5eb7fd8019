/* SPDX-License-Identifier: MIT */
/* Comparing what runtime/fs and the host's kernel have made of the same calls: see fs_model.c. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fs_model_int.h"
#include "fs/syscalls.h"

struct entry { u64 ino; s64 off; u16 reclen; u8 type; char name[]; };

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory with their types, sorted; how many. */
static long names_of(bool ours, const char *path, char *names[], long max)
{
	u32 flags = O_RDONLY | O_DIRECTORY;
	long fd = ours ? sys_open((u64)path, flags, 0) : theirs(SYS_open, path, flags);
	char buf[512];
	long n = 0, got, at;

	assert_true(fd >= 0);
	for (;;) {
		got = ours ? sys_getdents64(fd, (u64)buf, sizeof(buf)) :
		      theirs(SYS_getdents64, fd, buf, sizeof(buf));
		assert_true(got >= 0);
		if (!got)
			break;
		for (at = 0; at < got; at += ((struct entry *)(buf + at))->reclen) {
			struct entry *e = (struct entry *)(buf + at);

			assert_true(n < max);
			assert_true(asprintf(&names[n++], "%s %d", e->name, e->type) > 0);
		}
	}
	if (ours)
		sys_close(fd);
	else
		close(fd);
	qsort(names, n, sizeof(*names), by_name);
	return n;
}

static void same_file(const char *path)
{
	long t = theirs(SYS_open, path, O_RDONLY), o = sys_open((u64)path, O_RDONLY, 0), n;

	assert_true(t >= 0 && o >= 0);
	do {
		n = same("read", theirs(SYS_read, t, buf_theirs, IO_MAX),
			 sys_read(o, (u64)buf_ours, IO_MAX));
		same_bytes(n);
	} while (n > 0);
	close(t);
	sys_close(o);
}

void same_tree(const char *path)
{
	static char *t[4096], *o[4096];
	char sub[4096];
	char **mine;
	long n = names_of(false, path, t, 4096), m = names_of(true, path, o, 4096);

	note("tree %s", path);
	same("entries", n, m);
	mine = calloc(n, sizeof(*mine));
	for (long i = 0; i < n; i++) {
		if (strcmp(t[i], o[i]))
			fail_msg("seed %lu: %s has %s and %s", seed, path, t[i], o[i]);
		mine[i] = t[i];
		free(o[i]);
	}
	for (long i = 0; i < n; i++) {
		struct stat a, b;

		*strchr(mine[i], ' ') = 0;
		snprintf(sub, sizeof(sub), "%s/%s", path, mine[i]);
		same("lstat", theirs(SYS_lstat, sub, &a), sys_lstat((u64)sub, (u64)&b));
		if (strcmp(mine[i], "..")) {
			same_stat(&a, &b);
			if (S_ISREG(a.st_mode))
				same_file(sub);
			else if (S_ISDIR(a.st_mode) && strcmp(mine[i], "."))
				same_tree(sub);
		}
		free(mine[i]);
	}
	free(mine);
}
