#!/bin/sh
# SPDX-License-Identifier: MIT
# The Debian packages: built twice, with the same bytes; what lintian says; what is in them; that they
# work where they are unpacked, and in a system that they are installed in and removed from.
. "$(dirname "$0")/lib.sh"

cd "$(dirname "$0")/.." || exit 1
debs=$O/deb
again=$scratch/somewhere/else
version=$(dpkg-parsechangelog -S Version)
makedeb="make -j$(nproc) deb-build"

# The second time by somebody with other settings, in another directory.
built() {
	limit=1200
	check deb/build 0 $makedeb O="$O" || return
	for package in mvm mvm-dev mvm-dkms; do
		if ! ls "$debs/${package}_$version"_*.deb >/dev/null 2>&1; then
			bad deb/build "no package $package" "$debs/log"
			return 1
		fi
	done
	ok deb/build
}

reproducible() {
	(umask 027 && mkdir -p "$again") &&
		check deb/reproducible 0 env TZ=Pacific/Apia LC_ALL=C.UTF-8 HOME="$scratch" \
			MVM_DL="${MVM_CACHE:-$O/dl}" sh -c 'umask 027; scripts/deb.sh "$1"' sh "$again" || return
	for deb in "$debs"/*.deb; do
		cmp "$deb" "$again/${deb##*/}" 2>&1
	done >"$scratch/differ"
	if [ -s "$scratch/differ" ]; then
		bad deb/reproducible "built twice, the packages differ" "$scratch/differ"
	else
		ok deb/reproducible
	fi
}

linted() {
	if ! command -v lintian >/dev/null; then
		skip deb/lintian "no lintian here"
		return
	fi
	limit=300
	check deb/lintian 0 lintian --allow-root --fail-on error,warning "$debs"/*.changes && ok deb/lintian
}

unpacked() {
	root=$scratch/root
	for package in mvm mvm-dev mvm-dkms; do
		dpkg-deb -x "$debs/${package}_$version"_*.deb "$root" || { bad deb/unpacked "dpkg-deb -x" && return; }
	done
	missing=
	for file in bin/mvm bin/mvm-cc bin/mvm-c++ lib/mvm/sysroot/lib/libc.a share/man/man1/mvm.1.gz \
		share/man/man1/mvm-run.1.gz share/man/man1/mvm-cc.1.gz share/man/man4/mvm.4.gz \
		share/bash-completion/completions/mvm share/zsh/vendor-completions/_mvm \
		share/fish/vendor_completions.d/mvm.fish share/doc/mvm/copyright \
		share/doc/mvm-dev/copyright.musl.gz lib/udev/rules.d/60-mvm.rules "src/mvm-$version/dkms.conf" \
		"src/mvm-$version/auto.conf"; do
		[ -e "$root/usr/$file" ] || missing="$missing $file"
	done
	[ -z "$missing" ] || { bad deb/unpacked "not there:$missing" && return; }
	check deb/unpacked 0 "$root/usr/bin/mvm" --version && says deb/unpacked "^mvm $version$" &&
		check deb/unpacked 0 "$root/usr/bin/mvm-cc" -O2 -o "$scratch/hello.elf" \
			"$root/usr/share/doc/mvm-dev/examples/hello.c" && ok deb/unpacked
	why=$(no_vm)
	if [ -n "$why" ]; then
		skip deb/hello "$why"
	else
		check deb/hello 0 "$root/usr/bin/mvm" run "$scratch/hello.elf" &&
			says deb/hello '^Hello from an mvm microVM' && ok deb/hello
	fi
}

# As DKMS does: the package's directory alone, with its dkms.conf's command.
module() {
	[ -f "${KDIR:-}/Makefile" ] || { skip deb/module "no kernel headers here" && return; }
	cp -r "$root/usr/src/mvm-$version" "$scratch/module"
	limit=600
	if check deb/module 0 make -C "$KDIR" -j"$(nproc)" M="$scratch/module" modules; then
		[ -f "$scratch/module/mvm.ko" ] && ok deb/module || bad deb/module "no mvm.ko"
	fi
}

# In a copy of this system that is thrown away: installed, used, removed.
installed() {
	if ! unshare -m true 2>/dev/null; then
		skip deb/installed "no mount namespace may be made here"
		return
	fi
	limit=300
	check deb/installed 0 unshare -m sh tests/tools/debinstall.sh "$scratch" \
		"$debs/mvm_$version"_*.deb "$debs/mvm-dev_$version"_*.deb
	case $? in
	0) ;;
	*) return ;;
	esac
	if grep -q '^SKIP ' "$scratch/out"; then
		skip deb/installed "$(sed -n 's/^SKIP //p' "$scratch/out")"
	else
		ok deb/installed
	fi
}

built || exit 0
reproducible
linted
unpacked
module
installed
