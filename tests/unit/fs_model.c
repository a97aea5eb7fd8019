/* SPDX-License-Identifier: MIT */
/*
 * The tree of runtime/fs against the host's kernel: the same random calls go to both, in a
 * directory of the same name, and every result, every byte read and the trees at the end must
 * agree.  The host's side is a tmpfs, whose details are the ones that ours imitates.  Our side is
 * the tree, or a grant with the launcher's real service behind it.
 *
 * FS_MODEL_SEED=n repeats a run; FS_MODEL_STEPS=n makes it longer.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "fs_fake.h"
#include "fs_model.h"
#include "fs_model_int.h"
#include "fs_service.h"
#include "fs/fs.h"
#include "fs/syscalls.h"

#define DEPTH		24	/* directories that only ".." could climb out of */
#define FDS		12

static bool grant;
static char top[64], behind[64], start[64 + 2 * DEPTH + 2];
u64 seed;
static u64 state;
static int steps = 4000;
static char log_lines[64][512];
static unsigned int log_next;

static u64 rnd(u64 n)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (state >> 33) % n;
}

/* ---- the two sides ---- */

static struct pair { int theirs, ours; } fds[FDS];
char buf_theirs[IO_MAX], buf_ours[IO_MAX];

void failed(const char *what, long theirs, long ours)
{
	for (unsigned int i = 0; i < 64; i++)
		fprintf(stderr, "  %s\n", log_lines[(log_next + i) % 64]);
	fail_msg("seed %lu: %s: the host says %ld (%s), mvm says %ld (%s)", seed, what, theirs,
		 theirs < 0 ? strerror(-theirs) : "", ours, ours < 0 ? strerror(-ours) : "");
}

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(log_lines[log_next++ % 64], sizeof(log_lines[0]), fmt, ap);
	va_end(ap);
}

long same(const char *what, long theirs, long ours)
{
	if (theirs != ours)
		failed(what, theirs, ours);
	return theirs;
}

/* ---- random arguments ---- */

static const char *random_component(bool dots)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "longer-name" };

	if (dots && !rnd(8))
		return rnd(3) ? ".." : ".";
	return names[rnd(6)];
}

static void random_path(char *path)
{
	unsigned int n = 1 + rnd(4), up = 0;

	*path = 0;
	if (!rnd(40))
		return;				/* the empty path */
	if (!rnd(60)) {
		memset(path, 'x', 260);		/* a name that is too long */
		path[260] = 0;
		return;
	}
	if (!rnd(10))
		sprintf(path, "%s/", start);
	while (n--) {
		const char *c = random_component(up < 2);

		up += !strcmp(c, "..");
		strcat(path, c);
		if (n || !rnd(12))
			strcat(path, rnd(20) ? "/" : "//");
	}
}

/* A directory descriptor as an index into fds, or -1 for the working directory. */
static int random_dir(void)
{
	return rnd(5) ? -1 : (int)rnd(FDS);
}

static long dir_theirs(int i) { return i < 0 ? AT_FDCWD : fds[i].theirs; }
static u64 dir_ours(int i) { return i < 0 ? (u64)AT_FDCWD : (u64)(s64)fds[i].ours; }

/* ---- the steps ---- */

static void close_slot(int i)
{
	note("close %d", i);
	same("close", theirs(SYS_close, fds[i].theirs), sys_close((s64)fds[i].ours));
	fds[i] = (struct pair){ -1, -1 };
}

static void step_open(void)
{
	static const u32 flag[] = { O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW,
				    O_PATH, O_NONBLOCK };
	u32 flags = rnd(3);
	char path[1024];
	int slot = rnd(FDS), dir = random_dir();
	long t, o;

	random_path(path);
	for (unsigned int i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
		if (!rnd(i < 1 ? 2 : 6))
			flags |= flag[i];
	if (!rnd(30))
		flags |= O_TMPFILE;
	/* A FIFO would wait for its other end. */
	flags |= O_NONBLOCK;
	if (fds[slot].theirs >= 0)
		close_slot(slot);
	note("%d = openat %d %s %o", slot, dir, path, flags);
	t = theirs(SYS_openat, dir_theirs(dir), path, flags, 0644);
	o = sys_openat(dir_ours(dir), (u64)path, flags, 0644);
	/* A link to a file with a slash behind it: the service looks before it opens. */
	if (!(grant && t == -EISDIR && o == -ENOTDIR))
		same("openat", t < 0 ? t : 0, o < 0 ? o : 0);
	if (t >= 0)
		fds[slot] = (struct pair){ t, o };
}

static void step_make(void)
{
	char path[1024], target[1024];
	int dir = random_dir();
	long t, o;

	random_path(path);
	random_path(target);
	switch (rnd(4)) {
	case 0:
	case 1:
		note("mkdirat %d %s", dir, path);
		t = theirs(SYS_mkdirat, dir_theirs(dir), path, 0755);
		o = sys_mkdirat(dir_ours(dir), (u64)path, 0755);
		same("mkdirat", t, o);
		break;
	case 2:
		note("symlinkat %s %d %s", target, dir, path);
		t = theirs(SYS_symlinkat, target, dir_theirs(dir), path);
		o = sys_symlinkat((u64)target, dir_ours(dir), (u64)path);
		same("symlinkat", t, o);
		break;
	default: {
		u32 mode = S_IFREG | 0640;

		if (!grant && rnd(2))
			mode = (rnd(2) ? S_IFIFO : S_IFSOCK) | 0600;

		note("mknodat %d %s %o", dir, path, mode);
		t = theirs(SYS_mknodat, dir_theirs(dir), path, mode, 0);
		o = sys_mknodat(dir_ours(dir), (u64)path, mode, 0);
		same("mknodat", t, o);
	}
	}
}

static void step_remove(void)
{
	char path[1024];
	int dir = random_dir();
	u32 flags = rnd(2) ? AT_REMOVEDIR : 0;

	random_path(path);
	note("unlinkat %d %s %x", dir, path, flags);
	same("unlinkat", theirs(SYS_unlinkat, dir_theirs(dir), path, flags),
	     sys_unlinkat(dir_ours(dir), (u64)path, flags));
}

static void step_two(void)
{
	char from[1024], to[1024];
	int d1 = random_dir(), d2 = random_dir();
	u32 flags = 0;
	long t, o;

	random_path(from);
	random_path(to);
	if (rnd(3)) {
		flags = rnd(6);
		flags = flags > 3 ? 0 : flags;		/* NOREPLACE, EXCHANGE, both */
		note("renameat2 %d %s %d %s %u", d1, from, d2, to, flags);
		t = theirs(SYS_renameat2, dir_theirs(d1), from, dir_theirs(d2), to, flags);
		o = sys_renameat2(dir_ours(d1), (u64)from, dir_ours(d2), (u64)to, flags);
		same("renameat2", t, o);
	} else {
		flags = rnd(3) ? 0 : AT_SYMLINK_FOLLOW;
		note("linkat %d %s %d %s %x", d1, from, d2, to, flags);
		t = theirs(SYS_linkat, dir_theirs(d1), from, dir_theirs(d2), to, flags);
		o = sys_linkat(dir_ours(d1), (u64)from, dir_ours(d2), (u64)to, flags);
		same("linkat", t, o);
	}
}

void same_stat(const struct stat *t, const struct stat *o)
{
	same("st_mode", t->st_mode, o->st_mode);
	same("st_nlink", t->st_nlink, o->st_nlink);
	same("st_size", t->st_size, o->st_size);
	same("st_blocks", t->st_blocks, o->st_blocks);
}

static void step_stat(void)
{
	struct stat t = { 0 }, o = { 0 };
	char path[1024];
	int dir = random_dir();
	u32 flags = rnd(2) ? AT_SYMLINK_NOFOLLOW : 0;
	long res;

	random_path(path);
	if (!rnd(3))
		flags |= AT_EMPTY_PATH;
	note("newfstatat %d %s %x", dir, path, flags);
	res = same("newfstatat", theirs(SYS_newfstatat, dir_theirs(dir), path, &t, flags),
		   sys_newfstatat(dir_ours(dir), (u64)path, (u64)&o, flags));
	if (!res)
		same_stat(&t, &o);
}

static void step_attr(void)
{
	char path[1024];
	int dir = random_dir();
	long res;

	random_path(path);
	switch (rnd(5)) {
	case 0: {
		u32 mode = 0700 | rnd(01000);

		note("fchmodat %d %s %o", dir, path, mode);
		same("fchmodat", theirs(SYS_fchmodat, dir_theirs(dir), path, mode),
		     sys_fchmodat(dir_ours(dir), (u64)path, mode));
		break;
	}
	case 1: {
		struct timespec ts[2] = { { rnd(1000), rnd(1000) }, { rnd(1000), rnd(1000) } };
		u32 flags = rnd(2) ? AT_SYMLINK_NOFOLLOW : 0;
		struct stat t, o;

		note("utimensat %d %s", dir, path);
		res = same("utimensat", theirs(SYS_utimensat, dir_theirs(dir), path, ts, flags),
			   sys_utimensat(dir_ours(dir), (u64)path, (u64)ts, flags));
		if (res)
			break;
		same("fstatat", theirs(SYS_newfstatat, dir_theirs(dir), path, &t, flags),
		     sys_newfstatat(dir_ours(dir), (u64)path, (u64)&o, flags));
		same("mtime", t.st_mtime, o.st_mtime);
		/* Following a link is an access to it, and the path may have led through itself. */
		if (!S_ISLNK(t.st_mode))
			same("atime", t.st_atim.tv_nsec, o.st_atim.tv_nsec);
		break;
	}
	case 2:
		note("truncate %s", path);
		res = rnd(30000);
		same("truncate", theirs(SYS_truncate, path, res), sys_truncate((u64)path, res));
		break;
	case 3:
		note("faccessat %d %s", dir, path);
		same("faccessat", theirs(SYS_faccessat, dir_theirs(dir), path, R_OK | W_OK),
		     sys_faccessat(dir_ours(dir), (u64)path, R_OK | W_OK));
		break;
	default:
		note("readlinkat %d %s", dir, path);
		res = same("readlinkat",
			   theirs(SYS_readlinkat, dir_theirs(dir), path, buf_theirs, 100),
			   sys_readlinkat(dir_ours(dir), (u64)path, (u64)buf_ours, 100));
		if (res > 0 && memcmp(buf_theirs, buf_ours, res))
			failed("readlinkat's text", 0, 1);
	}
}

static void step_cwd(void)
{
	char path[1024];
	int slot = rnd(FDS);
	long res;

	if (!rnd(3)) {
		note("fchdir %d", slot);
		same("fchdir", theirs(SYS_fchdir, fds[slot].theirs),
		     sys_fchdir((s64)fds[slot].ours));
	} else {
		if (rnd(2))
			strcpy(path, start);
		else
			random_path(path);
		note("chdir %s", path);
		same("chdir", theirs(SYS_chdir, path), sys_chdir((u64)path));
	}
	res = same("getcwd", theirs(SYS_getcwd, buf_theirs, IO_MAX),
		   sys_getcwd((u64)buf_ours, IO_MAX));
	if (res > 0 && strcmp(buf_theirs, buf_ours))
		failed("getcwd's text", 0, 1);
}

void same_bytes(long n)
{
	if (n > 0 && memcmp(buf_theirs, buf_ours, n))
		failed("the bytes read", 0, 1);
}

/* FIFOs and sockets are another test's; directories answer errors here. */
static void step_io(void)
{
	int i = rnd(FDS);
	long t = fds[i].theirs, n = rnd(2) ? rnd(IO_MAX) : rnd(100), off = rnd(40000);
	u64 o = (s64)fds[i].ours;
	struct stat st, a = { 0 }, b = { 0 };

	if (!fstat(t, &st) && S_ISFIFO(st.st_mode))
		return;
	for (long j = 0; j < n; j++)
		buf_theirs[j] = rnd(256);
	memcpy(buf_ours, buf_theirs, n);
	switch (rnd(9)) {
	case 0:
		note("read %d %ld", i, n);
		same_bytes(same("read", theirs(SYS_read, t, buf_theirs, n),
				sys_read(o, (u64)buf_ours, n)));
		break;
	case 1:
		note("write %d %ld", i, n);
		same("write", theirs(SYS_write, t, buf_theirs, n), sys_write(o, (u64)buf_ours, n));
		break;
	case 2:
		note("pread64 %d %ld %ld", i, n, off);
		same_bytes(same("pread64", theirs(SYS_pread64, t, buf_theirs, n, off),
				sys_pread64(o, (u64)buf_ours, n, off)));
		break;
	case 3:
		note("pwrite64 %d %ld %ld", i, n, off);
		same("pwrite64", theirs(SYS_pwrite64, t, buf_theirs, n, off),
		     sys_pwrite64(o, (u64)buf_ours, n, off));
		break;
	case 4: {
		/* tmpfs calls hole what was allocated and not written yet; ours does not. */
		u32 whence = seed % 2 ? rnd(7) : rnd(3);

		off = rnd(3) ? off : -off;
		note("lseek %d %ld %u", i, off, whence);
		/* What SEEK_END and beyond mean in a directory is each file system's own. */
		if (!fstat(t, &st) && S_ISDIR(st.st_mode))
			break;
		same("lseek", theirs(SYS_lseek, t, off, whence), sys_lseek(o, off, whence));
		break;
	}
	case 5:
		note("ftruncate %d %ld", i, off);
		same("ftruncate", theirs(SYS_ftruncate, t, off), sys_ftruncate(o, off));
		break;
	case 6: {
		u32 mode = seed % 2 ? 3 : rnd(4);

		note("fallocate %d %u %ld %ld", i, mode, off, n);
		same("fallocate", theirs(SYS_fallocate, t, mode, off, n),
		     sys_fallocate(o, mode, off, n));
		break;
	}
	case 7: {
		struct iovec vt[2] = { { buf_theirs, n / 3 }, { buf_theirs + n / 3, n / 2 } };
		struct iovec vo[2] = { { buf_ours, n / 3 }, { buf_ours + n / 3, n / 2 } };

		note("readv/writev %d %ld", i, n);
		if (rnd(2))
			same_bytes(same("readv", theirs(SYS_readv, t, vt, 2),
					sys_readv(o, (u64)vo, 2)));
		else
			same("writev", theirs(SYS_writev, t, vt, 2), sys_writev(o, (u64)vo, 2));
		break;
	}
	default:
		note("fsync %d", i);
		same("fsync", theirs(SYS_fsync, t), sys_fsync(o));
	}
	if (!same("fstat", theirs(SYS_fstat, t, &a), sys_fstat(o, (u64)&b)))
		same_stat(&a, &b);
}

static void step_fd(void)
{
	int i = rnd(FDS), j = rnd(FDS), k = rnd(FDS);
	long t, o;

	switch (rnd(5)) {
	case 0:
		if (fds[i].theirs >= 0)
			close_slot(i);
		break;
	case 1:
		if (fds[j].theirs >= 0 || i == j)
			break;
		note("%d = dup %d", j, i);
		t = theirs(SYS_dup, fds[i].theirs);
		o = sys_dup((s64)fds[i].ours);
		same("dup", t < 0 ? t : 0, o < 0 ? o : 0);
		fds[j] = t < 0 ? (struct pair){ -1, -1 } : (struct pair){ t, o };
		break;
	case 2:
		note("F_GETFL %d", i);
		same("F_GETFL", theirs(SYS_fcntl, fds[i].theirs, F_GETFL),
		     sys_fcntl((s64)fds[i].ours, F_GETFL, 0));
		break;
	case 3:
		note("F_SETFL %d", i);
		t = rnd(2) ? O_APPEND : 0;
		same("F_SETFL", theirs(SYS_fcntl, fds[i].theirs, F_SETFL, O_NONBLOCK | t),
		     sys_fcntl((s64)fds[i].ours, F_SETFL, O_NONBLOCK | t));
		break;
	default:
		note("copy_file_range %d %d", j, k);
		same("copy_file_range",
		     theirs(SYS_copy_file_range, fds[j].theirs, 0, fds[k].theirs, 0, 5000, 0),
		     sys_copy_file_range((s64)fds[j].ours, 0, (s64)fds[k].ours, 0, 5000, 0));
	}
}

/* ---- the run ---- */

static void run(u64 with_seed)
{
	static void (*const step[])(void) = {
		step_open, step_open, step_open, step_make, step_make, step_make, step_remove,
		step_two, step_two, step_stat, step_stat, step_attr, step_cwd, step_io, step_io,
		step_io, step_io, step_fd,
	};

	seed = state = with_seed;
	for (int i = 0; i < FDS; i++)
		fds[i] = (struct pair){ -1, -1 };
	same("chdir", theirs(SYS_chdir, start), sys_chdir((u64)start));
	for (int i = 0; i < steps; i++)
		step[rnd(sizeof(step) / sizeof(step[0]))]();
	for (int i = 0; i < FDS; i++)
		if (fds[i].theirs >= 0)
			close_slot(i);
	same("chdir", theirs(SYS_chdir, start), sys_chdir((u64)start));
	same_tree(start);
}

static void test_model(void **arg)
{
	const char *one = getenv("FS_MODEL_SEED"), *n = getenv("FS_MODEL_STEPS");
	struct timespec now;

	(void)arg;
	if (n)
		steps = atoi(n);
	clock_gettime(CLOCK_REALTIME, &now);
	if (one) {
		run(strtoul(one, NULL, 10));
		return;
	}
	for (u64 i = 1; i <= 8; i++)
		run(i);
	run(now.tv_nsec);		/* and one that nobody has seen yet: the message names it */
}

static int setup(void **arg)
{
	struct statfs fs;
	size_t len;

	(void)arg;
	strcpy(top, "/dev/shm/mvm-fs-XXXXXX");
	if (statfs("/dev/shm", &fs) || fs.f_type != 0x01021994 || !mkdtemp(top)) {
		printf("SKIP: no tmpfs at /dev/shm to compare with\n");
		exit(77);
	}
	umask(022);
	strcpy(behind, "/dev/shm/mvm-fs-XXXXXX");
	if (!mkdtemp(behind))
		return -1;
	if (grant &&
	    fs_service_start(behind, top, MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_LOOKUP |
			     MVM_RIGHT_CREATE))
		return -1;
	fake_start();
	sys_umask(022);
	len = strlen(strcpy(start, top));
	if (!grant && sys_mkdir((u64)top, 0700))
		return -1;
	for (int i = 0; i < DEPTH; i++) {
		strcpy(start + len, "/r");
		len += 2;
		if (mkdir(start, 0755) || sys_mkdir((u64)start, 0755))
			return -1;
	}
	return 0;
}

static int teardown(void **arg)
{
	char cmd[256];

	(void)arg;
	snprintf(cmd, sizeof(cmd), "rm -rf %s %s", top, behind);
	return chdir("/") || system(cmd);
}

int fs_model(bool with_grant)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model) };

	grant = with_grant;
	return cmocka_run_group_tests(tests, setup, teardown);
}
