#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench-peers: mvm against other systems that are here, one program everywhere that can run it, in turn
# in one run, as medians; what is not here is named, with the reason.  Prints tables; passes or fails nothing.
# ROUNDS (default 50) for what takes less than a second, SLOW_ROUNDS (5) for the rest; peers_list.sh says
# which variables name what Debian does not have.  PEERS="NAME..." leaves out all others.
. "$(dirname "$0")/../lib.sh"
. "$tests/bench/table.sh"
# shellcheck disable=SC2034 # for kernel_package() and its like
{
	lab=$O/lab
	lab_name=bench-peers
}
. "$tests/lab/common.sh"

b=$O/tests/bench
peer=$b/peer.elf
peer_small=$b/peer.small
load=$(cut -d ' ' -f 1-3 /proc/loadavg)
count() {
	# Everything is slower in the lab by a large factor.
	if [ -n "${MVM_LAB:-}" ]; then echo $(($1 / 20)); else echo "$1"; fi
}
rounds=${ROUNDS:-$(count 100)}
slow_rounds=${SLOW_ROUNDS:-$([ -n "${MVM_LAB:-}" ] && echo 1 || echo 5)}

why=$(no_vm)
if [ -n "$why" ]; then
	echo "bench-peers: $why"
	exit 1
fi
. "$tests/bench/peers_list.sh"
list_mvm
list_solo5
list_tinykvm
list_uhyve
list_hyperlight
list_linux
list_unikernels
list_containers
if [ -n "${PEERS:-}" ]; then
	chosen=
	for name in $order; do
		case " native mvm $PEERS " in *" $name "*) chosen="$chosen $name" ;; esac
	done
	order=$chosen
fi

has() {
	[ -f "$scratch/peer.$1.$2" ]
}

# as_words NAME MODE: the command, for eval.
as_words() {
	cat "$scratch/peer.$1.$2"
}

# figure NAME WHAT: what was noted, or "-".
figure() {
	if [ -s "$scratch/figure.$1.$2" ]; then cat "$scratch/figure.$1.$2"; else echo -; fi
}

note() {
	echo "$3" >"$scratch/figure.$1.$2"
}

# ---- Does it run here? --------------------------------------------------------------------------------------

# tried NAME: one run; how long it took decides how often it is repeated.
tried() {
	start=$(date +%s%N)
	eval "limited 60 $(as_words "$1" hello)" </dev/null >"$scratch/out" 2>"$scratch/err" || status=$?
	note "$1" trial $((($(date +%s%N) - start) / 1000000))
	[ "${status:-0}" -eq 0 ] && grep -qi hello "$scratch/out"
}

# said: what the run that failed says of it, in one line.
said() {
	tr -d '\r' <"$scratch/err" | grep . >"$scratch/lines"
	{
		grep -iE 'error|fail|what\(\)|support' "$scratch/lines" || tail -n 1 "$scratch/lines"
		echo no message
	} | head -n 1 | sed 's/^[[:space:]]*//' | cut -c 1-120
}

fast=
slow=
for name in $order; do
	has "$name" hello || continue
	status=0
	if tried "$name"; then
		if [ "$(figure "$name" trial)" -lt $((1000 * patience)) ]; then
			fast="$fast $name"
		else
			slow="$slow $name"
		fi
	elif [ "$status" -eq 124 ]; then
		lacks "$name" "it did not end within $((60 * patience)) s" "a host whose KVM it works on"
	else
		lacks "$name" "it does not run here, status $status: $(said)" "see its own documentation"
	fi
done
running="$fast $slow"

# ---- Time of the whole process ---------------------------------------------------------------------------------

# timings ROUNDS NAME...: notes the medians, in microseconds.
timings() {
	n=$1
	shift
	words=
	for name; do
		words="$words -- $(as_words "$name" hello)"
	done
	if ! eval "'$b/interleave' $n $words" >"$scratch/walls" 2>"$scratch/walls.err"; then
		echo "not timed: $*: $(tail -n 1 "$scratch/walls.err")"
		return
	fi
	line=1
	for name; do
		sed -n "${line}p" "$scratch/walls" >"$scratch/figure.$name.wall"
		line=$((line + 1))
	done
}

# shellcheck disable=SC2086 # lists of names
[ -z "$slow" ] || timings "$slow_rounds" mvm $slow
note mvm slow-wall "$(figure mvm wall)"
# shellcheck disable=SC2086
timings "$rounds" $fast

# ---- Memory, parts, system calls ----------------------------------------------------------------------------------

# shipped FILE...: KiB on disk without symbols, libraries of programs included.
shipped() {
	for file; do
		echo "$file"
		ldd "$file" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p'
	done | sort -u | while read -r file; do
		strip -s -o "$scratch/stripped" "$file" 2>/dev/null || cp --sparse=always "$file" "$scratch/stripped"
		du -k "$scratch/stripped" | cut -f 1
	done | awk '{ n += $1 } END { print n }'
}

# repeats NAME: how often it is measured; slow ones once.
repeats() {
	case " $slow " in *" $1 "*) echo 1 ;; *) echo 3 ;; esac
}

# traced NAME: the system calls of a whole run, and how often KVM_RUN came back.
traced() {
	eval "limited 60 strace -f -o '$scratch/trace' $(as_words "$1" hello)" >/dev/null 2>&1 </dev/null || return
	grep -v 'resumed>' "$scratch/trace" | grep -c '(' >"$scratch/figure.$1.calls"
	grep -c 'KVM_RUN' "$scratch/trace" >"$scratch/figure.$1.runs"
}

command -v strace >/dev/null || echo "skipped: system calls of a run: no strace; apt-get install strace"
for name in $running; do
	# gVisor's own tracing bears no other tracer.
	if [ "$name" != runsc ]; then
		for _ in $(seq "$(repeats "$name")"); do
			eval "limited 60 '$b/exitmem' $(as_words "$name" hello)" 2>/dev/null </dev/null
		done | sort -n | awk '{ a[NR] = $0 } END { print a[int((NR + 1) / 2)] }' >"$scratch/memory"
		cut -d ' ' -f 1 "$scratch/memory" >"$scratch/figure.$name.private"
		cut -d ' ' -f 2 "$scratch/memory" >"$scratch/figure.$name.peak"
		traced "$name"
	fi
	# shellcheck disable=SC2046 # one a line, without spaces unless the build directory has them
	note "$name" shipped "$(shipped $(cat "$scratch/peer.$name.parts"))"
done

# ---- Inside: a system call, an exit ------------------------------------------------------------------------------------

for name in $running mvm-polled; do
	for mode in getpid out; do
		has "$name" $mode || continue
		for _ in $(seq "$(repeats "$name")"); do
			eval "limited 60 $(as_words "$name" $mode)" 2>/dev/null </dev/null | tr -d '\r' |
				sed -n 's/^\([a-z]* \)\{0,1\}\([0-9.]*\)$/\2/p' | tail -n 1
		done | median >"$scratch/figure.$name.$mode"
	done
done

# ---- The border: what the process between the program and the host may still do ---------------------------------------------

# children PID: it and all that it started.
children() {
	echo "$1"
	for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
		children "$child"
	done
}

# border_of PID: the process that holds the virtual processor; gVisor's kernel; else the program itself.
border_of() {
	for p in $(children "$1"); do
		last=$p
		for f in "/proc/$p/fd"/*; do
			case $(readlink "$f" 2>/dev/null) in anon_inode:kvm-vcpu*) echo "$p"; return ;; esac
		done
		case $(tr '\0' ' ' <"/proc/$p/cmdline") in runsc-sandbox*) echo "$p"; return ;; esac
	done
	echo "$last"
}

# field PID NAME: of /proc/PID/status.
field() {
	sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status"
}

# held PID: how many capabilities, and how many kinds of namespaces are its own.
held() {
	n=0
	cap=$((0x$(field "$1" CapEff)))
	while [ $cap -ne 0 ]; do
		n=$((n + (cap & 1)))
		cap=$((cap >> 1))
	done
	spaces=0
	for ns in cgroup ipc mnt net pid user uts; do
		[ "$(readlink "/proc/$1/ns/$ns")" = "$(readlink "/proc/self/ns/$ns")" ] || spaces=$((spaces + 1))
	done
	echo "$n $spaces"
}

waits() {
	eval "exec setsid $(as_words "$1" wait)" </dev/null >"$scratch/waiting" 2>/dev/null
}

borders() {
	waits "$1" &
	waiting=$!
	for _ in $(seq $((300 * patience))); do
		grep -qi hello "$scratch/waiting" && break
		kill -0 $waiting 2>/dev/null || break
		sleep 0.1
	done
	sleep 0.3
	p=$(border_of $waiting)
	if [ -d "/proc/$p" ] && grep -qi hello "$scratch/waiting"; then
		{
			echo "$(field "$p" Uid)" "$(held "$p")" "$(field "$p" NoNewPrivs)"
			"$b/border" "$p" 2>/dev/null || [ "$?" -eq 1 ]
		} | paste -s -d ' ' >"$scratch/figure.$1.border"
	else
		echo "not looked at while it runs: $1: it ended instead of waiting"
	fi
	# What a runtime of containers started is not its child to the end.
	# shellcheck disable=SC2046 # process numbers
	kill -KILL $(children $waiting) 2>/dev/null
	wait $waiting 2>/dev/null
	case $1 in runc | crun | runsc | krun)
		"$1" delete --force "mvm-peers-$$-wait" >/dev/null 2>&1 ;;
	esac
}

for name in $running; do
	has "$name" wait && borders "$name" 2>/dev/null
done

# ---- Fresh machine for each request -------------------------------------------------------------------------------------

"$mvm" serve --listen tcp:127.0.0.1:0 --bench "$(count 1000)" "$O/apps/httpfn.elf" >"$scratch/serve" 2>&1
case " $running " in *" tinykvm "*)
	if [ -x "$TINYKVM/bench" ]; then
		# It goes on measuring what is not wanted here.
		limited 40 stdbuf -oL "$TINYKVM/bench" "$b/peer_fn.static" >"$scratch/tinykvm" 2>&1 &
		measuring=$!
		for _ in $(seq $((400 * patience))); do
			grep -q '^Fast vmcall' "$scratch/tinykvm" && break
			kill -0 $measuring 2>/dev/null || break
			sleep 0.1
		done
		kill $measuring 2>/dev/null
		wait $measuring 2>/dev/null
	fi
	;;
esac

# ---- What came out ---------------------------------------------------------------------------------------------------------

turns="hello: medians of $rounds runs in turn"
[ -z "$slow" ] || turns="$turns, $slow_rounds of the slow ones with mvm among them ($(figure mvm slow-wall) us)"
machine "$turns; the rest: medians of 3, slow ones once"
echo
echo "A program that prints a line, as a whole process"
{
	echo 'system|us|of mvm'\''s|private KiB|peak KiB|shipped KiB|system calls|KVM_RUN'
	for name in $running; do
		base=$(figure mvm wall)
		case " $slow " in *" $name "*) base=$(figure mvm slow-wall) ;; esac
		ratio=$(awk -v v="$(figure "$name" wall)" -v base="$base" \
			'BEGIN { if (v + 0 && base + 0) printf "%.2f", v / base; else print "-" }')
		echo "$name|$(figure "$name" wall)|$ratio|$(figure "$name" private)|$(figure "$name" peak)|$(
			figure "$name" shipped)|$(figure "$name" calls)|$(figure "$name" runs)"
	done
} | columns
echo "  private, peak: all processes together as the largest ends; shipped: monitor and its libraries," \
	"kernel, program, without symbols; system calls: of the host, by all of its processes (strace)"

echo
echo "Inside, nanoseconds"
{
	echo 'system|getpid()|exit to the monitor and back'
	for name in $running mvm-polled; do
		[ "$(figure "$name" getpid)$(figure "$name" out)" = -- ] ||
			echo "$name|$(figure "$name" getpid)|$(figure "$name" out)"
	done
} | columns

echo
echo "The process that the program would have to break out of, while the program runs"
{
	echo 'system|user|capabilities|own namespaces|no_new_privs|filters|system calls allowed|with any argument|may open|may exec|may socket'
	for name in $running; do
		[ "$(figure "$name" border)" = - ] || echo "$name|$(figure "$name" border | tr ' ' '|')"
	done
} | columns
echo "  of the 362 system calls of Linux 6.1; a container's program is that process itself, and where there is" \
	"no filter the whole kernel is reachable; '-': only root can read filters"

echo
echo "A fresh machine for each request"
{
	echo 'what|us'
	sed -n 's/^\(start\|run\|reset\|total\)  *[0-9.]*  *\([0-9.]*\) .*/mvm serve, \1, median|\2/p' "$scratch/serve"
	[ ! -s "$scratch/tinykvm" ] ||
		sed -n 's/^\(Fast reset\|Fast vmcall\|VM fork\): \([0-9]*\)ns.*/\1 \2/p' "$scratch/tinykvm" |
		awk '{ printf "tinykvm bench, %s %s, mean|%.1f\n", $1, $2, $3 / 1000 }'
} | columns
echo "  mvm: a TCP connection, a process, an HTTP request, reset; tinykvm: a function call within one process," \
	"of its own bench program"
exit 0
