#!/bin/sh
# SPDX-License-Identifier: MIT
# --connect unix: a server of the host at a socket in the file system, as a client natively and in a
# VM sees it, and that the guest gets to that socket alone.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip netunix "$reason"
	exit 0
fi
cd "$scratch" || exit 1

# unix WHAT PATH: what a client finds there.
cat >unix.c <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un to = { .sun_family = AF_UNIX };

static void said(const char *what, long res)
{
	printf("%s: %d\n", what, res < 0 ? errno : 0);	/* C libraries have texts of their own */
}

static int dial(int type)
{
	int s = socket(AF_UNIX, type, 0);
	int res = connect(s, (struct sockaddr *)&to, sizeof(to));

	said("connect", res);
	return res ? -1 : s;
}

/* Much, both ways at once; then one half is closed. */
static void echo(void)
{
	static char out[300000], in[300000];
	size_t sent = 0, got = 0;
	int s = dial(SOCK_STREAM);
	ssize_t n;

	if (s < 0)
		return;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7 % 251;
	fcntl(s, F_SETFL, O_NONBLOCK);
	while (got < sizeof(in)) {
		struct pollfd p = { s, POLLIN | (sent < sizeof(out) ? POLLOUT : 0), 0 };

		if (poll(&p, 1, 10000) != 1)
			break;
		if (p.revents & POLLOUT) {
			n = send(s, out + sent, sizeof(out) - sent, 0);
			sent += n > 0 ? n : 0;
			if (sent == sizeof(out))
				said("shutdown", shutdown(s, SHUT_WR));
		}
		if (p.revents & POLLIN) {
			n = recv(s, in + got, sizeof(in) - got, 0);
			if (n <= 0)
				break;
			got += n;
		}
	}
	fcntl(s, F_SETFL, 0);
	printf("%s, then %zd\n", got == sizeof(in) && !memcmp(in, out, got) ? "same" : "different",
	       recv(s, in, 1, 0));
	said("send", send(s, "x", 1, MSG_NOSIGNAL));
}

static void names(void)
{
	int s = dial(SOCK_STREAM);
	struct sockaddr_un a;
	socklen_t len = sizeof(a);
	struct stat st;

	printf("peer %d %s %d\n", getpeername(s, (struct sockaddr *)&a, &len), a.sun_path,
	       (int)len == (int)(2 + strlen(a.sun_path) + 1));
	len = sizeof(a);
	printf("own %d", getsockname(s, (struct sockaddr *)&a, &len));
	printf(" %d\n", (int)len);
	said("again", connect(s, (struct sockaddr *)&to, sizeof(to)));
	printf("a socket: %d\n", stat(to.sun_path, &st) == 0 && S_ISSOCK(st.st_mode));
	said("open", open(to.sun_path, O_RDWR));
	said("datagram", connect(socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr *)&to, sizeof(to)));
	said("bind", bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof(to)));
}

static void pass_file(void)
{
	union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; } c = { .h = {
		.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };

	said("a file", sendmsg(dial(SOCK_STREAM), &m, 0));
}

static void peer(void)
{
	struct ucred c = { -1, -1, -1 };
	socklen_t len = sizeof(c);

	said("peer", getsockopt(dial(SOCK_STREAM), SOL_SOCKET, SO_PEERCRED, &c, &len));
	printf("%d %u %u\n", c.pid, c.uid, c.gid);
}

int main(int argc, char **argv)
{
	const char *what = argv[1];

	if (argc != 3)
		return 2;
	strcpy(to.sun_path, argv[2]);
	if (!strcmp(what, "echo"))
		echo();
	else if (!strcmp(what, "names"))
		names();
	else if (!strcmp(what, "file"))
		pass_file();
	else if (!strcmp(what, "peer"))
		peer();
	else
		dial(SOCK_STREAM);
	return 0;
}
END
"$O/bin/mvm-cc" -O2 -o unix.elf unix.c && gcc -O2 -o unix unix.c || exit 1

cat >server.py <<'END'
import os, socket, sys, threading
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
s.listen(5)
print("ready", flush=True)
def echo(c):
    while True:
        data = c.recv(65536)
        if not data:
            break
        c.sendall(data)
    c.close()
while True:
    threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()
END
chmod 755 "$scratch"
mkdir -m 755 srv other

# same NAME WHAT HOSTPATH GUESTPATH OPTIONS...: natively and in the VM; paths made the same.
same() {
	name=$1
	what=$2
	host=$3
	guest=$4
	shift 4
	limited 20 ./unix "$what" "$host" 2>&1 | sed "s,$host,SOCKET," >native
	if check "$name" 0 "$mvm" run "$@" unix.elf "$what" "$guest"; then
		sed "s,$guest,SOCKET," out >vm
		if cmp -s native vm; then
			ok "$name"
		else
			bad "$name" "native and VM differ" native vm err
		fi
	fi
}

here=$scratch/srv/s
# Not there yet, and the server comes later.
same netunix/missing dial "$here" "$here" --connect unix:srv/s:"$here"
python3 server.py "$here" >ready 2>&1 &
server=$!
waits ready ready || exit 1
same netunix/names names "$here" "$here" --connect unix:"$here"
for poll in never auto; do
	same netunix/echo-$poll echo "$here" /run/s --poll=$poll --connect unix:srv/s:/run/s
done
# Where it shows: in a directory of the host, and behind a link of the guest's root.
ln -s srv link
mkdir -p root/run root/var && ln -s ../run root/var/run && cp unix.elf root/
same netunix/below-dir echo "$here" /d/srv/made-up --dir .:/d:ro --connect unix:link/s:/d/srv/made-up
check netunix/root 0 "$mvm" run --root root:ro --connect unix:srv/s:/var/run/s /unix.elf echo /run/s &&
	says netunix/root '^same, then 0' && ok netunix/root
check netunix/root-link 0 "$mvm" run --root root:ro --connect unix:srv/s:/var/run/s /unix.elf echo /var/run/s &&
	says netunix/root-link '^same, then 0' && ok netunix/root-link
# Another grant of the network beside it, and two of this kind.
python3 server.py "$scratch/other/t" >ready2 2>&1 &
other=$!
waits ready2 ready || exit 1
for sock in s t; do
	check netunix/two-$sock 0 "$mvm" run --connect 192.0.2.1:80 --connect unix:srv/s:/run/s \
		--connect unix:other/t:/run/t unix.elf echo /run/$sock &&
		says netunix/two-$sock '^same, then 0' && ok netunix/two-$sock
done
check netunix/no-files 0 "$mvm" run --connect unix:srv/s:/run/s unix.elf file /run/s &&
	says netunix/no-files '^a file: 1$' && ok netunix/no-files
# As a server in another name space's processes is seen: no number, nobody's.
check netunix/peer 0 "$mvm" run --connect unix:srv/s:/run/s unix.elf peer /run/s &&
	says netunix/peer '^0 65534 65534$' && ok netunix/peer
# Another socket, and the granted one without the grant.
check netunix/not-granted 0 "$mvm" run --connect unix:srv/s:/run/s unix.elf dial "$scratch/other/t" &&
	says netunix/not-granted '^connect: 2$' && ok netunix/not-granted
check netunix/no-grant 0 "$mvm" run --dir srv:/srv:ro unix.elf dial /srv/s &&
	says netunix/no-grant '^connect: 111$' && ok netunix/no-grant
kill $server $other
wait $server $other 2>/dev/null
same netunix/nobody dial "$here" "$here" --connect unix:"$here"
rm -f "$here"

refused netunix/replaceable 125 'is in a --dir or --root that the guest may change' \
	"$mvm" run --dir .:/d --connect unix:srv/s:/run/s unix.elf dial /run/s
refused netunix/no-socket 125 'unix.c: is no socket' "$mvm" run --connect unix:unix.c:/run/s unix.elf dial /run/s

# By way of a mount a directory is in places that its own path does not tell of.
if unshare --mount true 2>/dev/null; then
	cat >mounted.sh <<-'END'
		mkdir -p fs && mount -t tmpfs none fs && mkdir -p fs/srv/deep fs/d/in "fs/d/a b" fs/m fs/other || exit 1
		mount --bind "fs/$1" "fs/$2" || exit 1
		# It may be mounted over another one.
		[ $3 != noproc ] || while umount -l /proc 2>/dev/null; do :; done
		shift 3
		exec "$@"
	END
	# mounted NAME PART POINT SOCKET DIR: PART is also at POINT, the guest may write in DIR.
	mounted() {
		refused "netunix/mounted-$1" 125 "$6" unshare --mount sh mounted.sh "$2" "$3" "${7:-proc}" \
			"$mvm" run --dir "fs/$5:/d" --connect "unix:fs/$4/s:/run/s" "$scratch/unix.elf" dial /run/s
	}
	may='is in a --dir or --root that the guest may change'
	mounted below srv d/in srv d "$may"
	mounted above srv d/in srv/deep d "$may"
	mounted named-there srv/deep m m srv "$may"
	mounted itself srv m srv/deep m "$may"
	mounted space srv "d/a b" srv d "$may"
	mounted unknown srv m srv d 'cannot tell whether .*mountinfo' noproc
	# Another part, of a name that begins alike, and one that the guest cannot write.
	check netunix/mounted-other 0 unshare --mount sh mounted.sh other d/in proc "$mvm" run --dir fs/d:/d \
		--connect unix:fs/srv/s:/run/s unix.elf dial /run/s &&
		check netunix/mounted-other 0 unshare --mount sh mounted.sh srv/deep d/in proc "$mvm" run --dir fs/d:/d \
			--connect unix:fs/srv/s:/run/s unix.elf dial /run/s &&
		check netunix/mounted-other 0 unshare --mount sh mounted.sh srv d/in noproc "$mvm" run --dir fs/d:/d:ro \
			--connect unix:fs/srv/s:/run/s unix.elf dial /run/s && ok netunix/mounted-other
else
	skip netunix/mounted "no mount namespace can be made here"
fi

# Of a snapshot it is a grant like any other.
python3 server.py "$here" >ready3 2>&1 &
server=$!
waits ready3 ready || exit 1
cat >late.c <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/run/s" };
	char buf[64];
	ssize_t n = read(0, buf, sizeof(buf));
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	if (connect(s, (struct sockaddr *)&to, sizeof(to)) || write(s, buf, n) != n)
		perror("connect");
	n = read(s, buf, sizeof(buf));
	printf("back %.*s\n", (int)n, buf);
	return 0;
}
END
"$O/bin/mvm-cc" -O2 -o late.elf late.c || exit 1
if check netunix/snapshot 0 "$mvm" snapshot -o late.snap --connect unix:srv/s:/run/s late.elf; then
	printf hello | check netunix/clone 0 "$mvm" run --connect unix:srv/s:/run/s --snapshot late.snap &&
		says netunix/clone '^back hello' && ok netunix/clone
	refused netunix/clone-without 125 'expects a grant for /run/s' "$mvm" run --snapshot late.snap
fi
kill $server

check netunix/filter 0 "$mvm" run --show-confinement --connect unix:srv/s:/run/s unix.elf &&
	says netunix/filter '^  socket .*AF_UNIX, arg1 = SOCK_STREAM' && says netunix/filter '^  connect .*arg1 in its address' &&
	! grep -Eq '^  (socket .*INET|sendmsg|openat2|chdir)' out && ok netunix/filter
exit 0
