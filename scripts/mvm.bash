# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Completion of mvm's command line for bash.  The options are those that this mvm's own help lists.

_mvm() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
	local i

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'run doctor help --help --version' -- "$cur")
		return
	fi
	case $command in
	help)
		mapfile -t COMPREPLY < <(compgen -W 'run doctor' -- "$cur")
		return
		;;
	run | doctor) ;;
	*) return ;;
	esac
	# bash breaks words at '=' and ':'.
	[[ $cur != '=' ]] || cur=
	[[ $prev != '=' ]] || prev=${COMP_WORDS[COMP_CWORD - 2]}
	# What follows the program is the program's.
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) ;;
		--allow-wx | --no-aslr | --show-confinement | --verbose | -v) ;;
		--*) [[ ${COMP_WORDS[i + 1]} == '=' ]] || ((i++)) ;;
		= | :) ((i++)) ;;
		*)
			compopt -o default
			return
			;;
		esac
	done
	case $prev in
	--poll | --huge)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
		;;
	--mem | --stack | --timeout | --hostname) return ;;
	--env)
		mapfile -t COMPREPLY < <(compgen -e -- "$cur")
		return
		;;
	esac
	if [[ $cur == -* && $prev != --dir && $prev != --disk && $prev != --stats ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(mvm help "$command" 2>/dev/null |
			grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+')" -- "$cur")
		return
	fi
	compopt -o default
}
complete -F _mvm mvm
