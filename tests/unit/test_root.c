/* SPDX-License-Identifier: MIT */
/*
 * What is run in a --root: where PROGRAM is looked for, that links stay in the root, scripts, and
 * what is said when something is missing.
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
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "capture.h"
#include "root.h"

static char top[64];		/* holds outside, root/ and work/ */
static char host_root[80], host_work[80];
static struct plan plan;
static struct plan_dir dirs[2];
static struct handles handles;
static struct grants grants;
static char *argv[4];
static char *env[1];

static const char *in_top(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void make_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_top(name), O_WRONLY | O_CREAT | O_TRUNC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, mode);
	close(fd);
}

static int make_tree(void **state)
{
	static const char *const made[] = {
		"root", "root/usr", "root/usr/bin", "root/usr/sbin", "root/opt", "work",
	};

	char outside[80];

	(void)state;
	strcpy(top, "/tmp/test_root.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		mkdir(in_top(made[i]), 0700);
	make_file("outside", "0", 0700);
	make_file("root/usr/bin/prog", "1", 0700);
	make_file("root/usr/bin/data", "2", 0600);
	make_file("root/opt/data", "3", 0700);
	make_file("work/tool", "4", 0700);
	make_file("root/usr/bin/hello.sh", "#! /usr/bin/prog  -x y \nrest", 0700);
	make_file("root/usr/bin/twice", "#!/usr/bin/hello.sh", 0700);
	make_file("root/usr/bin/loop", "#!/usr/bin/loop\n", 0700);
	make_file("root/usr/bin/orphan", "#!/no/such\n", 0700);
	make_file("root/usr/bin/empty", "#!  \n", 0700);
	assert_int_equal(symlink("usr/bin", in_top("root/bin")), 0);
	assert_int_equal(symlink("/usr/bin/prog", in_top("root/absolute")), 0);
	assert_int_equal(symlink("../../../../../../../usr/bin/prog", in_top("root/up")), 0);
	assert_int_equal(symlink("../outside", in_top("root/escape")), 0);
	snprintf(outside, sizeof(outside), "%s/outside", top);
	assert_int_equal(symlink(outside, in_top("root/out")), 0);
	return 0;
}

static int remove_tree(void **state)
{
	char command[80];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", top);
	return system(command);
}

static int setup(void **state)
{
	(void)state;
	snprintf(host_root, sizeof(host_root), "%s/root", top);
	snprintf(host_work, sizeof(host_work), "%s/work", top);
	dirs[0] = (struct plan_dir){ host_work, "/work", false };
	dirs[1] = (struct plan_dir){ host_root, "/", true };
	argv[1] = (char *)"one";
	argv[2] = NULL;
	plan = (struct plan){ .dirs = dirs, .ndirs = 2, .root = &dirs[1], .cwd = "/", .env = env,
			      .argv = argv, .argc = 2 };
	memset(&grants, 0, sizeof(grants));
	handles_init(&handles);
	for (int i = 0; i < 3; i++)
		handle_add(&handles, i, MVM_KIND_STREAM, 0);
	for (int i = 0; i < 2; i++)
		handle_add(&handles, open(dirs[i].host, O_PATH | O_DIRECTORY), MVM_KIND_DIR, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(handles.h[3].fd);
	close(handles.h[4].fd);
	return 0;
}

static char first_byte(int fd)
{
	char c = 0;

	assert_int_equal(pread(fd, &c, 1, 0), 1);
	return c;
}

/* The program named so is the file that begins with c, which the guest knows as path. */
static void found(const char *name, char c, const char *path)
{
	argv[0] = (char *)name;
	plan.program = name;
	assert_int_equal(root_open_program(&plan, &grants), 0);
	assert_int_equal(first_byte(grants.program_fd), c);
	assert_string_equal(grants.program_path, path);
	assert_string_equal(grants.exe, path);
	assert_true(fcntl(grants.program_fd, F_GETFD) & FD_CLOEXEC);
	close(grants.program_fd);
}

static void said(int status, int want, const char *says)
{
	const char *newline = strchr(captured, '\n');

	if (status != want || strncmp(captured, "mvm: ", 5) || !newline || newline[1] ||
	    !strstr(captured, says))
		fail_msg("status %d, said: %s", status, captured);
}

static void missing(const char *name, int want, const char *says)
{
	int status;

	plan.program = name;
	capture_begin();
	status = root_open_program(&plan, &grants);
	capture_end();
	said(status, want, says);
}

static void paths(void **state)
{
	(void)state;
	found("/usr/bin/prog", '1', "/usr/bin/prog");
	found("usr/bin/prog", '1', "/usr/bin/prog");
	plan.cwd = "/opt";
	found("./data", '3', "/opt/./data");
	found("../bin/prog", '1', "/opt/../bin/prog");
	missing("/nope", EXIT_NOT_FOUND, "/nope: cannot open the program in the root: No such");
	missing("/usr/bin/prog/x", EXIT_NOT_FOUND, "Not a directory");
	missing("/usr/bin", EXIT_CANNOT_RUN, "/usr/bin: cannot run it: it is a directory");
	missing("/", EXIT_CANNOT_RUN, "is a directory");
}

static void links_stay_inside(void **state)
{
	(void)state;
	found("/bin/prog", '1', "/bin/prog");
	found("/absolute", '1', "/absolute");
	found("/up", '1', "/up");
	missing("/escape", EXIT_NOT_FOUND, "No such file");
	missing("/out", EXIT_NOT_FOUND, "No such file");
	missing("/../outside", EXIT_NOT_FOUND, "No such file");
}

static void searched(void **state)
{
	(void)state;
	found("prog", '1', "/usr/bin/prog");
	missing("data", EXIT_NOT_FOUND, "data: no such program in the root (searched: /usr/local");
	env[0] = (char *)"PATH=/nowhere::/opt";
	plan.nenv = 1;
	found("data", '3', "/opt/data");
	missing("prog", EXIT_NOT_FOUND, "(searched: /nowhere::/opt)");
	plan.cwd = "/usr/bin";
	found("prog", '1', "/usr/bin/prog");
	plan.nenv = 0;
}

static void other_grants(void **state)
{
	(void)state;
	found("/work/tool", '4', "/work/tool");
	missing("/work/prog", EXIT_NOT_FOUND, "No such file");
	missing("/workshop", EXIT_NOT_FOUND, "No such file");
	missing("/work/../../outside", EXIT_NOT_FOUND, "No such file");
	dirs[1].host = "/nonexistent";
	missing("/usr/bin/prog", EXIT_MVM, "--root /nonexistent: cannot open /nonexistent: No such");
	dirs[1].host = in_top("outside");	/* a file */
	missing("/usr/bin/prog", EXIT_MVM, "Not a directory");
}

static int run_script(const char *name)
{
	int status;

	argv[0] = (char *)name;
	plan.program = name;
	assert_int_equal(root_open_program(&plan, &grants), 0);
	capture_begin();
	status = root_script(&plan, &grants, &handles);
	capture_end();
	return status;
}

static void scripts(void **state)
{
	static const char *const want[] = { "/usr/bin/prog", "-x y", "/bin/hello.sh", "one" };

	(void)state;
	assert_int_equal(run_script("/usr/bin/prog"), 0);
	assert_ptr_equal(plan.argv, argv);
	assert_int_equal(run_script("/bin/hello.sh"), 0);
	assert_int_equal(plan.argc, 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(plan.argv[i], want[i]);
	assert_null(plan.argv[4]);
	assert_string_equal(grants.program_path, "/bin/hello.sh");
	assert_string_equal(grants.exe, "/usr/bin/prog");
	assert_int_equal(first_byte(grants.program_fd), '1');
}

static void scripts_of_scripts(void **state)
{
	static const char *const want[] = {
		"/usr/bin/prog", "-x y", "/usr/bin/hello.sh", "/usr/bin/twice", "one",
	};

	(void)state;
	assert_int_equal(run_script("twice"), 0);
	assert_int_equal(plan.argc, 5);
	for (int i = 0; i < 5; i++)
		assert_string_equal(plan.argv[i], want[i]);
}

static void bad_scripts(void **state)
{
	(void)state;
	said(run_script("orphan"), EXIT_CANNOT_RUN, "its interpreter /no/such cannot be opened");
	said(run_script("empty"), EXIT_CANNOT_RUN, "names no interpreter");
	said(run_script("loop"), EXIT_CANNOT_RUN, "more than 5 scripts");
}

static void linkers(void **state)
{
	int fd = -1, status;

	(void)state;
	assert_int_equal(root_open_interp(&plan, &handles, "p", "/bin/prog", &fd), 0);
	assert_int_equal(first_byte(fd), '1');
	close(fd);
	capture_begin();
	status = root_open_interp(&plan, &handles, "p", "/lib64/ld.so", &fd);
	capture_end();
	said(status, EXIT_CANNOT_RUN, "p: its dynamic linker /lib64/ld.so cannot be opened in the "
	     "root: No such file");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paths), TEST(links_stay_inside), TEST(searched), TEST(other_grants),
		TEST(scripts), TEST(scripts_of_scripts), TEST(bad_scripts), TEST(linkers),
	};

	return cmocka_run_group_tests_name("root", tests, make_tree, remove_tree);
}
