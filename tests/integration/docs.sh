#!/bin/sh
# SPDX-License-Identifier: MIT
# The documentation names what there is: every option, request and member of the boot information,
# and no file that does not exist.
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
cd "$top" || exit 1

# mentioned NAME FILE WORD...: each word is in the file.
mentioned() {
	d_name=$1
	d_file=$2
	shift 2
	for word; do
		grep -qF -- "$word" "$d_file" || {
			bad "$d_name" "$d_file does not mention $word"
			return
		}
	done
	ok "$d_name"
}

# In a manual page a dash is written \-.
sed 's/\\-/-/g' docs/mvm.1 >"$scratch/mvm.1"
# shellcheck disable=SC2046 # words
mentioned docs/options "$scratch/mvm.1" $("$mvm" help run | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+')

# As "`READ` (16)"; without the blank, so that each is a word of the shell.
tr -d ' ' <docs/abi.md >"$scratch/abi.md"
# shellcheck disable=SC2046 # words
mentioned docs/requests "$scratch/abi.md" \
	$(sed -n 's/^\tMVM_OP_\([A-Z_]*\) = \([0-9]*\),$/`\1`(\2)/p' include/mvm/abi.h)
# shellcheck disable=SC2046 # words
mentioned docs/boot-information docs/abi.md $(sed -n '/^struct mvm_boot {/,/^};/p' include/mvm/abi.h |
	sed 's|/\*.*||' | grep -oE '[a-z_0-9]+(\[[^]]*\])?[,;]' | sed 's/[],;[].*//')

if scripts/syscalls.sh runtime/sys/calls.h | diff docs/syscalls.md - >"$scratch/diff" 2>&1; then
	ok docs/syscalls
else
	bad docs/syscalls "docs/syscalls.md is not what runtime/sys/calls.h says; run 'make syscalls'" \
		"$scratch/diff"
fi

missing=
for file in README.md docs/*.md; do
	for link in $(grep -oE '\]\([^)#:]+\)' "$file" | tr -d ']()'); do
		[ -e "$(dirname "$file")/$link" ] || missing="$missing $file:$link"
	done
done
# shellcheck disable=SC2016 # the backquotes are Markdown's
for file in $(grep -ohE '`(launcher|runtime|tests|scripts|include|apps|docs)/[a-z_0-9/]+\.(c|h|sh|md|mk|S)`' \
	README.md docs/*.md | tr -d '`'); do
	[ -e "$file" ] || missing="$missing $file"
done
if [ -z "$missing" ]; then
	ok docs/files
else
	bad docs/files "these do not exist:$missing"
fi

if command -v groff >/dev/null; then
	for page in docs/*.1; do
		groff -man -ww -Tutf8 -z "$page" 2>>"$scratch/groff"
	done
	if [ -s "$scratch/groff" ]; then
		bad docs/manual "groff complains" "$scratch/groff"
	else
		ok docs/manual
	fi
else
	skip docs/manual "no groff to check the manual pages with"
fi
