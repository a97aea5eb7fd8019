#!/bin/sh
# SPDX-License-Identifier: MIT
# Signals that mvm is sent: the guest's where it has said what becomes of them, else mvm dies of them.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip sigpass "$reason"
	exit 0
fi
cd "$scratch" || exit 1

# sig HOW NUMBER: does something with that signal, says "ready", and ends with 7 when it has come.
cat >sig.c <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static volatile sig_atomic_t got, pid;

static void handler(int sig, siginfo_t *si, void *context)
{
	(void)context;
	got = sig;
	pid = si->si_pid;
}

int main(int argc, char **argv)
{
	const char *how = argv[1];
	int sig = argc > 2 ? atoi(argv[2]) : 0;
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	struct signalfd_siginfo info = { 0 };
	sigset_t set;
	int fd = -1;
	char c;

	sigemptyset(&set);
	sigaddset(&set, sig);
	if (!strncmp(how, "block", 5)) {
		sigprocmask(SIG_BLOCK, &set, NULL);
		if (!strcmp(how, "block-fd"))
			fd = signalfd(-1, &set, 0);
	} else if (!strcmp(how, "ignore")) {
		signal(sig, SIG_IGN);
	} else if (strcmp(how, "default")) {
		sigaction(sig, &sa, NULL);
	}
	puts("ready");
	fflush(stdout);
	if (!strcmp(how, "spin") || !strcmp(how, "again"))
		while (!got)
			;
	else if (!strcmp(how, "hang"))
		for (;;)
			;
	else if (!strcmp(how, "pause") || !strcmp(how, "default"))
		while (!got)
			pause();
	else if (!strcmp(how, "block"))
		sigwait(&set, &fd), got = fd;
	else if (!strcmp(how, "block-fd"))
		read(fd, &info, sizeof(info)), got = info.ssi_signo;
	else
		printf("read %zd\n", read(0, &c, 1));
	if (!strcmp(how, "again")) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	printf("got %d from %d\n", got, pid);
	return 7;
}
END
"$O/bin/mvm-cc" -O2 -o sig.elf sig.c || exit 1
mkfifo input

# sends NAME STATUS SIGNAL OPTIONS... -- ARGUMENTS of sig.elf: sends it when the guest is ready.
sends() {
	name=sigpass/$1
	want=$2
	signal=$3
	shift 3
	rm -f out err
	# A background job of sh ignores SIGINT and SIGQUIT; env gives them back.  Nobody writes to the FIFO.
	env --default-signal=INT,QUIT "$mvm" run --timeout $((20 * patience)) "$@" <>input >out 2>err &
	pid=$!
	waits out '^ready'
	kill -s "$signal" $pid
	if [ "$signal" != KILL ] && [ -n "$then" ]; then
		sleep 0.3
		kill -s "$then" $pid
	fi
	wait $pid 2>/dev/null
	got=$?
	[ $got -eq "$want" ] && return 0
	bad "$name" "exit status $got, expected $want" out err
	return 1
}
then=

# Computing, sleeping, reading; and whichever way requests go.
for pair in HUP=1 INT=2 USR1=10 USR2=12 TERM=15 CONT=18 WINCH=28; do
	sig=${pair%=*}
	number=${pair#*=}
	for how in spin pause read; do
		sends $how-$sig 7 $sig sig.elf $how $number && says "$name" "^got $number from 0" out &&
			ok "$name"
	done
done
for poll in never always; do
	for how in spin pause; do
		sends $how-$poll 7 TERM --poll=$poll sig.elf $how 15 && says "$name" '^got 15' out && ok "$name"
	done
done
for how in block block-fd; do
	sends $how 7 TERM sig.elf $how 15 && says "$name" '^got 15' out && ok "$name"
done

# Who ignores it goes on; what the guest does not care for, mvm dies of, with its statistics written.
then=KILL
sends ignore 137 TERM sig.elf ignore 15 && ok "$name"
then=
for pair in HUP=1 INT=2 USR1=10 USR2=12 TERM=15; do
	sends default-${pair%=*} $((128 + ${pair#*=})) ${pair%=*} --stats stats sig.elf default 28 &&
		says "$name" "\"signal\": *\"SIG${pair%=*}\"" stats && [ ! -s err ] && ok "$name"
done
sends other 143 TERM sig.elf pause 2 && ok "$name"
then=KILL
sends default-WINCH 137 WINCH sig.elf default 15 && ok "$name"
then=

# A handler that ends by the same signal, as a shell's trap: mvm ends by it, too, and says nothing.
sends again 143 TERM sig.elf again 15 && [ ! -s err ] && ok "$name"

# One that does not end: SIGQUIT is mvm's, whatever the guest does with it.
then=QUIT
sends hang 131 TERM --stats stats sig.elf hang 15 && says "$name" '"signal": *"SIGQUIT"' stats && ok "$name"
then=
sends quit 131 QUIT sig.elf pause 3 && ok "$name"

# One that goes on from a snapshot takes what it took; a recorded one is passed them, too.
if "$mvm" help snapshot >/dev/null 2>&1 && check sigpass/snapshot 0 "$mvm" snapshot -o sig.snap sig.elf read 15; then
	sends snapshot 7 TERM --snapshot sig.snap && says "$name" '^got 15' out && ok "$name"
fi
if "$mvm" help run | grep -q -e --record; then
	sends record 7 TERM --record sig.rec sig.elf pause 15 && says "$name" '^got 15' out && ok "$name"
fi

# Ctrl-C on a terminal that the guest left as it was.
if check sigpass/ctrl-c 7 "$O/tests/tools/pty" "$mvm" run sig.elf spin 2 <<'END'; then
expect ready
send \x03
expect got 2
END
	ok sigpass/ctrl-c
fi

# What mvm was started with ignored, it ignores.
(
	trap '' HUP
	exec "$mvm" run --timeout 2s sig.elf default 15
) >out 2>err &
pid=$!
waits out '^ready'
kill -s HUP $pid
wait $pid
got=$?
if [ $got -eq 124 ]; then
	ok sigpass/nohup
else
	bad sigpass/nohup "exit status $got, expected 124" out err
fi
exit 0
