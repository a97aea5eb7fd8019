#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's busybox-static, as it is: applets and its shell, files and a terminal.
. "$(dirname "$0")/common.sh"

# applet ARGS...: one busybox applet, natively and in the VM.
applet() {
	same "programs/busybox-$(echo "$*" | tr -c 'a-zA-Z0-9\n' '_' | cut -c 1-40)$tag" /dev/null \
		"$busybox" "$@"
}

debs busybox --only busybox-static
busybox=$dir/bin/busybox
pty=$O/tests/tools/pty
sample_files
program busybox "$version" "Debian's static binary" \
	"applets on a directory, the shell's built-ins, line editing and vi on a terminal"

for how in ${POLL:-auto}; do
	tag=
	[ "$how" = auto ] || tag="[$how]"

	applet echo hello world
	applet cat table.csv
	applet ls -la sub
	applet find sub -name "w*"
	applet sort -t, -k3,3n -k1,1n table.csv
	applet wc numbers table.csv
	applet sha256sum numbers table.csv
	applet awk -F, '{ s[$2] += $3 } END { for (k in s) n++; print n, s["name 19"] }' table.csv
	applet sed -n '10,20s/name/NAME/p' table.csv
	applet grep -c 'name 7' table.csv
	applet cp -r sub copy
	applet mv table.csv moved.csv
	applet rm -r sub
	applet mkdir -p a/b/c
	applet dd if=numbers of=part bs=100 skip=3 count=7
	applet tar cf all.tar sub/words sub/link numbers
	applet gzip -k numbers
	applet tail -n 5 numbers
	applet cut -d, -f2 table.csv
	applet od -c sub/words
	applet diff numbers table.csv
	applet md5sum nothing-of-that-name
	applet expr 12 '*' 12
	applet seq 1 100
	applet base64 numbers
	applet stat -c '%s %a %F %h' numbers sub sub/link
	applet test -d sub
	applet test -d numbers
	applet truncate -s 100 numbers
	applet touch new
	applet split -l 1000 numbers
	applet sh -c 'x=0; for i in 1 2 3 4 5; do x=$((x + i)); done; echo $x; cd sub && read a <words && echo $a >out; exit 3'
	cat >"$scratch/sh" <<'END'
f() { echo "f $1"; }
while read -r line; do case $line in *99*) f "$line";; esac; done <numbers
printf '%05d|%-5s|%x\n' 42 ab 255
set -- a b c; shift; echo "$# $*"
test -f table.csv && echo there
echo text >made; echo more >>made
x=$((1 << 20)); echo $x ${x%576}
END
	same "programs/busybox-sh$tag" "$scratch/sh" "$busybox" sh

	# busybox's shell edits its own line: raw mode, cursor keys, the size of the terminal.
	if check "programs/busybox-terminal$tag" 5 "$pty" "$mvm" run --poll="$how" "$busybox" sh <<'END'; then
size 33 77
expect #\x20
raw
send echo wrld\x1b[D\x1b[D\x1b[Do\n
expect world
expect #\x20
send stty size\x03
expect #\x20
send exit 5\n
END
		ok "programs/busybox-terminal$tag"
	fi
	if check "programs/busybox-vi$tag" 0 "$pty" "$mvm" run --poll="$how" --dir "$scratch/v:/data" \
		--env TERM=vt100 "$busybox" vi /data/sub/edited <<'END'; then
size 24 80
raw
expect ~
send ifrom vi
expect from vi
send \x1b
pause 500
send :wq\n
cooked
END
		if [ "$(cat "$scratch/v/sub/edited" 2>/dev/null)" = "from vi" ]; then
			ok "programs/busybox-vi$tag"
		else
			bad "programs/busybox-vi$tag" "the file was not written" "$scratch/out"
		fi
	fi
done
