#!/bin/sh
# SPDX-License-Identifier: MIT
# The module's vMMU against the model of tests/vmmu: VMMU_STEPS random steps (10 million), a part
# of them under ASan and UBSan, and a check that the model catches each bug of mutants.txt.
# VMMU_SEED begins elsewhere.
. "$(dirname "$0")/lib.sh"

steps=${VMMU_STEPS:-10000000}
seed=${VMMU_SEED:-1}

# model NAME PROGRAM STEPS SECONDS
model() {
	if limited "$4" "$2" -n "$3" -s "$seed" >"$scratch/out" 2>"$scratch/err"; then
		ok "$1"
		sed 's/^/  | /' "$scratch/out"
	else
		bad "$1" "exit status $?" "$scratch/out" "$scratch/err"
	fi
}

model vmmu/model "$O/tests/vmmu/model.plain" "$steps" $((60 + steps / 50000))
model 'vmmu/model[asan]' "$O/tests/vmmu/model.asan" $((steps / 10)) $((60 + steps / 50000))
HOSTCC=${HOSTCC:-gcc} limited 600 sh "$tests/vmmu/mutants.sh" "$O/tests/vmmu/mutants"
exit 0
