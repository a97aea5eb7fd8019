#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the cmocka programs that tests/build.mk built, plain and under ASan and UBSan; one result
# line for each test function.
. "$(dirname "$0")/lib.sh"

# Leaks are looked for by default, but where a test says __asan_default_options() otherwise: an
# option here would override that.
export UBSAN_OPTIONS=print_stacktrace=1
found=
for program in "$O"/tests/unit/*.plain "$O"/tests/unit/*.asan; do
	[ -x "$program" ] || continue
	found=1
	flavour=${program##*.}
	name=$(basename "$program" ".$flavour")
	CMOCKA_MESSAGE_OUTPUT=TAP limited 60 "$program" >"$scratch/tap" 2>"$scratch/err"
	status=$?
	sed -n "s|^ok [0-9]* - \(.*\)|ok unit/$name.\1[$flavour]|p" "$scratch/tap"
	sed -n "s|^not ok [0-9]* - \(.*\)|\1|p" "$scratch/tap" | while read -r function; do
		bad "unit/$name.$function[$flavour]" "failed" "$scratch/tap" "$scratch/err"
	done
	# A crash or a sanitizer's report ends a program without a `not ok`.
	if [ $status -ne 0 ] && ! grep -q '^not ok' "$scratch/tap"; then
		bad "unit/$name[$flavour]" "exit status $status" "$scratch/tap" "$scratch/err"
	fi
done
[ -n "$found" ] || skip unit "no unit tests are built"
exit 0
