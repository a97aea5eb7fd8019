#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs each fuzzer for a bounded time on its corpus in tests/fuzz/corpus/NAME.  What it finds new
# goes to $O/tests/fuzz/NAME.found; keep good ones by copying them into the corpus.
. "$(dirname "$0")/lib.sh"

seconds=${FUZZ_SECONDS:-10}
found=
for program in "$O"/tests/fuzz/fuzz_*; do
	{ [ -x "$program" ] && [ -f "$program" ]; } || continue
	found=1
	name=$(basename "$program")
	new=$O/tests/fuzz/$name.found
	crashes=$O/tests/fuzz/$name.crashes/
	mkdir -p "$new" "$crashes" "$tests/fuzz/corpus/$name"
	# Through a pipe, because a fuzzer may have limited the size of its files.
	{
		limited $((seconds + 120)) "$program" -max_total_time="$seconds" -timeout=10 \
			-rss_limit_mb=2048 -artifact_prefix="$crashes" -print_final_stats=1 \
			"$new" "$tests/fuzz/corpus/$name" 2>&1
		echo $? >"$scratch/status"
	} | tail -n 500 >"$scratch/out"
	status=$(cat "$scratch/status")
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/out")
	tail -n 60 "$scratch/out" >"$scratch/tail"
	if [ $status -ne 0 ]; then
		bad "fuzz/$name" "exit status $status; input in $crashes" "$scratch/tail"
	elif [ "${runs:-0}" -lt 100 ]; then
		bad "fuzz/$name" "only ${runs:-0} inputs in $seconds s" "$scratch/tail"
	else
		ok "fuzz/$name"
		echo "  | $runs inputs in $seconds s"
	fi
done
[ -n "$found" ] || skip fuzz "no fuzzers are built"
exit 0
