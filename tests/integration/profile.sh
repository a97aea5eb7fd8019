#!/bin/sh
# SPDX-License-Identifier: MIT
# --profile and --timeline: what they find in a program that is known, and that their files are what
# the tools that read them expect.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip profile "$reason"
	exit 0
fi
stacks=$scratch/stacks
svg=$scratch/run.svg

# Its work is one function's, nearly all; then it sleeps.
cat >"$scratch/hot.c" <<'END'
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
__attribute__((noinline)) long cold(long n)
{
	volatile long x = 0;
	while (n--)
		x += n;
	return x;
}
__attribute__((noinline)) long hot(long n)
{
	volatile long x = 0;
	while (n--)
		x += n;
	return x;
}
__attribute__((noinline)) long work(void)
{
	long sum = 0;
	for (int i = 0; i < 40; i++)
		sum += hot(20000000) + cold(1000000);
	return sum;
}
int main(int argc, char **argv)
{
	struct timespec t = { 0, 200000000 };
	long sum = work();
	nanosleep(&t, NULL);
	for (int i = 0; argc > 1 && i < 2000000; i++)
		sum += syscall(SYS_lseek, 99, 0L, 0);
	return sum == 1;
}
END
"$O/bin/mvm-cc" -O1 -fno-omit-frame-pointer -o "$scratch/hot.elf" "$scratch/hot.c"

# share EXPRESSION: of all samples but idle ones, in percent, those whose stack matches.
share() {
	awk -v e="$1" '{ n = $NF; $NF = "" } /^\[idle\]/ { next } { all += n } $0 ~ e { some += n }
		END { print all ? int(100 * some / all) : 0 }' "$stacks"
}

# Every line is frames and a number.
well_formed() {
	if [ -s "$2" ] && ! grep -Evq '^[^; ]+(;[^; ]+)* [0-9]+$' "$2"; then
		return 0
	fi
	bad "$1" "lines that are no folded stacks" "$2"
	return 1
}

limit=60 check profile/hot 0 "$mvm" run --profile "$stacks" "$scratch/hot.elf" &&
	well_formed profile/hot "$stacks" &&
	if [ "$(share 'main;work;hot ')" -lt 60 ]; then
		bad profile/hot "the hot function has $(share 'main;work;hot ')% of the samples" "$stacks"
	elif [ "$(share ';cold')" -gt "$(share ';hot')" ]; then
		bad profile/hot "the cold function has more samples than the hot one" "$stacks"
	elif [ "$(sed -n 's/^\[idle\] //p' "$stacks")" -lt 150 ]; then
		bad profile/hot "200 ms of sleep are not idle samples" "$stacks"
	else
		ok profile/hot
	fi

limit=60 check profile/rate 0 "$mvm" run --profile "$stacks" --profile-rate 100 "$scratch/hot.elf" &&
	if [ "$(sed -n 's/^\[idle\] //p' "$stacks")" -lt 15 ]; then
		bad profile/rate "200 ms of sleep are not idle samples at 100 Hz" "$stacks"
	else
		ok profile/rate
	fi

# Ctrl-C ends it, and what was seen until then is written.
cat >"$scratch/spin.c" <<'END'
int main(void)
{
	for (;;)
		;
}
END
"$O/bin/mvm-cc" -fno-omit-frame-pointer -o "$scratch/spin.elf" "$scratch/spin.c"
check profile/interrupted 124 timeout -s INT 1 "$mvm" run --profile "$stacks" "$scratch/spin.elf" &&
	well_formed profile/interrupted "$stacks" && says profile/interrupted 'main [0-9]+$' "$stacks" &&
	ok profile/interrupted

# What another process of the user sends looks like the timer's, and names an address.
cat >"$scratch/forge.c" <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The signal of --profile is the second of the real-time ones that mvm catches. */
int main(int argc, char **argv)
{
	siginfo_t info = { .si_code = SI_TIMER, .si_value.sival_ptr = (void *)0x10 };
	unsigned long caught = 0, later;
	char name[64], line[256];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%s/status", argv[argc - 1]);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "SigCgt: %lx", &caught);
	caught &= ~0UL << 33;
	later = caught & (caught - 1);
	if (!later)
		return 1;
	for (int i = 0; i < 20; i++)
		if (syscall(SYS_rt_sigqueueinfo, atoi(argv[1]), __builtin_ctzl(later) + 1, &info))
			return 2;
	return 0;
}
END
gcc -O2 -o "$scratch/forge" "$scratch/forge.c" || exit 1
timeout -s INT $((20 * patience)) "$mvm" run --profile "$stacks" "$scratch/spin.elf" >"$scratch/out" 2>"$scratch/err" &
runs=$!
for _ in $(seq $((100 * patience))); do
	"$scratch/forge" "$(pgrep -P $runs)" 2>/dev/null && break
	sleep 0.05
done
sleep 0.2
kill -INT $runs
wait $runs
status=$?
if [ $status -eq 130 ] && well_formed profile/forged "$stacks"; then
	ok profile/forged
else
	bad profile/forged "exit status $status" "$scratch/err"
fi

# A program without symbols: numbers.
strip -o "$scratch/stripped.elf" "$scratch/hot.elf"
limit=60 check profile/stripped 0 "$mvm" run --profile "$stacks" "$scratch/stripped.elf" &&
	well_formed profile/stripped "$stacks" &&
	if [ "$(share '0x[0-9a-f]+ $')" -lt 60 ]; then
		bad profile/stripped "no addresses" "$stacks"
	else
		ok profile/stripped
	fi

# Frame pointers that lead anywhere.
cat >"$scratch/wild.c" <<'END'
#include <stdint.h>
int main(void)
{
	static uint64_t loop[2];
	uint64_t at[] = { (uint64_t)loop, 8, 1, UINT64_MAX - 7, 1UL << 47, 0x6f0000000000UL, 0x600000000000UL };

	loop[0] = (uint64_t)loop;
	loop[1] = (uint64_t)main;
	for (unsigned int i = 0; i < 7; i++)
		{
		uint64_t n = 200000000;

		asm volatile("push %%rbp; mov %1, %%rbp; 1: dec %0; jnz 1b; pop %%rbp"
			     : "+r"(n) : "r"(at[i]) : "memory");
	}
	return 0;
}
END
"$O/bin/mvm-cc" -O1 -fomit-frame-pointer -mno-red-zone -o "$scratch/wild.elf" "$scratch/wild.c"
limit=60 check profile/wild 0 "$mvm" run --profile "$stacks" "$scratch/wild.elf" &&
	well_formed profile/wild "$stacks" && ok profile/wild

# A program and its libraries in a --root, as a directory and as an archive; then without symbols.
libc=$(gcc -print-file-name=libc.so.6)
linker=$(readlink -f "$(gcc -print-file-name=ld-linux-x86-64.so.2)")
if ! "$mvm" run --help | grep -q -- --root; then
	skip profile/root "this mvm was built without CONFIG_ROOT"
elif [ ! -f "$linker" ] || [ "$libc" = libc.so.6 ]; then
	skip profile/root "gcc has no shared libc"
else
	mkdir -p "$scratch/root/lib64" "$scratch/root/lib"
	cp "$linker" "$scratch/root/lib64/ld-linux-x86-64.so.2"
	cp "$(readlink -f "$libc")" "$scratch/root/lib/libc.so.6"
	cat >"$scratch/lib.c" <<'END'
static __attribute__((noinline)) long hidden(long n)
{
	volatile long x = 0;
	while (n--)
		x += n;
	return x;
}
long shown(long n)
{
	return hidden(n) + 1;
}
END
	cat >"$scratch/calls.c" <<'END'
long shown(long n);
int main(void)
{
	long sum = 0;
	for (int i = 0; i < 30; i++)
		sum += shown(20000000);
	return sum == 1;
}
END
	gcc -O1 -fno-omit-frame-pointer -shared -fPIC -o "$scratch/root/lib/libshown.so" "$scratch/lib.c" &&
	gcc -O1 -fno-omit-frame-pointer -o "$scratch/root/calls" "$scratch/calls.c" -L"$scratch/root/lib" -lshown
	in_root() {
		limit=60 check "$1" 0 "$mvm" run --profile "$stacks" --root "$2" /calls && well_formed "$1" "$stacks" &&
			if [ "$(share "$3")" -lt 60 ]; then
				bad "$1" "$(share "$3")% of the samples are of $3" "$stacks"
			else
				ok "$1"
			fi
	}
	in_root profile/root "$scratch/root:ro" 'main;shown;hidden $'
	if "$mvm" help run | grep -q FILE.tar && tar -C "$scratch/root" -cf "$scratch/root.tar" .; then
		in_root profile/root-archive "$scratch/root.tar" 'main;shown;hidden $'
	fi
	strip "$scratch/root/lib/libshown.so" "$scratch/root/calls"
	in_root profile/root-stripped "$scratch/root:ro" 'calls[+]0x[0-9a-f]+;shown;libshown.so[+]0x[0-9a-f]+ $'
fi

check profile/full 0 "$mvm" run --profile /dev/full "$O/tests/guest/exit_0.elf" &&
	if [ -s "$scratch/err" ]; then
		one_line profile/full '--profile /dev/full: cannot write all of it: No space left on device' &&
			ok profile/full
	else
		ok profile/full		# over before the first sample
	fi

# ---- The picture ----------------------------------------------------------------------------------

if ! command -v python3 >/dev/null; then
	skip timeline "no python3 to judge the XML"
	exit 0
fi

# picture NAME EXPRESSION: $svg is XML, and of its texts, t, and rectangles, n, the expression is true.
picture() {
	python3 - "$svg" "$2" >"$scratch/verdict" 2>&1 <<'END' && return 0
import sys, xml.etree.ElementTree as E
root = E.parse(sys.argv[1]).getroot()
ns = '{http://www.w3.org/2000/svg}'
assert root.tag == ns + 'svg'
t = [e.text for e in root.iter(ns + 'text')]
rects = list(root.iter(ns + 'rect'))
n = len(rects)
w, h = float(root.get('width')), float(root.get('height'))
for r in rects:
    x, y, rw, rh = (float(r.get(k)) for k in ('x', 'y', 'width', 'height'))
    assert x >= 0 and y >= 0 and rw > 0 and rh > 0 and x + rw <= w + .1 and y + rh <= h + .1
assert eval("(" + sys.argv[2] + ")"), (n, t)
END
	bad "$1" "the picture is not as expected: $2" "$scratch/verdict" "$svg"
	return 1
}

stages='["options", "grants", "load", "vm", "setup", "confine"]'
check timeline/hello 0 "$mvm" run --timeline "$svg" "$O/apps/hello.elf" &&
	picture timeline/hello "all(s in t for s in $stages) and 'hyper:write' in t and 'exit: io' in t
		and 'guest runs' in t and any('status 0' in s for s in t)" && ok timeline/hello

limit=60 check timeline/long 0 "$mvm" run --timeline "$svg" "$scratch/hot.elf" x &&
	picture timeline/long "'hyper:wait' in t and n < 4000" && ok timeline/long

# A name of any bytes.
name=$scratch/$(printf 'a<b&c>"\t\377\303\251')
cp "$O/apps/hello.elf" "$name"
check timeline/strange-name 0 "$mvm" run --timeline "$svg" "$name" &&
	picture timeline/strange-name "any('a<b&c>\"?' in s for s in t)" && ok timeline/strange-name

check timeline/crash 139 "$mvm" run --timeline "$svg" "$O/tests/guest/sig_die_segv.elf" &&
	picture timeline/crash "any('status 139' in s for s in t)" && ok timeline/crash
check timeline/full 0 "$mvm" run --timeline /dev/full "$O/tests/guest/exit_0.elf" &&
	one_line timeline/full '--timeline /dev/full: cannot write all of it: No space left on device' &&
	ok timeline/full

# All at once, with the statistics.
for option in timeline profile; do
	check observe/$option-to-pipe 0 sh -c '{ "$@"; echo "status $?"; } | cat' sh \
		"$mvm" run --$option fd:1 "$scratch/hot.elf" &&
		says observe/$option-to-pipe '^status 0' && ok observe/$option-to-pipe
done
check observe/all 0 "$mvm" run --timeline "$svg" --profile "$stacks" --trace="$scratch/trace" \
	--stats "$scratch/stats" "$O/apps/hello.elf" &&
	picture observe/all "'hyper:write' in t" && says observe/all '^exit_group\(0\) = \?' "$scratch/trace" &&
	says observe/all '"exit_status": ?0' "$scratch/stats" && ok observe/all

# What goes on from a snapshot: hypercalls, numbers, and the same picture.
if "$mvm" help snapshot >"$scratch/out" 2>&1; then
	cat >"$scratch/reads.c" <<'END'
#include <unistd.h>
int main(void)
{
	char buf[8];
	volatile long x = 0;

	write(1, buf, read(0, buf, sizeof(buf)));
	for (long i = 0; i < 30000000; i++)
		x += i;
	return 3;
}
END
	"$O/bin/mvm-cc" -w -o "$scratch/reads.elf" "$scratch/reads.c"
	check observe/snapshot 0 "$mvm" snapshot -o "$scratch/snap" "$scratch/reads.elf" </dev/null &&
		echo hi >"$scratch/in" &&
		check observe/snapshot 3 "$mvm" run --snapshot "$scratch/snap" --timeline "$svg" \
			--profile "$stacks" --trace="$scratch/trace" <"$scratch/in" &&
		picture observe/snapshot "'hyper:write' in t" &&
		well_formed observe/snapshot "$stacks" &&
		says observe/snapshot '^hyper:write\(1, "hi\\n", 3, CURRENT\) = 3' "$scratch/trace" &&
		ok observe/snapshot
fi

# An appliance, whose program has no symbols; and mvm's own are not taken for them.
if "$mvm" help pack >"$scratch/out" 2>&1; then
	check observe/appliance 0 "$mvm" pack "$scratch/hot.elf" -o "$scratch/hot.app" &&
		limit=60 check observe/appliance 0 "$scratch/hot.app" --profile "$stacks" \
			--trace="$scratch/trace" --trace-filter=nanosleep &&
		well_formed observe/appliance "$stacks" &&
		says observe/appliance '^nanosleep\(.tv_sec=0, tv_nsec=200000000.' "$scratch/trace" &&
		if [ "$(share '0x[0-9a-f]+ $')" -lt 60 ]; then
			bad observe/appliance "no addresses" "$stacks"
		else
			ok observe/appliance
		fi
fi
