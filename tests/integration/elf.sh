#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that cannot be run: each gets one line, status 126, and no VM.  The unit tests and the
# fuzzer of the loader go further; here the whole way from the command line is walked.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip elf "$reason"
	exit 0
fi
if ! command -v python3 >/dev/null; then
	skip elf "no python3 to damage programs with"
	exit 0
fi
cd "$scratch" || exit 1
good=$O/tests/guest/exit_0.elf

# damage NAME CODE: a copy of the good program, b, changed by Python; h(offset, format, value)
# changes the header, p(n, offset, format, value) program header n, load is the list of the numbers
# of the PT_LOADs.
damage() {
	python3 - "$good" "$1" "$2" <<'END'
import struct, sys
b = bytearray(open(sys.argv[1], 'rb').read())
phoff, = struct.unpack_from('<Q', b, 32)
phnum, = struct.unpack_from('<H', b, 56)
def h(off, fmt, value): struct.pack_into('<' + fmt, b, off, value)
def p(n, off, fmt, value): struct.pack_into('<' + fmt, b, phoff + 56 * n + off, value)
def g(n, off, fmt): return struct.unpack_from('<' + fmt, b, phoff + 56 * n + off)[0]
load = [n for n in range(phnum) if g(n, 0, 'I') == 1]
exec(sys.argv[3])
open(sys.argv[2], 'wb').write(b)
END
}

# refuse NAME CODE ERE
refuse() {
	damage "$1" "$2" && check "elf/$1" 126 "$mvm" run "$1" && one_line "elf/$1" "$1: .*$3" &&
		ok "elf/$1"
}

refuse empty 'b[:] = b""' 'is empty; '
refuse text 'b[:] = b"hello, world\n" * 10' 'is not an ELF file; '
refuse script 'b[:] = b"#!/bin/sh\necho hello\n"' 'is a script; '
refuse magic-only 'del b[4:]' 'is truncated'
refuse half-header 'del b[40:]' 'is truncated'
refuse no-headers 'del b[64:]' 'is truncated'
refuse half-segments 'del b[len(b) // 2:]' 'is truncated|beyond its end'
refuse 32-bit 'b[4] = 1' 'is a 32-bit ELF; '
refuse big-endian 'b[5] = 2' 'is a big-endian ELF; '
refuse arm 'h(18, "H", 183)' 'is built for Arm64'
refuse object 'h(16, "H", 1)' 'is an object file'
refuse core 'h(16, "H", 4)' 'is a core dump'
refuse no-segments 'h(56, "H", 0)' 'has no program headers'
refuse many-segments 'h(56, "H", 65535)' 'program headers|truncated'
refuse wrapping-header 'h(32, "Q", 2**64 - 56)' 'program headers'
refuse wrapping-segment 'p(load[1], 16, "Q", 2**64 - 4096); p(load[1], 40, "Q", 2**64 - 1)' ''
refuse huge-segment 'p(load[-1], 40, "Q", 2**47)' ''
refuse huge-memory 'p(load[-1], 40, "Q", 2**31)' 'memory'
refuse kernel-address 'p(load[-1], 16, "Q", 0xffffffff80000000)' ''
refuse null-page 'p(load[0], 16, "Q", 0)' ''
refuse overlap 'p(load[1], 16, "Q", g(load[0], 16, "Q"))' ''
refuse unaligned 'p(load[1], 8, "Q", g(load[1], 8, "Q") + 1)' ''
refuse file-larger 'p(load[0], 32, "Q", g(load[0], 40, "Q") + 1)' 'more bytes in the file'
refuse entry-nowhere 'h(24, "Q", 0x12345678000)' 'entry point'
refuse entry-data 'h(24, "Q", g(load[-1], 16, "Q"))' 'entry point'
refuse writable-text '[p(n, 4, "I", 7) for n in load if g(n, 4, "I") & 1]' '--allow-wx'

damage wx '[p(n, 4, "I", 7) for n in load if g(n, 4, "I") & 1]' &&
	check elf/allow-wx 0 "$mvm" run --allow-wx wx && ok elf/allow-wx

check elf/dynamic 126 "$mvm" run /bin/ls && one_line elf/dynamic 'is dynamically linked; ' &&
	ok elf/dynamic
check elf/little-memory 126 "$mvm" run --mem 8M "$good" &&
	one_line elf/little-memory 'memory, --mem gives 8; raise --mem' && ok elf/little-memory

# Whatever single byte of the headers is wrong: a refusal, or a VM that ends; never more.
bytes=0
bad=
for n in $(python3 -c 'import random; r = random.Random(1); print(*(r.randrange(64 + 56 * 8) for i in range(60)))'); do
	damage byte "b[$n] ^= 0x80"
	limited 10 "$mvm" run --timeout 2 byte >out 2>err
	status=$?
	case $status in
	0 | 124 | 125 | 126 | 13[0-9]) ;;
	*) bad="$bad $n:$status" ;;
	esac
	# a message of mvm's, if any, and never two
	[ "$(grep -c '^mvm: ' err)" -le 1 ] || bad="$bad $n:lines"
	bytes=$((bytes + 1))
done
if [ -z "$bad" ]; then
	ok "elf/any-byte"
else
	bad elf/any-byte "of $bytes bytes these end otherwise:$bad" err
fi
