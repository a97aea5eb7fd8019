/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
// timeout: 40
/* Directories: 5,000 entries are all listed once; rewinding, removing, rules. */
#include <dirent.h>
#include "t.h"

#define N 5000

static unsigned char seen[N];

static int count(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n++;
	closedir(d);
	return n;
}

int main(void)
{
	char name[300];
	struct dirent *e;
	struct stat st;
	DIR *d;
	int fd, n = 0, dots = 0, twice = 0, wrong = 0;

	enter_data();
	SHOW(mkdir("d", 0755));
	SHOW(mkdir("d", 0755));
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "d/entry-%04d-with-a-longer-name", i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (fd == -1)
			perror(name), exit(1);
		close(fd);
	}
	d = opendir("d");
	while ((e = readdir(d))) {
		int i;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) {
			dots++;
			wrong += e->d_type != DT_DIR && e->d_type != DT_UNKNOWN;
			continue;
		}
		i = atoi(e->d_name + 6);
		twice += seen[i]++;
		wrong += e->d_type != DT_REG && e->d_type != DT_UNKNOWN;
		n++;
	}
	printf("%d entries, %d dots, %d twice, %d wrong\n", n, dots, twice, wrong);
	FACT(readdir(d) == NULL);
	rewinddir(d);
	for (n = 0; readdir(d); n++)
		;
	printf("again: %d\n", n);
	rewinddir(d);
	for (n = 0; n < 100; n++)
		readdir(d);
	long pos = telldir(d);
	e = readdir(d);
	strcpy(name, e->d_name);
	for (n = 0; n < 50; n++)
		readdir(d);
	seekdir(d, pos);
	e = readdir(d);
	FACT(!strcmp(name, e->d_name));
	closedir(d);

	SHOW(rmdir("d"));
	SHOW(unlink("d/entry-0001-with-a-longer-name"));
	SHOW(unlink("d/entry-0001-with-a-longer-name"));
	printf("now %d\n", count("d"));
	/* Removing while listing. */
	d = opendir("d");
	n = 0;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "d/%s", e->d_name);
		n += unlink(name) == 0;
	}
	closedir(d);
	printf("removed %d, left %d\n", n, count("d"));
	SHOW(mkdir("d/e", 0700));
	SHOW(mkdir("d/e/f", 0700));
	SHOW(stat("d", &st));
	SHOW(rmdir("d/e"));
	SHOW(rmdir("d/e/f"));
	SHOW(rmdir("d/e/."));
	SHOW(rmdir("d/e"));
	SHOW(unlink("d"));
	SHOW(rmdir("d"));
	SHOW(rmdir("d"));
	SHOW(mkdir("x/y", 0700));
	make_file("plain", "");
	SHOW(mkdir("plain/y", 0700));
	SHOW(rmdir("plain"));
	fd = open("plain", O_RDONLY);
	SHOW(syscall(SYS_getdents64, fd, name, sizeof(name)));
	close(fd);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	SHOW(syscall(SYS_getdents64, fd, name, 2));
	SHOW(read(fd, name, 1));
	SHOW(write(fd, name, 1));
	close(fd);
	SHOW_OK(open(".", O_RDWR));
	SHOW_OK(open("plain", O_RDONLY | O_DIRECTORY));
	unlink("plain");
	return 0;
}
