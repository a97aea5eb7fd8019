/* SPDX-License-Identifier: MIT */
/*
 * Wall time of one command in milliseconds: timed STDIN-FILE COMMAND...  Its standard output goes
 * to /dev/null.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec a, b;
	int status;
	pid_t pid;

	if (argc < 3)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &a);
	pid = fork();
	if (pid == 0) {
		dup2(open(argv[1], O_RDONLY), 0);
		dup2(open("/dev/null", O_WRONLY), 1);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "timed: %s failed\n", argv[2]);
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.2f\n", (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6);
	return 0;
}
