#!/bin/sh
# SPDX-License-Identifier: MIT
# size.sh BUDGET: makes the appliances that a budget names, prints how large they are, and fails when
# one is larger than it may be.
set -eu

status=0
while read -r app config kib; do
	case $app in
	'#'* | '') continue ;;
	esac
	"$MAKE" -s O="$O" appliance APP="apps/$app" CONFIG="configs/${config}_defconfig" >/dev/null
	size=$(stat -c %s "$O/$app.appliance")
	verdict="of at most $kib KiB"
	if [ "$size" -gt $((kib * 1024)) ]; then
		verdict="too large: at most $kib KiB"
		status=1
	fi
	printf '%-18s %7d bytes (%d KiB), %s\n' "$app.appliance" "$size" $((size / 1024)) "$verdict"
done <"$1"
exit "$status"
