/* SPDX-License-Identifier: MIT */
/*
 * Runs a program of which one byte after another is changed: mutate FILE BYTES COMMAND...  FILE is
 * changed in place and put back; each of its first BYTES bytes gets three other values.  COMMAND is
 * run for each.  It may fail or succeed, but must not be killed by a signal of its own, nor take
 * longer than its --timeout allows, and when it says that it cannot run something, it must say why.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 20

static char err[4096];

/* The wait status, or -1 when it took too long; standard error in err. */
static int run(char **argv)
{
	int p[2], status;
	size_t used = 0;
	time_t end = time(NULL) + LIMIT_S;
	pid_t pid;

	if (pipe(p))
		exit(2);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		setpgid(0, 0);
		dup2(null, 0);
		dup2(null, 1);
		dup2(p[1], 2);
		close(p[0]);
		execv(argv[0], argv);
		_exit(127);
	}
	close(p[1]);
	for (;;) {
		struct pollfd f = { .fd = p[0], .events = POLLIN };
		char buf[1024];
		ssize_t n = poll(&f, 1, 500) > 0 ? read(p[0], buf, sizeof(buf)) : -1;

		if (n == 0)
			break;
		if (n > 0) {
			size_t room = sizeof(err) - 1 - used;

			memcpy(err + used, buf, (size_t)n < room ? (size_t)n : room);
			used += (size_t)n < room ? (size_t)n : room;
		}
		if (time(NULL) > end) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			close(p[0]);
			return -1;
		}
	}
	err[used] = 0;
	close(p[0]);
	waitpid(pid, &status, 0);
	return status;
}

static const char *judge(int status)
{
	if (status == -1)
		return "hung";
	if (WIFSIGNALED(status))
		return "was killed by a signal";
	/* 125, 126: mvm's own; from 128 on: the guest's death. */
	if ((WEXITSTATUS(status) == 125 || WEXITSTATUS(status) == 126) && strncmp(err, "mvm: ", 5))
		return "failed without a word";
	if (strstr(err, "panic") || strstr(err, "Assert"))
		return "gave up";
	return NULL;
}

int main(int argc, char **argv)
{
	static const unsigned char masks[] = { 0xff, 0x01, 0x80 };
	int bad = 0, runs = 0, refused = 0, fd, bytes;

	if (argc < 4)
		return 2;
	fd = open(argv[1], O_RDWR);
	bytes = atoi(argv[2]);
	if (fd < 0)
		return 2;
	for (int at = 0; at < bytes; at++)
		for (size_t m = 0; m < sizeof(masks); m++) {
			unsigned char old, new;
			const char *wrong;
			int status;

			if (pread(fd, &old, 1, at) != 1)
				return 2;
			new = old ^ masks[m];
			if (pwrite(fd, &new, 1, at) != 1)
				return 2;
			status = run(argv + 3);
			if (pwrite(fd, &old, 1, at) != 1)
				return 2;
			runs++;
			refused += status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 126;
			wrong = judge(status);
			if (!wrong)
				continue;
			printf("byte %d: %02x -> %02x: %s (status %x): %.200s\n", at, old, new,
			       wrong, status, err);
			if (++bad == 20)
				return 1;
		}
	printf("%d runs, %d refused, %d wrong\n", runs, refused, bad);
	return bad != 0;
}
