# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Part of config.sh: make install, an installed mvm-cc that was moved, make uninstall.

# What has to be where it is looked for.
expected='bin/mvm
bin/mvm-cc
bin/mvm-c++
lib/mvm/sysroot/lib/libc.a
lib/mvm/mvm.specs
lib/udev/rules.d/60-mvm.rules
share/bash-completion/completions/mvm
share/doc/mvm/README.md
share/doc/mvm/docs/security.md
share/fish/vendor_completions.d/mvm.fish
share/man/man1/mvm.1
share/man/man1/mvm-run.1
share/man/man1/mvm-cc.1
share/man/man1/mvm-c++.1
share/man/man4/mvm.4
share/man/man5/mvm.conf.5
share/zsh/site-functions/_mvm'

installed() {
	dest=$scratch/dest
	# Somebody else's, which uninstalling leaves alone.
	mkdir -p "$dest/opt/mvm/bin" "$dest/opt/mvm/share/man/man1"
	touch "$dest/opt/mvm/bin/other" "$dest/opt/mvm/share/man/man1/other.1"
	build config/install . O="$O" install DESTDIR="$dest" PREFIX=/opt/mvm || return
	missing=
	for file in $expected; do
		[ -e "$dest/opt/mvm/$file" ] || missing="$missing $file"
	done
	[ -z "$missing" ] || { bad config/install "not installed:$missing" && return; }
	[ -z "$(find "$dest" -name '*.cmd')" ] || { bad config/install "files of the build are there" && return; }
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
	(cd "$dest/opt/mvm" && find . ! -type d | sort) >"$scratch/left"
	(cd "$dest/opt/mvm" && find . -type d -name '*mvm*') >>"$scratch/left"
	if [ "$(tr '\n' ' ' <"$scratch/left")" = "./bin/other ./share/man/man1/other.1 " ]; then
		ok config/uninstall
	else
		bad config/uninstall "it left other files than the two that are not its own" "$scratch/left"
	fi
}
installed
