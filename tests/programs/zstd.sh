#!/bin/sh
# SPDX-License-Identifier: MIT
# zstd built by mvm-cc from Debian's source: what it packs in a VM is unpacked natively by the same
# file, and the other way round.
. "$(dirname "$0")/common.sh"

build_zstd() {
	make -j"$(nproc)" -C programs zstd CC=mvm-cc CFLAGS=-O2 HAVE_PTHREAD=1 HAVE_ZLIB=0 \
		HAVE_LZMA=0 HAVE_LZ4=0 ZSTD_LEGACY_SUPPORT=0
}

from_source libzstd programs/zstd build_zstd
zstd=$built
packed_inputs
program zstd "$version" "mvm-cc from Debian's source" \
	"round trips with native at levels 1 to 19, long distance matches, streams, dictionaries, four threads"

round_trip zstd/fast zst "$zstd" "-1 -T1" "-d"
round_trip zstd/default zst "$zstd" "-T1" "-d"
round_trip zstd/high zst "$zstd" "-17 -T1" "-d"
round_trip zstd/long zst "$zstd" "--long=27 -5 -T1" "-d --long=27"
round_trip zstd/threads zst "$zstd" "-5 -T4 -B512K" "-d"
stream_trip zstd/stream "$zstd" "-3 -T1 -c" "-d -c"

# A dictionary from many small files; -B cuts one into such.
name=programs/zstd/dictionary
limited 60 "$mvm" run --dir "$scratch/packed:/data" --cwd /data "$zstd" -q --train-cover=d=8,k=64 \
	-B1024 --maxdict=16384 text -o dict >"$scratch/out" 2>"$scratch/err"
if [ "$(stat -c %s "$scratch/packed/dict" 2>/dev/null)" != 16384 ]; then
	bad $name "no dictionary of the size that was asked for" "$scratch/err"
elif ! "$zstd" -q -D "$scratch/packed/dict" -c "$scratch/packed/text" >"$scratch/text.zst" ||
	! limited 60 "$mvm" run --dir "$scratch/packed:/data:ro" "$zstd" -q -d -c -D /data/dict \
		<"$scratch/text.zst" >"$scratch/text" 2>"$scratch/err"; then
	bad $name "cannot unpack with the dictionary" "$scratch/err"
elif ! cmp -s "$scratch/text" "$scratch/packed/text"; then
	bad $name "what was unpacked differs"
else
	ok $name
fi
