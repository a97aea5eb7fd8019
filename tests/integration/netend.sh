#!/bin/sh
# SPDX-License-Identifier: MIT
# The ends of a connection to the outside: what a client sees of a peer that does not read, or that
# resets, natively and in a VM.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip netend "$reason"
	exit 0
fi
cd "$scratch" || exit 1

cat >end.c <<'END'
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int s;

static void said(const char *what, ssize_t res)
{
	printf("%s: %s\n", what, res < 0 ? strerror(errno) : res ? "some" : "0");
}

/* The peer does not read until it is told to: what fits is sent, then the end; nothing waits. */
static void slow(void)
{
	static char buf[4096], answer[32];
	long sent = 0;
	ssize_t n;

	while ((n = send(s, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		sent += n;
	said("full", n);
	said("shutdown", shutdown(s, SHUT_WR));
	said("send", send(s, "x", 1, MSG_NOSIGNAL));
	printf("ended\n");
	fflush(stdout);
	n = recv(s, answer, sizeof(answer) - 1, MSG_WAITALL);
	printf("all arrived: %s\n", n > 0 && atol(answer) == sent ? "yes" : "no");
}

/* The peer has reset the connection. */
static void reset(int sends)
{
	struct pollfd p = { .fd = s, .events = POLLIN };
	char c;
	int err;
	socklen_t len = sizeof(err);

	said("send", send(s, "x", 1, MSG_NOSIGNAL));
	while (poll(&p, 1, -1) == 1 && !(p.revents & POLLHUP))
		;
	printf("poll: %x\n", p.revents & (POLLIN | POLLERR | POLLHUP));
	if (sends)
		said("send", send(s, "x", 1, MSG_NOSIGNAL));
	said("shutdown", shutdown(s, SHUT_WR));
	said("recv", recv(s, &c, 1, 0));
	said("recv", recv(s, &c, 1, 0));
	said("send", send(s, "x", 1, MSG_NOSIGNAL));
	getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &len);
	printf("SO_ERROR: %s\n", err ? strerror(err) : "0");
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	s = socket(AF_INET, SOCK_STREAM, 0);
	if (argc != 3 || connect(s, (struct sockaddr *)&to, sizeof(to)))
		return 1;
	if (!strcmp(argv[1], "slow"))
		slow();
	else
		reset(!strcmp(argv[1], "reset-send"));
	return 0;
}
END
"$O/bin/mvm-cc" -O2 -o end.elf end.c || exit 1

# peer.py slow|reset: prints its port; slow reads when go.STAGE exists.
cat >peer.py <<'END'
import os, socket, struct, sys, time
how, go = sys.argv[1], sys.argv[2]
l = socket.create_server(("127.0.0.1", 0))
print(l.getsockname()[1], flush=True)
c, _ = l.accept()
if how == "slow":
    while not os.path.exists(go):
        time.sleep(0.01)
    total = 0
    while True:
        part = c.recv(1 << 20)
        if not part:
            break
        total += len(part)
    c.sendall(b"%d" % total)
else:
    c.recv(1)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
c.close()
END

# session HOW OUT COMMAND...: the client against a peer of its own.
session() {
	how=$1
	to=$2
	late=
	shift 2
	rm -f go port "$to"
	python3 peer.py "${how%-send}" go >port &
	peer=$!
	waits port .
	limited 20 "$@" end.elf "$how" "$(cat port)" >"$to" 2>&1 &
	client=$!
	if [ "$how" = slow ]; then
		waits "$to" '^ended' || late=", and shutdown waited for the peer"
		touch go
	fi
	wait $client
	echo "status $?$late" >>"$to"
	kill $peer 2>/dev/null
	wait $peer 2>/dev/null
}

for how in slow reset reset-send; do
	session $how native env PATH=.
	for poll in never auto; do
		session $how vm "$mvm" run --poll=$poll --connect 127.0.0.1:1-65535
		if cmp -s native vm; then
			ok netend/$how-$poll
		else
			bad netend/$how-$poll "native and VM differ" native vm
		fi
	done
done
exit 0
