#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds musl with the overlay: musl/build.sh WORKDIR SYSROOT.  WORKDIR is for the source and the
# objects; SYSROOT gets include/ and lib/.
set -eu

here=$(dirname "$(realpath "$0")")
work=$1
mkdir -p "$work" "$2"
work=$(realpath "$work")
sysroot=$(realpath "$2")
log=$work/log

die() {
	echo "musl: $*" >&2
	exit 1
}

if [ -n "${MUSL_SRC:-}" ]; then
	[ -f "$MUSL_SRC/arch/x86_64/syscall_arch.h" ] ||
		die "MUSL_SRC=$MUSL_SRC: no musl sources there; name the directory of an unpacked musl"
	rm -rf "$work/src"
	cp -r "$MUSL_SRC" "$work/src"
else
	"$here/../scripts/fetch-source.sh" musl "$MUSL_VERSION" "$here/musl.sha256" "$work/src"
fi

# Files are replaced, not patched; each must be there already, or musl has changed its layout.
(cd "$here/overlay" && find . -type f) | while read -r file; do
	[ -f "$work/src/$file" ] ||
		die "$file: not in this musl; the overlay is for musl 1.2.3"
	cp "$here/overlay/$file" "$work/src/$file"
done
# And what this musl does not have.
(cd "$here/added" && find . -type f) | while read -r file; do
	[ ! -f "$work/src/$file" ] ||
		die "$file: this musl has one of its own; what is added is for musl 1.2.3"
	cp "$here/added/$file" "$work/src/$file"
done
# Its assembly runs on a stack that it has just unmapped; musl's portable version does not.
rm -f "$work/src/src/thread/x86_64/__unmapself.s"

# Any other place with a system call of its own would not work in a VM.
(cd "$work/src" && grep -lE '^[[:space:]]*(syscall|int[[:space:]]+\$0x80)([[:space:]]|$)' \
	src/*/x86_64/*.s crt/x86_64/*.s) | while read -r file; do
	[ -f "$here/overlay/$file" ] || die "$file: makes system calls and is not in the overlay"
done

# No -g of any kind: with one, and be it -g0, musl assembles its .s files with debugging information,
# which names this directory, so that no two builds were alike.
rm -rf "$work/obj"
mkdir -p "$work/obj"
cd "$work/obj"
"$work/src/configure" --target=x86_64-linux-musl --prefix= --syslibdir=/lib --disable-shared \
	--disable-gcc-wrapper CC="${CC:-gcc}" AR=ar RANLIB=ranlib \
	CFLAGS='-O2 -fno-asynchronous-unwind-tables' >"$log" 2>&1 ||
	die "configure failed, see $log"
# src/malloc/kept.c stands between malloc and its mappings.
[ -d "$work/src/src/malloc/mallocng" ] || die "no malloc/mallocng; the overlay is for musl 1.2.3"
kept='-D__mmap=__malloc_map -Dmunmap=__malloc_unmap'
echo "obj/src/malloc/mallocng/%.o obj/src/malloc/mallocng/%.lo: CFLAGS_ALL += $kept" >>config.mak
"${MAKE:-make}" >>"$log" 2>&1 || die "cannot build it, see $log"
rm -rf "$sysroot/include" "$sysroot/lib"
"${MAKE:-make}" DESTDIR="$sysroot" install-headers install-libs >>"$log" 2>&1 ||
	die "cannot install it in $sysroot, see $log"

# The kernel's headers, from the system: programs include <linux/...> and <asm/...>.
for dir in linux asm-generic mtd; do
	ln -sfn /usr/include/$dir "$sysroot/include/$dir"
done
ln -sfn /usr/include/x86_64-linux-gnu/asm "$sysroot/include/asm"
