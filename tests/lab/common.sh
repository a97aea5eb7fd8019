# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What both labs share: Debian's kernel, downloaded and unpacked below $O/lab but never installed,
# and quoting.  Sourced, with $lab (a directory) and $lab_name set, which die() prints.

cache=${MVM_CACHE:-$lab/../dl}

die() {
	echo "$lab_name lab: $*" >&2
	exit 125
}

quote() {
	for word in "$@"; do
		printf "'%s' " "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")"
	done
}

# apt-get and apt-cache with lists of their own, for a machine whose lists are empty or old.
private_apt() {
	tool=$1
	shift
	"$tool" -q -o Dir::State::Lists="$cache/apt" -o Dir::Cache="$cache/apt" \
		-o APT::Sandbox::User=root "$@"
}

plain_apt() {
	tool=$1
	shift
	"$tool" -q "$@"
}

# fetch_kernel [RELEASE]: the package into $cache; by default what linux-image-amd64 stands for.
fetch_kernel() {
	mkdir -p "$cache/apt/partial" "$cache/apt/archives/partial"
	for apt in plain_apt private_apt; do
		[ $apt = plain_apt ] || private_apt apt-get update >"$lab/apt.log" 2>&1 || continue
		name=${1:+linux-image-$1}
		[ -n "$name" ] || name=$($apt apt-cache depends linux-image-amd64 2>/dev/null |
			sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
		[ -n "$name" ] || continue
		(cd "$cache" && $apt apt-get download "$name") >"$lab/apt.log" 2>&1 && return 0
	done
	die "cannot download linux-image-${1:-amd64}: $(tail -n 1 "$lab/apt.log")"
}

# kernel_package [RELEASE]: $deb, downloaded when it is not there.
kernel_package() {
	# shellcheck disable=SC2012 # names of packages
	deb=$(ls -t "$cache"/linux-image-${1:-*}_*.deb 2>/dev/null | head -n 1)
	[ -n "$deb" ] || fetch_kernel "$@"
	# shellcheck disable=SC2012
	deb=$(ls -t "$cache"/linux-image-${1:-*}_*.deb | head -n 1)
}

# unpack_kernel DIRECTORY MODULE...: DIRECTORY/vmlinuz and DIRECTORY/modules/*.ko from $deb, numbered
# in the given order, which is the order in which they are loaded.
unpack_kernel() {
	to=$1
	shift
	rm -rf "$to/unpacked" "$to/modules"
	mkdir -p "$to/unpacked" "$to/modules"
	for module; do
		printf './lib/modules/*/%s\n' "$module"
	done >"$to/unpacked/list"
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$to/unpacked" --wildcards \
		-T "$to/unpacked/list" './boot/vmlinuz-*' || die "cannot unpack $deb"
	cp "$to"/unpacked/boot/vmlinuz-* "$to/vmlinuz"
	n=10
	for module; do
		cp "$to"/unpacked/lib/modules/*/"$module" \
			"$to/modules/$n-$(basename "$module")" || die "no $module in $deb"
		n=$((n + 1))
	done
	rm -rf "$to/unpacked"
	touch "$to/modules/done"
}
