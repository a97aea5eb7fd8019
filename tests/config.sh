#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds other configurations and looks whether the options really change what is there, and
# whether the build makes again exactly what a change asks for.  Each script in config/ is one part.
. "$(dirname "$0")/lib.sh"

# A copy of what `make mvm` reads, so that the tests may change files.
copy_tree() {
	mkdir -p "$1"
	cp -rp Makefile Kconfig scripts include launcher runtime kmod musl apps docs configs tests "$1/"
}

# build NAME DIR ARGS...: 0 when it was built; else a result line.
build() {
	built=$1
	from=$2
	shift 2
	limited 600 make -C "$from" -j2 "$@" >"$scratch/build" 2>&1 && return 0
	tail -n 30 "$scratch/build" >"$scratch/last-lines"
	bad "$built" "make $* failed" "$scratch/last-lines"
	return 1
}

cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- options singly appliance incremental install toolchain
for part; do
	# shellcheck disable=SC1090 # each is a file of tests/config
	. "./tests/config/$part.sh"
done
