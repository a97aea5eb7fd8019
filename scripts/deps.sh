#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that a job needs, if any is missing: deps.sh build|kmod|run|test|bench|peers|lab|vmx|deb...
# Does nothing, quickly, when all are there.  With --check it only says what is missing.
set -eu

build='gcc libc6-dev binutils make musl-tools musl-dev libseccomp-dev libsodium-dev libxxhash-dev linux-libc-dev
	kconfig-frontends dpkg-dev patch xz-utils tcl'
lab='qemu-system-x86 busybox-static cpio gzip'
test='minisign jq curl g++ libcmocka-dev clang libclang-rt-14-dev busybox-static python3 shellcheck gdb
	groff man-db mandoc zsh fish'
kmod='linux-headers-amd64 sparse'
vmx='bochs bochs-term bochsbios vgabios
	busybox-static cpio gzip'
deb='debhelper dh-dkms lintian'
bench='bubblewrap runc jq'
peers='crun runsc qemu-system-x86 strace cpio'

die() {
	echo "deps: $*" >&2
	exit 1
}

check=
packages=
for set in "$@"; do
	case $set in
	--check) check=1 ;;
	build) packages="$packages $build" ;;
	test) packages="$packages $test" ;;
	bench) packages="$packages $bench" ;;
	peers) packages="$packages $peers" ;;
	kmod) packages="$packages $kmod" ;;
	vmx) packages="$packages $vmx" ;;
	lab) packages="$packages $lab" ;;
	deb) packages="$packages $deb" ;;
	run)	# The lab only where the programs cannot run on the host.
		[ -r /dev/kvm ] && [ -w /dev/kvm ] || packages="$packages $lab"
		;;
	*) die "unknown set '$set': choose from build, kmod, run, test, bench, peers, lab, vmx, deb" ;;
	esac
done
# shellcheck disable=SC2086 # a list of words
set -- $packages
[ $# -gt 0 ] || exit 0

command -v dpkg-query >/dev/null ||
	die "dpkg-query not found: this is not a Debian system; install what matches these packages: $*"

# Package names from dpkg's own list, as it knows some by another name (virtual packages).
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n${Provides}\n' |
	sed -n 's/^installed //p')
missing=
for package in "$@"; do
	case "
$installed
" in
	*"
$package
"*) ;;
	*) case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ -n "$check" ]; then
	echo "deps: missing:$missing" >&2
	exit 1
fi

command -v apt-get >/dev/null || die "apt-get not found; install these packages yourself:$missing"
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		die "not root and no sudo; as root, run: apt-get install$missing"
	sudo=sudo
	echo "deps: installing with sudo:$missing"
else
	echo "deps: installing:$missing"
fi

install() {
	# shellcheck disable=SC2086 # a list of words
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends $missing >"$log" 2>&1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The lists of a fresh machine are empty or old: fetch them only when they do not serve.
if ! install; then
	echo "deps: updating the package lists"
	$sudo apt-get update -q >"$log" 2>&1 || die "apt-get update failed: $(tail -n 1 "$log")"
	install || die "apt-get install$missing failed: $(grep '^E:' "$log" | head -n 1)"
fi
