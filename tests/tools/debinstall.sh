#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs packages in an overlay of this system, in a mount namespace of its own, uses them and removes
# them: debinstall.sh DIRECTORY PACKAGE.deb...  Says SKIP and why where that cannot be done; else it
# fails with what went wrong.  What they leave behind is compared with what was there before.
set -u
dir=$1
shift
upper=$dir/overlay
root=$upper/root
mkdir -p "$upper/upper" "$upper/work" "$root"

die() {
	echo "debinstall: $*" >&2
	exit 1
}

# On a file system of its own: an overlay's may be the root's own only by luck.
mount -t tmpfs none "$upper" 2>/dev/null && mkdir -p "$upper/upper" "$upper/work" "$root" &&
	mount -t overlay -o lowerdir=/,upperdir="$upper/upper",workdir="$upper/work" none "$root" \
		2>/dev/null || { echo "SKIP no overlay of this system can be mounted" && exit 0; }
mount --rbind /dev "$root/dev" && mount -t proc none "$root/proc" || die "cannot mount /dev and /proc"

here() {
	(cd "$upper/upper" && find . ! -type d -path '*mvm*' ! -path './var/log/*' ! -path './tmp/*' \
		! -path './var/lib/dpkg/*-old' ! -name '*.pyc' ! -type c | sort)
}

mkdir -p "$root/tmp/debs" && cp "$@" "$root/tmp/debs" || die "no room in the overlay"
before=$(here)
chroot "$root" sh -c 'dpkg -i /tmp/debs/*.deb' >&2 || die "dpkg -i failed"
chroot "$root" man -w mvm-run >/dev/null || die "man finds no mvm-run"
chroot "$root" man -w mvm-c++ >/dev/null || die "man finds no mvm-c++"
chroot "$root" sh -c 'cd /tmp && mvm-cc -o hello /usr/share/doc/mvm-dev/examples/hello.c &&
	echo "#include <linux/fs.h>" | mvm-cc -c -x c -o /dev/null -' >&2 || die "mvm-cc failed"
if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	chroot "$root" sh -c 'cd /tmp && mvm run hello' | grep -q '^Hello from an mvm' || die "no hello from a VM"
fi
chroot "$root" dpkg -P mvm mvm-dev >&2 || die "dpkg -P failed"
after=$(here)
[ "$before" = "$after" ] || die "left behind: $after"
