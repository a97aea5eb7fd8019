/* SPDX-License-Identifier: MIT */
// native: no
// expect-status: 0
// grant: /data
// mvm-args: --tmpfs /small:64K --tmpfs /etc --tmpfs /data/inner:1M --tmpfs /dev/shm:8K
/* --tmpfs: a file system with a limit of its own, in the tree and in a grant. */
#include <sys/vfs.h>
#include "t.h"

static char buf[70000];

static long fill(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	long n, total = 0;

	while ((n = write(fd, buf, sizeof(buf))) > 0)
		total += n;
	show_result("then", n);
	close(fd);
	return total;
}

static void sizes(const char *path)
{
	struct statfs s;

	statfs(path, &s);
	printf("%s: type %lx, %ld blocks of %ld, %ld free\n", path, (long)s.f_type,
	       (long)s.f_blocks, (long)s.f_bsize, (long)s.f_bfree);
}

static long dev(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_dev;
}

static void mounts(void)
{
	char line[256];
	FILE *f = fopen("/proc/mounts", "r");

	while (fgets(line, sizeof(line), f))
		if (strstr(line, "small") || strstr(line, "inner") || strstr(line, "shm") ||
		    strstr(line, "/etc"))
			fputs(line, stdout);
	fclose(f);
}

int main(void)
{
	int fd;

	sizes("/small");
	sizes("/data/inner");
	SHOW(fill("/small/a"));
	sizes("/small");
	SHOW(mkdir("/small/dir", 0755));		/* costs no data */
	SHOW(fill("/data/inner/a") == 1 << 20);
	SHOW(unlink("/small/a"));
	sizes("/small");
	SHOW(fill("/small/b"));
	SHOW(truncate("/small/b", 4096));
	fd = open("/small/dir/c", O_RDWR | O_CREAT, 0600);
	SHOW(posix_fallocate(fd, 0, 15 * 4096));
	SHOW(posix_fallocate(fd, 0, 16 * 4096));
	close(fd);
	unlink("/small/dir/c");
	FACT(dev("/small") != dev("/") && dev("/small/b") == dev("/small"));
	FACT(dev("/data/inner") != dev("/small") && dev("/data/inner") != dev("/data"));
	SHOW(rename("/small/b", "/tmp/b"));
	SHOW(link("/small/b", "/tmp/b"));
	SHOW(rename("/small/b", "/small/dir/b"));
	SHOW(rename("/small", "/large"));
	SHOW(rmdir("/data/inner"));
	SHOW(rmdir("/small"));
	fd = open("/small", O_TMPFILE | O_RDWR, 0600);
	write(fd, "x", 1);
	sizes("/small");
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	SHOW(linkat(AT_FDCWD, buf, AT_FDCWD, "/tmp/linked", AT_SYMLINK_FOLLOW));
	SHOW(linkat(AT_FDCWD, buf, AT_FDCWD, "/small/linked", AT_SYMLINK_FOLLOW));
	close(fd);
	SHOW(access("/etc/passwd", F_OK));		/* hidden */
	SHOW(chdir("/data/inner"));
	SHOW(chdir(".."));
	puts(getcwd(buf, sizeof(buf)));
	SHOW(access("inner/a", F_OK));
	mounts();
	SHOW(fill("/dev/shm/x"));
	return 0;
}
