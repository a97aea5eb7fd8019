#!/bin/sh
# SPDX-License-Identifier: MIT
# Appliances: what is packed runs as it was asked for, is the same every time, and is refused when a
# byte of it is wrong; mistakes in a configuration are one line that names the place.
. "$(dirname "$0")/../lib.sh"

hello=$O/apps/hello.elf
why=$(no_vm)
cd "$scratch" || exit 1

# pack NAME STATUS ARGS...: mvm pack, writing $scratch/out.app.
pack() {
	p_name=$1
	p_status=$2
	shift 2
	check "$p_name" "$p_status" "$mvm" pack -o out.app "$@"
}

# ---- Running ------------------------------------------------------------------------------------

cat >a.conf <<'EOF'
# A comment.
about "Says hello"
args one "two words" \
     'th"ree'			# and another
env GREETING=hi
hostname packed
mem 32M
option data dir {}:/data:ro value DIR help "where the data is"
option name hostname {} default chosen
operands [WORD...]
EOF
if pack pack/writes 0 "$hello" --config a.conf && [ -x out.app ] && [ ! -s err ]; then
	ok pack/writes
fi
mv out.app a.app

if [ -n "$why" ]; then
	skip pack/runs "$why"
elif check pack/runs 0 ./a.app four && says pack/runs 'host name chosen$' &&
     says pack/runs 'said *one two words th"ree four$' && says pack/runs 'memory *32 MiB'; then
	ok pack/runs
fi
if [ -n "$why" ]; then
	skip pack/chosen "$why"
elif check pack/chosen 0 ./a.app --name=other -- --name && says pack/chosen 'host name other$' &&
     says pack/chosen 'said .* --name$'; then
	ok pack/chosen
fi
if check pack/help 0 ./a.app --help && says pack/help '^Says hello$' &&
   says pack/help '^ *--data DIR  *where the data is \(default: none\)$' &&
   says pack/help '^ *--name VALUE  *\(default: chosen\)$'; then
	ok pack/help
fi
mkdir data
if check pack/confinement 0 ./a.app --show-confinement --data=data && says pack/confinement 'as /data, read only' &&
   check pack/confinement 0 ./a.app --show-confinement && ! grep -q /data out; then
	ok pack/confinement
fi

refused pack/no-directory 125 'cannot open nowhere: No such file' ./a.app --data=nowhere
refused pack/too-many-parts 125 '--data=a:b: has too many parts .*; use --data=DIR$' ./a.app --data=a:b
refused pack/bad-choice 125 '--name=a_b: has .*; use --name=VALUE, as in --name=mvm$' ./a.app --name a_b
refused pack/inspect-words 125 'x: --inspect .* takes no words' ./a.app --inspect x
refused pack/trace-time 125 '--trace-time: nothing is traced' ./a.app --trace-time none
refused pack/unknown-option 125 '--dat: unknown option' ./a.app --dat
refused pack/twice 125 'given twice' ./a.app --data=a --data=b
refused pack/no-value 125 'value is missing' ./a.app --data

printf 'option data dir {}:/data required help "the data"\n' >r.conf
pack pack/required 0 "$hello" --config r.conf &&
	refused pack/required 125 '--data is missing: the data; use --data=VALUE' ./out.app
refused pack/operands 125 'takes no operands' ./out.app --data=data word

# ---- Files --------------------------------------------------------------------------------------

mkdir -p root/sub
echo content >root/sub/file
ln -s sub/file root/link
long=$(printf 'n%.0s' $(seq 120))
echo long >"root/$long"
cat >files.c <<'EOF'
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void show(const char *path)
{
	char line[100] = "";
	struct stat st;
	FILE *f = fopen(path, "r");

	if (!f || !fgets(line, sizeof(line), f) || lstat(path, &st)) {
		printf("%.20s: missing\n", path);
		return;
	}
	line[strcspn(line, "\n")] = 0;
	printf("%.20s: %s %o %u %ld\n", path, line, st.st_mode, st.st_uid, (long)st.st_mtime);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		show(argv[i]);
	return 0;
}
EOF
printf 'args /sub/file /link /%s /etc/passwd /nothing\n' "$long" >f.conf
if ! "$O/bin/mvm-cc" -o files.elf files.c 2>cc; then
	bad pack/files "mvm-cc failed" cc
elif [ -n "$why" ]; then
	skip pack/files "$why"
elif pack pack/files 0 files.elf --config f.conf --root root && check pack/files 0 ./out.app; then
	cat >want <<-EOF
		/sub/file: content 100644 0 0
		/link: content 120777 0 0
		/nnnnnnnnnnnnnnnnnnn: long 100644 0 0
	EOF
	if head -n 3 out | cmp -s - want && says pack/files '^/nothing: missing'; then
		ok pack/files
	else
		bad pack/files "other files than packed" out
	fi
fi

# ---- Snapshots ----------------------------------------------------------------------------------

fn=$O/apps/httpfn.elf
if [ -n "$why" ]; then
	skip pack/snapshot "$why"
elif ! "$mvm" help snapshot >/dev/null 2>&1; then
	skip pack/snapshot "this mvm was built without CONFIG_SNAPSHOT"
elif check pack/snapshot 0 "$mvm" snapshot -o fn.snap "$fn" && echo 'about "warm"' >warm.conf &&
     check pack/snapshot 0 "$mvm" pack fn.snap --config warm.conf -o fn.app &&
     printf 'GET /hello?name=you HTTP/1.0\r\n\r\n' >request &&
     check pack/snapshot 0 sh -c './fn.app <request' && says pack/snapshot '^Hello, you!'; then
	ok pack/snapshot
	refused pack/snapshot-mem 125 'warm.conf:1: mem: is for a program that starts' \
		sh -c 'echo "mem 32M" >warm.conf; exec "$0" pack fn.snap --config warm.conf -o out.app' "$mvm"
	refused pack/snapshot-args 125 'args and operands are for a program that starts' \
		sh -c 'echo "args x" >warm.conf; exec "$0" pack fn.snap --config warm.conf -o out.app' "$mvm"
	# The root that a snapshot was made with, and no other.
	mkdir own && cp "$fn" own/fn && tar -cf own.tar -C own . && tar -cf other.tar -C "$tests/unit" .
	refused pack/snapshot-root 125 '--root own.tar: the snapshot fn.snap was made without it' \
		"$mvm" pack fn.snap --root own.tar -o out.app
	check pack/snapshot-own-root 0 "$mvm" snapshot -o own.snap --root own.tar /fn &&
		check pack/snapshot-own-root 0 "$mvm" pack own.snap --root own.tar -o own.app &&
		check pack/snapshot-own-root 0 sh -c './own.app <request' &&
		says pack/snapshot-own-root '^Hello, you!' && ok pack/snapshot-own-root
	refused pack/snapshot-no-root 125 'own.snap: the snapshot was made with a --root' "$mvm" pack own.snap -o out.app
	refused pack/snapshot-other-root 125 '--root other.tar: is not the archive of [0-9]* bytes' \
		"$mvm" pack own.snap --root other.tar -o out.app
	refused pack/snapshot-run-root 125 'own.snap: the snapshot expects / to have [0-9]* bytes, not ' \
		sh -c '"$@" <request' sh "$mvm" run --snapshot own.snap --root other.tar
	printf x | dd of=fn.snap bs=1 seek=20000 conv=notrunc 2>/dev/null
	refused pack/snapshot-damaged 126 'the snapshot is damaged' "$mvm" pack fn.snap -o out.app
fi

# ---- The same bytes -----------------------------------------------------------------------------

mkdir -p one/root other/dir/root
cp -r root/. one/root
(umask 077 && touch other/dir/root/z && cp -rP root/. other/dir/root && rm other/dir/root/z)
touch -d 2001-01-01 other/dir/root/sub/file
cp a.conf one
cp a.conf other/dir
cp "$hello" one
cp "$hello" other/dir
if (cd one && "$mvm" pack hello.elf --config a.conf --root root -o x) &&
   (cd other/dir && umask 077 && "$mvm" pack --root "$PWD/root" -o "$PWD/x" "$PWD/hello.elf" --config "$PWD/a.conf") &&
   cmp one/x other/dir/x >differ 2>&1; then
	ok pack/same-bytes
else
	bad pack/same-bytes "two directories, dates and umasks: two appliances" differ
fi

# Taken apart and put together again.  The configuration's name is in the appliance.
if check pack/unpack 0 "$mvm" unpack one/x parts && cmp parts/mvm "$mvm" && cmp parts/appliance.conf a.conf &&
   check pack/unpack 0 "$mvm" run parts/hello.elf && mkdir again && cp parts/appliance.conf again/a.conf &&
   check pack/unpack 0 parts/mvm pack parts/hello.elf --root parts/root.tar --config again/a.conf -o again/x; then
	if cmp again/x one/x; then
		ok pack/unpack
	else
		bad pack/unpack "packed again it is another one"
	fi
fi
refused pack/unpack-again 125 'parts: is not empty; name a directory' "$mvm" unpack one/x parts
refused pack/unpack-file 125 'a.conf: Not a directory; name a directory' "$mvm" unpack one/x a.conf
if check pack/inspect 0 "$mvm" inspect one/x && says pack/inspect "$(sha256sum <parts/hello.elf | cut -c 1-64)" &&
   says pack/inspect "$(sha256sum <"$mvm" | cut -c 1-64)" && says pack/inspect '^about "Says hello"$' &&
   mv out inspected && check pack/inspect 0 one/x --inspect && cmp out inspected; then
	ok pack/inspect
fi

# What a terminal would do something with is not printed.
printf 'about "Says hello"\r # \302\233 \303\240\n' >control.conf
printf 'about "Says hello"? # \302? \303\240\n' >expect
if check pack/inspect-controls 0 "$mvm" pack "$hello" --config control.conf -o control.app &&
   check pack/inspect-controls 0 "$mvm" inspect control.app; then
	if tail -n 1 out | cmp - expect; then ok pack/inspect-controls; else
		bad pack/inspect-controls "control characters are printed" out; fi
fi

# ---- Damage -------------------------------------------------------------------------------------

# Every field of the footer, every part, what is between them: one byte is changed.
python3 - a.app >offsets <<'EOF'
import struct, sys
data = open(sys.argv[1], "rb").read()
footer = len(data) - 840
mark = struct.unpack_from("<I", data, footer + 788)[0]
at = []
for i in range(6):
    part = footer + 128 * i
    at += [part, part + 4, part + 8, part + 16, part + 24, part + 56, part + 127]
    kind, _, off, length = struct.unpack_from("<IIQQ", data, part)
    if kind:
        at += [off + (length // 2 if i else 8), off + length - 1]
        if (off + length) % 4096:
            at.append(off + length)
at += [mark + 8, footer + 768, footer + 784, footer + 788, footer + 792, footer + 800, footer + 832]
print("\n".join(map(str, at)))
EOF
damaged=
flipped=0
while read -r offset; do
	cp a.app bad.app
	byte=$(dd if=a.app bs=1 skip="$offset" count=1 2>/dev/null | od -An -tu1)
	# shellcheck disable=SC2059 # an escape
	printf "\\$(printf %o $((byte ^ 1)))" | dd of=bad.app bs=1 seek="$offset" conv=notrunc 2>/dev/null
	limited 20 "$mvm" inspect bad.app >out 2>err
	[ $? -eq 125 ] && [ "$(grep -c '^mvm: ' err)" -eq 1 ] && [ ! -s out ] || damaged="$damaged inspect:$offset"
	flipped=$((flipped + 1))
done <offsets
if [ -z "$damaged" ] && [ "$flipped" -gt 50 ]; then
	ok "pack/damage ($flipped places)"
else
	bad pack/damage "accepted with a byte changed at$damaged ($flipped tried)"
fi

# In the parts that are not the launcher itself the appliance finds it, too.
damaged=
for offset in $(sed -n '10,$p' offsets); do
	cp a.app bad.app
	byte=$(dd if=a.app bs=1 skip="$offset" count=1 2>/dev/null | od -An -tu1)
	# shellcheck disable=SC2059 # an escape
	printf "\\$(printf %o $((byte ^ 1)))" | dd of=bad.app bs=1 seek="$offset" conv=notrunc 2>/dev/null
	limited 20 ./bad.app >out 2>err
	[ $? -eq 126 ] && [ "$(grep -c '^mvm: ' err)" -eq 1 ] && [ ! -s out ] || damaged="$damaged $offset"
done
if [ -z "$damaged" ]; then
	ok pack/damage-start
else
	bad pack/damage-start "ran with a byte changed at$damaged"
fi
size=$(stat -c %s a.app)
for cut in 1 840 5000; do
	head -c $((size - cut)) a.app >bad.app
	refused "pack/cut-$cut" 126 'not an appliance, or is cut off|damaged' ./bad.app
done
cp a.app bad.app
echo >>bad.app
refused pack/appended 126 'not an appliance, or is cut off' ./bad.app
refused pack/inspect-other 125 'is not an appliance' "$mvm" inspect "$hello"
refused pack/inspect-empty 125 'is not a regular file' "$mvm" inspect /dev/null
refused pack/of-appliance 125 'is an appliance already' "$mvm" pack "$hello" --launcher a.app -o out.app
refused pack/of-other 125 'is no mvm that can become' "$mvm" pack "$hello" --launcher "$hello" -o out.app

# ---- Mistakes -----------------------------------------------------------------------------------

rm -f out.app
refused pack/no-program 127 'nothing.elf: cannot open it: No such file' "$mvm" pack nothing.elf -o out.app
refused pack/no-elf 126 'a.conf: is not an ELF file' "$mvm" pack a.conf -o out.app
refused pack/no-output 125 'not said what to write' "$mvm" pack "$hello"
refused pack/no-operand 125 'the program is missing' "$mvm" pack -o out.app
refused pack/two-programs 125 'one word too many' "$mvm" pack "$hello" "$hello" -o out.app
refused pack/output-directory 125 'not a regular file' "$mvm" pack "$hello" -o data
ln -s "$hello" output-link
refused pack/output-link 125 'not a regular file' "$mvm" pack "$hello" -o output-link
odd=$(printf 'odd\001\n<&">.elf')
cp "$hello" "$odd"
check pack/odd-name 0 "$mvm" pack "$odd" -o odd.app && check pack/odd-name 0 ./odd.app &&
	check pack/odd-name 0 "$mvm" inspect odd.app && says pack/odd-name '  odd\?\?<&">\.elf$' && ok pack/odd-name
cp "$hello" own.elf
refused pack/output-is-program 125 'own.elf: is the same file as \./own.elf, .*name another' \
	"$mvm" pack ./own.elf -o own.elf
mkdir out-in
check pack/output-in-root 0 "$mvm" pack "$hello" --root out-in -o out-in/x &&
	refused pack/output-in-root 125 'out-in/x: is the file that -o names, and in --root' \
		"$mvm" pack "$hello" --root out-in -o out-in/x
refused pack/output-nowhere 125 'cannot write it: No such file' "$mvm" pack "$hello" -o nowhere/x
refused pack/root-nowhere 125 'cannot open it' "$mvm" pack "$hello" -o out.app --root nowhere
echo "no archive" >text
refused pack/root-text 125 '--root text: is not a tar archive; ' "$mvm" pack "$hello" -o out.app --root text
: >nothing
refused pack/root-empty 125 '--root nothing: is not a tar archive; ' "$mvm" pack "$hello" -o out.app --root nothing
gzip -n text
refused pack/root-compressed 125 'text.gz: is compressed; ' "$mvm" pack "$hello" -o out.app --root text.gz
mkdir socketed
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socketed/s")'
refused pack/root-socket 125 'socketed/s: is a socket or a device' "$mvm" pack "$hello" -o out.app --root socketed

# wrong NAME ERE LINE...: a configuration of these lines.
wrong() {
	w_name=pack/conf-$1
	w_says=$2
	shift 2
	printf '%s\n' "$@" >w.conf
	refused "$w_name" 125 "$w_says" "$mvm" pack "$hello" --config w.conf -o out.app
}
wrong bad-default 'w.conf:2: --size=3x: is not a size; use --size=VALUE, as in' '' 'option size mem {} default 3x'
wrong unknown 'w.conf:2: memm: unknown key; did you mean mem\?' '# c' 'memm 3M'
wrong missing 'w.conf:1: mem: takes one value, not 0' mem
wrong two-values 'w.conf:1: mem: takes one value, not 2' 'mem 3M 4M'
wrong bad-value 'w.conf:3: --mem 3: is less than 8M' 'hostname a' '' 'mem 3'
wrong twice 'w.conf:5: mem: is said already, in line 1' 'mem 32M' '' 'args a \' ' b' 'mem 64M'
wrong switch 'w.conf:1: no-aslr: takes no value' 'no-aslr yes'
wrong quote 'w.conf:2: a quotation mark is not closed' 'mem 32M' 'args "a' 'b"'
wrong byte 'w.conf:2: there is a byte 0x01' 'mem 32M' "$(printf 'args \001')"
wrong env 'w.conf:1: env HOME: .*env HOME=VALUE' 'env HOME'
wrong option-short 'w.conf:1: option: something is missing; write option NAME KEY' 'option data dir'
wrong option-name 'w.conf:1: option Data: the name is no name' 'option Data dir {}:/d'
wrong option-taken 'w.conf:1: option help: the name is an option of every' 'option help dir {}:/d'
wrong option-twice 'w.conf:2: option d: the name is an option already' 'option d mem {}' 'option d mem {}'
wrong option-braces 'w.conf:1: option d: .* has no \{\}' 'option d dir x:/d'
wrong option-key 'w.conf:1: dri: unknown key; did you mean dir' 'option d dri {}:/d'
wrong option-attribute 'w.conf:1: option d: .hepl. is none of' 'option d dir {}:/d hepl x'
wrong option-default 'w.conf:1: option d: something is missing behind default' 'option d dir {}:/d default'
wrong option-both 'w.conf:1: option d: what has a default is not required' 'option d mem {} default 32M required'
wrong option-preset 'w.conf:1: --d=x: is not a size' 'option d mem {} default x'
wrong program 'the configuration has .program /bin/x. already' 'program /bin/x'
: >w.conf
refused pack/conf-empty 125 'w.conf: is empty' "$mvm" pack "$hello" --config w.conf -o out.app
refused pack/conf-nowhere 125 'cannot open it' "$mvm" pack "$hello" --config nowhere -o out.app

# A program that has the name of another part.
cp "$hello" appliance.conf
if check pack/unpack-names 0 "$mvm" pack ./appliance.conf --config a.conf -o names.app &&
   check pack/unpack-names 0 "$mvm" unpack names.app names && cmp names/appliance.conf a.conf && [ -x names/program ]; then
	ok pack/unpack-names
fi

# on_disk NAME KIBIBYTES COMMAND...: in a file system that has no more room; what is left there goes to ./left.
on_disk() {
	d_name=$1
	d_size=$2
	shift 2
	mkdir -p disk
	check "$d_name" 125 unshare --mount sh -c 'mount -t tmpfs -o size="$1k" none disk || exit 1
		shift; "$@"; status=$?; ls -A disk >left; exit $status' sh "$d_size" "$@"
}
none_left() {
	if [ -s left ]; then bad "$1" "something was left" left; else ok "$1"; fi
}
if unshare --mount true 2>/dev/null; then
	on_disk pack/disk-full 200 "$mvm" pack "$hello" -o disk/out.app &&
		one_line pack/disk-full 'disk/out.app: cannot write it: No space left on device; make room' &&
		none_left pack/disk-full
	# The launcher has room, and the program behind it has not.
	room=$(($(stat -c %s "$mvm") / 1024 + 12))
	on_disk pack/unpack-disk-full $room "$mvm" unpack one/x disk/parts &&
		one_line pack/unpack-disk-full 'disk/parts/.*: cannot write it: No space left on device; make room' &&
		none_left pack/unpack-disk-full
else
	skip pack/disk-full "no mount namespace can be made here"
fi

# Killed in the middle of a root that takes seconds.
mkdir killed large
truncate -s 4G large/hole
"$mvm" pack "$hello" --root large -o killed/out.app 2>/dev/null &
packer=$!
sleep 0.3
if ! kill -KILL $packer 2>/dev/null; then
	skip pack/killed "it was done, or failed, before"
elif wait $packer 2>/dev/null; [ -z "$(ls -A killed)" ]; then
	ok pack/killed
else
	bad pack/killed "something was left: $(ls -A killed)"
fi
rm -r large

# A disk that is full: a file may be no larger than 100 KiB.
refused pack/full 125 'out.app: cannot write it: File too large; make room' \
	sh -c "ulimit -f 200; exec \"\$0\" pack \"$hello\" -o out.app" "$mvm"
left=$(ls -A | grep -F out.app)
if [ -z "$left" ]; then
	ok pack/nothing-left
else
	bad pack/nothing-left "failures left these: $left"
fi

# ---- Signatures ---------------------------------------------------------------------------------

if ! "$mvm" help pack | grep -q -- --sign; then
	skip pack/sign "this mvm was built without CONFIG_SIGN"
	exit
elif ! command -v minisign >/dev/null; then
	skip pack/sign "no minisign here"
	exit
fi
minisign -G -W -p key.pub -s key >/dev/null
minisign -G -W -p other.pub -s other.key >/dev/null
if pack pack/sign 0 "$hello" --sign key && check pack/sign 0 minisign -V -m out.app -p key.pub &&
   check pack/sign 0 "$mvm" inspect --verify key.pub out.app &&
   check pack/sign 0 "$mvm" inspect out.app --verify "$(sed -n 2p key.pub)"; then
	cp out.app.minisig first
	if pack pack/sign 0 "$hello" --sign key && cmp first out.app.minisig; then
		ok pack/sign
	else
		bad pack/sign "signed twice: two signatures"
	fi
fi
refused pack/sign-other-key 125 'is by another key' "$mvm" inspect out.app --verify other.pub
cp out.app.minisig a.app.minisig
refused pack/sign-other-file 125 'is wrong for this file' "$mvm" inspect a.app --verify key.pub
sed 's/^trusted comment: ./&x/' first >out.app.minisig
refused pack/sign-comment 125 'trusted comment that was changed' "$mvm" inspect out.app --verify key.pub
echo >out.app.minisig
refused pack/sign-no-signature 125 'is no signature of minisign' "$mvm" inspect out.app --verify key.pub
rm out.app.minisig
refused pack/sign-none 125 'out.app.minisig: cannot be read: No such file' "$mvm" inspect out.app --verify key.pub
refused pack/sign-bad-key 125 'is not a public key' "$mvm" inspect out.app --verify key
refused pack/sign-no-key 125 'cannot be read: No such file' "$mvm" pack "$hello" -o new.app --sign nowhere
refused pack/sign-public-key 125 'is not a secret key' "$mvm" pack "$hello" -o new.app --sign key.pub
if minisign -S -s key -m out.app >/dev/null && check pack/sign-theirs 0 "$mvm" inspect out.app --verify key.pub; then
	ok pack/sign-theirs
fi
# With a password: deriving the key takes a GiB of memory and a second.
printf 'pass\npass\n' | minisign -G -p locked.pub -s locked >out 2>&1
if (echo pass | "$mvm" pack "$hello" -o new.app --sign locked) && check pack/sign-password 0 minisign -V -m new.app -p locked.pub; then
	ok pack/sign-password
fi
(echo wrong | "$mvm" pack "$hello" -o bad2.app --sign locked) 2>err
if [ $? -eq 125 ] && one_line pack/sign-wrong-password 'the password is wrong' && [ ! -e bad2.app ]; then
	ok pack/sign-wrong-password
fi
