/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Walking paths: dots, slashes, long names, the working directory, directory descriptors. */
#include <limits.h>
#include "t.h"

int main(void)
{
	char name[300], path[5000], top[PATH_MAX], cwd[PATH_MAX];
	struct stat st, st2;
	int fd, d;

	enter_data();
	FACT(getcwd(top, sizeof(top)) != NULL);
	FACT(top[0] == '/');
	mkdir("a", 0700);
	mkdir("a/b", 0700);
	make_file("a/b/c", "C");
	show_file("a/b/c");
	show_file("a//b///c");
	show_file("./a/./b/../b/c");
	show_file("a/b/../../a/b/c");
	show_file("a/none/../b/c");
	show_file("a/b/c/");
	show_file("a/b/c/.");
	show_file("a/b/c/d");
	SHOW(chdir("a/b"));
	show_file("c");
	show_file("../b/c");
	FACT(getcwd(cwd, sizeof(cwd)) && !strncmp(cwd, top, strlen(top)) &&
	     !strcmp(cwd + strlen(top), "/a/b"));
	SHOW(chdir("c"));
	SHOW(chdir("none"));
	SHOW_OK((long)getcwd(cwd, 2) ?: -1);
	SHOW(syscall(SYS_getcwd, cwd, 2));
	SHOW(chdir(top));
	d = open("a", O_RDONLY | O_DIRECTORY);
	SHOW_OK(fd = openat(d, "b/c", O_RDONLY));
	SHOW_OK(openat(d, "../a/b/c", O_RDONLY));
	SHOW_OK(openat(fd, "x", O_RDONLY));
	SHOW_OK(openat(-1, "x", O_RDONLY));
	SHOW(mkdirat(d, "m", 0700));
	SHOW(fstatat(d, "m", &st, 0));
	SHOW(unlinkat(d, "m", 0));
	SHOW(unlinkat(d, "m", AT_REMOVEDIR));
	SHOW(unlinkat(d, "m", 0x1234));
	SHOW(renameat(d, "b/c", AT_FDCWD, "moved"));
	show_file("moved");
	SHOW(symlinkat("target", d, "sym"));
	SHOW(readlinkat(d, "sym", name, sizeof(name)));
	SHOW(linkat(AT_FDCWD, "moved", d, "hard", 0));
	SHOW(faccessat(d, "hard", R_OK, 0));
	SHOW(fchdir(d));
	show_file("hard");
	SHOW(fchdir(fd));
	SHOW(fchdir(-1));
	SHOW(chdir(".."));
	/* The parent of the root is the root. */
	SHOW(stat("/", &st));
	SHOW(stat("/../..", &st2));
	FACT(st.st_ino == st2.st_ino);
	/* Names of 255 bytes are allowed, 256 not; paths of 4095. */
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	SHOW_OK(open(name, O_WRONLY | O_CREAT, 0600));
	SHOW(unlink(name));
	name[255] = 'n';
	name[256] = 0;
	SHOW_OK(open(name, O_WRONLY | O_CREAT, 0600));
	memset(path, '/', sizeof(path));
	path[4094] = '.';
	path[4095] = 0;
	SHOW(stat(path, &st));
	path[4095] = '.';
	path[4096] = 0;
	SHOW(stat(path, &st));
	SHOW(mkdir("with space and \xc3\xa4", 0700));
	SHOW(rmdir("with space and \xc3\xa4"));
	/* A directory that is removed while it is the working directory. */
	mkdir("gone", 0700);
	SHOW(chdir("gone"));
	SHOW(rmdir("../gone"));
	SHOW_OK(open("x", O_WRONLY | O_CREAT, 0600));
	SHOW_OK(open(".", O_RDONLY));
	SHOW(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	return 0;
}
