/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* Attributes: modes, umask, times, ids, sizes in blocks. */
#include <sys/statvfs.h>
#include <sys/time.h>
#include "t.h"

static void mode(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		show_result(path, -1);
	else
		printf("%s: mode %o\n", path, st.st_mode);
}

int main(void)
{
	struct timespec ts[2] = { { 1000000, 5 }, { 2000000, 999999999 } };
	struct timespec bad[2] = { { 0, 1000000000 }, { 0, 0 } };
	struct statvfs vfs;
	struct stat st;
	int fd;

	enter_data();
	printf("umask %o\n", umask(027));
	printf("umask %o\n", umask(027));
	fd = open("f", O_RDWR | O_CREAT, 0777);
	mode("f");
	SHOW(mkdir("d", 01777));
	mode("d");
	SHOW(chmod("f", 0711));
	mode("f");
	SHOW(fchmod(fd, 0600));
	mode("f");
	SHOW(fchmodat(AT_FDCWD, "d", 0700, 0));
	mode("d");
	SHOW(chmod("none", 0600));
	SHOW(utimensat(AT_FDCWD, "f", ts, 0));
	SHOW(stat("f", &st));
	printf("atime %ld.%09ld mtime %ld.%09ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
	       (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	SHOW(futimens(fd, ts));
	SHOW(fstat(fd, &st));
	printf("atime %ld.%09ld, mtime is now: %d\n", (long)st.st_atim.tv_sec,
	       st.st_atim.tv_nsec, st.st_mtim.tv_sec > 1600000000);
	SHOW(utimensat(AT_FDCWD, "f", bad, 0));
	SHOW(utimensat(AT_FDCWD, "none", ts, 0));
	SHOW(write(fd, "12345", 5));
	SHOW(fstat(fd, &st));
	printf("size %ld, regular %d, links %ld, uid is mine: %d\n", (long)st.st_size,
	       S_ISREG(st.st_mode), (long)st.st_nlink, st.st_uid == getuid());
	FACT(st.st_blksize >= 512);
	FACT(st.st_ino != 0);
	SHOW(access("f", F_OK));
	SHOW(access("none", F_OK));
	SHOW(access("f", R_OK | W_OK));
	SHOW(access("f", 64));
	SHOW(statvfs(".", &vfs));
	FACT(vfs.f_bsize >= 512 && vfs.f_namemax >= 255);
	SHOW(statvfs("none", &vfs));
	SHOW(fstatvfs(fd, &vfs));
	SHOW(chown("f", -1, -1));
	SHOW(fchown(fd, getuid(), getgid()));
	SHOW(stat("f/", &st));
	SHOW(stat("", &st));
	SHOW(fstatat(fd, "", &st, AT_EMPTY_PATH));
	printf("size %ld\n", (long)st.st_size);
	SHOW(fstat(0, &st));
	SHOW(unlink("f"));
	SHOW(rmdir("d"));
	return 0;
}
