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

# A group that hangs in spite of the limits inside it must not hang the whole.
limited="timeout -k 10 ${GROUP_LIMIT:-2400} sh"

# end_group GROUP STARTED
end_group() {
	ended=$(cat "$O/tests/ended")
	[ "$ended" -eq 0 ] ||
		echo "FAIL $1 — the group's script ended with status $ended" | tee -a "$results"
	echo "== $1: $(($(date +%s) - $2)) s"
}

# The emulated machine of the vmx lab keeps one processor busy and touches nothing of the other
# groups: it runs beside them, and its lines come at the end.
beside=
if [ $# -eq 0 ]; then
	set -- unit vmmu guest integration programs config deb fuzz module lab
	beside_started=$(date +%s)
	$limited tests/vmx.sh >"$O/tests/beside" 2>&1 </dev/null &
	beside=$!
	trap 'kill "$beside" 2>/dev/null; exit 130' INT TERM HUP
fi

for group; do
	echo "== $group"
	started=$(date +%s)
	{
		$limited "tests/$group.sh" 2>&1 </dev/null
		echo $? >"$O/tests/ended"
	} | tee -a "$results"
	end_group "$group" "$started"
done

if [ -n "$beside" ]; then
	echo "== vmx, which has run beside these"
	wait "$beside"
	echo $? >"$O/tests/ended"
	tee -a "$results" <"$O/tests/beside"
	end_group vmx "$beside_started"
fi

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
