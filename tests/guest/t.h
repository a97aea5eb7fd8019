/* SPDX-License-Identifier: MIT */
/*
 * What guest programs print with: one line a fact, the same natively and in a VM.
 */
#ifndef T_H
#define T_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Prints the result of a call: its value, or the error's number and text. */
static inline void show_result(const char *what, long res)
{
	if (res == -1)
		printf("%s: error %d (%s)\n", what, errno, strerror(errno));
	else
		printf("%s: %ld\n", what, res);
}

#define SHOW(call) show_result(#call, (long)(call))
/* The same where the value (a descriptor, an address) may differ: 0 for success. */
#define SHOW_OK(call) show_result(#call, (long)(call) == -1 ? -1 : 0)
/* What the test itself needs: says where it went wrong and gives up. */
#define CHECK(cond) do {						\
	if (!(cond)) {							\
		printf("line %d: %s: errno %d\n", __LINE__, #cond, errno);	\
		exit(99);						\
	}								\
} while (0)
/* A condition that must hold. */
#define FACT(cond) printf("%s: %s\n", #cond, (cond) ? "yes" : "NO")

/* Goes to the directory where the test may work ($DATA). */
static inline void enter_data(void)
{
	const char *data = getenv("DATA");

	if (!data || chdir(data) == -1) {
		perror("DATA");
		exit(99);
	}
}

/* Makes a file with this text. */
static inline void make_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror(path);
		exit(99);
	}
	close(fd);
}

/* Prints a whole file on one line. */
static inline void show_file(const char *path)
{
	char buf[512];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd == -1) {
		show_result(path, -1);
		return;
	}
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = 0;
	printf("%s = '%s' (%zd)\n", path, buf, n);
}

#endif
