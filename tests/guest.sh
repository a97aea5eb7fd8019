#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the guest programs of tests/guest, each natively and in a VM from the same file, and
# compares: guest.sh [NAME...].  POLL="always never" chooses the ways to run each (default: auto).
# The options in the programs' first lines are explained in tests/README.md.
. "$(dirname "$0")/lib.sh"
set -f		# the options are words, not patterns

why_no_vm=$(no_vm)

# Reads `// key: value` lines from the top of a program into variables.
read_options() {
	args='' env='' mvm_args='' stdin='' status='' stderr='' seconds='' fs='' trap='' cc=''
	native=yes poll='' only='' granted=''
	while IFS= read -r line; do
		case $line in
		'// args: '*) args=${line#*: } ;;
		'// env: '*) env=${line#*: } ;;
		'// mvm-args: '*) mvm_args=${line#*: } ;;
		'// grant: '*) granted="--dir $scratch/data:${line#*: } " ;;
		'// stdin: '*) stdin=${line#*: } ;;
		'// expect-status: '*) status=${line#*: } ;;
		'// expect-stderr: '*) stderr=${line#*: } ;;
		'// timeout: '*) seconds=${line#*: } ;;
		'// fs: '*) fs=${line#*: } ;;
		'// trap: '*) trap=${line#*: } ;;
		'// cc: '*) cc=${line#*: } ;;
		'// native: '*) native=${line#*: } ;;
		'// poll: '*) poll=${line#*: } ;;
		'// only: '*) only=${line#*: } ;;
		'// '*': '*)
			# cflags and so on, for build.mk
			;;
		'/* SPDX'*) ;;
		*) break ;;
		esac
	done <"$1"
}

# run_native PROGRAM: output in native.out, status in $native_status.
run_native() {
	rm -rf "$scratch/native"
	mkdir "$scratch/native"
	# shellcheck disable=SC2086 # lists of words
	(cd "$scratch/native" && printf '%b' "$stdin" | limited "${seconds:-20}" env -i \
		PATH=/bin DATA=. $env "$1" $args) >"$scratch/native.out" 2>"$scratch/native.err"
	native_status=$?
}

# run_vm PROGRAM DATA OPTIONS...: DATA is the guest's directory to work in.
run_vm() {
	program=$1
	data=$2
	shift 2
	environment=
	for word in $env; do
		environment="$environment --env $word"
	done
	rm -rf "$scratch/data"
	mkdir "$scratch/data"
	# shellcheck disable=SC2086 # lists of words
	printf '%b' "$stdin" | limited "${seconds:-20}" "$mvm" run "$@" --env PATH=/bin \
		--env DATA="$data" $environment ${granted}$mvm_args "$program" $args \
		>"$scratch/vm.out" 2>"$scratch/vm.err"
	vm_status=$?
}

# compare NAME SOURCE: what the VM did against the .expect file or the native run.
compare() {
	wanted=$scratch/native.out
	[ ! -f "${2%.c}.expect" ] || wanted=${2%.c}.expect
	if [ "$native" = no ] && [ "$wanted" = "$scratch/native.out" ]; then
		: >"$wanted"
		[ -n "$status" ] || status=0
	fi
	expected=${status:-$native_status}
	if [ "$vm_status" -eq 124 ] && ! grep -q '^mvm: .*time limit' "$scratch/vm.err"; then
		bad "$1" "hung: stopped by the test's time limit" "$scratch/vm.err" "$scratch/vm.out"
		return
	fi
	# `any`: however it ends, but it ends, and when by a signal, then not mvm's own.
	if [ "$expected" = any ]; then
		if [ "$vm_status" -le 128 ] || [ "$vm_status" -gt 192 ] ||
			grep -q '^mvm: ' "$scratch/vm.err"; then
			expected=$vm_status
		fi
	fi
	if [ "$vm_status" != "$expected" ]; then
		bad "$1" "exit status $vm_status, expected $expected" "$scratch/vm.err" \
			"$scratch/vm.out"
	elif ! diff -a "$wanted" "$scratch/vm.out" >"$scratch/diff"; then
		bad "$1" "output differs (< expected, > VM)" "$scratch/diff" "$scratch/vm.err"
	elif [ -n "$stderr" ] && ! grep -Eq -- "$stderr" "$scratch/vm.err"; then
		bad "$1" "standard error does not match '$stderr'" "$scratch/vm.err"
	else
		ok "$1"
	fi
}

# one PROGRAM SOURCE NAME: all the ways to run one built program.
one() {
	if [ "$native" != no ]; then
		run_native "$1"
		# A native run that hangs or is killed tells nothing about the VM.
		if [ $native_status -eq 124 ]; then
			bad "$3[native]" "ran into its time limit" "$scratch/native.err"
			return
		fi
		if [ -z "$status" ] && [ $native_status -ne 0 ] && [ "$native" != fails ]; then
			bad "$3[native]" "exit status $native_status" "$scratch/native.out" \
				"$scratch/native.err"
			return
		fi
	fi
	for how in ${POLL:-${poll:-auto}}; do
		tag=
		[ "$how" = auto ] || tag=" $how"
		run_vm "$1" /tmp --poll="$how"
		compare "$3[vm$tag]" "$2"
		if [ -n "$fs" ]; then
			run_vm "$1" /data --poll="$how" --dir "$scratch/data:/data"
			compare "$3[dir$tag]" "$2"
		fi
	done
}

chosen() {
	[ $# -gt 1 ] || return 0
	name=$1
	shift
	for word; do
		[ "$word" != "$name" ] || return 0
	done
	return 1
}

set +f
sources=$(echo "$tests"/guest/*.c)
set -f
for source in $sources; do
	name=$(basename "$source" .c)
	chosen "$name" "$@" || continue
	if [ -n "$why_no_vm" ]; then
		skip "guest/$name" "$why_no_vm"
		continue
	fi
	read_options "$source"
	# shellcheck disable=SC2016 # $O is expanded when it is used
	if [ "$only" = host ] && [ -n "${MVM_LAB:-}" ]; then
		skip "guest/$name" "not in the lab: too slow under emulation"
		continue
	fi
	one "$O/tests/guest/$name.elf" "$source" "guest/$name"
	if [ "$trap" = yes ]; then
		one "$O/tests/guest/$name.static" "$source" "guest/$name.glibc"
	fi
done
exit 0
