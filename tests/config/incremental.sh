# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Part of config.sh: what is made again after a change, and what is not.

# made NAME WANTED-LINES ARGS...: make's lines, sorted, are exactly these.
made() {
	name=$1
	echo "$2" | grep . | sort -u >"$scratch/wanted"
	shift 2
	build "$name" "$tree" O=build mvm "$@" || return 1
	sed -n 's/^  [A-Z][^/]* \([^ ]*\)$/\1/p' "$scratch/build" | sort -u >"$scratch/made"
	if cmp -s "$scratch/wanted" "$scratch/made"; then
		ok "$name"
	else
		diff "$scratch/wanted" "$scratch/made" >"$scratch/diff"
		bad "$name" "made something else than what depends on the change" "$scratch/diff" \
			"$scratch/build"
	fi
}

# The objects whose sources name, include or otherwise depend on a file, by the compiler's word.
dependents() {
	for room in launcher runtime; do
		find "$tree/build/$room" -name '*.o.cmd' | while read -r cmd; do
			grep -qF "	$1" "$cmd" && echo "$cmd" |
				sed "s|^$tree/build/||; s|\\.cmd\$||"
		done
	done
}

with_links() {			# objects, and what is linked from them
	cat
	[ -z "${1:-}" ] || printf '%s\n' runtime/runtime.elf runtime/runtime.img launcher/image.o
	printf '%s\n' launcher/mvm.debug bin/mvm
}

incremental() {
	tree=$scratch/tree
	copy_tree "$tree"
	build config/clean-build "$tree" -j4 O=build mvm || return
	ok config/clean-build

	made config/second-make-does-nothing ''

	touch "$tree/launcher/vm.h"
	made config/touched-header "$(dependents launcher/vm.h | with_links)"

	touch "$tree/include/mvm/abi.h"
	build config/abi-header "$tree" O=build mvm || return
	made config/after-abi-header ''

	# An option: only what names it, and what its lists change.
	sed -i 's/^CONFIG_PIPE=y/# CONFIG_PIPE is not set/' "$tree/build/.config"
	build config/option "$tree" O=build mvm || return
	# The runtime's image and the names in it are parts of the launcher.
	grep -E ' CC ' "$scratch/build" | grep -v 'launcher/observe/symbols\.o' >"$scratch/compiled"
	if grep -q 'launcher/[^i]' "$scratch/compiled"; then
		bad config/option "an option of the runtime rebuilt the launcher" "$scratch/build"
	elif ! grep -q 'runtime/runtime.elf' "$scratch/build"; then
		bad config/option "an option changed and nothing was linked" "$scratch/build"
	else
		ok config/option
	fi
	sed -i 's/^# CONFIG_PIPE is not set/CONFIG_PIPE=y/' "$tree/build/.config"
	build config/option-back "$tree" O=build mvm || return

	# A flag: all of the launcher, nothing of the runtime.
	build config/flags "$tree" O=build mvm 'LAUNCHER_CC=musl-gcc -DANOTHER_FLAG' || return
	if grep -q 'CC \[R\]' "$scratch/build"; then
		bad config/flags "a flag of the launcher rebuilt the runtime" "$scratch/build"
	elif ! grep -q 'CC .*launcher/main.o' "$scratch/build"; then
		bad config/flags "a flag changed and main.o was not compiled" "$scratch/build"
	else
		ok config/flags
	fi
	build config/flags-back "$tree" O=build mvm || return

	# A source that comes and goes: linked, then not; a header that goes.
	echo 'int an_extra_symbol(void); int an_extra_symbol(void) { return 42; }' \
		>"$tree/launcher/extra.c"
	cp "$tree/launcher/build.mk" "$scratch/build.mk"
	echo 'launcher-y += extra.o' >>"$tree/launcher/build.mk"
	made config/added-source "$(echo launcher/extra.o | with_links)"
	cp "$scratch/build.mk" "$tree/launcher/build.mk"
	rm "$tree/launcher/extra.c"
	made config/removed-source "$(printf '' | with_links)"

	echo '#include "gone.h"' >>"$tree/launcher/compat.c"
	echo >"$tree/launcher/gone.h"
	build config/removed-header "$tree" O=build mvm || return
	rm "$tree/launcher/gone.h"
	sed -i '$d' "$tree/launcher/compat.c"
	build config/removed-header "$tree" O=build mvm && ok config/removed-header

	# Nothing depends on the order or on what was there before.
	build config/serial-build "$tree" -j1 O=serial mvm || return
	if cmp -s "$tree/serial/runtime/runtime.img" "$tree/build/runtime/runtime.img" &&
	   cmp -s "$tree/serial/bin/mvm" "$tree/build/bin/mvm"; then
		ok config/same-result
	else
		bad config/same-result "a serial clean build differs from the incremental one"
	fi
}
incremental
