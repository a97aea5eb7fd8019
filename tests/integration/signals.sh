#!/bin/sh
# SPDX-License-Identifier: MIT
# What ends mvm from outside: Ctrl-C on a terminal, signals, the time limit; and that the terminal is
# as it was before.
. "$(dirname "$0")/../lib.sh"

why=$(no_vm)
if [ -n "$why" ]; then
	skip signals "$why"
	exit 0
fi
limit=60
export PATIENCE=$patience
pty=$O/tests/tools/pty
spin=$O/tests/guest/hostile_spin.elf

# Ctrl-C while the guest runs in cooked mode and has no handler: mvm dies of SIGINT, as any program
# would.  What of signals that it has one for: sigpass.sh.
loop='echo spinning; while :; do :; done'
if check signals/ctrl-c 130 "$pty" "$mvm" run /bin/busybox sh -c "$loop" <<'END'; then
expect spinning
send \x03
cooked
END
	ok signals/ctrl-c
fi

# The same as the first process of a container, which the kernel spares its signals.
if unshare --pid --fork true 2>/dev/null; then
	if check signals/ctrl-c-first-process 130 "$pty" unshare --pid --fork "$mvm" run \
		/bin/busybox sh -c "$loop" <<'END'; then
expect spinning
send \x03
cooked
END
		ok signals/ctrl-c-first-process
	fi
else
	skip signals/ctrl-c-first-process "no PID namespace can be made here"
fi

# In raw mode Ctrl-C is a character; a signal from outside must still put the terminal back.  A shell
# that somebody types at ignores SIGTERM.
if check signals/terminal-restored 129 "$pty" sh -c '
	"$0" run /bin/busybox sh </dev/tty & sleep 1; echo sending; kill -HUP $!; wait $!; exit $?' "$mvm" <<'END'; then
expect sending
cooked
END
	ok signals/terminal-restored
fi

# The same where the terminal is not standard input.
cat >"$scratch/raw.c" <<'END'
#include <stdio.h>
#include <termios.h>
#include <unistd.h>
int main(void)
{
	struct termios t;

	tcgetattr(1, &t);
	cfmakeraw(&t);
	tcsetattr(1, TCSANOW, &t);
	puts("raw now");
	fflush(stdout);
	for (;;)
		pause();
}
END
if "$O/bin/mvm-cc" -o "$scratch/raw.elf" "$scratch/raw.c" 2>"$scratch/err"; then
	if check signals/terminal-output-restored 143 "$pty" sh -c '
		"$0" run "$1" </dev/null & sleep 1; kill -TERM $!; wait $!; exit $?' \
		"$mvm" "$scratch/raw.elf" <<'END'; then
expect raw now
cooked
END
		ok signals/terminal-output-restored
	fi
	# What is said of the end is said when the terminal is mended: lines begin at its left edge.
	if check signals/terminal-before-message 124 "$pty" "$mvm" run --timeout 1 "$scratch/raw.elf" <<'END'; then
expect raw now
expect it was ended\r\n
cooked
END
		ok signals/terminal-before-message
	fi
else
	bad signals/terminal-output-restored "mvm-cc does not compile the guest" "$scratch/err"
fi

for pair in HUP=1 INT=2 KILL=9 TERM=15; do
	sig=${pair%=*}
	number=${pair#*=}
	(
		# A background job of sh ignores SIGINT; env gives it back.
		exec env --default-signal=INT "$mvm" run "$spin"
	) >"$scratch/out" 2>"$scratch/err" &
	pid=$!
	sleep 0.5
	kill -s $sig $pid
	wait $pid 2>/dev/null
	got=$?
	if [ $got -eq $((128 + number)) ]; then
		ok "signals/$sig"
	else
		bad "signals/$sig" "exit status $got, expected $((128 + number))" "$scratch/err"
	fi
done

# The time limit, with the guest in each of the states it can be in.
for poll in auto never always; do
	if check "signals/timeout-spinning-$poll" 124 "$mvm" run --poll=$poll --timeout 1 "$spin" &&
		one_line "signals/timeout-spinning-$poll" 'time limit'; then
		ok "signals/timeout-spinning-$poll"
	fi
	if check "signals/timeout-sleeping-$poll" 124 "$mvm" run --poll=$poll --timeout 1 \
		/bin/busybox sleep 100 && one_line "signals/timeout-sleeping-$poll" 'time limit'; then
		ok "signals/timeout-sleeping-$poll"
	fi
	if (sleep 3) | check "signals/timeout-reading-$poll" 124 "$mvm" run --poll=$poll --timeout 1 \
		/bin/busybox cat && one_line "signals/timeout-reading-$poll" 'time limit'; then
		ok "signals/timeout-reading-$poll"
	fi
done
# A guest that fills a pipe that nobody reads cannot keep mvm from ending, nor from ending in time.
mkfifo "$scratch/pipe"
exec 9<>"$scratch/pipe"
for poll in auto never always; do
	check "signals/timeout-full-pipe-$poll" 124 sh -c \
		'exec "$0" run --poll=$1 --timeout 1 /bin/busybox sh -c "while :; do echo more >&2; done" 2>&9' \
		"$mvm" $poll && ok "signals/timeout-full-pipe-$poll"
	check "signals/timeout-full-stats-$poll" 124 sh -c \
		'exec "$0" run --poll=$1 --stats fd:9 --timeout 1 "$2"' "$mvm" $poll "$spin" &&
		ok "signals/timeout-full-stats-$poll"
done
check signals/dies-full-pipe 139 sh -c 'exec "$0" run "$1" 2>&9' "$mvm" \
	"$O/tests/guest/sig_die_segv.elf" && ok signals/dies-full-pipe
exec 9>&-

check signals/timeout-not-reached 0 "$mvm" run --timeout 20 "$O/apps/hello.elf" &&
	ok signals/timeout-not-reached

# A stopped mvm goes on where it was.
"$mvm" run /bin/busybox sleep 2 >"$scratch/out" 2>&1 &
pid=$!
sleep 0.3
kill -STOP $pid
sleep 1
kill -CONT $pid
if wait $pid; then
	ok signals/stopped
else
	bad signals/stopped "it did not go on" "$scratch/out"
fi
exit 0
