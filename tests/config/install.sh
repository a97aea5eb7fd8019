# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Part of config.sh: make install, an installed mvm-cc that was moved, make uninstall.

installed() {
	dest=$scratch/dest
	build config/install . O="$O" install DESTDIR="$dest" PREFIX=/opt/mvm || return
	[ -x "$dest/opt/mvm/bin/mvm" ] || { bad config/install "no opt/mvm/bin/mvm" && return; }
	"$dest/opt/mvm/bin/mvm" --version >/dev/null ||
		{ bad config/install "the installed mvm does not start" && return; }
	ok config/install

	mv "$dest/opt/mvm" "$dest/moved"
	printf '#include <stdio.h>\nint main(void) { puts("moved"); }\n' >"$scratch/moved.c"
	if check config/installed-mvm-cc 0 "$dest/moved/bin/mvm-cc" -o "$scratch/moved" \
		"$scratch/moved.c" && check config/installed-mvm-cc 0 "$scratch/moved" &&
		says config/installed-mvm-cc '^moved$'; then
		ok config/installed-mvm-cc
	fi

	mv "$dest/moved" "$dest/opt/mvm"
	build config/uninstall . O="$O" uninstall DESTDIR="$dest" PREFIX=/opt/mvm || return
	if [ -n "$(find "$dest" -type f)" ]; then
		find "$dest" -type f >"$scratch/left"
		bad config/uninstall "files are left" "$scratch/left"
	else
		ok config/uninstall
	fi
}
installed
