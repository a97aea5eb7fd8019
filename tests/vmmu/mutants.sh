#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the model test with each deliberate bug of mutants.txt and says whether it was caught:
# one line a bug, `ok|FAIL vmmu/mutant/NAME`.  mutants.sh DIR [NAME...]; DIR is for what is built.
set -u
cd "$(dirname "$0")" || exit 1
dir=$1
shift
kmod=../../kmod
cc=${HOSTCC:-gcc}
cflags="-std=gnu11 -O2 -w -I. -I$kmod"
steps=${MUTANT_STEPS:-3000000}
mkdir -p "$dir" || exit 1

for src in *.c $kmod/vmmu_walk.c $kmod/vmmu_page.c $kmod/vmmu_fill.c; do
	$cc $cflags -c -o "$dir/$(basename "$src" .c).o" "$src" || exit 1
done
failed=0
while read -r name file expr; do
	case $name in '#'* | '') continue ;; esac
	[ $# -eq 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
	why=
	sed "$expr" "$kmod/$file" >"$dir/mutant.c"
	if cmp -s "$kmod/$file" "$dir/mutant.c"; then
		why='the expression changes nothing'
	elif ! $cc $cflags -c -o "$dir/mutant.o" "$dir/mutant.c" 2>"$dir/err"; then
		why="does not compile: $(head -n 1 "$dir/err")"
	else
		objs=$(for o in "$dir"/*.o; do
			case ${o##*/} in mutant.o | "${file%.c}.o") ;; *) echo "$o" ;; esac
		done)
		# shellcheck disable=SC2086 # several names
		$cc -o "$dir/mutant" $objs "$dir/mutant.o" || exit 1
		timeout 60 "$dir/mutant" -n "$steps" >"$dir/out" 2>&1 </dev/null
		status=$?
		[ $status -ne 0 ] || why="not caught in $steps steps"
	fi
	if [ -n "$why" ]; then
		echo "FAIL vmmu/mutant/$name — $why"
		failed=1
	elif [ -n "${VERBOSE:-}" ]; then
		echo "ok vmmu/mutant/$name — $(head -n 1 "$dir/out" | cut -c 1-110) ($status)"
	else
		echo "ok vmmu/mutant/$name"
	fi
done <mutants.txt
exit $failed
