#!/bin/sh
# SPDX-License-Identifier: MIT
# The standard streams as a shell uses them: files whose position is shared, pipes, closed ones,
# and a terminal that is left as it was.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip streams "$reason"
	exit 0
fi

# copy: standard input to standard output; with a number that many lines, and not a byte further.
cat >"$scratch/copy.c" <<'END'
#include <stdlib.h>
#include <unistd.h>
static char buf[100000];
int main(int argc, char **argv)
{
	int lines = argc > 1 ? atoi(argv[1]) : -1;
	size_t size = argc > 1 ? 1 : sizeof(buf);
	ssize_t n, m;

	while (lines && (n = read(0, buf, size)) > 0) {
		for (ssize_t done = 0; done < n; done += m) {
			m = write(1, buf + done, n - done);
			if (m <= 0)
				return 1;
		}
		lines -= buf[0] == '\n';
	}
	return 0;
}
END
if ! "$O/bin/mvm-cc" -O2 -o "$scratch/copy.elf" "$scratch/copy.c" 2>"$scratch/err"; then
	bad streams "mvm-cc does not compile the guest" "$scratch/err"
	exit 0
fi
cd "$scratch" || exit 1
copy="$mvm run $scratch/copy.elf"

# same NAME WANTED GOT-FILE
same() {
	printf "$2" >wanted
	if cmp -s wanted "$3"; then
		ok "$1"
	else
		bad "$1" "not the expected bytes" wanted "$3"
	fi
}

(echo before; echo guest | $copy; echo after) >out
same streams/shared-output 'before\nguest\nafter\n' out

echo old >out
(echo new | $copy) >>out
same streams/append 'old\nnew\n' out

printf '1\n2\n3\n4\n' >in
($copy 1; $copy 2; cat) <in >out
same streams/shared-input '1\n2\n3\n4\n' out

echo text | $copy | cat >out
same streams/pipe 'text\n' out

head -c 3000000 /dev/zero | tr '\0' x >in
check streams/large-pipe 0 sh -c 'cat in | "$0" run --poll=never "$1" | cat >out' "$mvm" copy.elf &&
	if cmp -s in out; then ok streams/large-pipe; else bad streams/large-pipe "bytes are lost"; fi

check streams/closed-input 0 sh -c '"$0" run "$1" <&-' "$mvm" copy.elf && ok streams/closed-input
check streams/closed-all 0 sh -c '"$0" run "$1" <&- >&- 2>&-' "$mvm" copy.elf && ok streams/closed-all
check streams/broken-pipe 0 sh -c 'yes | "$0" run "$1" | head -n 1 >/dev/null' "$mvm" copy.elf &&
	ok streams/broken-pipe
check streams/full 1 sh -c 'echo x | "$0" run "$1" >/dev/full' "$mvm" copy.elf && ok streams/full
check streams/input-directory 125 sh -c '"$0" run "$1" <.' "$mvm" copy.elf &&
	one_line streams/input-directory 'it is a directory; ' && ok streams/input-directory

# O_NONBLOCK is the open file's: the shell and others share it and must not be given it.
if command -v python3 >/dev/null; then
	cat >flags.py <<'END'
import fcntl, os, subprocess, sys
r, w = os.pipe()
p = subprocess.Popen(sys.argv[1:], stdin=r, stdout=subprocess.PIPE)
os.write(w, b'x\n')
assert p.stdout.read(2) == b'x\n'
assert not fcntl.fcntl(r, fcntl.F_GETFL) & os.O_NONBLOCK
assert p.poll() is None
os.close(w)
assert p.wait() == 0
END
	check streams/blocking-mode 0 python3 flags.py "$mvm" run copy.elf && ok streams/blocking-mode
	cat >peer.py <<'END'
import socket, subprocess, sys
a, b = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdin=b, stdout=b)
b.close()
for i in range(50):
	a.sendall(b'line\n')
	got = b''
	while len(got) < 5:
		got += a.recv(5)
	assert got == b'line\n'
a.shutdown(socket.SHUT_WR)
assert a.recv(1) == b'' and p.wait() == 0
END
	check streams/socket 0 python3 peer.py "$mvm" run copy.elf && ok streams/socket
	cat >terminal.py <<'END'
import os, pty, subprocess, sys, termios
master, slave = pty.openpty()
before = termios.tcgetattr(slave)
p = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
os.write(master, b'hello\n\x04')
assert p.wait() == 0
assert termios.tcgetattr(slave) == before
out = os.read(master, 100)
assert out == b'hello\r\nhello\r\n', out
END
	check streams/terminal 0 python3 terminal.py "$mvm" run copy.elf && ok streams/terminal
else
	skip streams/terminal "no python3 to make one"
fi
