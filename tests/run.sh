#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs groups of tests and counts their result lines: run.sh [GROUP...], all without arguments.
# One line a test, `ok|FAIL|SKIP name — reason`; the last line says `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit 1
O=${O:-build}
export O
# The makes that tests start are not part of the one that started us.
unset MAKEFLAGS MFLAGS MAKELEVEL
mkdir -p "$O/tests/logs"
results=$O/tests/results
: >"$results"
rm -f "$O"/tests/logs/*.log

[ $# -gt 0 ] || set -- unit vmmu guest integration programs config fuzz module lab

for group; do
	echo "== $group"
	started=$(date +%s)
	rm -f "$O/tests/ended"
	# A group that hangs in spite of the limits inside it must not hang the whole.
	{
		timeout -k 10 "${GROUP_LIMIT:-2400}" sh "tests/$group.sh" 2>&1 </dev/null
		echo $? >"$O/tests/ended"
	} | tee -a "$results"
	ended=$(cat "$O/tests/ended")
	[ "$ended" -eq 0 ] ||
		echo "FAIL $group — the group's script ended with status $ended" | tee -a "$results"
	echo "== $group: $(($(date +%s) - started)) s"
done

passed=$(grep -c '^ok ' "$results")
failed=$(grep -c '^FAIL ' "$results")
skipped=$(grep -c '^SKIP ' "$results")
if [ "$failed" -gt 0 ]; then
	echo "failed:"
	grep '^FAIL ' "$results" | sed 's/^FAIL/ /'
fi
if [ "$skipped" -gt 0 ]; then
	echo "skipped:"
	grep '^SKIP ' "$results" | sed 's/^SKIP/ /'
fi
[ "$((passed + failed))" -gt 0 ] || {
	echo "no test ran"
	failed=1
}
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
