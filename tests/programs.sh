#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that nobody wrote for mvm, doing real work: programs.sh [NAME...] runs the scripts of
# tests/programs.  PROGRAMS=full: with the long slices of other projects' own tests; prepare: fetches
# and builds them, no more.
# What they print is kept, by device, for `make compatibility`; tests/README.md says how to add one.
. "$(dirname "$0")/lib.sh"

results=$O/tests/programs
mkdir -p "$results"
device=host
[ -z "${MVM_LAB:-}" ] || device=$MVM_LAB
why=$(no_vm)

all=$(cd "$tests/programs" && ls ./*.sh | sed 's|^\./||; s|\.sh$||; /^common$/d')
named=$#
[ $# -gt 0 ] || set -- $all
for name; do
	if [ -n "$why" ] && [ "${PROGRAMS:-}" != prepare ]; then
		skip "programs/$name" "$why"
		continue
	fi
	log=$results/$device-$name.log
	{
		timeout -k 10 "${PROGRAM_LIMIT:-900}" sh "$tests/programs/$name.sh" 2>&1 </dev/null
		ended=$?
		[ $ended -eq 0 ] || bad "programs/$name" "its script ended with status $ended"
	} | tee "$scratch/log"
	# What it only prepared is no result.
	[ "${PROGRAMS:-}" = prepare ] || mv "$scratch/log" "$log"
done

# What runs here and what docs/compatibility.md says are the same programs.
if [ $named -eq 0 ] && [ -z "$why" ]; then
	if "$tests/tools/compatibility.sh" --check "$tests/../docs/compatibility.md" "$results" \
		>"$scratch/out" 2>&1; then
		ok programs/compatibility.md
	else
		bad programs/compatibility.md "lacks these; run 'make compatibility'" "$scratch/out"
	fi
fi
exit 0
