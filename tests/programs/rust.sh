#!/bin/sh
# SPDX-License-Identifier: MIT
# Rust: a program of threads, static, by Debian's compiler (which runs here, natively); and ripgrep as
# Debian has it, dynamically linked, which searches with several threads.
. "$(dirname "$0")/common.sh"

debs rust --only rustc libstd-rust-1.63 libstd-rust-dev libllvm14
rust=$P/rust.elf
if [ ! "$rust" -nt "$tests/programs/threads.rs" ]; then
	rm -f "$rust"
	LD_LIBRARY_PATH=$dir/usr/lib/x86_64-linux-gnu "$dir/usr/bin/rustc" --sysroot "$dir/usr" -O \
		-C target-feature=+crt-static -o "$rust" "$tests/programs/threads.rs" \
		>"$scratch/log" 2>&1
fi
if [ ! -x "$rust" ]; then
	skip programs/rust "its compiler does not run here: $(head -n 1 "$scratch/log")"
	exit 0
fi
sample_files
program Rust "rustc $version" "static, by Debian's compiler" \
	"threads, mutexes, channels, conditions, barriers, rwlocks, scopes, thread-locals, panics, parking"
for how in ${POLL:-auto}; do
	tag=
	[ "$how" = auto ] || tag="[$how]"
	same "programs/rust/threads$tag" /dev/null "$rust"
done

how=auto
debs ripgrep ripgrep
root=$dir
for i in 1 2 3 4 5 6 7 8; do
	mkdir -p "$scratch/files/tree/$i/deep"
	cp "$tests"/guest/*_[a-m]*.c "$scratch/files/tree/$i"
	cp "$tests"/guest/*_[n-z]*.c "$scratch/files/tree/$i/deep"
done
find "$scratch/files" -exec touch -h -d '2024-01-02 03:04:05' {} +
program ripgrep "$version" "Debian's dynamic Rust binary, --root" "searches of a tree by four threads"
same programs/rust/ripgrep-count /dev/null /usr/bin/rg -j 4 --no-config -c --sort path 'return -?1' tree
same programs/rust/ripgrep-words /dev/null /usr/bin/rg -j 4 --no-config -n -w --sort path -e 'EFAULT|EINVAL' tree
same programs/rust/ripgrep-none /dev/null /usr/bin/rg -j 4 --no-config 'no such words are there' tree
# In any order: what four threads find is the same set.
(cd "$scratch/files" && native /usr/bin/rg -j 4 --no-config -n 'static|int' tree | sort) >"$scratch/wanted"
vm "--dir $scratch/files:/data:ro --cwd /data" /usr/bin/rg -j 4 --no-config -n 'static|int' tree \
	2>"$scratch/err" | sort >"$scratch/out"
if [ -s "$scratch/wanted" ] && cmp -s "$scratch/wanted" "$scratch/out"; then
	ok programs/rust/ripgrep-threads
else
	diff "$scratch/wanted" "$scratch/out" | head -n 20 >"$scratch/diff"
	bad programs/rust/ripgrep-threads "not the same lines" "$scratch/diff" "$scratch/err"
fi
