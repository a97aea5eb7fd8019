#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Debian packages: deb.sh DIRECTORY.  What comes out is in DIRECTORY; the sources are
# copied there, musl's beside them, and removed when all went well.  debian/rules fetches nothing.
# MUSL_SRC and MVM_DL (where downloads are kept) as for the rest of the build.
set -eu

cd "$(dirname "$0")/.."
mkdir -p "$1"
out=$(realpath "$1")
version=$(dpkg-parsechangelog -S Version)
tree=$out/mvm-$version
log=$out/log

die() {
	echo "deb: $*" >&2
	exit 1
}

sed -n 's/^VERSION[[:space:]]*:= *//p' Makefile | grep -qxF "$version" ||
	die "debian/changelog says $version, Makefile another version; make them agree"

rm -rf "$tree"
rm -f "$out"/*.deb "$out"/*.buildinfo "$out"/*.changes
mkdir -p "$tree"
cp -rp Makefile Kconfig README.md LICENSE LICENSES scripts include launcher runtime kmod musl apps docs \
	configs tests debian "$tree/"
if [ -n "${MUSL_SRC:-}" ]; then
	cp -r "$MUSL_SRC" "$tree/musl-src"
else
	musl_version=$(sed -n 's/^MUSL_VERSION[[:space:]]*:= *//p' musl/build.mk)
	scripts/fetch-source.sh musl "$musl_version" musl/musl.sha256 "$tree/musl-src"
fi

# Packages are built without a network, which is made sure of where a process may be cut off.
offline=
for try in 'unshare -n' 'unshare -rn'; do
	[ -n "$offline" ] || ! $try true 2>/dev/null || offline=$try
done

# The variables of the make that started this are not meant for the one in the package.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES O V MUSL_SRC
echo "  DEB     mvm $version (log: $log)"
if ! (cd "$tree" && $offline dpkg-buildpackage -us -uc -b -j"${JOBS:-$(nproc)}") >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	die "dpkg-buildpackage failed; all it said is in $log"
fi
rm -rf "$tree"
find "$out" -name '*.deb' | sort
