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

# Each command's page: there, in the build's list, and with every option.  A dash is written \-.
for command in $("$mvm" help | sed -n 's/^  mvm \([a-z]*\) .*/\1/p'); do
	[ "$command" != help ] || continue
	page=$O/man/mvm-$command.1
	if [ ! -f "$page" ]; then
		bad "docs/options-$command" "mvm $command has no manual page: no mvm-$command.1 in docs/build.mk"
		continue
	fi
	sed 's/\\-/-/g' "$page" >"$scratch/mvm-$command.1"
	# shellcheck disable=SC2046 # words
	mentioned "docs/options-$command" "$scratch/mvm-$command.1" \
		$("$mvm" help "$command" | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
done
unlisted=
for page in docs/*.in; do
	grep -q "${page#docs/}" <<-EOF || unlisted="$unlisted $page"
		$(grep -oE '[a-z.-]+\.[1-8]\>' docs/build.mk | sed 's/$/.in/')
	EOF
done
if [ -z "$unlisted" ]; then
	ok docs/pages
else
	bad docs/pages "not in docs/build.mk:$unlisted"
fi

# As "`READ` (16)"; without the blank, so that each is a word of the shell.
tr -d ' ' <docs/abi.md >"$scratch/abi.md"
# shellcheck disable=SC2046 # words
mentioned docs/requests "$scratch/abi.md" \
	$(sed -n 's/^\tMVM_OP_\([A-Z_]*\) = \([0-9]*\),$/`\1`(\2)/p' include/mvm/abi-request.h)
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

# clean NAME COMMAND...: the command says nothing about any page, which comes as its last argument.
clean() {
	c_name=$1
	shift
	if ! command -v "$1" >/dev/null; then
		skip "$c_name" "no $1 to check the manual pages with"
		return
	fi
	for page in "$O"/man/*.[1-8]; do
		"$@" "$page" 2>&1 >/dev/null
	done >"$scratch/complaints"
	if [ -s "$scratch/complaints" ]; then
		bad "$c_name" "$1 complains" "$scratch/complaints"
	else
		ok "$c_name"
	fi
}
mandoc_lint() {
	# Lines of prose may be longer than 80 bytes.
	mandoc -T lint -W warning "$1" >&2
}
clean docs/manual-groff groff -man -ww -Tutf8
clean docs/manual-man man --warnings -l
if command -v mandoc >/dev/null; then
	clean docs/manual-mandoc mandoc_lint
else
	skip docs/manual-mandoc "no mandoc to check the manual pages with"
fi
