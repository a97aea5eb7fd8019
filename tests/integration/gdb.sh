#!/bin/sh
# SPDX-License-Identifier: MIT
# mvm run --gdb: Debian's gdb attaches, and finds what it finds natively.
# shellcheck disable=SC2016 # $1 and the like are gdb's
. "$(dirname "$0")/../lib.sh"

why=$(no_vm)
"$mvm" run --gdb none x.elf 2>&1 | grep -q CONFIG_GDB && why="built without CONFIG_GDB"
command -v gdb >/dev/null || why="no gdb here"
if [ -n "$why" ]; then
	skip gdb "$why"
	exit 0
fi

cat >"$scratch/debuggee.c" <<'END'
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile long spin, stop;
volatile int watched;

static void *compute(void *p)
{
	while (!stop)
		spin++;
	return p;
}

static void *sleeper(void *p)
{
	pause();
	return p;
}

static void on_usr1(int sig)
{
	watched = sig;
}

__attribute__((noinline)) void crash(int *p)
{
	*p = 42;
}

__attribute__((noinline)) double scale(double d, int by)
{
	watched = by;
	return d * by;
}

static void threads(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, compute, NULL);
	pthread_create(&t[1], NULL, sleeper, NULL);
	usleep(100000);
	scale(2, 3);
	stop = 1;
	pthread_join(t[0], NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "spin"))
		compute(NULL);
	if (!strcmp(what, "wait"))
		pause();
	if (!strcmp(what, "read"))
		read(0, &(char){ 0 }, 1);
	if (!strcmp(what, "crash"))
		crash((int *)16);
	if (!strcmp(what, "threads"))
		threads();
	if (!strcmp(what, "signal")) {
		signal(SIGUSR1, on_usr1);
		raise(SIGUSR1);
		printf("handled %d\n", watched == SIGUSR1);
	}
	if (!strcmp(what, "trap"))
		__asm__ volatile("int3");
	for (int i = 1; i < 4; i++)
		printf("%g\n", scale(1.5, i));
	return 3;
}
END
"$O/bin/mvm-cc" -g -O0 -no-pie -o "$scratch/no-pie.elf" "$scratch/debuggee.c" || exit 1
"$O/bin/mvm-cc" -g -O0 -static-pie -fPIE -o "$scratch/static-pie.elf" "$scratch/debuggee.c" || exit 1
gcc -g -O0 -static -pthread -o "$scratch/glibc.elf" "$scratch/debuggee.c" || exit 1

# start PROGRAM [ARGS...]: mvm in the background, once it waits for the debugger.
start() {
	program=${1:-}
	rm -f "$scratch/socket" "$scratch/err"		# what is waited for is not the last one's
	# shellcheck disable=SC2086 # a list of options
	limited 60 "$mvm" run ${options:-} --gdb "unix:$scratch/socket" "$@" \
		>"$scratch/guest-out" 2>"$scratch/err" &
	vm=$!
	for _ in $(seq $((100 * patience))); do
		grep -qs 'waiting for a debugger' "$scratch/err" && return
		sleep 0.1
	done
}

# debug NAME STATUS: gdb with the commands of standard input; the VM must end with STATUS.
debug() {
	cat >"$scratch/commands"
	limited 60 gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set width 0' \
		-ex "target remote $scratch/socket" -x "$scratch/commands" "$program" \
		>"$scratch/out" 2>&1 </dev/null
	wait "$vm"
	status=$?
	[ "$status" -eq "$2" ] && return 0
	bad "$1" "the VM's exit status is $status, expected $2" "$scratch/out" "$scratch/err" \
		"$scratch/guest-out"
	return 1
}

# Before the first instruction; breakpoints, arguments, floating point, steps, memory.
for kind in no-pie static-pie glibc; do
	t=gdb/breakpoints-$kind
	start "$scratch/$kind.elf"
	if debug $t 3 <<'END' &&
p (long)$pc == (long)_start
break scale
continue
backtrace
continue
info args
p $xmm0.v2_double[0]
finish
next
set var i = 2
delete
print watched
x/2i main
continue
END
		says $t '^\$1 = 1$' && says $t '^#1 .* main \(argc=1, argv=' && says $t '^by = 2$' &&
		says $t '^\$2 = 1.5$' && says $t 'Value returned is .* = 3$' &&
		says $t '^\$4 = 2$' && says $t '<main\(int, char \*\*\)>|<main>|<main\+0>' &&
		says $t 'exited with code 03' && says $t '^4.5$' "$scratch/guest-out"; then
		ok $t
	fi
done

# Single steps, over a system call too: the same instructions as natively.
cat >"$scratch/steps.gdb" <<'END'
break main
continue
set $n = 0
while $n < 300
stepi
printf "step %d %lx\n", $n, $pc - (long)main
set $n = $n + 1
end
kill
END
t=gdb/steps
limited 60 gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set startup-with-shell off' \
	-ex 'set width 0' -ex starti -x "$scratch/steps.gdb" "$scratch/glibc.elf" 2>&1 </dev/null |
	grep '^step' >"$scratch/native-steps"
start "$scratch/glibc.elf"
if [ "$(wc -l <"$scratch/native-steps")" -ne 300 ]; then
	kill "$vm"
	wait "$vm"
	skip $t "gdb cannot trace natively here"
elif debug $t 137 <"$scratch/steps.gdb"; then
	grep '^step' "$scratch/out" >"$scratch/steps"
	# glibc may choose other string functions for the guest's processor: main's own instructions.
	if [ "$(head -40 "$scratch/steps")" = "$(head -40 "$scratch/native-steps")" ] &&
		[ "$(wc -l <"$scratch/steps")" -eq 300 ]; then
		ok $t
	else
		diff "$scratch/native-steps" "$scratch/steps" >"$scratch/diff"
		bad $t "steps differ from native ones" "$scratch/diff"
	fi
fi

# Registers and memory can be changed; so can what a function returns.
t=gdb/change
start "$scratch/no-pie.elf"
if debug $t 3 <<'END' && says $t '^\$1 = 77$' && says $t '^\$2 = 21$' && says $t '^10$' "$scratch/guest-out"; then
break scale if by == 2
continue
set var watched = 77
p watched
p (int)scale(7, 3)
set var d = 5
continue
END
	ok $t
fi

# Threads of the guest are gdb's threads.
t=gdb/threads
start "$scratch/static-pie.elf" threads
if debug $t 3 <<'END' &&
break scale
continue
info threads
thread apply all backtrace 4
thread 2
p spin > 0
thread 1
next
next
delete
continue
END
	[ "$(grep -c '^[* ] [123] .*Thread [234] ' "$scratch/out")" -eq 3 ] &&
	says $t '^#[01] .* compute \(p=' && says $t 'in a system call' && says $t '^\$1 = 1$' &&
	says $t '^threads \(\)|threads \(\) at '; then
	ok $t
fi

# A crash stops at the fault itself; then the program dies of it.
t=gdb/crash
start "$scratch/static-pie.elf" crash
if debug $t 139 <<'END' &&
continue
backtrace
p $_siginfo._sifields._sigfault.si_addr
continue
END
	says $t 'received signal SIGSEGV' && says $t '^#0 .* crash \(p=0x10\)' &&
	says $t '^#1 .* main \(' && says $t '^\$1 = \(void \*\) 0x10' &&
	says $t 'terminated with signal SIGSEGV'; then
	ok $t
fi

# A signal with a handler is reported first, and can be kept from the program.
t=gdb/signal
start "$scratch/no-pie.elf" signal
if debug $t 3 <<'END' && says $t 'received signal SIGUSR1' && says $t '^handled 1$' "$scratch/guest-out"; then
continue
continue
END
	start "$scratch/no-pie.elf" signal
	if debug $t 3 <<'END' && says $t '^handled 0$' "$scratch/guest-out"; then
continue
signal 0
END
		ok $t
	fi
fi

# INT3 of the program itself.
t=gdb/own-int3
start "$scratch/no-pie.elf" trap
if debug $t 3 <<'END' && says $t 'received signal SIGTRAP'; then
continue
continue
END
	ok $t
fi

# Hardware watchpoints where the device has them; in software always.
t=gdb/watchpoint
start "$scratch/no-pie.elf"
if debug $t 3 <<'END'; then
break main
continue
watch watched
continue
delete
continue
END
	if grep -q 'Could not insert hardware watchpoint' "$scratch/out"; then
		skip $t "this device takes debug registers and does nothing with them"
	elif says $t '^New value = 1'; then
		ok $t
	fi
fi
t=gdb/watchpoint-software
start "$scratch/no-pie.elf"
if debug $t 3 <<'END' && says $t '^New value = 1'; then
set can-use-hw-watchpoints 0
break scale
continue
watch watched
continue
delete
continue
END
	ok $t
fi

# Ctrl-C, when the guest computes and when it waits.
for what in spin wait; do
	t=gdb/interrupt-$what
	start "$scratch/no-pie.elf" $what
	(
		for _ in $(seq $((100 * patience))); do
			grep -q 'Continuing' "$scratch/out" 2>/dev/null && break
			sleep 0.1
		done
		sleep 0.5
		kill -INT "$(cat "$scratch/gdb.pid")"
	) &
	killer=$!
	: >"$scratch/out"
	cat >"$scratch/commands" <<'END'
echo Continuing\n
continue
backtrace
kill
END
	sh -c 'echo $$ >"$0"; exec "$@"' "$scratch/gdb.pid" gdb -nx -batch \
		-ex 'set debuginfod enabled off' -ex "target remote $scratch/socket" \
		-x "$scratch/commands" "$program" >"$scratch/out" 2>&1 </dev/null
	wait $killer
	wait "$vm"
	status=$?
	if [ "$status" -ne 137 ]; then
		bad $t "the VM's exit status is $status, expected 137" "$scratch/out" "$scratch/err"
	elif says $t 'received signal SIGINT' && says $t '^#[0-9] .*(compute|pause) \('; then
		ok $t
	fi
done

# The debugger goes, the program goes on; and another may come.
t=gdb/detach
start "$scratch/no-pie.elf" threads
if debug $t 3 <<'END' && says $t '^4.5$' "$scratch/guest-out"; then
break scale
continue
detach
END
	ok $t
fi
t=gdb/attach-again
start "$scratch/no-pie.elf" spin
limited 60 gdb -nx -batch -ex "target remote $scratch/socket" -ex detach "$program" >"$scratch/out" 2>&1 \
	</dev/null
if debug $t 3 <<'END' && says $t '^#0 .* compute \('; then
backtrace
set var stop = 1
detach
END
	ok $t
fi

# A program from a snapshot.
t=gdb/snapshot
"$mvm" snapshot -o "$scratch/waiting" "$scratch/no-pie.elf" read </dev/null >/dev/null 2>"$scratch/err"
if grep -q CONFIG_SNAPSHOT "$scratch/err"; then
	skip $t "built without CONFIG_SNAPSHOT"
elif [ ! -s "$scratch/waiting" ]; then
	bad $t "there is no snapshot" "$scratch/err"
else
	options="--snapshot $scratch/waiting"
	start
	options=
	program=$scratch/no-pie.elf
	if debug $t 3 <<'END' && says $t '^#[0-9] .* main \(' && says $t '^4.5$' "$scratch/guest-out"; then
break scale
continue
backtrace
delete
continue
END
		ok $t
	fi
fi

# The program is found without being named; TCP; no acknowledged packets.
t=gdb/tcp
rm -f "$scratch/err"
limited 60 "$mvm" run --gdb tcp:127.0.0.1:0 "$scratch/static-pie.elf" >"$scratch/guest-out" 2>"$scratch/err" &
vm=$!
for _ in $(seq $((100 * patience))); do
	grep -qs 'waiting' "$scratch/err" && break
	sleep 0.1
done
port=$(sed -n "s/.*target remote localhost:\([0-9]*\)'.*/\1/p" "$scratch/err")
limited 60 gdb -nx -batch -ex 'set debuginfod enabled off' -ex "target remote 127.0.0.1:$port" \
	-ex 'break scale' -ex continue -ex 'info args' -ex delete -ex continue >"$scratch/out" 2>&1 </dev/null
wait "$vm"
status=$?
if [ "$status" -ne 3 ]; then
	bad $t "the VM's exit status is $status" "$scratch/out" "$scratch/err"
elif says $t '^by = 1$'; then
	ok $t
fi

# Nonsense; and a debugger that vanishes.
# misbehave NAME STATUS ARGS...: what the last started program must end with.
misbehave() {
	t=$1
	want=$2
	shift 2
	if ! limited 120 python3 "$tests/tools/rsp_garbage.py" "$scratch/socket" "$@" >"$scratch/out" 2>&1; then
		kill "$vm" 2>/dev/null
		wait "$vm"
		bad "$t" "the stub does not answer as it must" "$scratch/out" "$scratch/err"
		return
	fi
	wait "$vm"
	status=$?
	if [ "$status" -eq "$want" ]; then
		ok "$t"
	else
		bad "$t" "the VM's exit status is $status, expected $want" "$scratch/err"
	fi
}
if ! command -v python3 >/dev/null; then
	skip gdb/garbage "no python3 here"
else
	start "$scratch/no-pie.elf" spin
	misbehave gdb/garbage 137
	start "$scratch/no-pie.elf"
	misbehave gdb/vanished 3 vanish
fi

# What is typed wrong.
while read -r value why; do
	t=gdb/option-$value
	if check "$t" 125 "$mvm" run --gdb "$value" "$scratch/no-pie.elf" && one_line "$t" "$why"; then
		ok "$t"
	fi
done <<'END'
tcp:0.0.0.0:1234 not an address of this host alone
tcp:127.0.0.1:99999 --gdb tcp:127.0.0.1:99999
serial:x begins with neither
unix: names no socket
unix:/nonexistent/s cannot listen there
END
