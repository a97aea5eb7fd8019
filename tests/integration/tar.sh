#!/bin/sh
# SPDX-License-Identifier: MIT
# --root FILE.tar: what is in an archive is in the guest, can be changed there and only there, and
# damaged archives are one clear line.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip tar "$reason"
	exit 0
fi
command -v tar >/dev/null || { skip tar "no tar here"; exit 0; }
cd "$scratch" || exit 1

if ! "$O/bin/mvm-cc" -O2 -D_GNU_SOURCE -o walk "$tests/tools/walk.c" 2>err; then
	bad tar "mvm-cc does not compile the guest" err
	exit 0
fi

deep=$(printf 'd%.0s' $(seq 1 70))
mkdir -p r/bin "r/t/$deep/$deep/$deep" r/t/dir r/t/empty r/etc
cp walk r/bin
echo tree >r/etc/hostname
printf 'x' >"r/t/$deep/$deep/$deep/$deep"
: >r/t/nothing
seq 1 100000 >r/t/big
seq 1 100 >r/t/dir/small
ln r/t/dir/small r/t/hard
ln -s dir/small r/t/link
ln -s "/$deep/$deep/$deep" r/t/long-link
mkfifo r/t/fifo
echo utf8 >"r/t/größe ü"
chmod 640 r/t/nothing
chmod 4755 r/t/dir/small
chmod 1777 r/t/empty
touch -h -d '2001-02-03 04:05:06' r/t/link
touch -d '2011-02-03 04:05:06' r/t/dir
touch -d '1999-01-01' r/t/big
(cd r && ./bin/walk t) >native

for format in gnu pax ustar; do
	options="--format=$format --sort=name"
	# A ustar name has 100 bytes and a directory of 155.
	[ $format != ustar ] || options="$options --exclude=$deep/$deep/$deep --exclude=long-link"
	# shellcheck disable=SC2086 # words
	tar -C r $options -cf $format.tar . 2>err || { bad tar/$format "tar failed" err; continue; }
	cp native wanted
	[ $format != ustar ] || grep -Ev "$deep/$deep/$deep|long-link" native >wanted
	check tar/$format 0 "$mvm" run --root $format.tar walk t || continue
	if diff wanted out >differ; then
		ok tar/$format
	else
		bad tar/$format "the guest does not see what is packed (< packed, > seen)" differ
	fi
done
# Names without "./", as images have them; directories that are nowhere mentioned.
tar -C r --format=gnu -cf bare.tar bin/walk t/big t/dir/small
cp r/t/big big
./walk change big >wanted
if check tar/changed 0 "$mvm" run --root bare.tar walk change /t/big; then
	if cmp -s wanted out; then
		ok tar/changed
	else
		bad tar/changed "a file that is changed reads differently" wanted out
	fi
fi
cmp -s r/t/big - <<END && ok tar/untouched || bad tar/untouched "the archive was changed"
$(tar -xOf bare.tar t/big)
END

# ---- The tree's own files, grants, limits ------------------------------------------------------------

cat >seen.c <<'END'
#include <stdio.h>
int main(int argc, char **argv)
{
	char line[100];
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "r");
		printf("%s: %s", argv[i], f && fgets(line, sizeof(line), f) ? line : "none\n");
	}
	return 0;
}
END
"$O/bin/mvm-cc" -O2 -o r/bin/seen seen.c
mkdir -p r/dev work
echo file >r/dev/null
echo work >work/file
tar -C r -cf own.tar .
printf '%s\n' '/etc/hostname: tree' '/etc/hosts: 127.0.0.1	localhost mvm' '/dev/null: none' \
	'/work/file: work' >wanted
check tar/own 0 "$mvm" run --root own.tar --dir work:/work:ro seen /etc/hostname /etc/hosts /dev/null \
	/work/file && if cmp -s wanted out; then ok tar/own; else bad tar/own "other files" wanted out; fi

# ---- Damage -----------------------------------------------------------------------------------------

# refuses NAME ERE FILE
refuses() {
	check "tar/$1" "${4:-125}" "$mvm" run --root "$3" walk t && one_line "tar/$1" "$2" && ok "tar/$1"
}
head -c 1000 bare.tar >short.tar
refuses cut-header 'archive is cut off at byte ' short.tar
head -c 100000 bare.tar >short.tar
refuses cut-file 'archive is cut off at byte ' short.tar
gzip -k bare.tar
refuses compressed 'the archive is compressed; decompress it first' bare.tar.gz
refuses no-archive 'the file is not a tar archive; ' walk
: >empty
refuses empty 'the file is not a tar archive; ' empty
cp bare.tar sum.tar
printf 'X' | dd of=sum.tar bs=1 seek=600000 conv=notrunc 2>/dev/null
python3 - bare.tar <<'END' 2>/dev/null
import sys
a = bytearray(open('bare.tar', 'rb').read())
def write(name, at, b):
    c = bytearray(a)
    c[at:at + len(b)] = b
    open(name, 'wb').write(c)
# the second header: behind the first file
size = int(a[124:135], 8)
second = 512 + (size + 511) // 512 * 512
write('checksum.tar', second + 1, b'Z')
def fixed(name, at, b):
    c = bytearray(a)
    c[at:at + len(b)] = b
    h = second
    c[h + 148:h + 156] = b' ' * 8
    c[h + 148:h + 156] = b'%06o\0 ' % sum(c[h:h + 512])
    open(name, 'wb').write(c)
fixed('huge.tar', second + 124, b'\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff')
fixed('digits.tar', second + 124, b'12z45678901\0')
fixed('dots.tar', second, b't/..\0' + b'\0' * 20)
fixed('orphan.tar', second + 156, b'1nowhere\0')
fixed('sparse.tar', second + 156, b'S')
fixed('through.tar', second, b'bin/walk/x\0' + b'\0' * 20)
END
if [ -e through.tar ]; then
	refuses checksum 'a header whose checksum is wrong at byte ' checksum.tar
	refuses huge 'archive is cut off at byte |a number that is too large at byte ' huge.tar
	refuses digits 'other characters than digits at byte ' digits.tar
	refuses dots "a name that ends in '\.\.' at byte " dots.tar
	refuses orphan 'a hard link to a file that is not before it at byte ' orphan.tar
	refuses sparse 'a sparse file, which mvm does not unpack, at byte ' sparse.tar
	refuses through 'a name that leads nowhere at byte ' through.tar
else
	skip tar/damaged "no python3 to damage archives with"
fi
check tar/read-only 125 "$mvm" run --root bare.tar:ro walk t &&
	one_line tar/read-only 'an archive is not changed in any case' && ok tar/read-only
check tar/missing 125 "$mvm" run --root none.tar walk t &&
	one_line tar/missing '--root none.tar: cannot open none.tar: No such file' && ok tar/missing
check tar/no-program 127 "$mvm" run --root bare.tar nope &&
	one_line tar/no-program 'nope: no such program in the root' && ok tar/no-program
exit 0
