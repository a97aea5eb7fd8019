#!/bin/sh
# SPDX-License-Identifier: MIT
# make run: boots the example applications, each in a microVM of its own, showing the command line
# of each.  Without a usable /dev/kvm the same runs in the svm lab, a PC emulated by QEMU.
set -eu

O=${O:-build}
export O
cd "$(dirname "$0")/.."

if [ ! -c /dev/kvm ]; then
	why='there is no /dev/kvm here'
elif ! (: <>/dev/kvm) 2>/dev/null; then
	why='this user may not open /dev/kvm (add it to the group kvm for the fast way)'
else
	why=
fi
if [ -n "$why" ]; then
	echo "make run: $why: everything runs in an emulated PC instead, slowly"
	[ -z "${MVM_LAB:-}" ] || { echo "make run: the emulated PC has no /dev/kvm" >&2; exit 1; }
	exec tests/lab/svm.sh run env O="$O" MVM_LAB=1 apps/run.sh
fi

bold=
plain=
[ ! -t 1 ] || { bold=$(printf '\033[1m') && plain=$(printf '\033[0m'); }

failed=0
run() {
	echo
	printf '%s$' "$bold"
	for word; do
		case $word in
		*[!A-Za-z0-9_./:=-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '%s\n' "$plain"
	"$@" || { status=$?; echo "make run: exit status $status" >&2; failed=1; }
}

echo
echo "A program in a virtual machine of its own:"
run "$O/bin/mvm" run "$O/apps/hello.elf"

echo
echo "It sees nothing of this machine that it was not given:"
run "$O/bin/mvm" run "$O/apps/lua.elf" -e 'print(io.open("/etc/shadow"))'

echo
echo "SQLite, with a directory to read: a report on a year of shipments"
run "$O/bin/mvm" run --dir apps/sqlite/warehouse:/data:ro "$O/apps/sqlite3.elf" \
	:memory: '.read /data/report.sql'
exit "$failed"
