#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that nobody wrote for mvm once more, on mvm.ko in the vmx lab: vmx-programs.sh [NAME...],
# each a script of tests/programs that needs no other program of the host than busybox has.  Result
# lines get the prefix "vmx/"; what was printed is kept for `make compatibility`.
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- bash busybox lua openssl perl python sqlite
if ! command -v bochs >/dev/null; then
	skip vmx/programs "bochs is not installed"
	exit 0
fi
PROGRAMS=prepare sh "$tests/programs.sh" "$@"

tree=$scratch/tree
mkdir -p "$tree/tests" "$tree/apps" "$tree/o/apps" "$tree/o/programs" "$tree/o/tests/tools" "$tree/o/dl/debs"
cp -r "$tests/lib.sh" "$tests/programs.sh" "$tests/programs" "$tests/tools" "$tree/tests/"
mkdir "$tree/tests/bench"
cp "$tests/bench/rows.sql" "$tree/tests/bench/"
cp "$tests/../apps/build.mk" "$tree/apps/"
cp "$O/apps/lua.elf" "$O/apps/sqlite3.elf" "$tree/o/apps/"
cp "$O/tests/tools/pty" "$tree/o/tests/tools/"
for name; do
	[ -d "$O/programs/$name" ] || continue
	cp -a "$O/programs/$name" "$O/programs/$name.packages" "$tree/o/programs/"
	# The machine's memory holds all of it, twice.
	(cd "$tree/o/programs/$name" && rm -rf usr/share/doc usr/share/man usr/share/locale usr/lib/python3*/test \
		usr/lib/python3*/__pycache__)
done
echo "$@" >"$tree/programs.list"

log=$O/tests/programs/vmx-programs.log
mkdir -p "$O/tests/programs"
lab_run env LAB_MEM=1536 LAB_TIMEOUT="${LAB_TIMEOUT:-3600}" "$tests/lab/vmx.sh" run "$tests/lab/vmx-programs" \
	"$tree"/* | tee "$log" | sed -u 's/^\(ok\|FAIL\|SKIP\) /\1 vmx\//'
lab_ended vmx/programs "$log" '^ok '
exit 0
