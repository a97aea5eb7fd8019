#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that nobody wrote for mvm, doing real work: Debian's busybox-static as it is, Lua and
# SQLite built by mvm-cc.  Each does the same natively, and the outputs are compared.
. "$(dirname "$0")/../lib.sh"

why=$(no_vm)
if [ -n "$why" ]; then
	skip programs "$why"
	exit 0
fi
pty=$O/tests/tools/pty
export PATIENCE=$patience
limit=60

# same NAME SCRIPT COMMAND-WORDS: runs `COMMAND <SCRIPT` natively in one directory and in a VM with a
# copy of it as --dir /data; output and status must be the same, and so must the directory after it.
same() {
	name=$1
	input=$2
	program=$3
	shift 3
	rm -rf "$scratch/n" "$scratch/v"
	cp -a "$scratch/files" "$scratch/n"
	cp -a "$scratch/files" "$scratch/v"
	(cd "$scratch/n" && limited 60 "$program" "$@" <"$input") >"$scratch/n.out" 2>"$scratch/n.err"
	native=$?
	limited 60 "$mvm" run --poll="$how" --dir "$scratch/v:/data" --cwd /data --env PATH=/bin \
		"$program" "$@" <"$input" >"$scratch/v.out" 2>"$scratch/v.err"
	vm=$?
	if [ $vm -ne $native ]; then
		bad "$name" "exit status $vm, natively $native" "$scratch/v.err" "$scratch/v.out"
	elif ! diff -a "$scratch/n.out" "$scratch/v.out" >"$scratch/diff"; then
		bad "$name" "output differs (< native, > VM)" "$scratch/diff" "$scratch/v.err"
	elif ! diff -r "$scratch/n" "$scratch/v" >"$scratch/diff"; then
		bad "$name" "files differ (< native, > VM)" "$scratch/diff" "$scratch/v.err"
	else
		ok "$name"
	fi
}

# applet ARGS...: one busybox applet, natively and in the VM.
applet() {
	same "programs/busybox-$(echo "$*" | tr -c 'a-zA-Z0-9\n' '_' | cut -c 1-40)$tag" /dev/null \
		"$busybox" "$@"
}

mkdir "$scratch/files" "$scratch/files/sub"
i=0
while [ $i -lt 300 ]; do
	echo "$i,name $((i * 7919 % 100)),$((i * 31 % 17))"
	i=$((i + 1))
done >"$scratch/files/table.csv"
seq 1 5000 >"$scratch/files/numbers"
printf 'one\ntwo\nthree\n' >"$scratch/files/sub/words"
ln -s words "$scratch/files/sub/link"

busybox=$(command -v busybox)
case $busybox in /*) ;; *) busybox=/bin/busybox ;; esac
# As old as the files on both sides.
find "$scratch/files" -exec touch -h -d '2024-01-02 03:04:05' {} +

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

	cat >"$scratch/work.lua" <<'END'
local t = {}
for line in io.lines("table.csv") do
	local id, name, n = line:match("(%d+),([^,]+),(%d+)")
	t[name] = (t[name] or 0) + tonumber(n)
end
local names = {}
for name in pairs(t) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do print(name, t[name]) end
local f = assert(io.open("report", "w"))
f:write(string.format("%.10f %d %s\n", math.pi, #names, string.rep("x", 100)))
f:close()
print(pcall(error, { code = 2 }))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(co(), co(), co())
local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
print(fib(24))
local s = {}
for i = 1, 200000 do s[i] = ("%d"):format(i) end
print(#table.concat(s))
print(os.rename("report", "sub/report"), os.remove("numbers"), io.open("none"))
os.exit(7)
END
	sed -i 's/^print(pcall.*$/print((pcall(error, {})))/' "$scratch/work.lua"
	same "programs/lua$tag" "$scratch/work.lua" "$O/apps/lua.elf" -

	same "programs/sqlite-memory$tag" "$tests/bench/rows.sql" "$O/apps/sqlite3.elf" :memory:
	cat >"$scratch/report.sql" <<'END'
CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, n INTEGER);
.mode csv
.import table.csv items
.mode column
SELECT name, count(*), sum(n) FROM items GROUP BY name ORDER BY 3 DESC, 1 LIMIT 10;
PRAGMA integrity_check;
BEGIN; DELETE FROM items WHERE n > 8; ROLLBACK;
SELECT count(*) FROM items;
.output sub/dump.sql
.dump
.output stdout
PRAGMA journal_mode = WAL;
PRAGMA journal_mode = DELETE;
VACUUM;
END
	sed -i '/WAL/d' "$scratch/report.sql"
	same "programs/sqlite-file$tag" "$scratch/report.sql" "$O/apps/sqlite3.elf" shop.db
	if "$O/apps/sqlite3.elf" "$scratch/v/shop.db" 'PRAGMA integrity_check' 2>/dev/null |
		grep -q '^ok$'; then
		ok "programs/sqlite-file-sound$tag"
	else
		bad "programs/sqlite-file-sound$tag" "the database is not sound afterwards"
	fi

	# ---- On a terminal ----------------------------------------------------------------------

	if check "programs/lua-repl$tag" 0 "$pty" "$mvm" run --poll="$how" "$O/apps/lua.elf" <<'END'; then
size 30 100
expect >\x20
send print(6*7)\n
expect 42
expect >\x20
send x = "abc" .. 1\n
send =x\n
expect abc1
send \x04
END
		ok "programs/lua-repl$tag"
	fi
	if check "programs/sqlite-repl$tag" 0 "$pty" "$mvm" run --poll="$how" "$O/apps/sqlite3.elf" <<'END'; then
expect sqlite>\x20
send select 40 + 2;\n
expect 42
send .quit\n
cooked
END
		ok "programs/sqlite-repl$tag"
	fi
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
exit 0
