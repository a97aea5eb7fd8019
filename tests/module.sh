#!/bin/sh
# SPDX-License-Identifier: MIT
# The module's limits of size, on what has just been built.  What it does is tested in the vmx lab.
. "$(dirname "$0")/lib.sh"

limit() {
	if [ "$2" -le "$3" ]; then
		echo "ok kmod/$1 ($2 of at most $3)"
	else
		echo "FAIL kmod/$1 — $2, more than $3"
	fi
}

if [ ! -f "$O/kmod/mvm.ko" ]; then
	bad kmod/build "there is no $O/kmod/mvm.ko"
	exit 0
fi
# What was written, not the tables that the kernel's build adds for its unwinder and tracer.
limit text-and-data "$(size -A "$O/kmod/mvm.ko" |
	awk '$1 ~ /^\.(text|noinstr|init|exit|rodata|data|altinstr_replacement)/ { n += $2 }
	END { print n + 0 }')" 98304
limit lines "$("$tests/lab/loc.sh")" 6000
exit 0
