#!/bin/sh
# SPDX-License-Identifier: MIT
# The inetd contract, where standard input and output are one connection: what is gathered of what a program
# writes comes, all of it, in order and in time, to clients of any speed.
. "$(dirname "$0")/../lib.sh"

reason=$(no_serve)
if [ -z "$reason" ] && ! command -v python3 >/dev/null; then
	reason="needs python3"
fi
if [ -n "$reason" ]; then
	skip serveconn "$reason"
	exit 0
fi
cat >"$scratch/conn.c" <<'END'
/* The first line says what is written, by pieces of which each is a write(2) of its own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void piece(int fd, int i, size_t len)
{
	static char text[65536];

	memset(text, 'a' + i % 26, len);
	snprintf(text, 9, "%07d.", i);
	if (len > 8)
		text[8] = (char)('a' + i % 26);
	for (size_t at = 0; at < len; ) {
		ssize_t n = write(fd, text + at, len - at);
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (n > 0)
			at += (size_t)n;
		else if (errno == EAGAIN)
			poll(&p, 1, -1);
		else
			exit(9);
	}
}

static void compute(int ms)
{
	struct timespec from, t;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &t);
	while ((t.tv_sec - from.tv_sec) * 1000 + (t.tv_nsec - from.tv_nsec) / 1000000 < ms);
}

/* One byte at a time, so that nothing is read that it does not want. */
static int line(char *to, int max)
{
	int n = 0;

	while (n < max - 1 && read(0, to + n, 1) == 1 && to[n] != '\n')
		n++;
	to[n] = '\0';
	return n;
}

int main(void)
{
	char what[64];
	long sum = 0, n = 0;
	int a = 0, b = 0, fd;

	line(what, sizeof(what));
	if (sscanf(what, "pieces %d %d", &a, &b) == 2) {
		for (int i = 0; i < a; i++)
			piece(1, i, (size_t)b);
	} else if (sscanf(what, "mixed %d", &a) == 1) {
		for (int i = 0; i < a; i++)
			piece(1, i, i % 3 == 2 ? 40000 : 100);
	} else if (sscanf(what, "nonblocking %d %d", &a, &b) == 2) {
		fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
		for (int i = 0; i < a; i++)
			piece(1, i, (size_t)b);
	} else if (sscanf(what, "closed %d", &a) == 1) {
		fd = dup(1);
		close(1);
		for (int i = 0; i < a; i++)
			piece(fd, i, 9000);
		close(fd);
		sleep(1);
	} else if (!strcmp(what, "last")) {
		static char much[20000];

		memset(much, 'x', sizeof(much));
		fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
		while (write(1, much, sizeof(much)) > 0)
			;
		fcntl(1, F_SETFL, fcntl(1, F_GETFL) & ~O_NONBLOCK);
		for (int i = 0; i < 10; i++)
			piece(1, i, 100);
	} else if (!strcmp(what, "compute")) {
		piece(1, 0, 9);
		compute(1500);
		piece(1, 1, 9);
	} else if (!strcmp(what, "sleep")) {
		piece(1, 0, 9);
		sleep(2);
		piece(1, 1, 9);
	} else if (!strcmp(what, "crash")) {
		piece(1, 0, 9);
		raise(SIGSEGV);
	} else if (!strcmp(what, "sum")) {
		while ((a = getchar()) != EOF)
			sum += a, n++;
		printf("%ld %ld\n", n, sum);
	} else if (!strcmp(what, "endless")) {
		for (int i = 0;; i++)
			piece(1, i, 1000);
	} else if (!strcmp(what, "echo")) {
		while (line(what, sizeof(what)))
			dprintf(1, "%s!\n", what);
	}
	return 7;
}
END
cat >"$scratch/client.py" <<'END'
import socket, sys, time
port, test = int(sys.argv[1]), sys.argv[2]

def connect(rcvbuf=0):
    c = socket.socket(socket.AF_INET)
    if rcvbuf:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    c.settimeout(20)
    c.connect(("127.0.0.1", port))
    return c

def rest(c):
    got = b""
    while True:
        part = c.recv(65536)
        if not part:
            return got
        got += part

def want(sizes):
    return b"".join((b"%07d." % i) + bytes([97 + i % 26]) * (n - 8) for i, n in enumerate(sizes))

def ask(text, end=True, rcvbuf=0, wait=0):
    c = connect(rcvbuf)
    c.sendall(text)
    if end:
        c.shutdown(socket.SHUT_WR)
    time.sleep(wait)
    return rest(c)

def same(got, sizes):
    w = want(sizes)
    if got != w:
        at = next((i for i, (x, y) in enumerate(zip(got, w)) if x != y), min(len(got), len(w)))
        sys.exit("%d bytes, %d expected, the first that differs at %d" % (len(got), len(w), at))

if test == "few":
    for end in True, False:
        same(ask(b"pieces 5 20\n", end), [20] * 5)
elif test == "many":
    same(ask(b"pieces 3000 50\n"), [50] * 3000)
elif test == "large":
    same(ask(b"pieces 40 60000\n"), [60000] * 40)
elif test == "mixed":
    same(ask(b"mixed 60\n"), [40000 if i % 3 == 2 else 100 for i in range(60)])
elif test == "slow":
    same(ask(b"pieces 5000 1000\n", True, 65536, 0.5), [1000] * 5000)
elif test == "last":             # finds no room when the program ends
    got = ask(b"last\n", True, 65536, 1)
    if len(got) < 100000 or got.lstrip(b"x") != want([100] * 10):
        sys.exit("%d bytes, the last %r" % (len(got), got[-1000:]))
elif test == "slow-mixed":
    same(ask(b"mixed 300\n", True, 65536, 0.5), [40000 if i % 3 == 2 else 100 for i in range(300)])
elif test == "nonblocking":
    same(ask(b"nonblocking 5000 1000\n", True, 65536, 0.5), [1000] * 5000)
elif test == "closed":
    same(ask(b"closed 500\n", True, 65536, 0.5), [9000] * 500)
elif test in ("compute", "sleep"):
    c = connect()
    c.sendall(test.encode() + b"\n")
    first = c.recv(100)
    came = time.monotonic()
    last = rest(c)
    if first != want([9, 9])[:9] or last != want([9, 9])[9:]:
        sys.exit("%r came first, %r then" % (first, last))
    if time.monotonic() - came < 0.5:
        sys.exit("the first piece came with the last")
elif test == "crash":
    got = ask(b"crash\n")
    if got != want([9]):
        sys.exit("%r" % got)
elif test == "sum":
    for size in 0, 1, 100, 4090, 4091, 4092, 8187, 8188, 100000:
        data = bytes(i % 251 for i in range(size))
        got = ask(b"sum\n" + data)
        if got != b"%d %d\n" % (size, sum(data)):
            sys.exit("%d bytes: %r" % (size, got))
elif test == "gone":
    c = connect()
    c.sendall(b"endless\n")
    c.recv(1000)
    c.close()
elif test == "echo":
    c = connect()
    c.sendall(b"echo\n")
    f = c.makefile("rb")
    for i in range(50):
        c.sendall(b"%d\n" % i)
        if f.readline() != b"%d!\n" % i:
            sys.exit("line %d is not answered" % i)
    c.shutdown(socket.SHUT_WR)
    if f.read():
        sys.exit("more than was asked for")
END
cd "$scratch" || exit 1
"$O/bin/mvm-cc" -O1 -o conn.elf conn.c || exit 1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkfifo ready
"$mvm" serve --listen "tcp:127.0.0.1:$port" --pool 2 --concurrency 4 --access-log log --ready-fd 3 \
	./conn.elf 3>ready 2>err &
server=$!
read -r _ <ready

for what in few many large mixed slow last slow-mixed nonblocking closed compute sleep crash sum echo gone; do
	if python3 client.py "$port" $what 2>$what.err; then
		ok serveconn/$what
	else
		bad serveconn/$what "$(tail -n 1 $what.err)" $what.err err
	fi
done

# Who writes to a client that has gone dies of SIGPIPE, or hears of an error; nobody else is hurt.
ends() {
	jq -s "map(select($1)) | length" log
}
for _ in $(seq 100); do
	[ "$(ends '.signal == "SIGPIPE" or .status == 9')" -eq 0 ] || break
	sleep 0.1
done
if [ "$(ends '.signal == "SIGPIPE" or .status == 9')" -eq 1 ]; then ok serveconn/gone-ends; else
	bad serveconn/gone-ends "no request, or more than one, has ended so" log; fi
if [ "$(ends '.signal == "SIGSEGV"')" -eq 1 ]; then ok serveconn/crash-ends; else
	bad serveconn/crash-ends "no request, or more than one, has ended so" log; fi
if [ "$(ends '.status == 7')" -eq "$(($(wc -l <log) - 2))" ]; then ok serveconn/ends; else
	bad serveconn/ends "a request has ended otherwise" log; fi
check serveconn/drain 0 sh -c 'kill "$1"; tail --pid="$1" -f /dev/null' sh $server && wait $server &&
	ok serveconn/drain
exit 0
