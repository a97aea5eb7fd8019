# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Part of config.sh: what an option leaves out is not in the binaries, by symbols, by size and by
# behaviour.
. ./tests/config/common.sh

sizes() {
	stat -c %s "$dir/bin/mvm" "$dir/runtime/runtime.img" | tr '\n' ' '
}

# configuration NAME: builds it in $dir and looks at its symbols.
configuration() {
	dir=$O/tests/config/$1
	rm -f "$dir/.config"
	case $1 in
	allno)
		mkdir -p "$dir"
		(cd "$dir" && srctree=$OLDPWD KCONFIG_CONFIG=.config \
			kconfig-conf --allnoconfig Kconfig >/dev/null) ||
			{ bad "config/$1" "kconfig-conf failed" && return 1; }
		;;
	*)	build "config/$1" . O="$dir" "$1" || return 1 ;;
	esac
	build "config/$1" . O="$dir" mvm || return 1
	ok "config/$1"
	symbols "$1" "$dir/launcher/mvm.debug" "$launcher_symbols"
	symbols "$1" "$dir/runtime/runtime.elf" "$runtime_symbols"
}

# refuses CONFIGURATION WORDS...: the option is unknown to this mvm, and it says so in one line.
refuses() {
	name=config/$1-refuses-$2
	shift
	check "$name" 125 "$dir/bin/mvm" run "--$1" ${2:+"$2"} "$O/apps/hello.elf" &&
		one_line "$name" "--$1" || return 1
	if "$dir/bin/mvm" run --help | grep -q -- "--$1"; then
		bad "$name" "mvm run --help lists it"
		return 1
	fi
	ok "$name"
}

# The trap path: a static program of the system's own libc runs with it, and not without.
trap_path() {
	printf '#include <stdio.h>\nint main(void) { puts("glibc"); return 0; }\n' >"$scratch/g.c"
	if ! ${HOSTCC:-gcc} -O2 -static -o "$scratch/g" "$scratch/g.c" 2>"$scratch/err"; then
		bad config/trap-path "cannot build a static program" "$scratch/err"
		return
	fi
	why=$(no_vm)
	if [ -n "$why" ]; then
		skip config/trap-path "$why"
		return
	fi
	check config/trap-path 0 "$O/bin/mvm" run "$scratch/g" &&
		says config/trap-path '^glibc$' && ok config/trap-path
	check config/notrap-path 126 "$dir/bin/mvm" run "$scratch/g" &&
		one_line config/notrap-path 'syscall instruction.*link it with mvm-cc' &&
		ok config/notrap-path
}

options() {
	configuration defconfig || return
	full=$(sizes)
	behaviour defconfig

	if configuration notrap_defconfig; then
		behaviour notrap_defconfig
		trap_path
	fi

	configuration minimal_defconfig || return
	behaviour minimal_defconfig
	refuses minimal_defconfig dir "$scratch:/data"
	refuses minimal_defconfig disk "$scratch/x"
	refuses minimal_defconfig stats "$scratch/x"
	refuses minimal_defconfig show-confinement
	small=$(sizes)
	# shellcheck disable=SC2086 # two words each
	set -- $full $small
	if [ "$3" -lt "$1" ] && [ "$4" -lt "$2" ]; then
		ok "config/minimal-is-smaller"
	else
		bad config/minimal-is-smaller "mvm $1 -> $3 bytes, runtime $2 -> $4 bytes"
	fi

	configuration allno && behaviour allno
}
options
