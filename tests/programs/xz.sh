#!/bin/sh
# SPDX-License-Identifier: MIT
# xz built by mvm-cc from Debian's source: round trips between a VM and native.
. "$(dirname "$0")/common.sh"

build_xz() {
	[ -e Makefile ] ||
		./configure CC=mvm-cc CFLAGS=-O2 --build=x86_64-linux-gnu --host=x86_64-linux-musl \
			--disable-shared --disable-nls --disable-scripts --disable-doc \
			--disable-lzmadec --disable-lzmainfo --disable-xzdec
	make -j"$(nproc)"
}

from_source xz-utils src/xz/xz build_xz
xz=$built
packed_inputs
program xz "$version" "mvm-cc from Debian's source" \
	"round trips with native: .xz and .lzma, checks, filters, streams, four threads, damage"

round_trip xz/fast xz "$xz" "-0 -T1" "-d"
round_trip xz/default xz "$xz" "-6 -T1" "-d"
round_trip xz/sha256 xz "$xz" "-1 -T1 --check=sha256 --x86 --lzma2=preset=1" "-d"
round_trip xz/lzma lzma "$xz" "-1 --format=lzma" "-d"
round_trip xz/threads xz "$xz" "-1 -T4 --block-size=512KiB" "-d -T4"
stream_trip xz/stream "$xz" "-1 -T1 -c" "-d -c"

# What was damaged is found: the same words and status as natively.
mkdir "$scratch/files"
"$xz" -0 -c "$scratch/packed/text" >"$scratch/files/damaged.xz"
printf 'X' | dd of="$scratch/files/damaged.xz" bs=1 seek=5000 conv=notrunc 2>/dev/null
same programs/xz/damaged /dev/null "$xz" -t -v damaged.xz
