/* SPDX-License-Identifier: MIT */
// trap: yes
// cflags: -pthread
/* /proc/self/task and /proc/thread-self: each thread's name, number and state. */
#include <dirent.h>
#include <pthread.h>
#include <sys/prctl.h>
#include "t.h"

static pthread_barrier_t step;
static int tid;

/* What a file says, as a format with one number and one word finds it. */
static bool read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	close(fd);
	text[n < 0 ? 0 : n] = 0;
	return n >= 0;
}

static const char *task_path(const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, file);
	return path;
}

static void *other(void *arg)
{
	char link[64], want[64], text[64];
	ssize_t n;

	(void)arg;
	tid = syscall(SYS_gettid);
	prctl(PR_SET_NAME, "second one");
	n = readlink("/proc/thread-self", link, sizeof(link) - 1);
	link[n < 0 ? 0 : n] = 0;
	snprintf(want, sizeof(want), "%d/task/%d", getpid(), tid);
	FACT(!strcmp(link, want));
	read_file("/proc/thread-self/comm", text, sizeof(text));
	printf("%s", text);
	pthread_barrier_wait(&step);
	pthread_barrier_wait(&step);
	return NULL;
}

static int count_tasks(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

int main(void)
{
	char text[4096], name[32], state;
	int pid = 0, tgid = 0, p = 0;
	pthread_t t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_NAME, "first one");
	pthread_barrier_init(&step, NULL, 2);
	pthread_create(&t, NULL, other, NULL);
	pthread_barrier_wait(&step);
	usleep(20000);
	printf("%d tasks\n", count_tasks());
	SHOW(read_file("/proc/self/comm", text, sizeof(text)));
	printf("%s", text);
	SHOW(read_file(task_path("comm"), text, sizeof(text)));
	printf("%s", text);
	SHOW(read_file(task_path("stat"), text, sizeof(text)));
	FACT(sscanf(text, "%d (%31[^)]) %c", &pid, name, &state) == 3);
	FACT(pid == tid);
	printf("'%s' %c\n", name, state);
	SHOW(read_file(task_path("status"), text, sizeof(text)));
	sscanf(strstr(text, "\nTgid:"), "\nTgid: %d", &tgid);
	sscanf(strstr(text, "\nPid:"), "\nPid: %d", &p);
	FACT(tgid == getpid() && p == tid);
	FACT(strstr(text, "Threads:\t2\n") != NULL);
	/* What all have in common is there, too. */
	FACT(!access(task_path("maps"), R_OK));
	FACT(!access(task_path("fd/0"), F_OK));
	FACT(access(task_path("task"), F_OK) == -1 && errno == ENOENT);
	pid = open(task_path("comm"), O_WRONLY);
	SHOW(write(pid, "renamed", 7));
	close(pid);
	read_file(task_path("comm"), text, sizeof(text));
	printf("%s", text);
	pthread_barrier_wait(&step);
	pthread_join(t, NULL);
	while (count_tasks() > 1)
		;
	SHOW(access(task_path("comm"), F_OK));
	SHOW(access("/proc/self/task/999999", F_OK));
	SHOW(access("/proc/self/task/x", F_OK));
	return 0;
}
