#!/bin/sh
# SPDX-License-Identifier: MIT
# size.sh BUDGET: makes the appliances and launchers that a budget names, prints how large they are, and
# fails when one is larger than it may be.
set -eu

status=0
while read -r app config kib; do
	case $app in
	'#'* | '') continue ;;
	mvm)
		"$MAKE" -s O="$O/launchers/$config" "${config}_defconfig" mvm >/dev/null
		what="mvm ($config)" file=$O/launchers/$config/bin/mvm
		;;
	*)
		"$MAKE" -s O="$O" appliance APP="apps/$app" CONFIG="configs/${config}_defconfig" >/dev/null
		what=$app.appliance file=$O/$app.appliance
		;;
	esac
	size=$(stat -c %s "$file")
	verdict="of at most $kib KiB"
	if [ "$size" -gt $((kib * 1024)) ]; then
		verdict="too large: at most $kib KiB"
		status=1
	fi
	printf '%-18s %7d bytes (%d KiB), %s\n' "$what" "$size" $((size / 1024)) "$verdict"
done <"$1"
exit "$status"
