#!/bin/sh
# SPDX-License-Identifier: MIT
# Style that a program can check: licence lines, line length and tabs, trailing blanks, the length of
# files, and shellcheck on the scripts.  Prints what is wrong and exits with 1 if anything is.
set -eu

cd "$(dirname "$0")/.."
wrong=0

complain() {
	echo "lint: $*" >&2
	wrong=1
}

files=$(git ls-files --cached --others --exclude-standard -- '*.c' '*.h' '*.S' '*.s' '*.lds' '*.cc' \
	'*.mk' '*.sh' '*.awk' Makefile '*Kconfig' 'musl/mvm-cc')
for file in $files; do
	[ -f "$file" ] || continue
	sed -n '1,2p' "$file" | grep -q 'SPDX-License-Identifier: ' ||
		complain "$file: no SPDX-License-Identifier in the first lines"
	case $file in
	*.c | *.h | *.S | *.s | *.cc)
		long=$(expand -t 8 "$file" | awk 'length > 100 { print NR; exit }')
		[ -z "$long" ] || complain "$file:$long: longer than 100 columns"
		spaces=$(grep -nE '^ {8}' "$file" | head -n 1 | cut -d: -f1)
		[ -z "$spaces" ] || complain "$file:$spaces: indented with spaces, not tabs"
		lines=$(wc -l <"$file")
		[ "$lines" -le 600 ] || complain "$file: $lines lines, more than 600"
		;;
	esac
	blank=$(grep -nE '[[:space:]]+$' "$file" | head -n 1 | cut -d: -f1)
	[ -z "$blank" ] || complain "$file:$blank: blanks at the end of a line"
done

if command -v shellcheck >/dev/null; then
	for file in $files; do
		case $file in *.sh | musl/mvm-cc) ;; *) continue ;; esac
		[ ! -f "$file" ] || shellcheck -S error -e SC1087 -x -P SCRIPTDIR "$file" || wrong=1
	done
else
	echo "lint: shellcheck is not installed; scripts are not checked" >&2
fi

[ "$wrong" -ne 0 ] || echo "lint: nothing to complain of"
exit "$wrong"
