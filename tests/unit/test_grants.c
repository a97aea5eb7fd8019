/* SPDX-License-Identifier: MIT */
/*
 * Grants: what is opened, with which kind and rights, and what is refused.  Each case runs in a
 * child, because opening grants closes every other descriptor; the child is judged by its
 * standard error and exit status.
 */
#include "msg.h"	/* before cmocka.h, which has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "capture.h"
#include "grants.h"

static char dir[64];		/* holds file (5 bytes), empty, sub/ */
static struct plan plan;
static struct handles handles;
static struct grants grants;

static char *in_dir(const char *name)
{
	static char path[4][128];
	static int n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

static void make_file(const char *name, const char *text)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_grants.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	make_file("file", "12345");
	make_file("empty", "");
	return mkdir(in_dir("sub"), 0700);
}

static int teardown(void **state)
{
	(void)state;
	unlink(in_dir("file"));
	unlink(in_dir("empty"));
	unlink(in_dir("stats"));
	rmdir(in_dir("sub"));
	return rmdir(dir);
}

static int fresh_plan(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof(plan));
	plan.program = in_dir("file");
	return 0;
}

/*
 * Runs grants_open() and then check() in a child, standard error caught.  Returns its exit
 * status: that of grants_open(), or 77 when check() says false.
 */
static int open_in_child(void (*before)(void), int (*check)(void))
{
	int status;
	pid_t pid;

	capture_begin();
	pid = fork();
	if (pid == 0) {
		if (before)
			before();
		status = grants_begin(&plan, &grants);
		if (!status)
			status = grants_open(&plan, &handles, &grants);
		if (!status && check && !check())
			status = 77;
		_exit(status);
	}
	waitpid(pid, &status, 0);
	capture_end();
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void refused(int status, const char *says)
{
	int got = open_in_child(NULL, NULL);
	const char *newline = strchr(captured, '\n');

	if (got != status || strncmp(captured, "mvm: ", 5) || !newline || newline[1] ||
	    !strstr(captured, says) || !strstr(captured, "; "))
		fail_msg("status %d, said: %s", got, captured);
}

static void accepted(void (*before)(void), int (*check)(void))
{
	int got = open_in_child(before, check);

	if (got)
		fail_msg("status %d, said: %s", got, captured);
}

static int has(int n, uint32_t kind, uint32_t rights)
{
	struct handle *h = handle_get(&handles, n);

	if (h && h->kind == kind && h->rights == rights && h->grant)
		return 1;
	if (h)
		fprintf(stderr, "handle %d: kind %u, rights %#x\n", n, h->kind, h->rights);
	return 0;
}

/* ---- The program ---------------------------------------------------------------------------- */

static int program_is_open(void)
{
	char c;

	return grants.program_fd > 2 && grants.stats_fd == -1 &&
	       pread(grants.program_fd, &c, 1, 0) == 1 && c == '1' &&
	       (fcntl(grants.program_fd, F_GETFD) & FD_CLOEXEC);
}

static void program(void **state)
{
	char missing[] = "/nonexistent/app.elf";

	(void)state;
	accepted(NULL, program_is_open);
	plan.program = missing;
	refused(EXIT_NOT_FOUND, missing);
	plan.program = in_dir("file/x");
	refused(EXIT_NOT_FOUND, "Not a directory");
	plan.program = in_dir("sub");
	refused(EXIT_CANNOT_RUN, "is a directory");
	plan.program = "/dev/null";
	refused(EXIT_CANNOT_RUN, "not a regular file");
	if (geteuid()) {
		chmod(in_dir("empty"), 0);
		plan.program = in_dir("empty");
		refused(EXIT_CANNOT_RUN, "Permission denied");
		chmod(in_dir("empty"), 0600);
	}
}

static void a_fifo_does_not_hang(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	plan.program = in_dir("fifo");
	refused(EXIT_CANNOT_RUN, "not a regular file");
	unlink(in_dir("fifo"));
}

/* ---- The standard streams ------------------------------------------------------------------- */

static void close_std(void)
{
	close(0);
	close(1);
}

static int null_streams(void)
{
	const uint32_t rights = MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT;

	return has(0, MVM_KIND_STREAM, rights) && has(1, MVM_KIND_STREAM, rights) &&
	       grants.program_fd > 2;
}

static void use_pipes(void)
{
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		_exit(70);
	dup2(in[0], 0);
	dup2(out[1], 1);
}

/* The pipes are usable without blocking, and the inherited descriptions are left alone. */
static int pipe_streams(void)
{
	char c;

	return has(0, MVM_KIND_STREAM, MVM_RIGHT_READ | MVM_RIGHT_WAIT) &&
	       has(1, MVM_KIND_STREAM, MVM_RIGHT_WRITE | MVM_RIGHT_WAIT) &&
	       handles.h[0].fd > 2 && handles.h[1].fd > 2 &&
	       !(fcntl(0, F_GETFL) & O_NONBLOCK) && !(fcntl(1, F_GETFL) & O_NONBLOCK) &&
	       (fcntl(handles.h[0].fd, F_GETFL) & O_NONBLOCK) &&
	       read(handles.h[0].fd, &c, 1) <= 0;
}

static void use_files(void)
{
	dup2(open(in_dir("file"), O_RDONLY), 0);
	dup2(open(in_dir("file"), O_RDWR), 1);
}

static int file_streams(void)
{
	const uint32_t rights = MVM_RIGHT_READ | MVM_RIGHT_WAIT | MVM_RIGHT_SEEK | MVM_RIGHT_OFFSET;

	return has(0, MVM_KIND_FILE, rights) && has(1, MVM_KIND_FILE, rights | MVM_RIGHT_WRITE);
}

static int terminal, peer;

static void use_terminal(void)
{
	dup2(terminal, 0);
	dup2(peer, 1);
}

static int terminal_streams(void)
{
	const uint32_t rights = MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT;

	return has(0, MVM_KIND_TTY, rights | MVM_RIGHT_TTY) && has(1, MVM_KIND_STREAM, rights) &&
	       handles.h[0].fd > 2 && handles.h[1].fd == 1 && !(fcntl(0, F_GETFL) & O_NONBLOCK);
}

static void terminals_and_sockets(void **state)
{
	int master, pair[2];

	(void)state;
	assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	peer = pair[0];
	accepted(use_terminal, terminal_streams);
	close(master);
	close(terminal);
	close(pair[0]);
	close(pair[1]);
}

static void use_directory(void)
{
	dup2(open(dir, O_RDONLY), 0);
}

static void streams(void **state)
{
	(void)state;
	accepted(close_std, null_streams);
	accepted(use_pipes, pipe_streams);
	accepted(use_files, file_streams);
	assert_int_equal(open_in_child(use_directory, NULL), EXIT_MVM);
	assert_non_null(strstr(captured, "it is a directory"));
}

static void leak_descriptors(void)
{
	for (int i = 0; i < 40; i++)
		if (dup(0) < 0)
			_exit(70);
	dup2(open(dir, O_RDONLY), 100);
}

static int nothing_leaked(void)
{
	for (int fd = grants.program_fd + 1; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0 && fd != handles.h[0].fd && fd != handles.h[1].fd &&
		    fd != handles.h[2].fd)
			return 0;
	return grants.program_fd < 5;
}

static void inherited_descriptors(void **state)
{
	(void)state;
	accepted(leak_descriptors, nothing_leaked);
}

/* ---- --stats -------------------------------------------------------------------------------- */

static void stats_to_fd9(void)
{
	leak_descriptors();
	dup2(open(in_dir("stats"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 9);
}

static int stats_is_open(void)
{
	return grants.stats_fd == 3 && write(grants.stats_fd, "x", 1) == 1 && nothing_leaked();
}

static int stats_is_stderr(void)
{
	return grants.stats_fd == 2;
}

static void stats_file(void **state)
{
	struct stat st;

	(void)state;
	plan.stats = in_dir("stats");
	accepted(leak_descriptors, stats_is_open);
	assert_int_equal(stat(in_dir("stats"), &st), 0);
	assert_int_equal(st.st_size, 1);
	plan.stats = "fd:9";
	accepted(stats_to_fd9, stats_is_open);
	plan.stats = "fd:2";
	accepted(NULL, stats_is_stderr);
	plan.stats = "fd:555";
	refused(EXIT_MVM, "descriptor 555 is not open");
	plan.stats = "/nonexistent/stats";
	refused(EXIT_MVM, "--stats /nonexistent/stats");
	assert_int_equal(open_in_child(use_files, NULL), EXIT_MVM);
	plan.stats = "fd:0";
	assert_int_equal(open_in_child(use_files, NULL), EXIT_MVM);
	assert_non_null(strstr(captured, "reading only"));
}

/* ---- Directories and disks ------------------------------------------------------------------ */

#define DIR_RO	(MVM_RIGHT_READ | MVM_RIGHT_LOOKUP)
#define DIR_RW	(DIR_RO | MVM_RIGHT_WRITE | MVM_RIGHT_CREATE)

static int two_directories(void)
{
	struct stat st;

	return has(3, MVM_KIND_DIR, DIR_RW) && has(4, MVM_KIND_DIR, DIR_RO) &&
	       !handles.h[3].read_only && handles.h[4].read_only &&
	       !strcmp(grants.paths[3], "/a") && !strcmp(grants.paths[4], "/b") &&
	       !grants.paths[0] && !fstatat(handles.h[3].fd, "file", &st, 0) && st.st_size == 5;
}

static int root_is_a_directory(void)
{
	return has(3, MVM_KIND_DIR, DIR_RO) && handles.h[3].read_only && grants.program_fd == -1 &&
	       !strcmp(grants.paths[3], "/");
}

static int root_is_copied(void)
{
	return has(3, MVM_KIND_DIR, DIR_RO | MVM_RIGHT_COPY) && handles.h[3].read_only;
}

static int root_is_an_archive(void)
{
	return has(3, MVM_KIND_FILE, MVM_RIGHT_READ | MVM_RIGHT_SEEK) && handles.h[3].size == 5 &&
	       grants.program_fd == -1 && !strcmp(grants.paths[3], "/");
}

/* The program is then looked for by the guest, and need not be on the host. */
static void a_root(void **state)
{
	struct plan_dir root = { .host = dir, .guest = "/", .read_only = true };

	(void)state;
	plan.program = "/nonexistent/app.elf";
	plan.dirs = &root;
	plan.ndirs = 1;
	plan.root = &root;
	accepted(NULL, root_is_a_directory);
	root.overlay = true;
	accepted(NULL, root_is_copied);
	root.overlay = false;
	root.host = in_dir("file");
	refused(EXIT_MVM, ":ro: an archive is not changed in any case");
	root.read_only = false;
	accepted(NULL, root_is_an_archive);
	root.host = "/dev/null";
	refused(EXIT_MVM, "--root /dev/null: is neither a directory nor a file");
	root.host = in_dir("missing");
	refused(EXIT_MVM, "No such file or directory");
}

static void directories(void **state)
{
	struct plan_dir two[] = {
		{ .host = dir, .guest = "/a" },
		{ .host = in_dir("sub"), .guest = "/b", .read_only = true },
	};

	(void)state;
	plan.dirs = two;
	plan.ndirs = 2;
	accepted(NULL, two_directories);
	two[1].host = in_dir("file");
	refused(EXIT_MVM, "Not a directory");
	two[1].host = "/nonexistent";
	refused(EXIT_MVM, "--dir /nonexistent:/b: cannot open /nonexistent");
}

static int two_disks(void)
{
	return has(3, MVM_KIND_DISK, MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_SEEK) &&
	       has(4, MVM_KIND_DISK, MVM_RIGHT_READ | MVM_RIGHT_SEEK) &&
	       handles.h[3].size == 5 && !strcmp(grants.paths[3], "/dev/disk0") &&
	       !strcmp(grants.paths[4], "/dev/db");
}

static void disks(void **state)
{
	struct plan_disk two[] = {
		{ .host = in_dir("file"), .name = "disk0" },
		{ .host = in_dir("more"), .name = "db", .read_only = true },
	};

	(void)state;
	make_file("more", "x");
	plan.disks = two;
	plan.ndisks = 2;
	accepted(NULL, two_disks);
	two[0].host = in_dir("empty");
	refused(EXIT_MVM, "it has no size");
	two[0].host = "/dev/null";
	refused(EXIT_MVM, "it has no size");
	two[0].host = "/nonexistent";
	refused(EXIT_MVM, "(or add :ro)");
	unlink(in_dir("more"));
}

static void disk_locks(void **state)
{
	struct plan_disk one = { .host = in_dir("file"), .name = "disk0" };
	int fd = open(one.host, O_RDONLY);

	(void)state;
	plan.disks = &one;
	plan.ndisks = 1;
	assert_int_equal(flock(fd, LOCK_SH), 0);
	refused(EXIT_MVM, "in use by another program");
	one.read_only = true;
	accepted(NULL, NULL);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	refused(EXIT_MVM, "in use by another program");
	close(fd);
	one.read_only = false;
	accepted(NULL, NULL);
}

static void same_disk_twice(void **state)
{
	struct plan_disk two[] = {
		{ .host = in_dir("file"), .name = "a" }, { .host = in_dir("file"), .name = "b" },
	};

	(void)state;
	plan.disks = two;
	plan.ndisks = 2;
	refused(EXIT_MVM, "in use by another program");
	two[0].read_only = two[1].read_only = true;
	accepted(NULL, NULL);
}

static int socket_dir(void)
{
	struct stat st;

	return has(4, MVM_KIND_UNIX, 0) && !strcmp(grants.paths[4], "/run/s") &&
	       !fstatat(handles.h[4].fd, "file", &st, 0) && st.st_size == 5;
}

/* Where the guest could put a link in the socket's place it is not granted. */
static void sockets(void **state)
{
	struct plan_unix one = { .host = in_dir("later"), .guest = "/run/s" };
	struct plan_dir d = { .host = dir, .guest = "/a", .read_only = true };

	(void)state;
	plan.unixes = &one;
	plan.nunixes = 1;
	plan.dirs = &d;
	plan.ndirs = 1;
	accepted(NULL, socket_dir);
	d.read_only = false;
	refused(EXIT_MVM, "is in a --dir or --root that the guest may change");
	d.host = "/";
	refused(EXIT_MVM, "is in a --dir or --root that the guest may change");
	d.host = in_dir("sub");
	accepted(NULL, socket_dir);
	one.host = in_dir("file");
	refused(EXIT_MVM, "is no socket");
	one.host = "/nonexistent/s";
	refused(EXIT_MVM, "cannot open its directory: No such file or directory");
	one.host = dir;
	refused(EXIT_MVM, "is no socket");
	one.host = "/";
	refused(EXIT_MVM, "cannot be the name of a socket");
}

#define TEST(f)	cmocka_unit_test_setup(f, fresh_plan)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(program), TEST(a_fifo_does_not_hang), TEST(streams),
		TEST(terminals_and_sockets), TEST(inherited_descriptors), TEST(stats_file),
		TEST(directories), TEST(a_root), TEST(disks),
		TEST(disk_locks), TEST(same_disk_twice), TEST(sockets),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
