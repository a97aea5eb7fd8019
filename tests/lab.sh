#!/bin/sh
# SPDX-License-Identifier: MIT
# The guest tests and the programs once more, in the svm lab: a stock KVM on emulated hardware,
# with the polled and the kicked ring.  Result lines get the prefix "svm/".
. "$(dirname "$0")/lib.sh"

if ! "$tests/lab/svm.sh" prepare >"$scratch/out" 2>&1; then
	bad lab "the lab cannot be prepared" "$scratch/out"
	exit 0
fi
LAB_ENV="POLL='always never' O='$O'" LAB_TIMEOUT=1400 "$tests/lab/svm.sh" run -- \
	sh -c "sh '$tests/guest.sh' && sh '$tests/integration.sh' programs" 2>&1 </dev/null |
	sed -u 's/^\(ok\|FAIL\|SKIP\) /\1 svm\//' | tee "$scratch/out"
grep -q '^\(ok\|FAIL\) ' "$scratch/out" || bad lab "no test ran in the lab" "$scratch/out"
exit 0
