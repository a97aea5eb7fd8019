#!/bin/sh
# SPDX-License-Identifier: MIT
# --trace: the lines of small programs exactly, but for times and addresses; filters; what comes out
# when a program hangs, crashes, floods or lies; a full disk.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip trace "$reason"
	exit 0
fi
guest=$O/tests/guest
trace=$scratch/trace
exit_only='exit_group(0) = ?
hyper:exit(0, 0) = ? <T>
+++ exited with 0 +++'

# Durations and addresses are different each time.
masked() {
	sed -E 's/<[0-9]+\.[0-9]{6}>/<T>/; s/0x[0-9a-f]{5,}/ADDR/g' "$1"
}

# same NAME FILE EXPECTED: FILE is, masked, EXPECTED.
same() {
	printf '%s\n' "$3" >"$scratch/expected"
	masked "$2" >"$scratch/masked"
	diff "$scratch/expected" "$scratch/masked" >"$scratch/diff" && return 0
	bad "$1" "the trace is not as expected" "$scratch/diff"
	return 1
}

# program NAME: from standard input, linked by mvm-cc.
program() {
	cat >"$scratch/$1.c"
	"$O/bin/mvm-cc" -D_GNU_SOURCE -I"$tests/../include" -w -pthread -o "$scratch/$1.elf" "$scratch/$1.c"
}

program files <<'END'
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
int main(void)
{
	struct iovec v[2] = { { "one ", 4 }, { "two", 3 } };
	int pair[2];
	char buf[64];

	syscall(SYS_openat, AT_FDCWD, "/tmp/x\33[1m\n", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	syscall(SYS_writev, 3, v, 2);
	syscall(SYS_pread64, 3, buf, 64, 1L);
	syscall(SYS_openat, AT_FDCWD, "/none", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, (char *)16, O_RDONLY);
	syscall(SYS_unlinkat, AT_FDCWD, "/tmp/x\33[1m\n", 0);
	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
	syscall(SYS_sendto, pair[0], "0123456789012345678901234567890123456789", 40, MSG_NOSIGNAL, 0, 0);
	syscall(SYS_recvfrom, pair[1], buf, 10, MSG_PEEK, 0, 0);
	syscall(SYS_mprotect, 0L, 4096L, PROT_READ | PROT_WRITE);
	syscall(SYS_add_key, 1, 2, 3, 4, 5);
	syscall(500, 1);
	return 0;
}
END

filter='%file,%network,pread64,writev,mprotect,add_key,exit_group'
lines='openat(AT_FDCWD, "/tmp/x\33[1m\n", O_RDWR|O_CREAT|O_CLOEXEC, 0640) = 3 <T>
writev(3, [{iov_base="one ", iov_len=4}, {iov_base="two", iov_len=3}], 2) = 7 <T>
pread64(3, "ne two", 64, 1) = 6 <T>
openat(AT_FDCWD, "/none", O_RDONLY) = -1 ENOENT (No such file or directory) <T>
openat(AT_FDCWD, 0x10, O_RDONLY) = -1 EFAULT (Bad address) <T>
unlinkat(AT_FDCWD, "/tmp/x\33[1m\n", 0) = 0 <T>
socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, [4, 5]) = 0 <T>
sendto(4, "01234567890123456789012345678901"..., 40, MSG_NOSIGNAL, NULL, 0) = 40 <T>
recvfrom(5, "0123456789", 10, MSG_PEEK, NULL, NULL) = 10 <T>
mprotect(NULL, 4096, PROT_READ|PROT_WRITE) = -1 ENOMEM (Out of memory) <T>
add_key(0x1, 0x2, 0x3, 0x4, 0x5, 0) = -1 ENOSYS (Function not implemented) <T>
exit_group(0) = ?
+++ exited with 0 +++'

# A C library sets no sixth argument where none is asked for.
sixth='s/(add_key\(.*), 0x?[0-9a-f]*\)/\1, 0)/; s/(add_key\(.*), ADDR\)/\1, 0)/'
for poll in never always; do
	check trace/files-$poll 0 "$mvm" run --poll=$poll --trace="$trace" --trace-filter="$filter" \
		"$scratch/files.elf" &&
		sed -i -E "$sixth" "$trace" && same trace/files-$poll "$trace" "$lines" &&
		ok trace/files-$poll
done

# The same calls by the syscall instruction; glibc has some of its own around them.
if gcc -static -D_GNU_SOURCE -w -o "$scratch/files.static" "$scratch/files.c" 2>"$scratch/gcc"; then
	check trace/unmodified 0 "$mvm" run --trace="$trace" --trace-filter="$filter" \
		"$scratch/files.static" &&
		sed -i -E "$sixth; /proc.self|0x4b|getrandom|^mprotect\(0x/d; s/Cannot allocate/Out of/" "$trace" &&
		same trace/unmodified "$trace" "$lines" && ok trace/unmodified
else
	skip trace/unmodified "no static glibc"
fi

# Hypercalls stand before the call they were made for; standard error is the default.
check trace/hypercalls 0 "$mvm" run --trace --trace-filter=hyper:exit,exit_group "$guest/exit_0.elf" &&
	same trace/hypercalls "$scratch/err" "$exit_only" && ok trace/hypercalls
check trace/descriptor 0 sh -c '"$0" run --trace=fd:7 --trace-filter=exit_group,hyper:exit "$1" 7>"$2"' \
	"$mvm" "$guest/exit_0.elf" "$trace" &&
	same trace/descriptor "$trace" "$exit_only" && ok trace/descriptor
# Standard output is a pipe here, which the guest has through a descriptor of its own.
check trace/standard-output 0 sh -c '"$0" run --trace=fd:1 --trace-filter=exit_group,hyper:exit "$1" | cat' \
	"$mvm" "$guest/exit_0.elf" &&
	same trace/standard-output "$scratch/out" "before
$exit_only" && ok trace/standard-output
check trace/not 0 "$mvm" run --trace="$trace" --trace-filter='!%syscall,!%hypercall' "$guest/exit_0.elf" &&
	same trace/not "$trace" '+++ exited with 0 +++' && ok trace/not
check trace/bad-filter 125 "$mvm" run --trace --trace-filter=opnat "$guest/exit_0.elf" &&
	one_line trace/bad-filter 'opnat: no such system call; did you mean openat' && ok trace/bad-filter

# Times in front.
check trace/relative 0 "$mvm" run --trace="$trace" --trace-time=relative "$guest/exit_0.elf" &&
	says trace/relative '^ +[0-9]+\.[0-9]{6} exit_group\(0\) = \?' "$trace" && ok trace/relative
check trace/absolute 0 "$mvm" run --trace="$trace" --trace-time=absolute "$guest/exit_0.elf" &&
	says trace/absolute '^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} exit_group\(0\) = \?' "$trace" &&
	ok trace/absolute

# A call that does not end is there when the VM is ended; so are those before it.
program hang <<'END'
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	syscall(SYS_getppid);
	syscall(SYS_pause);
}
END
check trace/hang 124 "$mvm" run --timeout 1 --trace="$trace" --trace-filter=pause,getppid "$scratch/hang.elf" &&
	same trace/hang "$trace" 'getppid() = 0 <T>
pause( <unfinished ...>
+++ exited with 124 +++' && ok trace/hang

# A program that asks for nothing more is looked at all the same, also when mvm is killed.
program spin <<'END'
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	syscall(SYS_getppid);
	for (;;)
		;
}
END
: >"$trace"
"$mvm" run --timeout 60 --trace="$trace" --trace-filter=getppid "$scratch/spin.elf" 2>"$scratch/err" &
pid=$!
i=0
while [ $i -lt 100 ] && ! grep -q getppid "$trace"; do
	sleep 0.1
	i=$((i + 1))
done
kill "$pid" && wait "$pid" 2>/dev/null
says trace/spin '^getppid\(\) = 0' "$trace" &&
	says trace/spin '^\+\+\+ killed by SIGTERM \+\+\+$' "$trace" && ok trace/spin

# Signals, and death by one.
program dies <<'END'
#include <signal.h>
#include <unistd.h>
static void handler(int n)
{
}
int main(void)
{
	signal(SIGUSR1, handler);
	kill(getpid(), SIGUSR1);
	*(volatile int *)16 = 1;
}
END
check trace/dies 139 "$mvm" run --trace="$trace" --trace-filter=kill,rt_sigreturn "$scratch/dies.elf" &&
	same trace/dies "$trace" 'kill(2, SIGUSR1) = 0 <T>
--- SIGUSR1 {si_code=0 (sent by itself)} ---
rt_sigreturn() = 0 <T>
--- SIGSEGV {si_code=1 (address not mapped), si_addr=0x10} ---
+++ killed by SIGSEGV +++' && ok trace/dies

# Threads: lines say which, a call is resumed where it was interrupted by another's.
program threads <<'END'
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
static int fds[2];
static volatile int ready;
static void *reader(void *arg)
{
	char c;
	ready = 1;
	syscall(SYS_read, fds[0], &c, 1);
	return NULL;
}
int main(void)
{
	pthread_t t;
	pipe(fds);
	pthread_create(&t, NULL, reader, NULL);
	while (!ready)
		sched_yield();
	usleep(200000);			/* it is one call away from sleeping in read */
	syscall(SYS_write, fds[1], "x", 1);
	pthread_join(t, NULL);
	return 0;
}
END
check trace/threads 0 "$mvm" run --trace="$trace" --trace-filter=read,write,exit "$scratch/threads.elf" &&
	same trace/threads "$trace" 'read(3,  <unfinished ...>
[2] write(4, "x", 1) = 1 <T>
[3] <... read resumed>"x", 1) = 1 <T>
[3] exit(0) = ?
+++ exited with 0 +++' && ok trace/threads

# Many records: none is lost.
program flood <<'END'
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 20000; i++)
		syscall(SYS_lseek, 99, (long)i, 0);
	return 0;
}
END
limit=60 check trace/flood 0 "$mvm" run --trace="$trace" --trace-filter=lseek "$scratch/flood.elf" &&
	if [ "$(sed -n 's/^lseek(99, \([0-9]*\), SEEK_SET) = -1 EBADF .*/\1/p' "$trace" |
		awk '$1 != NR - 1 { exit 1 } END { print NR }')" = 20000 ]; then
		ok trace/flood
	else
		bad trace/flood "not all of 20000 calls are there, in their order" "$trace"
	fi

# A program that writes the records itself.
program liar <<'END'
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <mvm/abi.h>
int main(void)
{
	volatile struct mvm_trace *t = (void *)(MVM_VA_LINEAR + MVM_GPA_TRACE);
	uint64_t seed = 1;

	for (int round = 0; round < 200; round++) {
		for (unsigned int i = 0; i < MVM_TRACE_RING; i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			t->ring[i] = round % 2 ? seed >> 56 : (seed >> 60) * 8 % 64;
		}
		t->tail += round % 3 ? 8 * (seed >> 53) : seed;
		syscall(SYS_getppid);
	}
	write(1, "done\n", 5);
	_exit(0);
}
END
if [ -x "$scratch/liar.elf" ]; then
	limit=60 check trace/liar 0 "$mvm" run --trace="$trace" "$scratch/liar.elf" &&
		one_line trace/liar 'the guest has damaged its records' &&
		if LC_ALL=C grep -q '[^ -~]' "$trace"; then
			bad trace/liar "bytes that are not printable" "$trace"
		else
			ok trace/liar
		fi
fi

check trace/full 0 "$mvm" run --trace=/dev/full "$guest/exit_0.elf" &&
	one_line trace/full '--trace=/dev/full: cannot write all of it: No space left on device; ' &&
	ok trace/full
check trace/unwritable 125 "$mvm" run --trace="$scratch/none/x" "$guest/exit_0.elf" &&
	one_line trace/unwritable "--trace $scratch/none/x: cannot write it: No such file" &&
	ok trace/unwritable
