#!/bin/sh
# SPDX-License-Identifier: MIT
# sendfile(2) from files of the host and of the VM to connections outside: every byte arrives, in its
# place, also where the peer reads slowly; natively and in a VM.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip sendfile "$reason"
	exit 0
fi
cd "$scratch" || exit 1

cat >send.c <<'END'
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static int s;

static void said(const char *what, ssize_t res, off_t at)
{
	if (res < 0)
		printf("%s: %s, at %ld\n", what, strerror(errno), (long)at);
	else
		printf("%s: %zd, at %ld\n", what, res, (long)at);
}

static void head(const char *text)
{
	if (send(s, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		printf("head: %s\n", strerror(errno));
}

/* Small ones, each behind a head, with and without a position. */
static void small(int fd)
{
	off_t at;

	for (int i = 0; i < 200; i++) {
		head("head\n");
		at = i * 5;
		if (sendfile(s, fd, &at, 1000) != 1000 || at != i * 5 + 1000)
			printf("small: %s\n", strerror(errno));
	}
	head("own position\n");
	said("one", sendfile(s, fd, NULL, 100), lseek(fd, 0, SEEK_CUR));
	said("two", sendfile(s, fd, NULL, 100), lseek(fd, 0, SEEK_CUR));
	at = 3000000 - 10;
	said("end", sendfile(s, fd, &at, 100), at);
	said("behind", sendfile(s, fd, &at, 100), at);
	at = -1;
	said("before", sendfile(s, fd, &at, 100), at);
	at = 0;
	said("nothing", sendfile(s, fd, &at, 0), at);
	said("to a file", sendfile(fd, fd, &at, 1), at);
	said("from nothing", sendfile(s, 99, &at, 1), at);
	said("from a socket", sendfile(s, s, NULL, 1), 0);
}

/* All of it, behind more than the connection takes at once. */
static void large(int fd, int nonblock)
{
	static char noise[300000];
	off_t at = 0;
	ssize_t n;

	fcntl(s, F_SETFL, nonblock ? O_NONBLOCK : 0);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * 7);
	for (size_t done = 0; done < sizeof(noise); ) {
		struct pollfd p = { .fd = s, .events = POLLOUT };

		n = send(s, noise + done, sizeof(noise) - done < 1000 ? sizeof(noise) - done : 1000,
			 MSG_NOSIGNAL);
		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN || poll(&p, 1, -1) != 1)
			printf("noise: %s\n", strerror(errno));
	}
	while (at < 3000000) {
		struct pollfd p = { .fd = s, .events = POLLOUT };
		off_t before = at;

		n = sendfile(s, fd, &at, 3000000 - at);
		if (n > 0 && (at != before + n || (!nonblock && at != 3000000)))
			printf("moved %zd from %ld to %ld\n", n, (long)before, (long)at);
		if (n == 0 || (n < 0 && (errno != EAGAIN || !nonblock || poll(&p, 1, -1) != 1))) {
			said("large", n, at);
			return;
		}
	}
	fcntl(s, F_SETFL, 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = open(argv[2], O_RDONLY), own = open("/tmp/sendfile.own", O_RDWR | O_CREAT, 0600);
	char sum[100];
	off_t at = 0;
	ssize_t n;

	s = socket(AF_INET, SOCK_STREAM, 0);
	if (argc != 3 || fd < 0 || own < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)))
		return 1;
	signal(SIGPIPE, SIG_IGN);
	small(fd);
	large(fd, 0);
	large(fd, 1);
	head("a file of the VM\n");
	if (write(own, "of the VM\n", 10) != 10)
		return 1;
	said("own", sendfile(s, own, &at, 100), at);
	unlink("/tmp/sendfile.own");
	shutdown(s, SHUT_WR);
	at = 0;
	said("after the end", sendfile(s, fd, &at, 10), at);
	n = recv(s, sum, sizeof(sum) - 1, MSG_WAITALL);
	printf("arrived: %.*s\n", n < 0 ? 0 : (int)n, sum);
	return 0;
}
END
"$O/bin/mvm-cc" -O2 -o send.elf send.c || exit 1
mkdir data
head -c 3000000 /dev/urandom >data/file

# A peer that reads slowly at first, and answers what has arrived.
cat >peer.py <<'END'
import hashlib, socket, time
l = socket.create_server(("127.0.0.1", 0))
print(l.getsockname()[1], flush=True)
c, _ = l.accept()
sum, total = hashlib.sha256(), 0
while True:
    part = c.recv(20000)
    if not part:
        break
    if total < 1000000:
        time.sleep(0.001)
    sum.update(part)
    total += len(part)
c.sendall(b"%d %s" % (total, sum.hexdigest().encode()))
c.close()
END

# session OUT FILE COMMAND...
session() {
	to=$1
	file=$2
	shift 2
	rm -f port
	python3 peer.py >port &
	peer=$!
	waits port .
	limited 60 "$@" send.elf "$(cat port)" "$file" >"$to" 2>&1
	echo "status $?" >>"$to"
	kill $peer 2>/dev/null
	wait $peer 2>/dev/null
}

session native data/file env PATH=.
for poll in never auto always; do
	session vm /data/file "$mvm" run --poll=$poll --stats stats --dir data:/data:ro \
		--connect 127.0.0.1:1-65535
	if ! cmp -s native vm; then
		bad sendfile/$poll "native and VM differ" native vm
	elif ! grep -q '"sendfile": [0-9]' stats; then
		bad sendfile/$poll "the host has not sent the file" stats
	else
		ok sendfile/$poll
	fi
done

# A server that keeps a file open, and a client that changes it before each request: what it gets is
# what the file is then, and as many bytes as it has then.  Each request has a place in a 16-byte
# record: how many bytes; the answer is these, and behind them what sendfile() said.
cat >server.c <<'END'
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	int l = socket(AF_INET, SOCK_STREAM, 0), fd = open(argv[2], O_RDONLY), c, n;
	char record[16], said[32];

	if (argc != 3 || fd < 0 || bind(l, (struct sockaddr *)&at, sizeof(at)) || listen(l, 5))
		return 1;
	c = accept(l, NULL, NULL);
	while (recv(c, record, 16, MSG_WAITALL) == 16) {
		off_t off = 0;
		ssize_t res = sendfile(c, fd, &off, atoi(record));

		n = snprintf(said, sizeof(said), "%15zd\n", res);
		if (off != (res < 0 ? 0 : res) || write(c, said, n) != n)
			return 1;
	}
	return 0;
}
END
"$O/bin/mvm-cc" -O2 -o server.elf server.c || exit 1
cat >client.py <<'END'
import random, socket, sys
c = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
c.settimeout(20)
random.seed(1)
f = open("data/changing", "r+b", buffering=0)
def read(n):
    got = b""
    while len(got) < n:
        part = c.recv(n - len(got))
        if not part:
            sys.exit("the connection has ended at %d of %d" % (len(got), n))
        got += part
    return got
for i in range(400):
    if i % 3 == 0:
        size = random.choice((0, 1, 400, 1000, 5000, 70000))
        f.truncate(size)
    content = random.randbytes(size)
    f.seek(0)
    f.write(content)
    want = random.choice((1, 400, 1000, 70000))
    c.sendall(b"%16d" % want)
    expect = content[:want]
    if read(len(expect)) != expect:
        sys.exit("%d: other bytes than the file has" % i)
    said = int(read(16))
    if said != len(expect):
        sys.exit("%d: sendfile said %d of %d" % (i, said, len(expect)))
END
for poll in never auto always; do
	: >data/changing
	: >err
	"$mvm" run -v --poll=$poll --dir data:/data:ro --listen tcp:127.0.0.1:0:80 server.elf 80 \
		/data/changing >out 2>err &
	server=$!
	waits err 'listening: .*, port'
	port=$(sed -n 's/^mvm: listening: .*, port \([0-9]*\),.*/\1/p' err)
	limited 60 python3 client.py "$port" >client 2>&1
	status=$?
	kill $server 2>/dev/null
	wait $server 2>/dev/null
	if [ $status -ne 0 ]; then
		bad sendfile/changing-$poll "it sends something else" client err
	else
		ok sendfile/changing-$poll
	fi
done
exit 0
