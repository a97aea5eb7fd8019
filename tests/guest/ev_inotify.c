/* SPDX-License-Identifier: MIT */
// trap: yes
// fs: yes
/* inotify: what happens in a directory and to a file, in which order, and what is an error. */
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <time.h>
#include "t.h"

static int in;

static const struct { uint32_t bit; const char *name; } names[] = {
	{ IN_ACCESS, "ACCESS" }, { IN_MODIFY, "MODIFY" }, { IN_ATTRIB, "ATTRIB" },
	{ IN_CLOSE_WRITE, "CLOSE_WRITE" }, { IN_CLOSE_NOWRITE, "CLOSE_NOWRITE" },
	{ IN_OPEN, "OPEN" }, { IN_MOVED_FROM, "MOVED_FROM" }, { IN_MOVED_TO, "MOVED_TO" },
	{ IN_CREATE, "CREATE" }, { IN_DELETE, "DELETE" }, { IN_DELETE_SELF, "DELETE_SELF" },
	{ IN_MOVE_SELF, "MOVE_SELF" }, { IN_IGNORED, "IGNORED" }, { IN_ISDIR, "ISDIR" },
	{ IN_Q_OVERFLOW, "Q_OVERFLOW" },
};

/* All events that are queued. */
static void show(const char *what)
{
	static char buf[65536] __attribute__((aligned(8)));
	uint32_t cookie = 0;
	ssize_t n;

	printf("%s:\n", what);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		for (char *at = buf; at < buf + n; ) {
			struct inotify_event *e = (void *)at;

			printf("  %d", e->wd);
			for (size_t i = 0; i < ARRAY_SIZE(names); i++)
				if (e->mask & names[i].bit)
					printf(" %s", names[i].name);
			if (e->len)
				printf(" '%s' of %u", e->name, e->len);
			if (e->mask & IN_MOVED_TO)
				printf(e->cookie && e->cookie == cookie ? " same" : " OTHER");
			cookie = e->cookie;
			putchar('\n');
			at += sizeof(*e) + e->len;
		}
	if (errno != EAGAIN)
		show_result("read", -1);
}

static void errors(void)
{
	char small[8];
	int p[2];

	pipe(p);
	SHOW(inotify_init1(1));
	SHOW(inotify_add_watch(99, ".", IN_OPEN));
	SHOW(inotify_add_watch(p[0], ".", IN_OPEN));
	SHOW(inotify_add_watch(in, ".", 0));
	SHOW(inotify_add_watch(in, ".", 1 << 22));
	SHOW(inotify_add_watch(in, "nothing", IN_OPEN));
	SHOW(inotify_add_watch(in, "file", IN_OPEN | IN_ONLYDIR));
	SHOW(inotify_add_watch(in, ".", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
	SHOW(syscall(SYS_inotify_add_watch, in, 8, IN_OPEN));
	SHOW(inotify_rm_watch(in, 77));
	SHOW(inotify_rm_watch(99, 1));
	SHOW(inotify_rm_watch(p[0], 1));
	SHOW(read(in, small, sizeof(small)));
	close(p[0]);
	close(p[1]);
}

static void names_in_directory(void)
{
	int fd;

	SHOW(inotify_add_watch(in, "d", IN_ALL_EVENTS));
	fd = open("d/new", O_CREAT | O_RDWR, 0644);
	write(fd, "abc", 3);
	write(fd, "def", 3);
	show("create and write");
	pread(fd, &(char[4]){ 0 }, 3, 0);
	ftruncate(fd, 1);
	close(fd);
	show("read, cut, close");
	close(open("d/new", O_RDONLY));
	show("open to read");
	chmod("d/new", 0600);
	mkdir("d/sub", 0755);
	show("attributes, a directory");
	rename("d/new", "d/a longer name than that");
	show("rename inside");
	rename("d/a longer name than that", "out");
	show("rename out of it");
	rename("out", "d/in");
	show("rename into it");
	link("d/in", "d/link");
	symlink("in", "d/sym");
	show("links");
	unlink("d/link");
	unlink("d/sym");
	rmdir("d/sub");
	show("removed");
	unlink("d/in");
	show("the last name");
}

static void objects(void)
{
	struct timespec times[2] = { { 1, 0 }, { 2, 0 } };

	make_file("d/one", "1");
	make_file("d/two", "2");
	show("two files");
	SHOW(inotify_add_watch(in, "d/one", IN_ALL_EVENTS));
	SHOW(inotify_add_watch(in, "d/two", IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB));
	utimensat(AT_FDCWD, "d/one", times, 0);
	show("times");
	rename("d/one", "d/two");
	show("one over the other");
	/* Which comes first, the name's end or the object's, differs between kernels. */
	SHOW(inotify_add_watch(in, "d", IN_DELETE_SELF));
	unlink("d/two");
	show("both are gone");
	rmdir("d");
	show("the directory is gone");
}

static void watches(void)
{
	struct pollfd p = { in, POLLIN, 0 };
	int wd, n = 0;

	make_file("w", "");
	wd = inotify_add_watch(in, "w", IN_OPEN);
	SHOW(wd);
	SHOW(inotify_add_watch(in, "w", IN_CLOSE));
	close(open("w", O_RDONLY));
	show("replaced");
	SHOW(inotify_add_watch(in, "w", IN_OPEN | IN_MASK_ADD));
	SHOW(inotify_add_watch(in, "w", IN_OPEN | IN_MASK_CREATE));
	SHOW(poll(&p, 1, 0));
	close(open("w", O_RDONLY));
	SHOW(poll(&p, 1, 0));
	SHOW(ioctl(in, FIONREAD, &n));
	printf("%d\n", n);
	show("added to");
	SHOW(inotify_rm_watch(in, wd));
	SHOW(inotify_rm_watch(in, wd));
	show("taken away");
	SHOW(inotify_add_watch(in, "w", IN_OPEN | IN_ONESHOT));
	close(open("w", O_RDONLY));
	close(open("w", O_RDONLY));
	show("only once");
	/* The queue has an end. */
	SHOW(inotify_add_watch(in, "w", IN_OPEN | IN_CLOSE));
	for (int i = 0; i < 8300; i++)
		close(open("w", O_RDONLY));
	SHOW(ioctl(in, FIONREAD, &n));
	printf("%d\n", n);
	FACT(poll(&p, 1, 0) == 1);
	close(in);
}

int main(void)
{
	enter_data();
	in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	mkdir("d", 0755);
	make_file("file", "x");
	errors();
	names_in_directory();
	objects();
	watches();
	return 0;
}
