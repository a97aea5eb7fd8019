#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Lua interpreter from Debian's source package: build.sh MVM-CC WORKDIR OUTPUT.
# Without readline (the terminal's own line editing serves the REPL) and dlopen.
. "$(dirname "$0")/../build-common.sh"

fetch lua5.4 "$LUA_VERSION"
# Debian's patches want this header, which its build generates.
echo '#define DEB_HOST_MULTIARCH "x86_64-linux-musl"' >"$work/src/src/lua5.4-deb-multiarch.h"
objs=
for file in "$work/src/src/"*.c; do
	name=$(basename "$file" .c)
	[ "$name" != luac ] || continue
	"$cc" -std=gnu99 -O2 -DLUA_COMPAT_5_3 -DLUA_USE_POSIX -c -o "$work/$name.o" "$file" \
		>>"$log" 2>&1 || die "cannot compile $name.c"
	objs="$objs $work/$name.o"
done
# shellcheck disable=SC2086 # a list of files
"$cc" -o "$work/lua" $objs -lm >>"$log" 2>&1 || die "cannot link"
strip -o "$out" "$work/lua"
