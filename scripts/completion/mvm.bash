# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Completion of mvm's command line for bash: what it knows of commands and options is made from
# mvm's own tables when it is built.

# _mvm_options COMMAND; _mvm_kind COMMAND OPTION|operand: takes (nothing, when the option takes no
# value), then files, dirs, variables, commands, and after "words" those; before it "program", when
# no options follow an operand.  --OPTION= where its value may be left away.
@tables@

# Adds what fits of a kind to the variable `found`.
_mvm_fitting() {
	local word=$1 kind is_word=
	shift
	for kind; do
		if [ -n "$is_word" ]; then
			[[ $kind != "$word"* ]] || found+=("$kind")
			[[ $kind != *: ]] || compopt -o nospace
			continue
		fi
		case $kind in
		words) is_word=1 ;;
		files) compopt -o filenames; mapfile -t -O "${#found[@]}" found < <(compgen -f -- "$word") ;;
		dirs) compopt -o filenames; mapfile -t -O "${#found[@]}" found < <(compgen -d -- "$word") ;;
		variables) mapfile -t -O "${#found[@]}" found < <(compgen -e -- "$word") ;;
		commands) mapfile -t -O "${#found[@]}" found < <(compgen -W "$_mvm_commands" -- "$word") ;;
		esac
	done
}

_mvm() {
	local words=() found=() piece glue='' i command word before kind option

	# bash breaks words at '=' and ':', which are parts of them here.
	COMPREPLY=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		if [[ $piece =~ ^[=:]+$ || -n $glue ]] && ((i > 0)); then
			words[${#words[@]} - 1]+=$piece
		else
			words+=("$piece")
		fi
		[[ $piece =~ ^[=:]+$ ]] && glue=1 || glue=
	done
	word=${words[${#words[@]} - 1]}
	# What bash itself takes to be before the word that it replaces.
	[[ $piece =~ ^[=:]+$ ]] && piece=
	before=${word%"$piece"}

	command=${words[1]}
	if ((${#words[@]} == 2)); then
		mapfile -t COMPREPLY < <(compgen -W "$_mvm_commands --help --version" -- "$word")
		return
	fi
	# The options before this word; behind the first operand all are operands.
	option=
	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		if [ -n "$option" ]; then
			option=
		elif [[ ${words[i]} == -- || ${words[i]} != -* ]]; then
			[[ $(_mvm_kind "$command" operand) == program* ]] || continue
			option=operand
			break
		elif [[ ${words[i]} != *=* && $(_mvm_kind "$command" "${words[i]}") ]]; then
			option=${words[i]}
		fi
	done
	if [[ -z $option && $word == -* ]]; then
		option=${word%%=*}
		if [[ $word != *=* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_mvm_options "$command")" -- "$word")
			return
		fi
		word=${word#*=}
		before=${before#*=}
	fi
	option=${option:-operand}
	read -r -a kind < <(_mvm_kind "$command" "$option" || :; _mvm_kind "$command" "$option=")
	_mvm_fitting "$word" "${kind[@]}"
	for i in "${found[@]}"; do
		COMPREPLY+=("${i#"$before"}")
	done
}
complete -F _mvm mvm
