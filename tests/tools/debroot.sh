#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks Debian packages, and all that they depend on, into a directory that can be a guest's root:
#
#	debroot.sh [--only] DIR PACKAGE...
#
# --only: these packages alone, for programs that are static or run on this machine.
# As in:	tests/tools/debroot.sh build/roots/python python3-minimal libpython3.11-stdlib
#		build/bin/mvm run --root build/roots/python:ro /usr/bin/python3 -c 'print(1)'
#
# The packages are those of this machine's release, downloaded once to $MVM_CACHE (default: $O/dl,
# build/dl), never installed, and no script of theirs is run: there is no ld.so.cache and no
# /etc/alternatives.  As in an installed system /bin, /lib, /lib64 and /sbin are links into /usr.
# DIR is made anew when other packages are asked for; DIR.packages beside it says which and lists all
# that are in it.  Several may run at once.
#
# 0: DIR is there.  1: one line says why not (no apt, no network): a test skips then.
set -eu

die() {
	echo "debroot: $*" >&2
	exit 1
}

only=
if [ "${1:-}" = --only ]; then
	only=yes
	shift
fi
[ $# -ge 2 ] || die "usage: debroot.sh [--only] DIR PACKAGE..."
dir=$1
shift
top=$(cd "$(dirname "$0")/../.." && pwd)
dl=${MVM_CACHE:-${O:-$top/build}/dl}
mkdir -p "$dl/debs/partial" "$dl/debs/cache" "$(dirname "$dir")"
dl=$(realpath "$dl")
dir=$(realpath "$(dirname "$dir")")/$(basename "$dir")
log=$dir.log
[ "$(head -n 1 "$dir.packages" 2>/dev/null)" != "$*" ] || exit 0
for tool in apt-get dpkg-deb flock; do
	command -v $tool >/dev/null || die "$tool not found: packages cannot be fetched here"
done
exec 9>"$dl/debs/lock"
flock 9

# With an empty list of installed packages apt takes the whole closure.  The second argument are the
# lists to use: the machine's, or our own when those are empty or old.
: >"$dl/debs/status"
apt() {
	lists=$1
	shift
	apt-get -q -y --no-install-recommends -o Dir::State::status="$dl/debs/status" \
		-o Dir::Cache::archives="$dl/debs" -o APT::Sandbox::User=root \
		-o Dir::Cache="$dl/debs/cache" -o Debug::NoLocking=1 \
		${lists:+-o Dir::State::lists="$lists"} "$@"
}

# Names of the .deb files of all that is to be unpacked, as apt names them.
names_of() {
	if [ -n "$only" ]; then
		apt "$lists" --print-uris download "$@" 2>"$log" | sed -n "s/^'[^ ]* \([^ ]*\.deb\) .*/\1/p"
	else
		apt "$lists" -s install "$@" 2>"$log" | sed -nE \
			's/^Inst ([^ ]+) \(([^ ]+) .*\[([a-z0-9]+)\]\)( .*)?$/\1_\2_\3.deb/p' |
			sed 's/:amd64_/_/; s/:/%3a/g'
	fi
}

download() {
	if [ -n "$only" ]; then
		(cd "$dl/debs" && apt "$lists" download "$@")
	else
		apt "$lists" --download-only install "$@"
	fi
}

get() {
	names=$(names_of "$@")
	[ -n "$names" ] || return 1
	missing=
	for name in $names; do
		[ -s "$dl/debs/$name" ] || missing=yes
	done
	[ -z "$missing" ] || download "$@" >"$log" 2>&1
}

lists=
if ! get "$@"; then
	lists=$dl/debs/lists
	mkdir -p "$lists/partial"
	apt "$lists" update >"$log" 2>&1 || :	# what counts comes next
	get "$@" || die "cannot fetch $*: $(grep '^[EW]:' "$log" | tail -n 1)"
fi
flock -u 9

exec 9>"$dir.lock"
flock 9
if [ "$(head -n 1 "$dir.packages" 2>/dev/null)" != "$*" ]; then
	rm -rf "$dir" "$dir.packages"
	mkdir -p "$dir/usr/bin" "$dir/usr/lib" "$dir/usr/lib64" "$dir/usr/sbin"
	for name in bin lib lib64 sbin; do
		ln -s usr/$name "$dir/$name"
	done
	for name in $names; do
		# As dpkg -x, which would put directories in the place of the links.
		dpkg-deb --fsys-tarfile "$dl/debs/$name" |
			tar -x -p --keep-directory-symlink -C "$dir" 2>"$log" ||
			die "cannot unpack $name: $(head -n 1 "$log")"
	done
	mkdir -p "$dir/tmp"
	chmod 1777 "$dir/tmp"
	chmod -R u+rX "$dir"
	printf '%s\n' "$*" "$names" >"$dir.packages"
fi
rm -f "$log"
