#!/bin/sh
# SPDX-License-Identifier: MIT
# The guest tests, the programs, clones, snapshots and functions once more, in the svm lab: a stock KVM on
# emulated hardware, with the polled and the kicked ring: lab.sh [programs], only the programs, and
# all of them.  Result lines get the prefix "svm/".
. "$(dirname "$0")/lib.sh"

# The programs of tests/programs that run there too; of all only CPython's tests take too long.
few='busybox bash lua sqlite'
lab_seconds=1400
if [ "${1:-}" = programs ]; then
	few=$(cd "$tests/programs" && echo *.sh | sed 's/\.sh\>//g; s/\<common\>//; s/\<cpython\>//')
	lab_seconds=9000
fi

if ! "$tests/lab/svm.sh" prepare >"$scratch/out" 2>&1; then
	bad lab "the lab cannot be prepared" "$scratch/out"
	exit 0
fi
# shellcheck disable=SC2086 # a list of words
PROGRAMS=prepare sh "$tests/programs.sh" $few
guests="sh '$tests/guest.sh'"
cloned="sh '$tests/integration.sh' clones snapshot functions"
if [ "${1:-}" = programs ]; then
	guests=true
	cloned=true
fi
lab_run env LAB_ENV="POLL='always never' O='$O' PROGRAM_LIMIT=$lab_seconds" LAB_TIMEOUT=$lab_seconds \
	"$tests/lab/svm.sh" run -- sh -c "$guests && sh '$tests/programs.sh' $few && $cloned" |
	sed -u 's/^\(ok\|FAIL\|SKIP\) /\1 svm\//' | tee "$scratch/out"
lab_ended svm "$scratch/out" '^(ok|FAIL) '
exit 0
