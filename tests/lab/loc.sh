#!/bin/sh
# SPDX-License-Identifier: MIT
# Lines of kmod/ without comments and blank lines: loc.sh, or with -v one line a file.
cd "$(dirname "$0")/../../kmod" || exit 1
for file in *.[chS] uapi/*.h; do
	lines=$(gcc -x c -fpreprocessed -dD -E -P "$file" 2>/dev/null | grep -c .)
	[ "${1:-}" != -v ] || echo "$lines $file" >&2
	echo "$lines"
done | awk '{ n += $1 } END { print n + 0 }'
