#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the SQLite shell from Debian's source package: build.sh MVM-CC WORKDIR OUTPUT.
# The options are Debian's, except: one thread (no mutexes), no loadable extensions (a static
# program has no dlopen), no readline.
. "$(dirname "$0")/../build-common.sh"

fetch sqlite3 "$SQLITE_VERSION"
rm -rf "$work/obj"
mkdir -p "$work/obj"
(
	cd "$work/obj"
	"$work/src/configure" --build=x86_64-linux-gnu --host=x86_64-linux-musl \
		--disable-shared --disable-tcl --disable-threadsafe --disable-load-extension \
		--disable-readline --disable-editline --enable-fts4 --enable-fts5 \
		CC="$cc" BUILD_CC="${HOSTCC:-gcc}" CFLAGS="-O2 -fno-strict-aliasing \
		-DSQLITE_SECURE_DELETE -DSQLITE_ENABLE_COLUMN_METADATA \
		-DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS3_PARENTHESIS \
		-DSQLITE_ENABLE_RTREE=1 -DSQLITE_SOUNDEX=1 -DSQLITE_ENABLE_DBSTAT_VTAB \
		-DSQLITE_ENABLE_UPDATE_DELETE_LIMIT=1 -DSQLITE_ENABLE_MATH_FUNCTIONS \
		-DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_USE_URI=1 \
		-DSQLITE_ENABLE_STMTVTAB -DSQLITE_MAX_VARIABLE_NUMBER=250000" >"$log" 2>&1
) || die "configure failed"
"${MAKE:-make}" -C "$work/obj" sqlite3 >>"$log" 2>&1 || die "cannot build it"
strip -o "$out" "$work/obj/sqlite3"
