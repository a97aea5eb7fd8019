/* SPDX-License-Identifier: MIT */
/*
 * Hardware watchpoints and breakpoints of mvm run --gdb, spoken to in gdb's remote protocol: for
 * labs where there is no gdb.  rsp-watch MVM PROGRAM, which is watched.c.  Result lines as
 * everywhere.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "watched.h"

#define TRIES	600			/* tenths of a second */

static FILE *to, *from;
static char answer[4096];

static _Noreturn void end(const char *name, const char *why)
{
	printf("FAIL gdb/%s — %s (last answer: %s)\n", name, why, answer);
	exit(0);
}

static void say(const char *packet)
{
	uint8_t sum = 0;

	for (const char *p = packet; *p; p++)
		sum = (uint8_t)(sum + *p);
	fprintf(to, "$%s#%02x", packet, sum);
	fflush(to);
}

/* The next packet that comes, acknowledged; "" when the other side has gone. */
static void hear(void)
{
	size_t n = 0;
	int ch;

	while ((ch = getc(from)) != '$' && ch != EOF)
		;
	while (ch != EOF && (ch = getc(from)) != '#' && ch != EOF && n < sizeof(answer) - 1)
		answer[n++] = (char)ch;
	answer[n] = '\0';
	if (ch == EOF || getc(from) == EOF || getc(from) == EOF)
		return;
	putc('+', to);
	fflush(to);
}

static const char *ask(const char *packet)
{
	say(packet);
	hear();
	return answer;
}

static void is_ok(const char *name, const char *packet)
{
	if (strcmp(ask(packet), "OK"))
		end(name, packet);
}

/* Goes on; stops with this reason at this address. */
static void stops(const char *name, const char *reason, unsigned long address)
{
	char wanted[64];

	if (address)
		snprintf(wanted, sizeof(wanted), "%s:%lx;", reason, address);
	else
		snprintf(wanted, sizeof(wanted), "%s", reason);
	if (ask("c")[0] != 'T' || !strstr(answer, wanted))
		end(name, wanted);
}

static bool connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	for (int i = 0; i < TRIES; i++) {
		if (!connect(fd, (struct sockaddr *)&a, sizeof(a))) {
			to = fdopen(fd, "w");
			from = fdopen(dup(fd), "r");
			return to && from;
		}
		usleep(100000);
	}
	return false;
}

static void watch(void)
{
	char packet[64];

	snprintf(packet, sizeof(packet), "Z2,%lx,4", WATCHED_DATA);
	ask(packet);
	if (answer[0] == 'E' || !answer[0]) {
		printf("SKIP gdb/hw-watch — this device takes debug registers and does nothing "
		       "with them\n");
		exit(0);
	}
	if (strcmp(answer, "OK"))
		end("hw-watch", packet);
	stops("hw-watch", "watch", WATCHED_DATA);
	snprintf(packet, sizeof(packet), "m%lx,4", WATCHED_DATA);
	if (strcmp(ask(packet), "78563412"))
		end("hw-watch", "the new value is not there");
	puts("ok gdb/hw-watch");
}

int main(int argc, char **argv)
{
	char path[64], option[80], packet[64];
	int status;
	pid_t pid;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(path, sizeof(path), "/tmp/rsp-watch.%d", (int)getpid());
	snprintf(option, sizeof(option), "unix:%s", path);
	pid = fork();
	if (!pid) {
		execl(argv[1], argv[1], "run", "--gdb", option, argv[2], NULL);
		_exit(127);
	}
	if (!connect_to(path))
		end("hw-watch", "nobody to connect to");
	ask("qSupported:swbreak+;hwbreak+");
	ask("?");
	watch();

	/* Instead of writes all accesses, of which a read comes next. */
	snprintf(packet, sizeof(packet), "z2,%lx,4", WATCHED_DATA);
	is_ok("hw-access", packet);
	snprintf(packet, sizeof(packet), "Z4,%lx,4", WATCHED_DATA);
	is_ok("hw-access", packet);
	stops("hw-access", "awatch", WATCHED_DATA);
	snprintf(packet, sizeof(packet), "z4,%lx,4", WATCHED_DATA);
	is_ok("hw-access", packet);
	puts("ok gdb/hw-access");

	snprintf(packet, sizeof(packet), "Z1,%lx,1", WATCHED_CODE + 4);
	is_ok("hw-break", packet);
	stops("hw-break", "hwbreak", 0);
	snprintf(packet, sizeof(packet), "z1,%lx,1", WATCHED_CODE + 4);
	is_ok("hw-break", packet);
	puts("ok gdb/hw-break");

	/* None is left: it runs to its end. */
	snprintf(packet, sizeof(packet), "W%02x", WATCHED_STATUS);
	if (strncmp(ask("c"), packet, strlen(packet)))
		end("hw-end", "the program does not end as it should");
	fclose(to);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != WATCHED_STATUS)
		end("hw-end", "another exit status");
	puts("ok gdb/hw-end");
	unlink(path);
	return 0;
}
