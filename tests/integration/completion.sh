#!/bin/sh
# SPDX-License-Identifier: MIT
# The completion of bash, zsh and fish: their syntax, that each command and option is in it, and what
# they make of a line when the tab key is pressed, in a shell on a terminal.
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
mkdir "$scratch/here" "$scratch/here/data" "$scratch/functions"
cd "$scratch/here" || exit 1
touch app.elf
cp "$O/completion/zsh" "$scratch/functions/_mvm"
cp "$O/completion/bash" "$scratch/mvm.bash"

# Each word that mvm's help has, in the form that this shell's file has it.
mentions() {
	for command in $("$mvm" help | sed -n 's/^  mvm \([a-z]*\) .*/\1/p'); do
		grep -q -- "\\<$command\\>" "$O/completion/$1" ||
			{ bad "completion/$1-words" "mvm $command is not in it" && return; }
		for option in $("$mvm" help "$command" | grep -oE '^ +(-., )?--[a-z-]+' |
			grep -oE -- '--[a-z-]+'); do
			case $1 in fish) option="-l ${option#--}" ;; esac
			grep -qE -- "$option\\>" "$O/completion/$1" ||
				{ bad "completion/$1-words" "$option of mvm $command is not in it" && return; }
		done
	done
	ok "completion/$1-words"
}

# What is typed, and what it becomes.
lines='mvm ru|mvm run
mvm run --pol|mvm run --poll
mvm run --poll=al|mvm run --poll=always
mvm run --poll al|mvm run --poll always
mvm run --dir=dat|mvm run --dir=data/
mvm run --dir ./dat|mvm run --dir ./data/
mvm run --env HOM|mvm run --env HOME
mvm run ap|mvm run app.elf
mvm run -v --dir data:/d ap|mvm run -v --dir data:/d app.elf
mvm run app.elf --pol|mvm run app.elf --pol
mvm help ru|mvm help run
mvm pack app.elf --laun|mvm pack app.elf --launcher
mvm run --trace ap|mvm run --trace app.elf
mvm run --trace=ap|mvm run --trace=app.elf'

# tab_key SHELL FILE: the lines, typed into it; blanks and what comes before a value do not count.
tab_key() {
	set -- "$1" "$2" "$(echo "$lines" | cut -d'|' -f1)"
	(
		IFS='
'
		# shellcheck disable=SC2086 # one argument a line
		limited 60 python3 "$top/tests/tools/tabkey.py" "$1" "$2" $3
	) >"$scratch/typed" 2>"$scratch/err"
	echo "$lines" | cut -d'|' -f2 | sed 's/ *$//' >"$scratch/wanted"
	sed 's/[ =]*$//' "$scratch/typed" >"$scratch/became"
	if cmp -s "$scratch/wanted" "$scratch/became"; then
		ok "completion/$1-tab"
	else
		diff "$scratch/wanted" "$scratch/became" >"$scratch/differ"
		bad "completion/$1-tab" "lines became others than expected (<)" "$scratch/differ" "$scratch/err"
	fi
}

# fish tells what it would offer.
offers() {
	offer=$2
	check "completion/fish-tab" 0 fish --no-config -c "source $O/completion/fish; complete -C '$1'" || return
	got=$(cut -f1 "$scratch/out" | tr '\n' ' ')
	[ "$got" = "$offer" ] || { bad completion/fish-tab "'$1' offers '$got', not '$offer'" && return 1; }
}

for shell in bash zsh fish; do
	mentions $shell
	if ! command -v $shell >/dev/null; then
		skip completion/$shell "no $shell here"
		continue
	fi
	case $shell in fish) check=--no-execute ;; *) check=-n ;; esac
	check completion/$shell-syntax 0 $shell $check "$O/completion/$shell" && ok completion/$shell-syntax
	case $shell in
	bash) tab_key bash "$scratch/mvm.bash" ;;
	zsh) tab_key zsh "$scratch/functions/_mvm" ;;
	fish)
		offers 'mvm ru' 'run ' && offers 'mvm run --pol' '--poll ' &&
			offers 'mvm run --poll=al' '--poll=always ' && offers 'mvm run --poll al' 'always ' &&
			offers 'mvm run --dir dat' 'data/ ' && offers 'mvm run --env HOM' 'HOME ' &&
			offers 'mvm run ap' 'app.elf ' && offers 'mvm run app.elf --pol' '' &&
			offers 'mvm help ru' 'run ' && offers 'mvm pack app.elf --laun' '--launcher ' &&
			offers 'mvm run --trace=ap' '--trace=app.elf ' && ok completion/fish-tab
		;;
	esac
done
