# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Part of config.sh: each option alone off, everything else on: it builds without a warning, its symbols
# are gone and no others, and a program runs.
. ./tests/config/common.sh

# What is not about mvm's parts.
other='DEBUG_INFO|WERROR|KMOD.*'

one_off() {
	grep -v "^CONFIG_$1=" "$scratch/config" >"$dir/.config"
	echo "# CONFIG_$1 is not set" >>"$dir/.config"
	build "config/without-$1" . O="$dir" mvm || return
	if ! grep -q "^# CONFIG_$1 is not set" "$dir/.config"; then
		bad "config/without-$1" "the option cannot be off alone" "$dir/.config"
		return
	fi
	symbols "without-$1" "$dir/launcher/mvm.debug" "$launcher_symbols"
	symbols "without-$1" "$dir/runtime/runtime.elf" "$runtime_symbols"
	behaviour "without-$1"
}

# disassembled ELF FUNCTION: its instructions without their addresses.
disassembled() {
	objdump -d --no-show-raw-insn --disassemble="$2" "$1" | sed -n '/>:$/,$p' |
		sed -E 's/^ *[0-9a-f]+:\t//; s/-?(0x)?[0-9a-f]{5,}//g; s/ *#.*//; s/<[^>]*>//'
}

# A run that is not traced does not ask whether it is: the way of a system call is the same code.
untraced_path() {
	for function in rt_call_entry sys_enter; do
		disassembled "$O/runtime/runtime.elf" $function >"$scratch/with"
		disassembled "$dir/runtime/runtime.elf" $function >"$scratch/without"
		if [ ! -s "$scratch/with" ] || ! diff "$scratch/with" "$scratch/without" >"$scratch/diff"; then
			bad "config/untraced-$function" "it is other code without CONFIG_TRACE" "$scratch/diff"
		else
			ok "config/untraced-$function"
		fi
	done
}

singly() {
	dir=$O/tests/config/singly
	build config/singly . O="$dir" defconfig || return
	cp "$dir/.config" "$scratch/config"
	for option in $(sed -n 's/^CONFIG_\([A-Z0-9_]*\)=y$/\1/p' "$scratch/config" |
			grep -Evx "$other"); do
		one_off "$option"
		[ "$option" != TRACE ] || untraced_path
	done
}
singly
