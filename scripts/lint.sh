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

# What the kernel's checkpatch looks for, on the module's files; the script itself where the kernel's
# headers bring it, which Debian's do not.
rule() {
	# shellcheck disable=SC2086 # a list of files
	found=$(grep -nE "$2" $module_files | head -n 3)
	[ -z "$found" ] || complain "kmod: $1:
$found"
}
module_files=$(git ls-files --cached --others --exclude-standard -- 'kmod/*.c' 'kmod/*.h')
rule "no blank between keyword and parenthesis" '^[^*"]*\b(if|for|while|switch)\('
rule "a comment to the end of the line" '^[^"]*[^:"]//'
rule "brace without a blank" '\b(if|for|while|switch) .*\)\{$'
rule "a function that the kernel has replaced" \
	'\b(strcpy|strncpy|strcat|sprintf|vsprintf|BUG|BUG_ON|simple_strto[a-z]*|printk)\('
rule "trailing statement" '^[[:space:]]*(if|while) \([^()]*\) [^{].*;$'
rule "blank before a semicolon or comma" '^[^"*]*[^[:space:];(] +[;,]'
checkpatch=$(find /usr/src/linux-headers-*/scripts -name checkpatch.pl 2>/dev/null | head -n 1)
if [ -n "$checkpatch" ] && command -v perl >/dev/null; then
	# shellcheck disable=SC2086
	perl "$checkpatch" --no-tree --terse --strict --max-line-length=100 -f $module_files || wrong=1
fi

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
