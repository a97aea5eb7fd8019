#!/bin/sh
# SPDX-License-Identifier: MIT
# mvm serve: connections, how requests end, limits, drain, reload, metrics, access log, what it is passed.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -z "$reason" ] && ! command -v python3 >/dev/null; then
	reason="needs python3"
elif [ -z "$reason" ] && ! "$mvm" help serve >/dev/null 2>&1; then
	reason="built without CONFIG_SERVE"
fi
if [ -n "$reason" ]; then
	skip serve "$reason"
	exit 0
fi

# ---- What is refused -----------------------------------------------------------------------------

# refused NAME ERE ARGUMENT...
refused() {
	r_name=serve/refused-$1
	r_what=$2
	shift 2
	check "$r_name" 125 "$mvm" serve "$@" || return
	one_line "$r_name" "$r_what" && ok "$r_name"
}

refused no-listen 'use --listen' x.elf
refused udp 'UDP has none' --listen udp:127.0.0.1:1 x.elf
refused pool 'more clones than --concurrency' --listen tcp:127.0.0.1:0 --pool 5 --concurrency 4 x.elf
refused reset 'neither copy nor process' --listen tcp:127.0.0.1:0 --reset never x.elf
refused contract 'none of auto' --listen tcp:127.0.0.1:0 --contract http x.elf
refused metrics 'no address of TCP' --listen tcp:127.0.0.1:0 --metrics udp:127.0.0.1:1 x.elf
refused disk 'grant it with :ro' --listen tcp:127.0.0.1:0 --disk x.img x.elf
refused log 'descriptor below 100' --listen tcp:127.0.0.1:0 --access-log fd:100 x.elf
refused ready '--ready-fd 77: is not open' --listen unix:"$scratch/r" --ready-fd 77 /bin/true

# ---- What is served ------------------------------------------------------------------------------

cat >"$scratch/lines.c" <<'END'
/* Answers each line; some lines mean something. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int seen;	/* never more than one request's lines */

int main(void)
{
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!strcmp(line, "crash"))
			*(volatile int *)8 = 1;
		else if (!strcmp(line, "spin"))
			for (;;)
				;
		else if (!strcmp(line, "port"))
			__asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x80));
		else if (!strcmp(line, "fail"))
			exit(3);
		else if (!strcmp(line, "eat"))
			memset(mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), 1, 1 << 30);
		else if (!strncmp(line, "cat ", 4)) {
			FILE *f = fopen(line + 4, "r");

			fputs(f && fgets(line, sizeof(line), f) ? line : "cannot\n", stdout);
		} else if (!strcmp(line, "big"))
			for (int i = 0; i < 65536; i++)
				printf("%015d\n", i);
		else if (!strcmp(line, "file"))
			printf("file %s\n", access("/tmp/secret", F_OK) ?
			       (close(open("/tmp/secret", O_CREAT | O_WRONLY, 0600)), "is new") : "was there");
		else
			printf("%s %d\n", line, ++seen);
		fflush(stdout);
	}
	return 0;
}
END
cat >"$scratch/server.c" <<'END'
/* Accepts by itself, at the port it is told; says how many it has served, and who asked. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int serve(int fd, int n)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char line[256], answer[300];
	ssize_t got = read(fd, line, sizeof(line) - 1);

	getpeername(fd, (struct sockaddr *)&peer, &len);
	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (!strcmp(line, "exit"))
		exit(5);
	if (!strcmp(line, "crash"))
		abort();
	if (!strcmp(line, "idle"))
		return 0;	/* never closed */
	len = (socklen_t)snprintf(answer, sizeof(answer), "%s %d %s\n", line, n,
				  inet_ntoa(peer.sin_addr));
	write(fd, answer, len);
	return close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd p = { .fd = listener, .events = POLLIN };

	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 5)) {
		perror("server");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	for (int n = 1;; n++) {
		if (argc > 2)
			poll(&p, 1, -1);
		serve(accept(listener, NULL, NULL), n);
	}
}
END
sed 's/%s %d/new %s %d/' "$scratch/lines.c" >"$scratch/lines2.c"
for n in lines lines2 server; do
	"$O/bin/mvm-cc" -O1 -o "$scratch/$n.elf" "$scratch/$n.c" 2>"$scratch/err" || {
		bad serve "mvm-cc cannot build $n" "$scratch/err"
		exit 0
	}
done
MVM=$mvm PATIENCE=$patience timeout -k 2 $((120 * patience)) python3 "$tests/integration/serve.py" "$scratch" ||
	bad serve/python "serve.py ended with status $?"
