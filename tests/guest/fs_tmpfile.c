/* SPDX-License-Identifier: MIT */
// trap: yes
/* O_TMPFILE and what becomes of it; O_EXCL, O_APPEND between open files. */
#include <sys/uio.h>
#include "t.h"

static char proc[64];

static int tmpfile_at(const char *dir, int flags)
{
	int fd = open(dir, O_TMPFILE | flags, 0640);

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return fd;
}

static int links(int fd)
{
	struct stat st;

	fstat(fd, &st);
	return (int)st.st_nlink;
}

static void append(void)
{
	int a = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	int b = open("log", O_WRONLY | O_APPEND);
	char text[32] = "";
	int fd;

	write(a, "one ", 4);
	write(b, "two ", 4);
	write(a, "three ", 6);
	lseek(b, 0, SEEK_SET);
	write(b, "four ", 5);
	SHOW(pwrite(a, "five", 4, 0));		/* Linux appends all the same */
	SHOW(fcntl(b, F_SETFL, 0));
	lseek(b, 0, SEEK_SET);
	write(b, "ONE", 3);
	fd = open("log", O_RDONLY);
	read(fd, text, sizeof(text) - 1);
	puts(text);
	close(fd);
	close(a);
	close(b);
}

int main(void)
{
	int fd;

	enter_data();
	fd = tmpfile_at(".", O_RDWR);
	FACT(fd >= 0);
	SHOW(links(fd));
	SHOW(write(fd, "unnamed", 7));
	SHOW(linkat(AT_FDCWD, proc, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	SHOW(links(fd));
	SHOW(linkat(AT_FDCWD, proc, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	SHOW(linkat(AT_FDCWD, proc, AT_FDCWD, "again", AT_SYMLINK_FOLLOW));
	SHOW(links(fd));
	close(fd);
	SHOW(unlink("again"));
	fd = tmpfile_at(".", O_WRONLY | O_EXCL);
	FACT(fd >= 0);
	SHOW(linkat(AT_FDCWD, proc, AT_FDCWD, "never", AT_SYMLINK_FOLLOW));
	close(fd);
	SHOW(tmpfile_at(".", O_RDONLY));
	SHOW(tmpfile_at("named", O_RDWR));
	SHOW(tmpfile_at("missing", O_RDWR));
	SHOW(open("named", O_RDWR | O_CREAT | O_EXCL, 0600));
	SHOW(symlink("nowhere", "dangling"));
	SHOW(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
	SHOW_OK(open("dangling", O_RDWR | O_CREAT, 0600));
	SHOW(access("nowhere", F_OK));
	append();
	return 0;
}
