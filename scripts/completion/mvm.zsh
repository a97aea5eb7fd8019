#compdef mvm
# SPDX-License-Identifier: MIT
# Completion of mvm's command line for zsh: what it knows of commands and options is made from mvm's
# own tables when it is built.

# _mvm_commands: `word:summary` for _describe; _mvm_of_COMMAND: its options and operands for _arguments.
@tables@

_mvm() {
	local curcontext=$curcontext state
	local -a _mvm_commands
	_mvm_commands

	_arguments -C '(- *)'{-h,--help}'[explain the commands]' '(- *)'{-V,--version}'[print the version]' \
		'1:command:->command' '*::argument:->arguments'
	case $state in
	command) _describe -t commands 'mvm command' _mvm_commands ;;
	arguments) (( $+functions[_mvm_of_$words[1]] )) && _mvm_of_$words[1] ;;
	esac
}

_mvm "$@"
