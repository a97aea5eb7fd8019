/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* rename: every combination of what is there, and its rules. */
#include "t.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif

static long rename2(const char *from, const char *to, unsigned int flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

int main(void)
{
	int fd;

	enter_data();
	make_file("a", "A");
	make_file("b", "B");
	mkdir("d1", 0700);
	mkdir("d2", 0700);
	mkdir("full", 0700);
	make_file("full/x", "X");
	SHOW(rename("a", "c"));
	SHOW(rename("a", "c"));
	show_file("c");
	fd = open("b", O_RDONLY);
	SHOW(rename("c", "b"));
	show_file("b");
	char ch;
	SHOW(read(fd, &ch, 1));
	printf("the old one is still there: %c\n", ch);
	close(fd);
	SHOW(rename("b", "d1"));
	SHOW(rename("d1", "b"));
	SHOW(rename("d1", "d2"));
	SHOW(rename("d1", "d2"));
	SHOW(rename("d2", "full"));
	SHOW(rename("full", "d2"));
	show_file("d2/x");
	SHOW(rename("d2", "d2/sub"));
	SHOW(rename("d2/x", "d2/x"));
	SHOW(rename("d2/x", "y"));
	SHOW(rename("y", "nowhere/y"));
	SHOW(rename("y/", "z"));
	SHOW(rename("y", "z/"));
	SHOW(rename("d2", "d3/"));
	SHOW(rename(".", "d4"));
	SHOW(rename("", "d4"));
	SHOW(rename("y", ""));
	SHOW(rename2("y", "b", RENAME_NOREPLACE));
	SHOW(rename2("y", "new", RENAME_NOREPLACE));
	SHOW(rename2("new", "b", RENAME_EXCHANGE));
	show_file("new");
	show_file("b");
	SHOW(rename2("new", "d3", RENAME_EXCHANGE));
	show_file("d3");
	SHOW(rename2("new", "gone", RENAME_EXCHANGE));
	SHOW(rename2("b", "bb", 0x80));
	SHOW(symlink("b", "link"));
	SHOW(rename("link", "link2"));
	SHOW(readlink("link2", &ch, 1));
	unlink("link2");
	unlink("b");
	unlink("d3");
	SHOW(rmdir("new"));
	return 0;
}
