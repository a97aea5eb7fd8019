/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Hard and symbolic links. */
#include "t.h"

static void links(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		show_result(path, -1);
	else
		printf("%s: type %o, links %ld, size %ld\n", path, st.st_mode & S_IFMT,
		       S_ISDIR(st.st_mode) ? 0 : (long)st.st_nlink,
		       S_ISDIR(st.st_mode) ? 0 : (long)st.st_size);
}

int main(void)
{
	char buf[64];
	struct stat st, st2;
	ssize_t n;

	enter_data();
	make_file("f", "text");
	SHOW(link("f", "g"));
	SHOW(link("f", "g"));
	links("f");
	stat("f", &st);
	stat("g", &st2);
	FACT(st.st_ino == st2.st_ino && st.st_dev == st2.st_dev);
	SHOW(unlink("f"));
	links("g");
	show_file("g");
	mkdir("d", 0700);
	SHOW(link("d", "d2"));
	SHOW(link("none", "x"));
	SHOW(link("g", "none/x"));

	SHOW(symlink("g", "s"));
	SHOW(symlink("g", "s"));
	links("s");
	show_file("s");
	n = readlink("s", buf, sizeof(buf));
	printf("readlink %zd '%.*s'\n", n, (int)n, buf);
	SHOW(readlink("s", buf, 0));
	SHOW(readlink("g", buf, sizeof(buf)));
	SHOW(readlink("none", buf, sizeof(buf)));
	SHOW(symlink("", "e"));
	SHOW(symlink("missing", "dangling"));
	links("dangling");
	SHOW(stat("dangling", &st));
	SHOW_OK(open("dangling", O_RDONLY));
	SHOW_OK(open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
	SHOW_OK(open("dangling", O_WRONLY | O_CREAT, 0600));
	links("missing");
	SHOW(symlink("loop2", "loop1"));
	SHOW(symlink("loop1", "loop2"));
	SHOW(stat("loop1", &st));
	SHOW_OK(open("loop1", O_RDONLY));
	SHOW(symlink("d", "ds"));
	make_file("ds/inner", "inside");
	show_file("d/inner");
	show_file("ds/../g");
	SHOW_OK(open("s", O_RDONLY | O_NOFOLLOW));
	SHOW_OK(open("ds", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
	SHOW_OK(open("ds/inner", O_RDONLY | O_NOFOLLOW));
	SHOW(rmdir("ds"));
	SHOW(unlink("ds"));
	SHOW(link("s", "s2"));
	links("s2");
	SHOW(linkat(AT_FDCWD, "s", AT_FDCWD, "s3", AT_SYMLINK_FOLLOW));
	links("s3");
	SHOW(unlink("s/"));
	SHOW(unlink("d/inner"));
	SHOW(chmod("s", 0600));
	SHOW(lstat("s/", &st));
	return 0;
}
