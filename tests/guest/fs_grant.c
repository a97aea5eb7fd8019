/* SPDX-License-Identifier: MIT */
// grant: /data
// native: no
// expect-status: 0
/*
 * Links and ".." in a --dir grant mean what they mean in the guest: they may lead out into the
 * guest's own tree and back, and never to the host's files of the same name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void show(const char *path)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	printf("%s: %s\n", path, n < 0 ? strerror(errno) : text);
	if (fd >= 0)
		close(fd);
}

static void enter(const char *path)
{
	char cwd[256];

	if (chdir(path))
		printf("cd %s: %s\n", path, strerror(errno));
	else
		printf("cd %s: %s\n", path, getcwd(cwd, sizeof(cwd)));
}

static void result(const char *what, int res)
{
	printf("%s: %s\n", what, res ? strerror(errno) : "done");
}

int main(void)
{
	int dir;

	mkdir("/data/sub", 0755);
	mkdir("/data/sub/deep", 0755);
	put("/data/sub/f", "in the grant");
	put("/tmp/f", "in the tree");
	symlink("/data/sub", "/data/abs");
	symlink("../tmp/f", "/data/up");
	symlink("/tmp/f", "/data/out");
	symlink("/tmp/back", "/data/there");
	symlink("/data/sub/f", "/tmp/back");
	symlink("loop", "/data/loop");
	show("/data/sub/f");
	show("/data/abs/f");
	show("/data/up");
	show("/data/out");
	show("/data/there");
	show("/tmp/back");
	show("/data/../tmp/f");
	show("/data/sub/../../tmp/f");
	show("/data/sub/f/../f");
	show("/data/loop");
	show("/data/../../../../../../tmp/f");
	enter("/data/abs/deep");
	enter("../..");
	enter("..");
	dir = open("/data/abs/deep", O_RDONLY | O_DIRECTORY);
	printf("openat above: %s\n", openat(dir, "../../../tmp/f", O_RDONLY) < 0 ?
	       strerror(errno) : "done");
	result("rename out of it", rename("/data/sub/f", "/tmp/g"));
	result("link out of it", link("/data/sub/f", "/tmp/g"));
	result("make through a link", mkdir("/data/abs/new", 0755));
	result("rename through links", rename("/data/abs/new", "/data/sub/newer"));
	result("remove through a link", rmdir("/data/abs/newer"));
	result("remove the grant", rmdir("/data"));
	result("make the grant", mkdir("/data", 0755));
	/* An open directory is where it was moved to. */
	fchdir(dir);
	result("move the directory", rename("/data/sub", "/data/moved"));
	enter(".");
	enter("..");
	result("remove the directory", rmdir("/data/moved/deep"));
	show("f");
	return 0;
}
