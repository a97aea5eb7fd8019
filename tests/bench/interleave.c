/* SPDX-License-Identifier: MIT */
/*
 * Wall times of whole commands, taken in turn so that a slow moment of the machine hits all alike:
 * interleave ROUNDS -- COMMAND... -- COMMAND...  Prints the median of each in microseconds, one a
 * line.  Standard output of the commands goes to /dev/null.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 16

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double run(char **argv, posix_spawn_file_actions_t *fa)
{
	double start = now();
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], fa, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "interleave: %s failed\n", argv[0]);
		exit(1);
	}
	return now() - start;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char **commands[COMMANDS];
	double *times[COMMANDS];
	posix_spawn_file_actions_t fa;
	int rounds = argc > 1 ? atoi(argv[1]) : 0, n = 0;

	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], "--") && n < COMMANDS) {
			argv[i] = NULL;
			times[n] = calloc(rounds, sizeof(double));
			commands[n++] = argv + i + 1;
		}
	if (rounds < 1 || !n)
		return 2;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	for (int r = -3; r < rounds; r++)
		for (int c = 0; c < n; c++) {
			double t = run(commands[c], &fa);

			if (r >= 0)
				times[c][r] = t;
		}
	for (int c = 0; c < n; c++) {
		qsort(times[c], rounds, sizeof(double), compare);
		printf("%.1f\n", times[c][rounds / 2]);
	}
	return 0;
}
