#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Lua interpreter from Debian's source package: build.sh MVM-CC WORKDIR OUTPUT.
# Without readline (the terminal's own line editing serves the REPL) and dlopen.
set -eu

here=$(dirname "$(realpath "$0")")
cc=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
out=$3
log=$work/log

"$here/../../scripts/fetch-source.sh" lua5.4 "$LUA_VERSION" "$here/lua5.4.sha256" "$work/src"
# Debian's patches want this header, which its build generates.
echo '#define DEB_HOST_MULTIARCH "x86_64-linux-musl"' >"$work/src/src/lua5.4-deb-multiarch.h"
objs=
: >"$log"
for file in "$work/src/src/"*.c; do
	name=$(basename "$file" .c)
	[ "$name" != luac ] || continue
	"$cc" -std=gnu99 -O2 -DLUA_COMPAT_5_3 -DLUA_USE_POSIX -c -o "$work/$name.o" "$file" \
		>>"$log" 2>&1 || { echo "lua: cannot compile $name.c, see $log" >&2; exit 1; }
	objs="$objs $work/$name.o"
done
# shellcheck disable=SC2086 # a list of files
"$cc" -o "$work/lua" $objs -lm >>"$log" 2>&1 || { echo "lua: cannot link, see $log" >&2; exit 1; }
strip -o "$out" "$work/lua"
