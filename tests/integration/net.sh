#!/bin/sh
# SPDX-License-Identifier: MIT
# --listen, --connect and --resolver: what a guest reaches and who reaches it, and that it is that alone.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip net "$reason"
	exit 0
fi
cd "$scratch" || exit 1

# serve tcp|udp|unix WHERE TIMES: an echo server.  ask tcp|nb|udp|udpto|self IP PORT: a client.
cat >net.c <<'END'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static union { struct sockaddr a; struct sockaddr_in v4; struct sockaddr_in6 v6; struct sockaddr_un un; } u;
static socklen_t len;

static void address(const char *ip, int port)
{
	memset(&u, 0, sizeof(u));
	if (strchr(ip, ':')) {
		u.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		inet_pton(AF_INET6, ip, &u.v6.sin6_addr);
		len = sizeof(u.v6);
	} else {
		u.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		inet_pton(AF_INET, ip, &u.v4.sin_addr);
		len = sizeof(u.v4);
	}
}

static void name(const char *what, int fd, int (*get)(int, struct sockaddr *, socklen_t *))
{
	char host[64], port[16];

	len = sizeof(u);
	if (get(fd, &u.a, &len) || getnameinfo(&u.a, len, host, sizeof(host), port, sizeof(port),
					       NI_NUMERICHOST | NI_NUMERICSERV))
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("%s %s %s\n", what, host, port);
	fflush(stdout);
}

static int die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

static int serve_udp(int s, int times)
{
	char buf[2048], control[256];
	struct iovec v = { buf, sizeof(buf) };
	int one = 1;

	setsockopt(s, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	while (times--) {
		struct msghdr m = { .msg_name = &u, .msg_namelen = sizeof(u), .msg_iov = &v, .msg_iovlen = 1,
				    .msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(s, &m, 0);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		if (n < 0 || sendto(s, buf, n, 0, &u.a, m.msg_namelen) != n)
			return die("udp");
		if (c && c->cmsg_type == IP_PKTINFO)
			printf("came to %s\n", inet_ntoa(((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr));
	}
	return 0;
}

static int serve(int s, int times)
{
	char buf[30000];
	ssize_t n;

	if (listen(s, 5))
		return die("listen");
	name("listener", s, getsockname);
	while (times--) {
		int c = accept(s, NULL, NULL);

		if (c < 0)
			return die("accept");
		name("own", c, getsockname);
		while ((n = read(c, buf, sizeof(buf))) > 0)
			for (ssize_t at = 0, w; at < n; at += w)
				if ((w = write(c, buf + at, n - at)) < 0)
					return die("write");
		printf("end %zd\n", n);
		close(c);
	}
	return 0;
}

static int ask(const char *how)
{
	int udp = !strncmp(how, "udp", 3), nb = !strcmp(how, "nb"), err;
	int s = socket(u.a.sa_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | (nb ? SOCK_NONBLOCK : 0), 0);
	struct pollfd p = { s, POLLOUT, 0 };
	char buf[100];
	ssize_t n;

	if (!strcmp(how, "udpto")) {
		if (sendto(s, "ping", 4, 0, &u.a, len) != 4)
			return die("sendto");
	} else {
		if (connect(s, &u.a, len) && !(nb && errno == EINPROGRESS))
			return die("connect");
		if (nb && poll(&p, 1, 5000) != 1)
			return die("poll");
		len = sizeof(err);
		getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err) {
			errno = err;
			return die("SO_ERROR");
		}
		fcntl(s, F_SETFL, 0);
		name("peer", s, getpeername);
		if (send(s, "ping", 4, 0) != 4)
			return die("send");
	}
	n = recv(s, buf, sizeof(buf), 0);
	if (n < 0)
		return die("recv");
	printf("got '%.*s'\n", (int)n, buf);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argv[1], *how = argv[2];
	int s, port = argc > 4 ? atoi(argv[4]) : 0;

	if (!strcmp(verb, "resolve")) {
		struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *i;

		if (getaddrinfo(how, NULL, &hints, &i))
			return die("getaddrinfo");
		printf("%s\n", inet_ntoa(((struct sockaddr_in *)i->ai_addr)->sin_addr));
		return 0;
	}
	if (!strcmp(how, "unix")) {
		u.un.sun_family = AF_UNIX;
		strcpy(u.un.sun_path, argv[3]);
		len = sizeof(u.un);
	} else {
		address(argv[3], port);
	}
	if (!strcmp(verb, "ask"))
		return ask(how);
	s = socket(u.a.sa_family, !strcmp(how, "udp") ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (bind(s, &u.a, len))
		return die("bind");
	if (argc > 6) {			/* a client in the same VM */
		int c = socket(AF_INET, SOCK_STREAM, 0);

		listen(s, 5);
		address("127.0.0.1", port);
		if (connect(c, &u.a, len))
			return die("inside");
		close(c);
	}
	return (!strcmp(how, "udp") ? serve_udp : serve)(s, atoi(argv[5]));
}
END
"$O/bin/mvm-cc" -O2 -o net.elf net.c || exit 1

# client.py tcp|udp|unix WHERE PORT BYTES: sends a pattern, checks the echo, waits for the server.
cat >client.py <<'END'
import socket, sys, threading, time
how, where, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
data = bytes(i * 7 % 251 for i in range(count))
family = socket.AF_UNIX if how == "unix" else socket.AF_INET6 if ":" in where else socket.AF_INET
to = where if how == "unix" else (where, port)
s = socket.socket(family, socket.SOCK_DGRAM if how == "udp" else socket.SOCK_STREAM)
s.settimeout(10)
for attempt in range(100):
    try:
        s.connect(to)
        break
    except (ConnectionRefusedError, FileNotFoundError):
        time.sleep(0.1)
if how == "udp":
    s.send(data)
    got = s.recv(65536)
else:
    def send():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    threading.Thread(target=send).start()
    got = b""
    while True:
        part = s.recv(65536)
        if not part:
            break
        got += part
print("same" if got == data else "DIFFERENT %d" % len(got))
END

# server.py: TCP and UDP on a free port, which it prints; answers "back ping" and the like.
cat >server.py <<'END'
import socket, sys, threading
t = socket.create_server(("127.0.0.1", 0))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.1", t.getsockname()[1]))
print(t.getsockname()[1], flush=True)
def udp():
    while True:
        data, who = u.recvfrom(1000)
        u.sendto(b"back " + data, who)
threading.Thread(target=udp, daemon=True).start()
while True:
    c, _ = t.accept()
    c.sendall(b"back " + c.recv(100))
    c.close()
END

free_port() {
	python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# guest NAME OPTIONS... -- ARGUMENTS...: a VM in the background; finish waits for it.
guest() {
	limited 30 "$mvm" run "$@" >guest.out 2>guest.err &
	guest_pid=$!
}

# finish NAME STATUS CLIENT...: runs the client against the VM and checks both.
finish() {
	name=$1
	want=$2
	shift 2
	limited 20 "$@" >client.out 2>&1
	wait $guest_pid
	got=$?
	if [ $got -ne "$want" ]; then
		bad "$name" "exit status $got, expected $want" guest.out guest.err client.out
	elif ! grep -q '^same' client.out; then
		bad "$name" "the client is not content" client.out guest.out guest.err
	else
		return 0
	fi
	return 1
}

port=$(free_port)
guest --listen tcp:127.0.0.1:"$port" net.elf serve tcp 0.0.0.0 "$port" 1
finish net/listen 0 python3 client.py tcp 127.0.0.1 "$port" 3000000 &&
	says net/listen "^listener 127.0.0.1 $port" guest.out &&
	says net/listen "^own 127.0.0.1 $port" guest.out && ok net/listen

guest --listen tcp:127.0.0.1:"$port":80 net.elf serve tcp 127.0.0.1 80 1
finish net/guest-port 0 python3 client.py tcp 127.0.0.1 "$port" 10 &&
	says net/guest-port '^own 127.0.0.1 80' guest.out && ok net/guest-port

# The same socket for who is in the VM.
guest --listen tcp:127.0.0.1:"$port" net.elf serve tcp 0.0.0.0 "$port" 2 inside
finish net/inside-too 0 python3 client.py tcp 127.0.0.1 "$port" 1000 && ok net/inside-too

guest -v --listen tcp:127.0.0.1:0 net.elf serve tcp 0.0.0.0 0 1
for _ in 1 2 3 4 5 6 7 8 9 10; do
	real=$(sed -n 's/^mvm: listening: .*, port \([0-9]*\),.*/\1/p' guest.err)
	[ -z "$real" ] || break
	sleep 0.2
done
finish net/port-0 0 python3 client.py tcp 127.0.0.1 "${real:-1}" 10 &&
	says net/port-0 "^listener 127.0.0.1 $real" guest.out && ok net/port-0

if python3 -c 'import socket; socket.create_server(("::1", 0), family=socket.AF_INET6)' 2>/dev/null; then
	guest --listen "tcp:[::1]:$port" net.elf serve tcp :: "$port" 1
	finish net/ipv6 0 python3 client.py tcp ::1 "$port" 1000 &&
		says net/ipv6 "^listener ::1 $port" guest.out && ok net/ipv6
else
	skip net/ipv6 "no IPv6 on this host"
fi

guest --listen udp:127.0.0.1:"$port":5353 net.elf serve udp 0.0.0.0 5353 1
sleep 1
finish net/udp 0 python3 client.py udp 127.0.0.1 "$port" 1000 && says net/udp '^came to 127.0.0.1' guest.out && ok net/udp

guest --listen unix:"$scratch/sock:/run/sock" net.elf serve unix /run/sock 0 1
finish net/unix 0 python3 client.py unix "$scratch/sock" 0 100000 && ok net/unix
# What the run before has left there is no hindrance.
guest --listen unix:"$scratch/sock:/run/sock" net.elf serve unix /run/sock 0 1
finish net/unix-again 0 python3 client.py unix "$scratch/sock" 0 10 && ok net/unix-again

# A listening socket that the starter has opened: fd.py tcp|tcp6|unix|udp WHERE FD COMMAND...
cat >fd.py <<'END'
import os, socket, sys
how, where, fd = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = {"unix": socket.AF_UNIX, "tcp6": socket.AF_INET6}.get(how, socket.AF_INET)
s = socket.socket(family, socket.SOCK_DGRAM if how == "udp" else socket.SOCK_STREAM)
if how == "tcp6":
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(where if how == "unix" else (where, int(os.environ["PORT"])))
if how != "udp":
    s.listen(5)
open("listening", "w").write("yes\n")
os.dup2(s.fileno(), fd)
os.set_inheritable(fd, True)
os.execv(sys.argv[4], sys.argv[4:])
END
export PORT="$port"
# started ARGUMENTS...: as guest, by fd.py; it listens when this returns.
started() {
	rm -f listening
	limited 30 python3 fd.py "$@" >guest.out 2>guest.err &
	guest_pid=$!
	waits listening yes
}
started tcp 127.0.0.1 3 "$mvm" run --stats stats --listen fd:3 net.elf serve tcp 0.0.0.0 "$port" 1
finish net/fd 0 python3 client.py tcp 127.0.0.1 "$port" 100000 &&
	says net/fd "^listener 127.0.0.1 $port" guest.out && says net/fd "^own 127.0.0.1 $port" guest.out && ok net/fd
started tcp 127.0.0.1 42 "$mvm" run --poll=never --listen fd:42:80 net.elf serve tcp 127.0.0.1 80 1
finish net/fd-port 0 python3 client.py tcp 127.0.0.1 "$port" 10 && says net/fd-port '^own 127.0.0.1 80' guest.out &&
	ok net/fd-port
# In the guest it is where it is on the host, in a directory that has to be there.
started unix "$scratch/passed" 5 "$mvm" run --cwd "$scratch" --listen fd:5 net.elf serve unix "$scratch/passed" 0 1
finish net/fd-unix 0 python3 client.py unix "$scratch/passed" 0 10 && ok net/fd-unix
rm -f passed
started unix passed 5 "$mvm" run --listen fd:5:/run/sock net.elf serve unix /run/sock 0 1
finish net/fd-unix-path 0 python3 client.py unix passed 0 10 && ok net/fd-unix-path
rm -f passed
if python3 -c 'import socket; socket.create_server(("::", 0), family=socket.AF_INET6)' 2>/dev/null; then
	# One for both: what ListenStream=PORT of a unit makes.
	started tcp6 :: 3 "$mvm" run --listen fd:3 net.elf serve tcp 0.0.0.0 "$port" 1
	finish net/fd-dual 0 python3 client.py tcp 127.0.0.1 "$port" 10 && ok net/fd-dual
else
	skip net/fd-dual "no IPv6 on this host"
fi
refused net/fd-closed 125 '--listen fd:7: descriptor 7 is no listening stream socket' \
	"$mvm" run --listen fd:7 net.elf
refused net/fd-datagram 125 'descriptor 3 is no listening stream socket' \
	python3 fd.py udp 127.0.0.1 3 "$mvm" run --listen fd:3 net.elf
refused net/fd-not-a-path 125 'descriptor 3 is a socket of TCP; give it a port' \
	python3 fd.py tcp 127.0.0.1 3 "$mvm" run --listen fd:3:/run/s net.elf

# Without a grant a listener is in the VM and nowhere else.
guest --timeout 2s net.elf serve tcp 0.0.0.0 "$port" 1
sleep 1
if python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' \
	"$port" 2>client.out; then
	bad net/not-granted "a listener of the guest is seen outside" guest.out
else
	ok net/not-granted
fi
wait $guest_pid

# A listener that the guest does not bind is there, and nobody answers.
check net/unbound 0 "$mvm" run --listen tcp:127.0.0.1:"$port" "$O/apps/hello.elf" && ok net/unbound

python3 server.py >server.out 2>&1 &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s server.out ] && break
	sleep 0.2
done
to=$(cat server.out)
for how in tcp nb; do
	check net/connect-$how 0 "$mvm" run --connect 127.0.0.0/8:"$to" net.elf ask $how 127.0.0.1 "$to" &&
		says net/connect-$how "^peer 127.0.0.1 $to" && says net/connect-$how "^got 'back ping'" &&
		ok net/connect-$how
done
for how in udp udpto; do
	check net/connect-$how 0 "$mvm" run --connect udp:127.0.0.1:"$to" net.elf ask $how 127.0.0.1 "$to" &&
		says net/connect-$how "^got 'back ping'" && ok net/connect-$how
done
# What is not granted: another address, another port, the other protocol, anything.
check net/other-address 1 "$mvm" run --connect 127.0.0.1:"$to" net.elf ask tcp 192.0.2.1 "$to" &&
	says net/other-address '^connect: Permission denied' && ok net/other-address
check net/other-port 1 "$mvm" run --connect 192.0.2.0/24:80-90 net.elf ask tcp 192.0.2.1 91 &&
	says net/other-port '^connect: Permission denied' && ok net/other-port
check net/other-protocol 1 "$mvm" run --connect 192.0.2.1:80 net.elf ask udpto 192.0.2.1 80 &&
	says net/other-protocol '^sendto: Permission denied' && ok net/other-protocol
check net/no-grant 1 "$mvm" run net.elf ask tcp 192.0.2.1 80 &&
	says net/no-grant '^connect: Permission denied' && ok net/no-grant
check net/no-grant-udp 1 "$mvm" run net.elf ask udp 192.0.2.1 80 &&
	says net/no-grant-udp '^connect: Permission denied' && ok net/no-grant-udp
# The guest's own loopback is not the host's.
check net/own-loopback 1 "$mvm" run net.elf ask tcp 127.0.0.1 "$to" &&
	says net/own-loopback '^connect: Connection refused' && ok net/own-loopback
check net/refused 1 "$mvm" run --connect 127.0.0.1:"$port" net.elf ask tcp 127.0.0.1 "$port" &&
	says net/refused '^connect: Connection refused' && ok net/refused
check net/refused-later 1 "$mvm" run --connect 127.0.0.1:"$port" net.elf ask nb 127.0.0.1 "$port" &&
	says net/refused-later '^SO_ERROR: Connection refused' && ok net/refused-later
kill $server

# A name server for one question.
cat >dns.py <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.53", 53))
print("ready", flush=True)
s.settimeout(20)
while True:
    q, who = s.recvfrom(512)
    question = q[12:q.index(b"\0", 12) + 5]
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x7b"
    s.sendto(q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question + answer, who)
END
python3 dns.py >dns.out 2>&1 &
dns=$!
sleep 1
if grep -q ready dns.out; then
	check net/resolver 0 "$mvm" run --resolver 127.0.0.53 net.elf resolve host.example &&
		says net/resolver '^192.0.2.123' && ok net/resolver
	kill $dns
else
	skip net/resolver "port 53 cannot be bound here"
fi

# Errors.
python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(20)' >holder.out &
holder=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s holder.out ] && break
	sleep 0.2
done
port=$(cat holder.out)
check net/in-use 125 "$mvm" run --listen tcp:127.0.0.1:"$port" net.elf &&
	one_line net/in-use "--listen tcp:127.0.0.1:$port: cannot listen there: Address in use; .*another port" &&
	ok net/in-use
kill $holder
check net/not-ours 125 "$mvm" run --listen tcp:192.0.2.77:80 net.elf &&
	one_line net/not-ours 'cannot listen there: Address not available; .*127.0.0.1' && ok net/not-ours
check net/unix-where 125 "$mvm" run --listen unix:/no/such/dir/sock net.elf &&
	one_line net/unix-where 'cannot listen there: No such file or directory' && ok net/unix-where
if [ "$(id -u)" -ne 0 ] && [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ]; then
	check net/privileged 125 "$mvm" run --listen tcp:127.0.0.1:80 net.elf &&
		one_line net/privileged 'ports below 1024 need a privilege' && ok net/privileged
fi

# What the filter allows comes from the grants.
check net/no-socket 0 "$mvm" run --show-confinement --listen tcp:127.0.0.1:0 net.elf &&
	! grep -Eq '^  (socket|connect|sendmsg) ' "$scratch/out" && says net/no-socket '^  accept4 .*SOCK_NONBLOCK' &&
	ok net/no-socket
check net/socket 0 "$mvm" run --show-confinement --connect 192.0.2.1:80 net.elf &&
	says net/socket '^  socket .*AF_INET,' && says net/socket '^  connect ' &&
	! grep -Eq '^  accept' "$scratch/out" && ok net/socket
exit 0
