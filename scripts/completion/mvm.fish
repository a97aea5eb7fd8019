# SPDX-License-Identifier: MIT
# Completion of mvm's command line for fish: what it knows of commands and options is made from mvm's
# own tables when it is built.

# Is this the command, and may options come here?  What follows a program that is booted is its own.
function __mvm_options_of
	set -l words (commandline -opc)
	test (count $words) -ge 2; and test $words[2] = $argv[1]; or return 1
	set -l value
	for word in $words[3..]
		if test -n "$value"
			set value
		else if not string match -q -- '-*' $word; or test $word = --
			contains -- $argv[1] $__mvm_booting; and return 1
		else if not string match -q -- '*=*' $word; and contains -- $word (__mvm_with_value $argv[1])
			set value 1
		end
	end
	return 0
end

complete -c mvm -f
complete -c mvm -n __fish_use_subcommand -l help -s h -d 'explain the commands'
complete -c mvm -n __fish_use_subcommand -l version -s V -d 'print the version'
@tables@
