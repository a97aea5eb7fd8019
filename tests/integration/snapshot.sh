#!/bin/sh
# SPDX-License-Identifier: MIT
# mvm snapshot and mvm run --snapshot: what goes on, what is new in a clone, what does not fit.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip snapshot "$reason"
	exit 0
fi
if ! grep -qx CONFIG_SNAPSHOT=y "$O/.config"; then
	skip snapshot "this mvm is built without snapshots"
	exit 0
fi
cd "$scratch" || exit 1
cc=$O/bin/mvm-cc

# Counts what it reads; keeps something in every kind of register that a program has.
cat >count.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	char line[100];
	double sum = 0.5;
	int n = 0;

	printf("ready %s %s\n", argc > 1 ? argv[1] : "-", getenv("NAME") ? getenv("NAME") : "-");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		sum *= 2;
		printf("%d %g %s", ++n, sum, line);
	}
	return 40 + n;
}
END
# What must be different in each clone, and what must not go back.
cat >fresh.c <<'END'
#include <mvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
static void hex(const char *what, const void *p, int n)
{
	printf("%s ", what);
	for (int i = 0; i < n; i++)
		printf("%02x", ((const unsigned char *)p)[i]);
	printf("\n");
}
int main(void)
{
	const volatile uint64_t *generation = mvm_generation();
	struct timespec m0, m1, r0, r1;
	unsigned char random[16], kept[16];
	uint64_t g;

	memcpy(kept, (void *)getauxval(AT_RANDOM), 16);
	clock_gettime(CLOCK_MONOTONIC, &m0);
	clock_gettime(CLOCK_REALTIME, &r0);
	getchar();
	clock_gettime(CLOCK_MONOTONIC, &m1);
	clock_gettime(CLOCK_REALTIME, &r1);
	getrandom(random, sizeof(random), 0);
	hex("getrandom", random, 16);
	hex("at_random", (void *)getauxval(AT_RANDOM), 16);
	g = generation ? *generation : 0;
	hex("generation", &g, 8);
	printf("changed %d\n", g && memcmp(kept, (void *)getauxval(AT_RANDOM), 16) != 0);
	printf("monotonic %d\n", m1.tv_sec - m0.tv_sec < 2 && (m1.tv_sec > m0.tv_sec ||
	       (m1.tv_sec == m0.tv_sec && m1.tv_nsec >= m0.tv_nsec)));
	printf("passed %d\n", (int)(r1.tv_sec - r0.tv_sec) >= 2);
	printf("real %ld\n", (long)r1.tv_sec);
	return 0;
}
END
cat >asked.c <<'END'
#include <mvm.h>
#include <stdio.h>
int main(void)
{
	int n = 7;

	printf("before\n");
	fflush(stdout);
	if (mvm_ready())
		printf("native\n");
	printf("after %d\n", n);
	return n;
}
END
cat >threads.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static volatile long turns;
static void *run(void *arg)
{
	for (;;) {
		turns++;
		usleep(1000);
	}
	return arg;
}
int main(void)
{
	pthread_t t;
	char c;
	long before;

	for (int i = 0; i < 4; i++)
		pthread_create(&t, NULL, run, NULL);
	while (turns < 20)
		usleep(1000);
	before = turns;
	read(0, &c, 1);
	for (int i = 0; i < 1000 && turns < before + 20; i++)
		usleep(1000);
	printf("%s\n", turns >= before + 20 ? "threads go on" : "threads stand still");
	return 0;
}
END
cat >files.c <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	char line[100], c;
	FILE *f = fopen("/data/sub/words", "r");
	int dir = open("/data/sub", O_RDONLY | O_DIRECTORY);

	if (!f || dir < 0 || !fgets(line, sizeof(line), f))
		return 1;
	read(0, &c, 1);
	printf("first %s", line);
	if (fgets(line, sizeof(line), f))
		printf("then %s", line);
	fclose(f);
	f = fdopen(openat(dir, "other", O_RDONLY), "r");
	if (f && fgets(line, sizeof(line), f))
		printf("other %s", line);
	return 0;
}
END
# More files than mvm has descriptors of its own with fixed numbers.
cat >many.c <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#define N 150
int main(void)
{
	int fd[N], right = 0;
	char name[40], c;

	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "/data/%d", i);
		fd[i] = open(name, O_RDONLY);
	}
	read(0, &c, 1);
	for (int i = 0; i < N; i++)
		if (pread(fd[i], &c, 1, 0) == 1 && c == '0' + i % 10)
			right++;
	printf("%d of %d\n", right, N);
	return 0;
}
END
# Opens a file, and puts another in its place: argv[2], or a link there when it begins with a dot.
cat >swap.c <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char secret[100] = "";
	int fd = open(argv[1], O_RDWR | O_CREAT, 0600);

	if (argc < 3 || fd < 0 || unlink(argv[1]))
		return 1;
	if (*argv[2] == '.' ? symlink(argv[2], argv[1]) : rename(argv[2], argv[1]))
		return 2;
	getchar();
	printf("%zd %s\n", pread(fd, secret, sizeof(secret) - 1, 0), secret);
	return 0;
}
END
cat >server.c <<'END'
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
	int s = socket(AF_INET, SOCK_STREAM, 0), c, warm = 42;
	struct pollfd p = { .fd = s, .events = POLLIN };
	char line[100];
	FILE *f;

	if (bind(s, (void *)&a, sizeof(a)) || listen(s, 5))
		return 1;
	if (poll(&p, 1, -1) != 1 || (c = accept(s, NULL, NULL)) < 0)
		return 2;
	f = fdopen(c, "r+");
	if (fgets(line, sizeof(line), f))
		fprintf(f, "%d %s", warm, line);
	fclose(f);
	return 0;
}
END
cat >ends.c <<'END'
int main(void) { return 5; }
END
cat >spins.c <<'END'
int main(void) { for (;;) __asm__ volatile(""); }
END
cat >floods.c <<'END'
#include <stdio.h>
int main(void)
{
	for (int i = 0; i < 2000000; i++)
		putchar('x');
	return getchar();
}
END
for program in count fresh asked threads files many swap server ends spins floods; do
	"$cc" -O1 -o $program.elf $program.c || exit 1
done

# same NAME STATUS WANTED EXPECT OUT: that status, and two files that are the same.
same() {
	if [ "$2" -ne "$3" ]; then
		bad "$1" "exit status $2, expected $3" "$5"
	elif ! diff "$4" "$5" >diff; then
		bad "$1" "the output differs" diff
	else
		ok "$1"
	fi
}
# snap NAME ARGS...: a snapshot is made of it.
snap() {
	what=$1
	shift
	check "snapshot/make-$what" 0 "$mvm" snapshot -o "$what.snap" "$@" && ok "snapshot/make-$what"
}
go() {
	"$mvm" run --snapshot "$@"
}

snap count --env NAME=value count.elf arg
printf 'a\nb\n' >in
printf 'ready arg value\n1 1 a\n2 2 b\n' >expect
go count.snap <in >out
same "snapshot/file" $? 42 expect out
go count.snap <in >out2
same "snapshot/again" $? 42 expect out2
cat in | go count.snap >out
same "snapshot/pipe" $? 42 expect out
{
	go count.snap <in
	echo $? >status
} 2>&1 | cat >out
same "snapshot/to-pipe" "$(cat status)" 42 expect out
printf 'ready arg value\n' >expect
go count.snap </dev/null >out
same "snapshot/nothing" $? 40 expect out
mkdir disk
if unshare --mount true 2>/dev/null; then
	check snapshot/disk-full 125 unshare --mount sh -c 'mount -t tmpfs -o size=128k none disk &&
		"$@"; status=$?; ls -A disk; exit $status' sh "$mvm" snapshot -o disk/x.snap count.elf &&
		one_line snapshot/disk-full '-o disk/x.snap: cannot be written: No space left on device; .* room' &&
		if [ -s out ]; then bad snapshot/disk-full "something was left" out; else ok snapshot/disk-full; fi
else
	skip snapshot/disk-full "no mount namespace can be made here"
fi
check snapshot/closed-streams 0 sh -c '"$@" <&- >&-' sh "$mvm" snapshot -o closed.snap count.elf &&
	check snapshot/closed-streams 40 "$mvm" run --snapshot closed.snap && ok snapshot/closed-streams
check snapshot/closed-output 40 sh -c '"$@" >&-' sh "$mvm" run --snapshot count.snap &&
	ok snapshot/closed-output
refused snapshot/full-output 125 'standard output: cannot be written: No space left' \
	sh -c '"$@" >/dev/full' sh "$mvm" run --snapshot count.snap

snap fresh fresh.elf
sleep 2
for i in 1 2; do
	echo | go fresh.snap >fresh.$i || bad snapshot/fresh "exit status $?" fresh.$i
done
for what in getrandom at_random generation; do
	if [ "$(grep "^$what" fresh.1)" != "$(grep "^$what" fresh.2)" ]; then
		ok "snapshot/own-$what"
	else
		bad "snapshot/own-$what" "two clones have the same" fresh.1 fresh.2
	fi
done
for what in changed monotonic passed; do
	if grep -qx "$what 1" fresh.1; then ok "snapshot/$what"; else
		bad "snapshot/$what" "not so" fresh.1; fi
done
real=$(sed -n 's/^real //p' fresh.2)
now=$(date +%s)
if [ $((now - real)) -ge 0 ] && [ $((now - real)) -lt 60 ]; then ok snapshot/real-time; else
	bad snapshot/real-time "the clone says $real, it is $now"; fi

snap asked asked.elf
printf 'before\nafter 7\n' >expect
go asked.snap >out </dev/null
same snapshot/asked $? 7 expect out
printf 'before\nnative\nafter 7\n' >expect
./asked.elf >out
same snapshot/asked-natively $? 7 expect out
printf 'before\nafter 7\n' >expect
"$mvm" run asked.elf >out
same snapshot/asked-in-vain $? 7 expect out

snap threads threads.elf
echo 'threads go on' >expect
echo | go threads.snap >out
same snapshot/threads $? 0 expect out

mkdir -p here/sub there/sub
printf 'one\ntwo\n' >here/sub/words
cp here/sub/words there/sub/words
echo three >there/sub/other
chmod -R a+rX here there
snap files --dir here:/data:ro files.elf
printf 'first one\nthen two\nother three\n' >expect
echo | go files.snap --dir there:/data:ro >out
same snapshot/files $? 0 expect out

mkdir many
for i in $(seq 0 149); do
	printf %d $((i % 10)) >many/$i
done
chmod -R a+rX many
snap many --dir many:/data:ro many.elf
echo '150 of 150' >expect
echo | go many.snap --dir many:/data:ro >out
same snapshot/many-files $? 0 expect out

# A clone's files are opened as a guest opens them: nothing of procfs to write, and nothing that only
# who starts mvm may read.
snap proc --dir /:/host swap.elf "/host$scratch/proc" "$(echo "$scratch" | sed 's|/[^/]*|../|g')proc/self/mem"
refused snapshot/proc 125 "cannot be opened: Permission denied" "$mvm" run --snapshot proc.snap --dir /:/host
mkdir theirs
if [ "$(id -u)" -eq 0 ] && chown 65534:65534 theirs 2>/dev/null; then
	echo secret >theirs/secret
	chmod 600 theirs/secret
	snap theirs --dir theirs:/data swap.elf /data/mine /data/secret
	refused snapshot/theirs 125 "cannot be opened: Permission denied" \
		"$mvm" run --snapshot theirs.snap --dir theirs:/data
else
	skip snapshot/theirs "only root could open what the directory's owner may not"
fi

# What does not fit is said.
refused snapshot/no-grant 125 "the snapshot expects a grant for /data" "$mvm" run --snapshot files.snap
refused snapshot/other-rights 125 "expects /data to be read only" "$mvm" run --snapshot files.snap --dir there:/data
refused snapshot/unknown-grant 125 "was made without it" "$mvm" run --snapshot count.snap --dir there:/data
rm there/sub/words
refused snapshot/no-file 125 "expects sub/words below a directory" "$mvm" run --snapshot files.snap --dir there:/data:ro
refused snapshot/no-program 125 "has its program and its arguments already" "$mvm" run --snapshot count.snap count.elf
for option in --mem=64M --stack=1M --cwd=/tmp --hostname=x --env=A=b --tmpfs=/x --allow-wx --no-aslr; do
	refused "snapshot/kept$option" 125 "was made with its own, which stays" \
		"$mvm" run --snapshot count.snap "$option"
done
mkfifo fifo
ln -s count.elf link
for file in fifo link; do
	refused "snapshot/output-$file" 125 "$file: is there, and is not a regular file" \
		"$mvm" snapshot -o "$file" count.elf
done
refused snapshot/not-there 127 "cannot open the snapshot" "$mvm" run --snapshot missing.snap
refused snapshot/no-snapshot 126 "is no snapshot" "$mvm" run --snapshot count.elf
refused snapshot/ends 126 "ended with status 5 before it was ready" "$mvm" snapshot -o ends.snap ends.elf
refused snapshot/floods 126 "writes more than 1024 KiB" "$mvm" snapshot -o floods.snap floods.elf
refused snapshot/timeout 124 "time limit" "$mvm" snapshot --timeout 200ms -o spins.snap spins.elf
refused snapshot/no-output 125 "use -o FILE" "$mvm" snapshot count.elf
refused snapshot/no-directory 125 "cannot be made" "$mvm" snapshot -o none/x.snap count.elf
cp count.snap before.snap
refused snapshot/kept 126 "before it was ready" "$mvm" snapshot -o count.snap ends.elf
if cmp -s count.snap before.snap; then ok snapshot/kept-file; else
	bad snapshot/kept-file "a failed snapshot has changed the one before"; fi
if ls ends.snap* floods.snap* spins.snap* >names 2>&1; then
	bad snapshot/half-written "something was left" names
else
	ok snapshot/half-written
fi
for size in 0 100 4096 5000 $(($(wc -c <count.snap) - 1)); do
	head -c "$size" count.snap >short.snap
	refused "snapshot/short-$size" 126 "\.snap" "$mvm" run --snapshot short.snap
done
# A byte of each of its parts: tables, pages, output.
for at in 4100 9000 100000 $(($(wc -c <count.snap) - 3)); do
	cp count.snap broken.snap
	printf '\377' | dd of=broken.snap bs=1 seek="$at" conv=notrunc 2>dd
	cmp -s count.snap broken.snap && printf '\001' |
		dd of=broken.snap bs=1 seek="$at" conv=notrunc 2>dd
	refused "snapshot/broken-$at" 126 "\.snap" "$mvm" run --snapshot broken.snap
done

# An unmodified program, whose processor state is the whole of it.
if grep -qx CONFIG_TRAP=y "$O/.config" && [ -x /bin/busybox ]; then
	snap busybox /bin/busybox sh
	echo 12 >expect
	echo 'echo $((3 * 4)); exit 3' | go busybox.snap >out
	same snapshot/busybox $? 3 expect out
fi

# The first connection is the ready point of a server.
if grep -qx CONFIG_LISTEN=y "$O/.config" && command -v python3 >/dev/null; then
	snap server --listen tcp:127.0.0.1:0:80 server.elf
	cat >client.py <<'END'
import socket, subprocess, sys, time
port = 0
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
p = subprocess.Popen([sys.argv[1], "run", "--snapshot", "server.snap", "--listen",
                      "tcp:127.0.0.1:%d:80" % port])
for i in range(100):
    try:
        c = socket.create_connection(("127.0.0.1", port))
        break
    except OSError:
        time.sleep(0.05)
c.sendall(b"hello\n")
print(c.makefile().readline(), end="")
print(p.wait())
END
	printf '42 hello\n0\n' >expect
	python3 client.py "$mvm" >out
	same snapshot/server $? 0 expect out
	refused snapshot/no-listener 125 "expects a grant for TCP port 80" \
		"$mvm" run --snapshot server.snap
else
	skip snapshot/server "no sockets in this mvm, or no python3"
fi
exit 0
