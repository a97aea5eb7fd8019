# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What every group of tests shares: the result lines that run.sh counts, a scratch directory, and
# running a command with a time limit.  Sourced; needs O.

tests=$(cd "$(dirname "$0")" && pwd)
while [ ! -f "$tests/lib.sh" ]; do
	tests=${tests%/*}
done
O=$(cd "${O:-build}" && pwd)
mvm=${MVM:-$O/bin/mvm}
scratch=$(mktemp -d)
logs=$O/tests/logs
mkdir -p "$logs"
trap 'chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT

# Everything is emulated in the lab, and slow.
patience=1
[ -z "${MVM_LAB:-}" ] || patience=8

ok() {
	echo "ok $1"
}

# bad NAME REASON [FILE...]: the files are shown, indented, and kept in $O/tests/logs.
bad() {
	echo "FAIL $1 — $2"
	log=$logs/$(echo "$1" | tr '/ ' '__').log
	shift 2
	for file; do
		if [ -s "$file" ]; then
			echo "--- ${file##*/}"
			cat -v "$file"
		fi
	done >"$log"
	if [ -s "$log" ]; then
		head -n 40 "$log" | cut -c 1-300 | sed 's/^/  | /'
		[ "$(wc -l <"$log")" -le 40 ] || echo "  | ... all of it: $log"
	fi
}

skip() {
	echo "SKIP $1 — $2"
}

# limited SECONDS COMMAND...: 124 when it ran into the limit, 137 when it had to be killed.  Only
# the command's own process group is touched.
limited() {
	allowed=$(($1 * patience))
	shift
	timeout -k 2 "$allowed" "$@"
}

# Why no VM can be run here, or nothing.
no_vm() {
	# The order in which mvm looks (--device auto).
	device=/dev/mvm
	[ -e $device ] || device=/dev/kvm
	if [ ! -e $device ]; then
		echo "no /dev/kvm here"
	elif [ ! -r $device ] || [ ! -w $device ]; then
		echo "no permission on $device"
	fi
}

# The same of mvm serve.
no_serve() {
	no_serve_why=$(no_vm)
	[ -n "$no_serve_why" ] || "$mvm" help serve >/dev/null 2>&1 || no_serve_why="built without CONFIG_SERVE"
	echo "$no_serve_why"
}

# check NAME STATUS COMMAND...: runs the command with its output in $scratch/out and
# $scratch/err; a result line only when the exit status differs.  Returns 1 then.
check() {
	name=$1
	want=$2
	shift 2
	limited "${limit:-20}" "$@" >"$scratch/out" 2>"$scratch/err"
	got=$?
	[ "$got" -eq "$want" ] && return 0
	echo "$*" >"$scratch/command"
	bad "$name" "exit status $got, expected $want" "$scratch/command" "$scratch/out" "$scratch/err"
	return 1
}

# one_line NAME ERE: the last check's standard error is one line of mvm's that matches.
one_line() {
	if [ "$(wc -l <"$scratch/err")" -eq 1 ] && grep -Eq "^mvm: .*$2" "$scratch/err"; then
		return 0
	fi
	bad "$1" "expected one line matching '$2' on standard error" "$scratch/err"
	return 1
}

# says NAME ERE [FILE]: the last check's standard output (or FILE) has a line that matches.
says() {
	grep -Eq "$2" "${3:-$scratch/out}" && return 0
	bad "$1" "no line matches '$2'" "${3:-$scratch/out}" "$scratch/err"
	return 1
}

# waits FILE ERE: until FILE has a line that matches, five seconds (in the lab more) at most.
waits() {
	for _ in $(seq $((100 * patience))); do
		grep -Eq "$2" "$1" 2>/dev/null && return 0
		sleep 0.05
	done
	return 1
}

# refused NAME STATUS ERE COMMAND...: it ends with this status and one line that matches.
refused() {
	refused_name=$1
	refused_status=$2
	refused_line=$3
	shift 3
	check "$refused_name" "$refused_status" "$@" && one_line "$refused_name" "$refused_line" &&
		ok "$refused_name"
}

# lab_run COMMAND...: a boot of a lab, whose output goes on to a pipe.  For lab_ended.
lab_run() {
	"$@" 2>&1 </dev/null
	echo $? >"$scratch/status"
}

# lab_ended NAME FILE ERE: the last lab_run ended well, and a test ran there: FILE, what it printed,
# has a line that matches.
lab_ended() {
	lab_status=$(cat "$scratch/status")
	if [ "$lab_status" -eq 0 ]; then
		grep -Eq "$3" "$2" && return 0
		bad "$1" "no test ran in the lab"
	else
		tail -n 40 "$2" >"$scratch/tail"
		bad "$1" "the lab ended with status $lab_status" "$scratch/tail"
	fi
	return 1
}
