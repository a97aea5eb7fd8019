#!/bin/sh
# SPDX-License-Identifier: MIT
# --record and --replay: a run is repeated without anything that it was given, it stops where it is
# another one, and a recording that is no whole one is told from one that is.
. "$(dirname "$0")/../lib.sh"

if ! "$mvm" help run | grep -q -- --replay; then
	skip replay "this mvm was built without CONFIG_RECORD"
	exit 0
fi
reason=$(no_vm)
if [ -n "$reason" ]; then
	skip replay "$reason"
	exit 0
fi
guest=$O/tests/guest
cd "$scratch" || exit 1

# What differs in every run, or is gone when it is replayed: time, randomness, files, input, a client.
cat >world.c <<'END'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <cpuid.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void clocks(void)
{
	struct timespec real, mono, pause = { 0, 3000000 };
	unsigned int dice[4];

	clock_gettime(CLOCK_REALTIME, &real);
	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	getrandom(dice, sizeof(dice), 0);
	printf("%ld.%09ld %ld.%09ld %lx %p %08x%08x%08x%08x\n", (long)real.tv_sec, real.tv_nsec,
	       (long)mono.tv_sec, mono.tv_nsec, (long)time(NULL), (void *)&dice, dice[0], dice[1],
	       dice[2], dice[3]);
}

static void files(const char *dir)
{
	char name[300], text[100];
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(dir);
	FILE *f;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", dir, e->d_name);
		f = fopen(name, "r+");
		if (!f || fstat(fileno(f), &st) || !fgets(text, sizeof(text), f))
			continue;
		printf("%s %ld %ld %s", e->d_name, (long)st.st_size, (long)st.st_mtime, text);
		fprintf(f, "seen\n");
		fclose(f);
	}
}

static void input(void)
{
	char text[100];

	while (fgets(text, sizeof(text), stdin))
		printf("> %s", text);
}

static int serve(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof(a);
	char text[100];
	ssize_t n;
	int s = socket(AF_INET, SOCK_STREAM, 0), c;

	if (bind(s, (void *)&a, sizeof(a)) || listen(s, 1))
		return 1;
	c = accept(s, (void *)&a, &len);
	printf("client %s %d\n", inet_ntoa(a.sin_addr), ntohs(a.sin_port));
	while ((n = read(c, text, sizeof(text))) > 0) {
		fwrite(text, 1, n, stdout);
		send(c, text, n, 0);
	}
	return 0;
}

/* Threads that take turns as the clock says: at calls, and where they make none. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile unsigned long turns[3];
static volatile int done;

static void *turn(void *arg)
{
	unsigned long me = (unsigned long)arg;

	while (!done) {
		pthread_mutex_lock(&lock);
		turns[me]++;
		pthread_mutex_unlock(&lock);
		if (me)
			getppid();
	}
	return NULL;
}

static void threads(void)
{
	struct timespec pause = { 0, 60000000 };
	pthread_t t[3];

	for (unsigned long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, turn, (void *)i);
	nanosleep(&pause, NULL);
	done = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	printf("%lu %lu %lu\n", turns[0], turns[1], turns[2]);
}

static int unrecorded(void)
{
	unsigned long v;
	unsigned char ok;

	__asm__ volatile("rdrand %0; setc %1" : "=r"(v), "=qm"(ok));
	printf("%lx %d\n", v, ok);
	return 0;
}

static int counter(void)
{
	unsigned int lo, hi;

	for (int i = 0; i < 3; i++) {
		__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
		printf("%x%08x\n", hi, lo);
	}
	return 0;
}

/* Signals from outside, while it computes and while it waits. */
static volatile sig_atomic_t terms, hups;

static void on_signal(int sig)
{
	if (sig == SIGTERM)
		terms++;
	else
		hups++;
}

static int signals(void)
{
	unsigned long turns = 0;

	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	puts("ready");
	fflush(stdout);
	while (!terms)
		turns++;
	printf("%lu\n", turns);
	fflush(stdout);
	while (!hups)
		pause();
	printf("%d %d %ld\n", terms, hups, (long)time(NULL));
	return 0;
}

static int told(void)
{
	unsigned int a, b, c, d, brand[4];

	__cpuid(0x80000002, brand[0], brand[1], brand[2], brand[3]);
	__cpuid(1, a, b, c, d);
	printf("rdrand %d %.16s\n", !!(c & bit_RDRND), (char *)brand);
	return 0;
}

int main(int argc, char **argv)
{
	switch (argc > 1 ? *argv[1] : 0) {
	case 'c': clocks(); return 3;
	case 'f': files("/data"); return 0;
	case 'i': input(); return 0;
	case 's': return serve(atoi(argv[2]));
	case 't': threads(); return 0;
	case 'u': return unrecorded();
	case 'r': return told();
	case 'd': return counter();
	case 'w': sleep(atoi(argv[2])); return 0;
	case 'k': return signals();
	case 'x': *(volatile int *)time(NULL) = 1;
	}
	return 1;
}
END
if ! "$O/bin/mvm-cc" -O2 -o world.elf world.c 2>err; then
	bad replay "mvm-cc does not compile the guest" err
	exit 0
fi

# again NAME STATUS: the recording run.rec gives once more what check() just saw, twice.
again() {
	mv out first.out
	mv err first.err
	for time in 1 2; do
		check "$1" "$2" "$mvm" run --replay run.rec </dev/null || return 1
		if ! cmp -s out first.out || ! cmp -s err first.err; then
			bad "$1" "replay $time is not what was recorded" first.out out first.err err
			return 1
		fi
	done
	return 0
}

# record NAME STATUS ARGS...: mvm run --record, and again().
record() {
	r_name=$1
	r_status=$2
	shift 2
	check "$r_name" "$r_status" "$mvm" run --record run.rec "$@" && again "$r_name" "$r_status"
}

record replay/hello 0 "$O/apps/hello.elf" && ok replay/hello

record replay/clocks 3 world.elf clocks && ok replay/clocks

echo 'one
two' >in
check replay/stdin 0 sh -c '"$0" run --record run.rec world.elf in <in' "$mvm" &&
	says replay/stdin '^> two$' && rm in && again replay/stdin 0 && ok replay/stdin

check replay/pipe 0 sh -c '(sleep 0.1; echo late; sleep 0.1; echo later) | "$0" run --record run.rec world.elf in' \
	"$mvm" && says replay/pipe '^> later$' && again replay/pipe 0 && ok replay/pipe
wait

mkdir data
echo text >data/a
echo more >data/b
chmod -R a+rwX data
check replay/dir 0 "$mvm" run --record run.rec --dir data:/data world.elf files &&
	says replay/dir '^a 5 [0-9]+ text$' && rm -r data && again replay/dir 0 && ok replay/dir

record replay/threads 0 world.elf threads && ok replay/threads

# Numbered lines of the program tell when it is time for a signal.
check replay/signals 0 sh -c '"$0" run --timeout 60 --record run.rec world.elf k >kill.out & pid=$!
	until [ "$(wc -l <kill.out)" -ge 1 ]; do sleep 0.1; done; kill -TERM $pid
	until [ "$(wc -l <kill.out)" -ge 2 ]; do sleep 0.1; done; sleep 0.3; kill -HUP $pid
	wait $pid; status=$?; cat kill.out; exit $status' "$mvm" &&
	says replay/signals '^1 1 ' && again replay/signals 0 && ok replay/signals

record replay/crash 139 world.elf x && says replay/crash 'killed by SIGSEGV' err && ok replay/crash

record replay/lua 0 "$O/apps/lua.elf" -e 'print(os.time(), os.clock(), math.random(1 << 40), {})' && ok replay/lua

if command -v python3 >/dev/null; then
	cat >client.py <<'END'
import socket, sys, time
for attempt in range(1000):
    try:
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        break
    except OSError:
        time.sleep(0.1)
for text in (b"hello\n", b"again\n"):
    s.sendall(text)
    assert s.recv(100) == text
s.close()
END
	port=$((20000 + $$ % 10000))
	python3 client.py $port >client.out 2>&1 &
	limit=40 check replay/server 0 "$mvm" run --timeout $((15 * patience)) --record run.rec --listen tcp:127.0.0.1:$port world.elf serve $port &&
		says replay/server '^client 127.0.0.1' && again replay/server 0 && ok replay/server
	wait
else
	skip replay/server "no python3 for the client"
fi

# ---- A crash that was seen once, looked at twice ----

# debug OUT: what gdb finds in a replay of run.rec, without addresses of the socket.
debug() {
	rm -f gdb.sock
	limited 60 "$mvm" run --replay run.rec --gdb unix:"$scratch/gdb.sock" >debug.out 2>debug.err &
	for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ ! -S gdb.sock ] || break
		sleep 0.2
	done
	limited 60 gdb -q -nx -batch -ex 'file world.elf' -ex 'target remote gdb.sock' -ex 'break time' \
		-ex continue -ex 'info registers' -ex stepi -ex continue -ex 'info registers' -ex 'x/8gx $sp' \
		-ex continue >"$1" 2>&1
	wait $!
}
if ! "$mvm" help run | grep -q -- --gdb || ! command -v gdb >/dev/null; then
	skip replay/gdb "no gdb, or an mvm without CONFIG_GDB"
elif check replay/gdb 139 "$mvm" run --record run.rec world.elf x; then
	rip=$(sed -n 's/^ *RIP: 0*\([0-9a-f]*\) .*/\1/p' err)
	debug first.out
	debug second.out
	if ! cmp -s first.out second.out; then
		bad replay/gdb "gdb sees two different runs" first.out second.out debug.err
	else
		says replay/gdb 'Breakpoint 1, .*time' first.out && says replay/gdb 'received signal SIGSEGV' first.out &&
			says replay/gdb "^rip +0x$rip" first.out && ok replay/gdb
	fi
fi

# A step that was under way where a thread was interrupted when it computed ends there.
cat >spin.c <<'END'
#include <pthread.h>
#include <unistd.h>
volatile unsigned long x, stop;
__attribute__((noinline)) void after(void)
{
	write(1, "b\n", 2);
}
static void *other(void *p)
{
	while (!stop)
		x++;
	return p;
}
int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, other, NULL);
	write(1, "a\n", 2);
	for (unsigned long i = 0; i < 1500000000UL; i++)
		x += i;
	after();
	stop = 1;
	pthread_join(t, NULL);
	return 0;
}
END
if ! "$mvm" help run | grep -q -- --gdb || ! command -v gdb >/dev/null; then
	skip replay/gdb-step "no gdb, or an mvm without CONFIG_GDB"
elif "$O/bin/mvm-cc" -g -O1 -o spin.elf spin.c && check replay/gdb-step 0 "$mvm" run --record run.rec spin.elf; then
	rm -f gdb.sock
	limited 60 "$mvm" run --replay run.rec --gdb unix:"$scratch/gdb.sock" >debug.out 2>debug.err &
	for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ ! -S gdb.sock ] || break
		sleep 0.2
	done
	limited 60 gdb -q -nx -batch -ex 'file spin.elf' -ex 'target remote gdb.sock' -ex 'break write' \
		-ex continue -ex delete -ex 'stepi 400' -ex 'break after' -ex continue -ex continue >out 2>&1
	wait $!
	says replay/gdb-step 'hit Breakpoint 2, after' && says replay/gdb-step 'exited normally' && ok replay/gdb-step
fi

# What the program asks mvm for, and mvm reads from the recording.
if "$mvm" help run | grep -q -- --trace && check replay/trace 0 "$mvm" run --record run.rec "$O/apps/hello.elf" &&
	check replay/trace 0 "$mvm" run --replay run.rec --trace=traced &&
	says replay/trace '^hyper:write\(1, "Hello from' traced && says replay/trace '^[+]{3} exited with 0' traced; then
	if [ "$(grep -c '^hyper:write(1' traced)" -eq 1 ]; then ok replay/trace; else bad replay/trace "not once" traced; fi
fi

# ---- What is not recorded is found out ----

# A software KVM may run CPUID natively: then the guest is told what the host is.
"$mvm" run world.elf r >out
if grep -q 'mvm virtual' out; then
	record replay/features 0 world.elf r && says replay/features '^rdrand 0' && ok replay/features
else
	skip replay/features "the device does not let mvm say what CPUID tells"
fi
# With CR4.TSD reading the time stamp counter is an exception.
if check replay/tsc 0 "$mvm" run --record run.rec world.elf d; then
	mv out first.out
	limited 20 "$mvm" run --replay run.rec >out 2>err
	if [ $? -eq 125 ] && one_line replay/tsc 'the run diverges at request'; then
		skip replay/tsc "the device has no CR4.TSD"
	elif cmp -s out first.out; then
		ok replay/tsc
	else
		bad replay/tsc "neither repeated nor a divergence" first.out out err
	fi
fi
if grep -qw rdrand /proc/cpuinfo; then
	check replay/divergence 0 "$mvm" run --record run.rec world.elf unrecorded &&
		check replay/divergence 125 "$mvm" run --replay run.rec &&
		one_line replay/divergence 'run.rec: the run diverges at request [0-9]+: the bytes that it passes to write differ' &&
		ok replay/divergence
else
	skip replay/divergence "the processor has no RDRAND"
fi

# ---- Recordings that end early ----

check replay/timeout 124 "$mvm" run --timeout 200ms --record run.rec world.elf wait 20 &&
	check replay/timeout 124 "$mvm" run --replay run.rec &&
	one_line replay/timeout 'the time limit \(--timeout\) ended it here, after request [0-9]+' && ok replay/timeout

"$mvm" run --record run.rec world.elf wait 20 &
pid=$!
sleep 1
kill -9 $pid
wait $pid 2>/dev/null
check replay/killed 125 "$mvm" run --replay run.rec &&
	one_line replay/killed 'the recording ends here, after request [0-9]+' && ok replay/killed

# ---- Recordings that are none ----

"$mvm" run --record whole.rec "$O/apps/hello.elf" >out
size=$(wc -c <whole.rec)
damaged=
for at in 3 20 30 100 $((size / 2)) $((size - 5)); do
	cp whole.rec run.rec
	# shellcheck disable=SC2059 # an octal escape
	printf '\377\001' | dd of=run.rec bs=1 seek="$at" conv=notrunc 2>/dev/null
	check replay/damaged 125 "$mvm" run --replay run.rec &&
		one_line replay/damaged 'run.rec: (the recording is damaged|is not a recording|was written by another version)' ||
		damaged=yes
done
for len in 0 10 30 5000 $((size - 1)); do
	head -c "$len" whole.rec >run.rec
	check replay/truncated 125 "$mvm" run --replay run.rec &&
		one_line replay/truncated 'run.rec: (the recording is damaged|is not a recording)' || damaged=yes
done
[ -n "$damaged" ] || ok replay/damaged

# ---- A disk that is full ----

rm -f run.rec
check replay/full-at-once 125 sh -c 'ulimit -f 100; exec "$0" run --record run.rec "$1"' "$mvm" "$O/apps/hello.elf" &&
	one_line replay/full-at-once '--record run.rec: cannot write it: File too large; it was removed' &&
	if [ -e run.rec ]; then bad replay/full-at-once "half a recording is left"; else ok replay/full-at-once; fi
check replay/full 0 sh -c 'ulimit -f 2000; head -c 3000000 /dev/zero | tr "\0" "\n" |
	"$0" run --record run.rec world.elf in | wc -l' "$mvm" &&
	one_line replay/full '--record run.rec: cannot write it: File too large; it was removed.*goes on' &&
	says replay/full '^3000000$' &&
	if [ -e run.rec ]; then bad replay/full "half a recording is left"; else ok replay/full; fi
# A file that was there is the user's, with the mode that it has.
cp whole.rec run.rec && chmod 640 run.rec
check replay/full-again 125 sh -c 'ulimit -f 100; exec "$0" run --record run.rec "$1"' "$mvm" "$O/apps/hello.elf" &&
	one_line replay/full-again 'cannot write it: File too large; it is empty now' &&
	if [ "$(stat -c '%s %a' run.rec)" = "0 640" ]; then ok replay/full-again; else
		bad replay/full-again "$(stat -c '%s %a' run.rec) of the file"; fi
# Nor is there anything of a run that never began.
rm -f run.rec
check replay/not-begun 125 "$mvm" run --record run.rec --dir nowhere:/d "$O/apps/hello.elf" &&
	one_line replay/not-begun 'cannot open nowhere'
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -e run.rec ] || sleep 0.2
done
if [ -e run.rec ]; then bad replay/not-begun "half a recording is left"; else ok replay/not-begun; fi

if unshare --mount true 2>/dev/null; then
	mkdir disk
	check replay/disk-full 0 unshare --mount sh -c 'mount -t tmpfs -o size=2m none disk || exit 1
		head -c 3000000 /dev/zero | tr "\0" "\n" | "$0" run --record disk/run.rec world.elf in | wc -l
		ls disk | wc -l' "$mvm" &&
		one_line replay/disk-full '--record disk/run.rec: cannot write it: No space left on device.*goes on' &&
		says replay/disk-full '^3000000$' && says replay/disk-full '^0$' && ok replay/disk-full
else
	skip replay/disk-full "no mount namespace can be made here"
fi

# ---- The command line ----

# refused NAME ERE OPTIONS...
refused() {
	name=$1
	ere=$2
	shift 2
	check "$name" 125 "$mvm" run "$@" && one_line "$name" "$ere" && ok "$name"
}
refused replay/no-file 'cannot open it: No such file' --replay none.rec
refused replay/no-recording 'is not a recording' --replay world.c
refused replay/directory 'is not a regular file' --replay .
refused replay/record-null '/dev/null: is not a regular file' --record /dev/null world.elf
refused replay/program 'is told no program' --replay whole.rec world.elf
refused replay/grant '--dir: a replayed run is given nothing' --replay whole.rec --dir .:/data
check replay/full-output 125 sh -c '"$@" >/dev/full' sh "$mvm" run --replay whole.rec &&
	one_line replay/full-output 'standard output cannot be written: No space left' && ok replay/full-output
refused replay/mem '--mem: a replayed run is given nothing' --replay whole.rec --mem 64M
refused replay/both 'not recorded again' --replay whole.rec --record run.rec
refused replay/snapshot '--snapshot x: what goes on from a snapshot is not recorded' --record run.rec --snapshot x
refused replay/poll '--poll=always' --poll=always --record run.rec world.elf

check replay/confinement 0 "$mvm" run --show-confinement --replay whole.rec &&
	if grep -Eq '^  (open|socket|accept|epoll|getrandom|timer|read|recv)|arg0 = 0' out; then
		bad replay/confinement "a replay may do more than it needs" out
	else
		ok replay/confinement
	fi
