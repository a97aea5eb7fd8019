#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches one Debian source package and unpacks it with Debian's patches:
#
#	fetch-source.sh NAME VERSION SUMS TARGET
#	fetch-source.sh NAME - - TARGET
#
# SUMS is a file of sha256sum(1) with exactly the files of the package; with `-` it is whatever
# version the mirrors have, which apt checks (for tests: a pinned version of a package that gets
# security updates is soon no longer there).
#
# The files are kept in $MVM_DL.  The mirrors are the machine's own; as it may have no deb-src
# lines, apt is run with lists and a state directory of our own, and the system's are not touched.
set -eu

name=$1
version=$2
sums=$3
[ "$sums" = - ] || sums=$(realpath "$sums")
target=$4
dl=${MVM_DL:?}
apt=$dl/apt

die() {
	echo "fetch-source: $name $version: $*" >&2
	exit 1
}

# The newest description of this source that was downloaded; its sums are those of the other files.
newest() {
	find "$dl" -maxdepth 1 -name "${name}_*.dsc" -printf '%T@ %f\n' | sort -rn | sed -n '1s/^[^ ]* //p'
}

verified() {
	if [ "$sums" = - ]; then
		[ -n "$(newest)" ]
		return
	fi
	(cd "$dl" && sha256sum --check --strict --status "$sums" 2>/dev/null)
}

# Writes the machine's Debian repositories to $apt/sources as source repositories: entries in
# deb822 and in one-line format whose suite is a Debian release.
derive_lists() {
	mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial"
	rm -f "$apt/sources/"*
	release='(bookworm|stable|oldstable|oldoldstable)(-updates|-security|/updates)?'
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -e "$file" ] || continue
		grep -v '^#' "$file" | awk -v RS= -v release="$release" '
			/^Enabled: *no/ || !("\n" $0 ~ "\nTypes:[^\n]*deb") { next }
			"\n" $0 ~ "\nSuites:[^\n]*[ \t]" release "[ \t]*(\n|[ \t]|$)" {
				sub(/Types:[^\n]*/, "Types: deb-src")
				print $0 "\n"
			}'
	done >"$apt/sources/derived.sources"
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -e "$file" ] || continue
		sed -nE "s#^deb(-src)?([[:space:]].*[[:space:]]$release[[:space:]].*)#deb-src\\2#p" \
			"$file"
	done | sort -u >"$apt/sources/derived.list"
}

own_apt() {
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources" \
		-o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" \
		-o APT::Sandbox::User=root "$@" >>"$apt/log" 2>&1
}

fetch() {
	command -v apt-get >/dev/null ||
		die "apt-get not found; put the files of $3 into $dl yourself"
	derive_lists
	: >"$apt/log"
	wanted=$name
	[ "$version" = - ] || wanted=$name=$version
	(cd "$dl" && own_apt source --download-only "$wanted") && return
	echo "  FETCH   lists of Debian's source packages"
	own_apt update || :	# one mirror of several may fail; what counts comes next
	(cd "$dl" && own_apt source --download-only "$wanted") ||
		die "cannot fetch it: $(grep '^E:' "$apt/log" | tail -n 1)" \
		    "(log: $apt/log); put its files into $dl to build without a mirror"
}

mkdir -p "$dl"
dl=$(realpath "$dl")
apt=$dl/apt
if ! verified; then
	(
		flock 9		# several packages may be fetched by one parallel make
		verified || { echo "  FETCH   $name ${version#-}"; fetch "$@"; }
	) 9>"$dl/lock"
	verified || die "the files in $dl do not have the SHA-256 sums of $3"
fi

command -v dpkg-source >/dev/null || die "dpkg-source not found; run 'make deps'"
rm -rf "$target"
mkdir -p "$(dirname "$target")"
dsc=$(newest)
[ "$sums" = - ] || dsc=$(sed -n 's/^[0-9a-f]*  \(.*\.dsc\)$/\1/p' "$sums")
log=$(dpkg-source --no-check -x "$dl/$dsc" "$target" 2>&1) || die "cannot unpack it: $log"
