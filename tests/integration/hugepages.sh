#!/bin/sh
# SPDX-License-Identifier: MIT
# --huge: the host's huge pages where they are wanted and nowhere else, however its kernel is set:
# of what mvm can write, all mappings in which one has room say it.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
[ -n "$reason" ] || [ -d /sys/kernel/mm/transparent_hugepage ] || reason="the kernel has no huge pages"
[ -n "$reason" ] || [ "$(id -u)" -eq 0 ] || reason="only root may look at the mappings of a confined mvm"
if [ -n "$reason" ]; then
	skip hugepages "$reason"
	exit 0
fi

# mappings ARGUMENT...: of a run with these, writable, private, 2 MiB or more: KiB and hg, nh or -.
mappings() {
	"$mvm" run --timeout 20s "$@" "$O/tests/guest/hostile_spin.elf" >/dev/null 2>"$scratch/err" &
	pid=$!
	waits "/proc/$pid/status" '^Seccomp:.*2'
	awk '/^[0-9a-f]+-[0-9a-f]+ / { perms = $2 }
	     /^Size:/ { size = $2 }
	     /^VmFlags:/ && perms == "rw-p" && size >= 2048 {
		print size, / hg( |$)/ ? "hg" : / nh( |$)/ ? "nh" : "-" }' \
		"/proc/$pid/smaps" >"$scratch/mappings"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}

# judge NAME AWK-EXPRESSION over the KiB of each kind
judge() {
	if awk '{ kib[$2] += $1 } END { hg = kib["hg"]; nh = kib["nh"]; rest = kib["-"];
		exit !('"$2"') }' "$scratch/mappings"; then
		ok "$1"
	else
		bad "$1" "the mappings are not marked so: $2" "$scratch/mappings" "$scratch/err"
	fi
}

mappings
judge hugepages/auto '!rest && nh >= 16384 && hg >= 480 * 1024'
mappings --huge=always
judge hugepages/always '!rest && nh && hg >= 500 * 1024'
mappings --huge=never
judge hugepages/never '!rest && !hg && nh >= 500 * 1024'
mappings --mem 24M
judge hugepages/small '!rest && !hg && nh'
